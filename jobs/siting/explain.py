"""Why these sites: everything about a plan that can be said without solving anything again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, silent
from core.text import Text, text, text_to_json
from coverage.model.membership import locate
from coverage.model.standard import Check, Rule
from coverage.model.tables import Bools, Floats, Ints
from coverage.publish.plan import NEW_SITE
from coverage.scenario.closings import closing_losses
from coverage.siting import (
    Demand,
    Goal,
    Plan,
    SiteReason,
    Surroundings,
    deciding,
    reasons,
    removal_losses,
    shorter_ways,
)
from coverage.siting.goals import FEWEST_SITES, MOST_PEOPLE
from coverage.siting.model.plan_value import reached_by_any
from coverage.siting.model.site_rules import site_rules
from geo.crs import unproject
from jobs.assess.folder import Assessed
from jobs.siting.candidates import Candidates
from jobs.siting.question import Question, nearest_m
from jobs.siting.terms import stated_costs
from maps.cells_image import TRANSPARENT

_DECIMALS: Final = 7
_MOST_UNITS: Final = 5
REQUIRED: Final = text("it is required")
SERVED, NEW, NOT_SERVED = range(3)


@dataclass(frozen=True, eq=False)
class PlanExplanation:
    """A plan in words and figures: one mapping a site (in build order), and `new_site` (cells,): the rank
    of the site that serves the cell anew, 0 for none."""

    sites: tuple[Mapping[str, Any], ...]
    new_site: Ints
    residents_before: float
    residents_after: float
    residents_lost: float


def explain_plan(done: Assessed, asked: Question, plan: Plan) -> PlanExplanation:
    """The sites of `plan`, each with what it brings to whom."""
    # Units of the finest level for the cells; groups among the residents spoken of.
    study = done.inputs.study
    groups = {name: values * asked.subject for name, values in study.grid.groups.items()}
    levels = study.units.levels if study.units is not None else ()
    around = Surroundings(groups, study.cells_in.rows[levels[-1]] if levels else None)
    found = reasons(asked.cover, plan, around)
    rows = np.array(plan.sites, np.int64)
    fresh, stay, before = _served(asked, plan)
    near_m, near = _nearest_existing(done, asked, rows, plan)
    deciding_here = deciding_by_site(asked.demand, plan)
    failed = _failed(done, asked, fresh, len(found))
    common, nearer = _of_places(done, asked, rows), _nearer(asked, plan)
    sites = tuple(
        common[i]
        | _of_reason(done, reason)
        | {
            "nearest": near[i],
            "nearest_m": _metres(float(near_m[i])),
            "failed": failed[i],
            "deciding": [text_to_json(said) for said in deciding_here[i]],
            **({"load": float(plan.loads[i])} if plan.loads else {}),
            **(nearer[i] if nearer else {}),
        }
        for i, reason in enumerate(found)
    )
    after = stay + float(sum(reason.gained for reason in found))
    return PlanExplanation(sites, fresh, before, after, before - stay)


def losses(done: Assessed, asked: Question, progress: Progress = silent) -> list[dict[str, Any]]:
    """Every facility that satisfies the rule today: whom only it serves under that rule, and every rule of
    the standard that gets worse if it closes alone (`rules`). Those that no rule needs come first, then
    those with the fewest residents."""
    lost = removal_losses(asked.cover)
    n, frame = len(asked.candidates), done.inputs.study.facilities.frame
    lon, lat = done.inputs.study.facilities.lonlat()
    by_rule = closing_losses(done.assessment, [int(row) for row in asked.existing], progress)
    rows = [
        {
            "facility_id": str(frame["facility_id"].iloc[row]),
            "name": str(frame["name"].iloc[row]),
            "tier": str(frame["tier"].iloc[row]),
            "lon": round(float(lon[row]), _DECIMALS),
            "lat": round(float(lat[row]), _DECIMALS),
            "residents_lost": lost[n + number],
            "rules": [
                {
                    "rule": loss.rule_id,
                    "residents": loss.residents,
                    "units": loss.units,
                    "facilities": loss.facilities,
                }
                for loss in by_rule[int(row)]
            ],
        }
        for number, row in enumerate(asked.existing)
    ]
    return sorted(rows, key=least_needed)


def least_needed(row: Mapping[str, Any]) -> tuple[bool, float, str]:
    """The order of `losses`."""
    return bool(row["rules"]), row["residents_lost"], row["facility_id"]


def closed_places(done: Assessed, asked: Question, plan: Plan) -> list[dict[str, Any]]:
    """The facilities that a relocation closes, as in `losses`."""
    ids = done.inputs.study.facilities.frame["facility_id"].astype(str).to_numpy()
    closed = {str(ids[asked.existing[row - len(asked.candidates)]]) for row in plan.closed}
    if not closed:
        return []
    return [row for row in losses(done, asked) if row["facility_id"] in closed]


def decided(demand: Demand, plan: Plan) -> list[dict[str, Any]]:
    """The conditions that leave no room, as JSON."""
    found = list(deciding(demand, plan))
    if plan.loads:
        found += _tight_loads(plan)
    return [text_to_json(said) for said in dict.fromkeys(found)]


def lonlat(done: Assessed, xy: Floats) -> list[tuple[float, float]]:
    """Degrees to seven decimals."""
    lon, lat = unproject(xy.reshape(-1, 2), done.inputs.study.grid.crs)
    return [(round(float(a), _DECIMALS), round(float(b), _DECIMALS)) for a, b in zip(lon, lat, strict=True)]


def unit_names(done: Assessed, xy: Floats) -> list[dict[str, str]]:
    """The units each place lies in: level → name, the widest first."""
    units = done.inputs.study.units
    if units is None:
        return [{} for _ in xy]
    names = units.frame["name"].to_numpy(str)
    rows = locate(units, xy).rows
    return [{level: str(names[r[i]]) for level, r in rows.items() if r[i] >= 0} for i in range(len(xy))]


def _of_reason(done: Assessed, reason: SiteReason) -> dict[str, Any]:
    units = done.inputs.study.units
    names = None if units is None else units.frame["name"].to_numpy(str)
    return {
        "rank": reason.rank,
        "residents_gained": reason.gained,
        "residents_alone": reason.alone,
        "groups_gained": dict(reason.groups),
        "by_unit": [
            {"unit": str(names[gain.unit]), "residents": gain.residents, "share": gain.share}
            for gain in reason.units[:_MOST_UNITS]
            if names is not None
        ],
    }


def _nearer(asked: Question, plan: Plan) -> list[dict[str, float | None]]:
    """For the goals that count metres: whose way each site makes shorter, and by how much."""
    if asked.demand is asked.cover:
        return []
    return [
        {
            "residents_nearer": way.residents,
            "saved_m": _metres(way.saved_m),
            "longest_m_before": _metres(way.longest_m_before),
            "longest_m_after": _metres(way.longest_m_after),
        }
        for way in shorter_ways(asked.demand, plan)
    ]


def _metres(metres: float) -> float | None:
    return round(metres, 1) if np.isfinite(metres) else None


def _of_places(done: Assessed, asked: Question, rows: Ints) -> list[dict[str, Any]]:
    """What is known of the places themselves; keys are left out where nothing is."""
    places, xy = asked.candidates, asked.candidates.xy[rows]
    cost = stated_costs(asked.request, places)
    found = []
    for row, units, (lon, lat) in zip(rows, unit_names(done, xy), lonlat(done, xy), strict=True):
        site: dict[str, Any] = {
            "lon": lon,
            "lat": lat,
            "unit": " ".join(units.values()),
            "units": units,
            "name": places.names[row],
            "tier": asked.request.tier,
            "rule": asked.rule.id,
            "required": int(row) in places.required,
        }
        figures = {"cost": cost[row], "capacity": places.capacity[row], "area_m2": places.area_m2[row]}
        found.append(site | {key: float(value) for key, value in figures.items() if np.isfinite(value)})
    return found


def _served(asked: Question, plan: Plan) -> tuple[Ints, float, float]:
    """(rank of the site that serves each cell anew, residents who stay served, residents served before)."""
    problem = asked.cover.problem(plan.goal)
    before = problem.covered(problem.open_before)
    stay = problem.covered(np.setdiff1d(problem.open_before, np.array(plan.closed, np.int64)))
    rank = np.zeros(problem.n_cells, np.int64)
    for number, row in enumerate(plan.sites, start=1):
        cells = problem.cells_of(row)
        # residents whom the rule does not speak of are not served anew by it
        rank[cells[(rank[cells] == 0) & ~stay[cells] & (problem.residents[cells] > 0.0)]] = number
    people = problem.residents
    return rank, float(people[stay].sum()), float(people[before].sum())


def _nearest_existing(
    done: Assessed, asked: Question, rows: Ints, plan: Plan
) -> tuple[Floats, list[str | None]]:
    """Metres (in the wanted measure) to the nearest facility that stays, and its name; inf and None."""
    study, n = done.inputs.study, len(asked.candidates)
    closed = np.array(plan.closed, np.int64) - n
    stay = np.delete(asked.existing, closed)
    xy = asked.candidates.xy[rows]
    if not len(stay) or not len(xy):
        return np.full(len(xy), np.inf), [None] * len(xy)
    metres, index = nearest_m(done.assessment, stay, asked.request.by, xy)
    names = study.facilities.frame["name"].to_numpy(str)
    return metres, [str(names[stay[at]]) if at >= 0 else None for at in index]


def _failed(done: Assessed, asked: Question, rank: Ints, n: int) -> list[list[dict[str, Any]]]:
    """For each site the reach rules that those it serves anew did not meet before, and how many did not."""
    residents = done.assessment.measured.residents * asked.subject
    found: list[list[dict[str, Any]]] = [[] for _ in range(n)]
    for rule, missed in _missed(done, asked):
        sums = np.bincount(rank, weights=residents * missed, minlength=n + 1)[1:]
        for site, people in zip(found, sums, strict=True):
            if people > 0:
                site.append({"rule": rule.id, "residents": float(people)})
    return found


def _missed(done: Assessed, asked: Question) -> Iterator[tuple[Rule, Bools]]:
    """The plan's rule first, then the other reach rules that speak of the tier."""
    for result in sorted(done.assessment.results, key=lambda result: result.rule.id != asked.rule.id):
        if result.rule.check not in (Check.RADIUS, Check.WALK):
            continue
        if result.cells_met is None or result.cells_subject is None:
            continue
        if asked.request.tier in (result.rule.tier, *result.rule.serves):
            yield result.rule, result.cells_subject & ~result.cells_met


def deciding_by_site(demand: Demand, plan: Plan) -> list[list[Text]]:
    """For each site the conditions without room that speak of it, besides the number of sites."""
    rules = site_rules(demand.problem(plan.goal))
    number = {int(row): column for column, row in enumerate(rules.rows)}
    is_open = np.isin(rules.rows, np.array(plan.sites, np.int64))
    is_open |= ~rules.is_new & ~np.isin(rules.rows, np.array(plan.closed, np.int64))
    tight = rules.tight(is_open)
    whole = np.diff(rules.matrix.indptr) >= rules.is_new.sum()
    by_site = rules.matrix.tocsc()
    found = []
    for row in plan.sites:
        at = number[int(row)]
        about = by_site.indices[by_site.indptr[at] : by_site.indptr[at + 1]]
        names = [rules.names[k] for k in about if tight[k] and not whole[k]]
        found.append(list(dict.fromkeys(([REQUIRED] if rules.must[at] else []) + names)))
    return found


def _tight_loads(plan: Plan) -> Iterator[Text]:
    """Which load limits some site just keeps."""
    goal, loads = plan.goal, np.asarray(plan.loads, float)
    rows = np.array(plan.sites, np.int64)
    if goal.capacity is not None and (np.abs(loads - np.asarray(goal.capacity)[rows]) < 1.0).any():
        yield text("the capacity of a site")
    if goal.band is None:
        return
    low, high = (np.broadcast_to(end, max(np.size(end), rows.max(initial=0) + 1))[rows] for end in goal.band)
    for least in np.unique(low[np.abs(loads - low) < 1.0]):
        yield text("at least {low:,g} residents per site", low=float(least))
    for most in np.unique(high[np.abs(loads - high) < 1.0]):
        yield text("at most {high:,g} residents per site", high=float(most))


def counted_in(goal: Goal, *, equal: bool = True) -> str:
    """What objective and bound are numbers of: residents, weighted residents, sites, cost, metres.

    `equal`: no resident counts more than another.
    """
    if goal.name == MOST_PEOPLE:
        return "residents" if equal and not goal.backup else "weighted"
    if goal.name == FEWEST_SITES:
        return "sites" if goal.cost is None else "cost"
    return {"least-walking": "resident_metres", "least-worst": "metres"}[goal.name]


def ways(demand: Demand, plan: Plan) -> dict[str, Any]:
    """For the goals that count metres: the mean and the longest way, and who has none, before and after."""
    problem = demand.problem(plan.goal)
    stay = np.setdiff1d(problem.open_before, np.array(plan.closed, np.int64))
    when_m = {
        "before": problem.nearest_m(problem.open_before),
        "after": problem.nearest_m(np.union1d(stay, np.array(plan.sites, np.int64))),
    }
    found: dict[str, Any] = {} if plan.goal.unreached_m is None else {"unreached_m": plan.goal.unreached_m}
    for when, metres in when_m.items():
        there = np.isfinite(metres) & (problem.residents > 0)
        people = problem.residents[there]
        found[f"mean_m_{when}"] = float(np.average(metres[there], weights=people)) if there.any() else None
        found[f"longest_m_{when}"] = float(metres[there].max()) if there.any() else None
        found[f"residents_without_{when}"] = float(problem.residents[~np.isfinite(metres)].sum())
    return found


def share_of_whom(demand: Demand, plan: Plan) -> Iterator[Text]:
    """Of fewest-sites what the share asked for is a share of: whom some facility or place can serve."""
    if plan.goal.name != FEWEST_SITES:
        return
    problem = demand.problem(plan.goal)
    can = reached_by_any(problem)
    can[problem.metres[problem.too_near].indices] = True
    reached, left = float(problem.residents[can].sum()), float(problem.residents[~can].sum())
    yield text(
        "The share asked for, {share:.4g}%, is one of the {reached:,.0f} residents whom an existing facility "
        "or one of the places can serve; {left:,.0f} more are out of reach of all of them.",
        share=100.0 * (plan.goal.share if plan.goal.share is not None else 1.0),
        reached=reached,
        left=left,
    )


def money(goal: Goal, candidates: Candidates, sites: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the sites cost together, where the cost of each is known."""
    costs = [site["cost"] for site in sites if "cost" in site]
    if not costs or len(costs) < len(sites):
        return {}
    return {"cost": float(sum(costs)), "budget": goal.budget, "cost_unit": candidates.cost_unit}


def remarks(
    candidates: Candidates, goal: Goal, plan: Plan, band_rules: Sequence[Rule | None]
) -> Iterator[Text]:
    """What a reader of the plan must know; only what is the case."""
    yield from candidates.notes
    if not len(candidates):
        yield text("No candidate place is left: nothing could be suggested.")
    if plan.nobody_reached:
        yield text("No possible site reaches anybody: there is nothing to choose from.")
    if plan.too_near:
        yield text(
            "{n:,.0f} {n:resident|residents} could be served only by places less than {metres:g} m from an "
            "existing facility; they count among those whose share is to be served.",
            n=plan.too_near,
            metres=goal.spacing_m,
        )
    if len(candidates) and goal.count is not None and len(plan.sites) < goal.count and not goal.budget:
        template = text(
            "{n} of {wanted} {wanted:site|sites}: more would serve nobody anew, or the conditions "
            "leave no room."
        )
        if not plan.proven:
            template = text("{n} of {wanted} {wanted:site|sites}: no better plan with more was found.")
        yield Text(template.template, {"n": len(plan.sites), "wanted": goal.count})
    for rule in band_rules:
        if rule is not None and rule.band:
            yield text(
                "Residents are shared out among the sites that reach them as suits the band of {low:,g} to "
                "{high:,g} residents per site.",
                low=rule.band[0],
                high=rule.band[1],
            )


def classes_of(done: Assessed, *, with_new: bool) -> NDArray[np.uint8]:
    """(cells,) served under the plan's rule today, served anew, not served; none where it does not apply
    or nobody lives. Without `with_new` only how it is today."""
    cells, plan = done.results.cells, done.results.plan
    classes = np.full(len(cells), TRANSPARENT, np.uint8)
    column = f"meets_{plan.plan['rule']}" if plan is not None else ""
    if column in cells:
        meets = cells[column]
        subject = meets.notna().to_numpy()
        met = meets.fillna(False).to_numpy(bool)
        classes[subject & met] = SERVED
        classes[subject & ~met] = NOT_SERVED
    if with_new and NEW_SITE in cells:
        classes[cells[NEW_SITE].to_numpy() > 0] = NEW
    classes[cells["residents"].to_numpy(float) <= 0] = TRANSPARENT
    return classes
