"""A planner's conditions as the engine's: names to rows, units to parts, groups to weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from core.errors import InfeasibleError, InputError, SettingError
from core.text import Sayable, listed, text
from coverage.equity.residential_land import land_by_cell
from coverage.model.membership import locate
from coverage.model.standard import level_title
from coverage.model.tables import Floats, Ints
from coverage.siting import Goal, Quota
from coverage.siting.goals import FEWEST_SITES
from jobs.assess.folder import Assessed
from jobs.siting.candidates import EXISTING, Candidates, rows_called
from jobs.siting.request import FROM_LIST, RESIDENTIAL_LAND, SitingRequest, UnitQuota


def conditions_of(
    done: Assessed,
    request: SitingRequest,
    candidates: Candidates,
    existing: Ints,
    *,
    band: tuple[float, float] | None,
    settlement: str,
) -> Mapping[str, Any]:
    """Keywords for `Goal`: rows are the candidates, then the existing facilities.

    Unless named, only facilities that stand in the `settlement` whose residents are counted may be
    closed: nobody would be seen to miss the others.
    """
    asked, study = request.conditions, done.inputs.study
    xy = np.vstack([candidates.xy.reshape(-1, 2), study.facilities.xy[existing]])
    required_apart(candidates, xy, asked.spacing_m)
    return {
        "required": candidates.required,
        "forbidden": candidates.forbidden,
        "close": asked.close,
        "closable": _closable(done, request, len(candidates), existing, settlement) if asked.close else (),
        "cost": costs(request, candidates, len(existing)),
        "budget": asked.budget,
        "site_xy": xy,
        "spacing_m": asked.spacing_m,
        "quotas": [_quota(done, quota, candidates, existing) for quota in asked.quotas],
        "importance": importance(done, request),
        "backup": asked.backup,
        "capacity": _capacity(request, candidates, len(existing)),
        "band": asked.band or band,
    }


def closable_rows(goal: Goal, n_candidates: int) -> Ints:
    """Which existing facilities (numbers among them) a goal allows to be closed."""
    rows = np.asarray(goal.closable if goal.close else (), np.int64)
    return rows - n_candidates


def costs(request: SitingRequest, candidates: Candidates, n_existing: int) -> Floats | None:
    """(rows,) what opening costs, where money is spoken of; InputError where a cost is missing."""
    asked = request.conditions
    counts = asked.budget is not None or (
        request.goal == FEWEST_SITES and (asked.cost is not None or bool(asked.costs))
    )
    if not counts:
        return None
    cost = stated_costs(request, candidates)
    without = np.flatnonzero(np.isnan(cost))
    if len(without):
        name = candidates.names[without[0]]
        raise InputError(
            "A budget needs the cost of every site, and {count} of {all} candidate places have "
            "none{example}. Add a column 造价 (cost) to the list, or say what a site costs otherwise "
            "(cost under [money], or --site-cost).",
            count=len(without),
            all=len(cost),
            example=text(", “{name}” for one", name=name) if name else "",
        )
    return np.concatenate([cost, np.zeros(n_existing)])


def stated_costs(request: SitingRequest, candidates: Candidates) -> Floats:
    """(candidates,) the cost that is known of each, NaN for none."""
    asked = request.conditions
    cost = candidates.cost.copy()
    if asked.cost is not None:
        cost[np.isnan(cost)] = asked.cost
    for name, amount in asked.costs:
        cost[rows_called(name, candidates.names, what=text("the candidate places"))] = amount
    return cost


def importance(done: Assessed, request: SitingRequest) -> Floats | None:
    """(cells,) how much a resident of the cell counts: by the groups that live there, or for the m² of
    residential land where a plan is by land."""
    if request.conditions.weight == RESIDENTIAL_LAND:
        grid = done.inputs.study.grid
        land, _ = land_by_cell(done.inputs.study)
        return np.divide(land, grid.residents, out=np.zeros(len(land)), where=grid.residents > 0)
    if not request.conditions.weights:
        return None
    grid = done.inputs.study.grid
    extra = np.zeros(len(grid))
    for group, factor in request.conditions.weights:
        if group not in grid.groups:
            raise SettingError(
                "The population file has no group “{group}”; it has: {groups}.",
                group=group,
                groups=listed(grid.groups) or "–",
            )
        extra += (factor - 1.0) * grid.groups[group]
    weight = np.ones(len(grid))
    np.divide(grid.residents + extra, grid.residents, out=weight, where=grid.residents > 0)
    return np.maximum(weight, 0.0)


def required_apart(candidates: Candidates, xy: Floats, spacing_m: float) -> None:
    """InfeasibleError where a required place is nearer than the spacing to what is open or required too."""
    required, n = list(candidates.required), len(candidates)
    others = np.concatenate([np.arange(n, len(xy)), np.asarray(required, np.int64)]).astype(int)
    if not spacing_m or len(required) == 0 or len(others) < 2:
        return
    metres, near = cKDTree(xy[others]).query(xy[required], k=2)
    for number, row in enumerate(required):
        for far, place in zip(metres[number], others[near[number]], strict=True):
            if place != row and far < spacing_m:
                raise InfeasibleError(
                    "The required place “{name}” is only {metres:,.0f} m from another one that is "
                    "required or open already; the spacing asked for is {spacing:,g} m "
                    "({short:,.0f} m more).",
                    name=candidates.names[row] or f"#{number + 1}",
                    metres=float(far),
                    spacing=spacing_m,
                    short=float(spacing_m - far),
                )


def _closable(
    done: Assessed, request: SitingRequest, n_candidates: int, existing: Ints, settlement: str
) -> list[int]:
    study = done.inputs.study
    frame = study.facilities.frame
    of_tier = np.flatnonzero(frame["tier"].isin(request.tiers).to_numpy(bool)[existing])
    if request.conditions.closable:
        names = [str(name) for name in frame["name"].to_numpy(str)[existing][of_tier]]
        named = request.conditions.closable
        chosen = sorted({row for name in named for row in rows_called(name, names, what=EXISTING)})
        return [int(n_candidates + of_tier[row]) for row in chosen]
    here = study.facility_settlement[existing][of_tier]
    return [
        int(n_candidates + row)
        for row, stands in zip(of_tier, here, strict=True)
        if settlement in ("any", stands)
    ]


def _quota(done: Assessed, quota: UnitQuota, candidates: Candidates, existing: Ints) -> Quota:
    """Existing facilities count for the unit they stand for; a unit that has more may keep them."""
    study = done.inputs.study
    units = study.units
    if units is None or quota.level not in units.levels:
        raise SettingError(
            "A quota per {level} needs a units file with that level.", level=level_title(quota.level)
        )
    rows = units.of_level(quota.level)
    names = units.frame["name"].to_numpy(str)
    meant = rows
    if quota.units:
        known = [str(name) for name in names[rows]]
        what = text("the units of the level “{level}”", level=level_title(quota.level))
        meant = rows[sorted({r for name in quota.units for r in rows_called(name, known, what=what)})]
    new = locate(units, candidates.xy).rows[quota.level]
    old = study.facilities_in.rows[quota.level][existing]
    if quota.only_new:
        old = np.full(len(existing), -1)
    there = np.bincount(old[old >= 0], minlength=len(units))
    most = np.inf if quota.most is None else float(quota.most)

    def title(row: int) -> Sayable:
        """A unit, and why it may keep more than was asked for."""
        unit, today = str(names[row]), int(there[row])
        return text("{unit} (it has {there} today)", unit=unit, there=today) if today > most else unit

    return Quota(
        np.concatenate([new, old]),
        {int(row): (float(quota.least), max(most, float(there[row]))) for row in meant},
        name=level_title(quota.level),
        titles={int(row): title(row) for row in meant},
    )


def _capacity(request: SitingRequest, candidates: Candidates, n_existing: int) -> Floats | None:
    """Existing facilities are not limited: what they can take on is for the assessment to say."""
    asked = request.conditions.capacity
    if asked is None:
        return None
    if isinstance(asked, str):
        if asked != FROM_LIST or np.isnan(candidates.capacity).all():
            raise InputError(
                "The candidate list states no capacity: it needs a column 服务能力 (service capacity)."
            )
        limit = np.where(np.isnan(candidates.capacity), np.inf, candidates.capacity)
    else:
        limit = np.full(len(candidates), float(asked))
    return np.concatenate([limit, np.full(n_existing, np.inf)])
