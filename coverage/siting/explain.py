"""Why these sites: what each brings to whom, which condition decided, what a planner can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from core.text import Text, text
from coverage.siting.choose import Demand
from coverage.siting.goals import Goal, Plan
from coverage.siting.model.arrays import Floats, Ints
from coverage.siting.model.problem import Problem
from coverage.siting.model.site_rules import site_rules

# Coordinates are not exact to the centimetre: a way as long as before is not told as a shorter one.
_SAME_WAY_M: Final = 0.5


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What the caller knows about places; whatever is left out is not told.

    `groups` name → (cells,) residents of a group; `cell_unit` (cells,) and `site_unit` (sites,)
    numbers of units, −1 for none; `site_xy` (sites, 2) metres.
    """

    groups: Mapping[str, Floats] = field(default_factory=dict)
    cell_unit: Ints | None = None
    site_unit: Ints | None = None
    site_xy: Floats | None = None


@dataclass(frozen=True)
class UnitGain:
    """Residents of a unit whom a site serves anew, and their share of the unit's residents."""

    unit: int
    residents: float
    share: float


@dataclass(frozen=True)
class SiteReason:
    """One site of a plan.

    `alone`: residents it would add as the only new site; `gained`: whom it adds to the ones before
    it; `groups`: the same by group; `units`: by unit, largest first; `nearest_open_m`: metres to
    the nearest site that is open today (inf if none or not known).
    """

    row: int
    rank: int
    alone: float
    gained: float
    groups: Mapping[str, float]
    units: tuple[UnitGain, ...]
    unit: int
    nearest_open_m: float


def reasons(demand: Demand, plan: Plan, around: Surroundings) -> tuple[SiteReason, ...]:
    """One entry per site of `plan`, in build order."""
    problem = demand.problem(plan.goal)
    before = problem.covered(np.setdiff1d(problem.open_before, np.array(plan.closed, np.int64)))
    served = before.copy()
    found = []
    for rank, row in enumerate(plan.sites, start=1):
        cells = problem.cells_of(row)
        new = cells[~served[cells]]
        served[new] = True
        found.append(
            SiteReason(
                row=row,
                rank=rank,
                alone=float(problem.residents[cells[~before[cells]]].sum()),
                gained=float(problem.residents[new].sum()),
                groups={name: float(values[new].sum()) for name, values in around.groups.items()},
                units=_by_unit(problem, new, around),
                unit=-1 if around.site_unit is None else int(around.site_unit[row]),
                nearest_open_m=_nearest_open(problem, row, around),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class ShorterWay:
    """Whose way one site makes shorter, by more than half a metre, than what is open before it.

    `saved_m`: metres they save on average, `longest_m_before` and `longest_m_after` their longest way;
    these leave out who had no way at all, and are NaN where nobody is left.
    """

    residents: float
    saved_m: float
    longest_m_before: float
    longest_m_after: float


def shorter_ways(demand: Demand, plan: Plan) -> tuple[ShorterWay, ...]:
    """One entry per site of `plan`, in build order; none where reach says only yes or no."""
    problem = demand.problem(plan.goal)
    if not problem.measured:
        return ()
    way_m = problem.nearest_m(np.setdiff1d(problem.open_before, np.array(plan.closed, np.int64)))
    found = []
    for row in plan.sites:
        cells, metres = problem.cells_of(row), problem.metres_of(row)
        nearer = (metres < way_m[cells] - _SAME_WAY_M) & (problem.residents[cells] > 0.0)
        who, after_m = cells[nearer], metres[nearer]
        people, before_m = problem.residents[who], way_m[who]
        had = np.isfinite(before_m)
        saved = np.average((before_m - after_m)[had], weights=people[had]) if had.any() else np.nan
        found.append(
            ShorterWay(
                residents=float(people.sum()),
                saved_m=float(saved),
                longest_m_before=float(before_m[had].max()) if had.any() else np.nan,
                longest_m_after=float(after_m[had].max()) if had.any() else np.nan,
            )
        )
        way_m[who] = after_m
    return tuple(found)


def _by_unit(problem: Problem, new: Ints, around: Surroundings) -> tuple[UnitGain, ...]:
    if around.cell_unit is None:
        return ()
    known = around.cell_unit >= 0
    size = np.bincount(around.cell_unit[known], weights=problem.residents[known])
    inside = new[known[new]]
    gain = np.bincount(around.cell_unit[inside], weights=problem.residents[inside], minlength=len(size))
    order = np.lexsort((np.arange(len(gain)), -gain))
    return tuple(
        UnitGain(int(unit), float(gain[unit]), float(gain[unit] / size[unit]))
        for unit in order
        if gain[unit] > 0.0
    )


def _nearest_open(problem: Problem, row: int, around: Surroundings) -> float:
    if around.site_xy is None or not len(problem.open_before):
        return np.inf
    metres, _ = cKDTree(around.site_xy[problem.open_before]).query(around.site_xy[row])
    return float(metres)


def deciding(demand: Demand, plan: Plan) -> tuple[Text, ...]:
    """The conditions that leave no room: loosening one of them could allow a better plan."""
    problem = demand.problem(plan.goal)
    rules = site_rules(problem)
    is_open = np.isin(rules.rows, np.array(plan.sites, np.int64))
    is_open |= ~rules.is_new & ~np.isin(rules.rows, np.array(plan.closed, np.int64))
    tight = np.flatnonzero(rules.tight(is_open))
    return tuple(dict.fromkeys(rules.names[int(rule)] for rule in tight))


def removal_losses(demand: Demand, reach_m: float | None = None) -> dict[int, float]:
    """Residents whom only this one serves, by row of the sites open today: what closing it would lose."""
    problem = demand.problem(Goal(count=0, reach_m=reach_m))
    times = np.isfinite(problem.already).astype(np.int64)
    for row in problem.open_before:
        times[problem.cells_of(row)] += 1
    alone = times == 1
    return {
        int(row): float(problem.residents[cells[alone[cells]]].sum())
        for row, cells in zip(problem.open_before, map(problem.cells_of, problem.open_before), strict=True)
    }


def sentence(reason: SiteReason) -> Text:
    """What one site brings, for a briefing."""
    if np.isfinite(reason.nearest_open_m):
        return text(
            "Site {rank} serves {gained:,.0f} more residents, {metres:,.0f} m from the nearest existing one.",
            rank=reason.rank,
            gained=reason.gained,
            metres=reason.nearest_open_m,
        )
    return text("Site {rank} serves {gained:,.0f} more residents.", rank=reason.rank, gained=reason.gained)


def summary(plan: Plan) -> Text:
    """The whole plan in one sentence."""
    return text(
        "New sites: {n}. Residents served: {before:,.0f} before, {after:,.0f} after. {verdict}",
        n=len(plan.sites),
        before=plan.residents_before,
        after=plan.residents_after,
        verdict=plan.verdict,
    )
