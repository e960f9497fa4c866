"""A siting request about two tiers as the engine is asked it: one set of places, two questions, one goal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import sparse

from core.errors import SettingError
from core.text import text
from coverage.checks.reach import reach_matrix
from coverage.model.tables import Bools, Floats, Ints
from coverage.siting import Demand, Goal, TwoTiers, both
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING
from jobs.assess.folder import Assessed
from jobs.siting.candidates import Candidates, candidates_of
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
from jobs.siting.request import PlanConditions, SitingRequest
from jobs.siting.terms import closable_rows, conditions_of

_NOBODY: Final = np.zeros(0, np.int64)


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
