"""Centres and stations planned at once, where a centre also serves as a station.

The engine is asked one question: one set of places, two tiers, one goal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy import sparse

from core.errors import SettingError
from core.text import Text, text, text_to_json
from coverage.checks.reach import reach_matrix
from coverage.model.tables import Bools, Floats, Ints
from coverage.publish.plan import plan_tables, with_plan
from coverage.scenario.closings import not_tried
from coverage.siting import Demand, Goal, Plan, TwoTiers, both
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING
from coverage.siting.tiers import NEW
from jobs.assess.folder import Assessed
from jobs.siting.candidates import Candidates, candidates_of
from jobs.siting.explain import (
    REQUIRED,
    PlanExplanation,
    counted_in,
    decided,
    deciding_by_site,
    explain_plan,
    least_needed,
    losses,
    money,
    remarks,
    ways,
)
from jobs.siting.question import (
    LONGEST_WALK_M,
    Question,
    band_rule_for,
    facility_reach,
    nearer,
    nearest_m,
    question_of,
    reach_of,
    rule_for,
    stacked,
    wanted_of,
)
from jobs.siting.refined import among_json, among_words, candidate_table
from jobs.siting.request import PlanConditions, SitingRequest
from jobs.siting.search_monitor import SearchMonitor, chosen, searched
from jobs.siting.terms import closable_rows, conditions_of

_NOBODY: Final = np.zeros(0, np.int64)


def suggest_both(done: Assessed, request: SitingRequest, monitor: SearchMonitor) -> Assessed:
    """The assessment with the best sites of two tiers; the first tier also serves as the second.

    Residents of the plan as a whole are the mean of both rules; `tiers` tells each rule by itself. A
    site's own figures are those of its tier's rule.
    """
    asked, plan = chosen(lambda: question_of_both(done, request), monitor)
    said = _told_of(done, asked, plan)
    sites = _sites(asked, plan, said)
    facts = _facts(done, asked, plan, said, sites)
    n = asked.town.n
    weighed = candidate_table(
        asked.candidates,
        done.inputs.study.grid.crs,
        [row % n for row in plan.sites if row % n < len(asked.candidates)],
    )

    def with_facts(known: Mapping[str, Any]) -> Assessed:
        tables = plan_tables(plan, sites, known, weighed)
        return replace(done, results=with_plan(done.results, tables, said.second.new_site))

    monitor.first(with_facts(facts))

    def report(other: Plan) -> tuple[Sequence[Mapping[str, Any]], float]:
        again = _told_of(done, asked, other)
        return _sites(asked, other, again), _mean([part.residents_after for part in again.parts])

    more = searched(asked.demand, plan, request.others, report, monitor)
    return with_facts(facts | more)


@dataclass(frozen=True)
class _Both:
    """What the sites of the first tier bring under its rule, and all sites under the second's; `is_first`
    (sites,) in build order."""

    first: PlanExplanation
    second: PlanExplanation
    is_first: tuple[bool, ...]

    @property
    def parts(self) -> tuple[PlanExplanation, PlanExplanation]:
        return self.first, self.second


def _told_of(done: Assessed, asked: BothQuestion, plan: Plan) -> _Both:
    n = asked.town.n
    is_first = tuple(row < n for row in plan.sites)
    every = tuple(row % n for row in plan.sites)
    centres = tuple(row for row, first in zip(every, is_first, strict=True) if first)
    first, second = (
        explain_plan(done, one, _alone(asked, one, plan, rows))
        for one, rows in ((asked.first, centres), (asked.second, every))
    )
    return _Both(first, second, is_first)


def _alone(asked: BothQuestion, one: Question, plan: Plan, rows: tuple[int, ...]) -> Plan:
    """The plan as one rule sees it: its own rows, without the conditions."""
    n = len(asked.candidates)
    closed = asked.old[[row % asked.town.n - n for row in plan.closed]]
    number = np.flatnonzero(np.isin(one.existing, closed))
    return replace(
        plan, sites=rows, goal=Goal(count=len(rows)), closed=tuple((n + number).tolist()), loads=()
    )


def _sites(asked: BothQuestion, plan: Plan, said: _Both) -> list[dict[str, Any]]:
    """In build order, each as its own rule counts it; what a site of the first tier brings under the
    second's rule is `also_gained`."""
    first, deciding = iter(said.first.sites), deciding_by_site(asked.demand, plan)
    sites = []
    for rank, (as_second, is_first) in enumerate(zip(said.second.sites, said.is_first, strict=True), start=1):
        site = dict(next(first)) if is_first else dict(as_second)
        also = {"also_gained": as_second["residents_gained"]} if is_first else {}
        said_here = [REQUIRED] if site["required"] else []
        rules = [rule for rule in deciding[rank - 1] if rule.values.get("quota") != NEW]
        reasons = [text_to_json(rule) for rule in (*said_here, *rules)]
        load = {"load": float(plan.loads[rank - 1])} if plan.loads else {}
        sites.append(site | also | load | {"rank": rank, "deciding": reasons})
    return sites


def _facts(
    done: Assessed, asked: BothQuestion, plan: Plan, said: _Both, sites: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    request, tiers = asked.request, _tiers(done, asked, plan, said)
    before, after, all_ = (
        _mean([tier[key] for tier in tiers]) for key in ("residents_before", "residents_after", "residents")
    )
    nobody_else = _mean([part.residents_lost for part in said.parts])
    start = before - nobody_else
    gained = np.cumsum([(site["residents_gained"] + site.get("also_gained", 0.0)) / 2.0 for site in sites])
    ids = done.inputs.study.facilities.frame["facility_id"].astype(str).to_numpy()
    lost, n = _losses(done, asked), len(asked.candidates)
    closed = {str(ids[asked.old[row % asked.town.n - n]]) for row in plan.closed}
    bands = [one.band_rule for one in asked.tiers]
    notes = [
        *remarks(asked.candidates, asked.goal, plan, bands),
        *among_words(asked.first, plan),
        *_notes(done, asked),
    ]
    return {
        "goal": request.goal,
        "by": request.by,
        "tier": request.tier,
        "rule": asked.second.rule.id,
        "count": len(plan.sites),
        "wanted": None if request.goal == FEWEST_SITES or request.count is None else asked.goal.count,
        "existing": len(asked.old),
        "candidates": len(asked.candidates),
        **among_json(asked.first, plan),
        "residents": all_,
        "residents_before": before,
        "residents_after": after,
        "residents_lost": nobody_else,
        "counted": counted_in(asked.goal, equal=asked.first.goal.importance is None),
        "asked": request.as_json(),
        # never more than all serve
        "curve": [[n, min(start + float(total), after)] for n, total in enumerate(gained, start=1)],
        **money(asked.goal, asked.candidates, sites),
        "tiers": tiers,
        "notes": [text_to_json(note) for note in notes],
        "curve_bound": [],
        "deciding": decided(asked.demand, plan),
        "closed": [row for row in lost if row["facility_id"] in closed],
        "alternatives": [],
        "redundancy": lost,
        "not_tried": list(not_tried(done.assessment)),
    }


def _tiers(done: Assessed, asked: BothQuestion, plan: Plan, said: _Both) -> list[dict[str, Any]]:
    """Each rule by itself; where sites take on only so many, not all within reach are served."""
    residents = done.assessment.measured.residents
    found = []
    for number, (one, part) in enumerate(zip(asked.tiers, said.parts, strict=True)):
        after = part.residents_after
        found.append(
            {
                "tier": one.request.tier,
                "rule": one.rule.id,
                "band_rule": None if one.band_rule is None else one.band_rule.id,
                "existing": len(one.existing),
                "count": sum(first == (number == 0) for first in said.is_first),
                "residents": float(residents[one.subject].sum()),
                "residents_before": part.residents_before,
                "residents_after": min(after, plan.served[number]) if plan.served else after,
                "residents_lost": part.residents_lost,
            }
        )
        if asked.request.goal == LEAST_WALKING:  # the ways of this rule alone
            half = len(asked.demand.residents) // 2
            mine = np.arange(2 * half) // half == number
            found[-1] |= ways(replace(asked.demand, residents=asked.demand.residents * mine), plan)
    return found


def _notes(done: Assessed, asked: BothQuestion) -> Iterator[Text]:
    first, second = (done.inputs.standard.tier_title(one.request.tier) for one in asked.tiers)
    if asked.goal.has_loads:
        yield text(
            "{first}: a limit on the residents holds for each of its roles by itself, as {first} and as "
            "{second}; the load told is that as {first}.",
            first=first,
            second=second,
        )


def _losses(done: Assessed, asked: BothQuestion) -> list[dict[str, Any]]:
    """Every facility of the two tiers with the residents who have no other: under the rule that loses the
    more by it, least needed first."""
    rows: dict[str, dict[str, Any]] = {}
    for one in asked.tiers:
        for row in losses(done, one):
            known = rows.get(row["facility_id"])
            if known is None or row["residents_lost"] > known["residents_lost"]:
                rows[row["facility_id"]] = row
    mine = [row for row in rows.values() if row["tier"] in asked.request.tiers]
    return sorted(mine, key=least_needed)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


@dataclass(frozen=True, eq=False)
class BothQuestion:
    """`demand` and `goal` are those of `coverage.siting.both` over places: the candidates, then the `old`
    facilities (rows of their table) that satisfy either rule. `first` and `second` ask about one tier
    each, without the conditions, so that each rule can be reported by itself."""

    request: SitingRequest
    first: Question
    second: Question
    old: Ints
    town: TwoTiers
    demand: Demand
    goal: Goal

    @property
    def tiers(self) -> tuple[Question, Question]:
        return self.first, self.second

    @property
    def candidates(self) -> Candidates:
        return self.first.candidates


def question_of_both(done: Assessed, request: SitingRequest) -> BothQuestion:
    """All that the engine must know for a request about two tiers. UserError for what cannot be."""
    if len(request.tiers) > 2:
        raise SettingError("Two tiers can be planned together, as centre+station; not more.")
    by_budget = request.count is None and request.conditions.budget is not None
    if request.goal != FEWEST_SITES and not by_budget and not (request.count and request.second_count):
        raise SettingError("Please say how many of each tier are wanted, as --count 2+8.")
    first, second = _questions(done, request)
    old: Ints = np.union1d(first.existing, second.existing)
    candidates = first.candidates
    goal = _goal(done, request, (first, second), old)
    town = _town(done, (first, second), old, goal)
    if request.goal == FEWEST_SITES:  # as many as it takes
        counts: tuple[int | None, int | None] = (None, None)
    elif request.count is None:  # as many as the budget allows
        counts = (len(candidates), len(candidates))
    else:
        counts = (request.count, request.second_count)
    if goal.name == LEAST_WALKING:  # who reaches nobody counts as far as the farthest does
        metres = np.concatenate(
            [part for part in (town.centre_already, town.station_already) if part is not None]
        )
        farthest = metres[np.isfinite(metres)].max(initial=LONGEST_WALK_M)
        goal = replace(goal, unreached_m=float(farthest))
    demand, whole = both(town, goal, *counts)
    return BothQuestion(request, first, second, old, town, demand, whole)


def _questions(done: Assessed, request: SitingRequest) -> tuple[Question, Question]:
    """One question a tier about the same candidates: places that could reach anybody without either."""
    asked = request.conditions
    plain = PlanConditions(
        required=asked.required, forbidden=asked.forbidden, cost=asked.cost, costs=asked.costs,
        weights=asked.weights, within_band=asked.within_band,
    )  # fmt: skip
    one, other = (
        replace(request, tier=tier, conditions=plain, count=request.count or 1) for tier in request.tiers
    )
    rule, band_rule = rule_for(done, one), band_rule_for(done, one)
    # How many places there may be is a matter of all conditions; they tie the two tiers together too.
    whole = replace(request, tier=one.tier)
    wanted = wanted_of(done, one) | wanted_of(done, other)
    settlement = (band_rule or rule).settlement
    candidates = candidates_of(done, whole, rule, wanted, settlement=settlement)
    return question_of(done, one, candidates), question_of(done, other, candidates)


def _goal(done: Assessed, request: SitingRequest, tiers: tuple[Question, Question], old: Ints) -> Goal:
    """The conditions over the places; new sites are looked for among the candidates alone."""
    candidates = tiers[0].candidates
    n, rows = len(candidates), len(candidates) + len(old)
    settlements = {(asked.band_rule or asked.rule).settlement for asked in tiers}
    settlement = settlements.pop() if len(settlements) == 1 else "any"
    terms = dict(conditions_of(done, request, candidates, old, band=None, settlement=settlement))
    bands = [asked.band_rule.band for asked in tiers if asked.band_rule is not None and asked.band_rule.band]
    if terms["band"] is None and len(bands) == 2:
        terms["band"] = tuple(np.repeat([band[end] for band in bands], rows) for end in (0, 1))
    return Goal(
        request.goal,
        count=None if request.goal == FEWEST_SITES else 0,
        share=request.share,
        time_limit_s=request.time_limit_s,
        gap=request.gap,
        **{**terms, "forbidden": [*terms["forbidden"], *range(n, rows)]},
    )


def _town(done: Assessed, tiers: tuple[Question, Question], old: Ints, goal: Goal) -> TwoTiers:
    """Rows: the candidates, then the old facilities; who serves as a centre today serves as a station too."""
    first, second = tiers
    n = len(first.candidates)
    is_centre = np.isin(old, first.existing)
    if goal.name == LEAST_WALKING:
        (far, far_m), (near, near_m) = (_by_metres(done, asked, old, goal) for asked in tiers)
    else:
        (far, near), far_m, near_m = (_covering(done, asked, old) for asked in tiers), None, None
    title = done.inputs.standard.tier_title
    return TwoTiers(
        first.cover.residents,
        far,
        near,
        centres=tuple((n + np.flatnonzero(is_centre)).tolist()),
        stations=tuple((n + np.flatnonzero(~is_centre)).tolist()),
        station_residents=second.cover.residents,
        centre_already=far_m,
        station_already=near_m,
        titles=(title(first.request.tier), title(second.request.tier)),
        names={row: name or text("no. {n}", n=row + 1) for row, name in enumerate(first.candidates.names)},
    )


def _covering(done: Assessed, asked: Question, old: Ints) -> sparse.csr_array:
    """Within the rule's figure; old facilities that do not serve the rule reach nobody."""
    serves = np.isin(old, asked.existing)
    rows, within = reach_matrix(asked.rule, done.assessment.measured)
    reach = within[np.searchsorted(rows, old[serves])]
    return stacked(asked.cover.reach[: len(asked.candidates)], _at(reach, serves))


def _by_metres(done: Assessed, asked: Question, old: Ints, goal: Goal) -> tuple[sparse.csr_array, Floats]:
    """(metres, the way to what stays open); of old facilities those that may be closed have entries."""
    closable = closable_rows(goal, len(asked.candidates))
    may_close = np.isin(np.arange(len(old)), closable) & np.isin(old, asked.existing)
    stay = np.setdiff1d(asked.existing, old[may_close])
    already = nearest_m(done.assessment, stay, asked.request.by)[0]
    new = reach_of(done.assessment, asked.candidates.xy, asked.request.by, LONGEST_WALK_M)
    reach = facility_reach(done.assessment, old[may_close], asked.request.by, LONGEST_WALK_M)
    if not goal.has_loads:  # nobody walks farther than to what stays open anyway
        new, reach = nearer(new, already), nearer(reach, already)
    return stacked(new, _at(reach, may_close)), already


def _at(reach: sparse.csr_array, rows: Bools) -> sparse.csr_array:
    """The reach of some rows among empty ones."""
    entries = np.zeros(len(rows), np.int64)
    entries[rows] = np.diff(reach.indptr)
    indptr = np.concatenate([[0], np.cumsum(entries)])
    return sparse.csr_array((reach.data, reach.indices, indptr), shape=(len(rows), reach.shape[1]))
