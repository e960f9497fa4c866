"""A siting request about an assessed city, as the engine is asked it: rows, reach, goal, conditions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import sparse

from core.errors import SettingError
from core.text import listed
from coverage.assessment import Assessment
from coverage.checks.reach import BOUNDARY_M, accepted, cells_within, limit_m, reach_matrix
from coverage.measuring.facility_reach import straight_nearest, walking_nearest
from coverage.model.standard import ANY_TIER, Check, Rule
from coverage.model.tables import Bools, Floats, Ints
from coverage.siting import Demand, Goal
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING, LEAST_WORST
from coverage.siting.model.arrays import only_entries
from geo.distance.reach import bounded_reach, reach_straight
from geo.network.snapping import snap
from jobs.assess.folder import Assessed
from jobs.siting.candidates import Candidates, candidates_of
from jobs.siting.refined import can_refine, near_enough, refined
from jobs.siting.request import SitingRequest
from jobs.siting.search_monitor import SearchMonitor
from jobs.siting.terms import closable_rows, conditions_of, importance

# Nobody is sent farther than this on foot where everybody walks to the nearest site.
LONGEST_WALK_M: Final = 5000.0
_CHECKS: Final = {"radius": Check.RADIUS, "walk": Check.WALK}


@dataclass(frozen=True, eq=False)
class Question:
    """Rows of both places are the candidates, then the `existing` facilities (rows of their table) that
    satisfy `rule`. `demand` is what the goal counts by; in `cover` a site reaches who lives within the
    rule's figure, which is what reasons and losses are reported by. `band_rule` is the load rule whose band
    binds new sites, if it does. `subject` (cells,) are the residents spoken of, `reach_m` the rule's
    figure in metres."""

    request: SitingRequest
    rule: Rule
    band_rule: Rule | None
    candidates: Candidates
    existing: Ints
    subject: Bools
    demand: Demand
    cover: Demand
    goal: Goal
    reach_m: float


def question_of(
    done: Assessed, request: SitingRequest, candidates: Candidates | None = None,
    monitor: SearchMonitor | None = None,
) -> Question:  # fmt: skip
    """All that the engine must know for a request about one tier. UserError for what cannot be.

    `candidates` are chosen by the request, unless given; `monitor` is told of the choice among very
    many, and can end it.
    """
    rule, band_rule = rule_for(done, request), band_rule_for(done, request)
    study = done.inputs.study
    settlement = rule.settlement if band_rule is None else band_rule.settlement
    subject = study.subject_to(settlement)
    existing = accepted(rule, study.facilities, done.inputs.standard).rows
    asked = _Facts(done, request, rule, existing)
    if candidates is None:
        wanted = asked.wanted(subject)
        fine = can_refine(request)
        candidates = candidates_of(done, request, rule, wanted, settlement=settlement, every=fine)
        if fine:
            weight = done.assessment.measured.residents * wanted
            equal = importance(done, request)
            weight = weight if equal is None else weight * equal
            candidates = refined(done, request, candidates, weight, asked.limit_m, monitor or SearchMonitor())
    cover = _cover(asked, candidates, subject)
    band = band_rule.band if band_rule else None
    conditions = conditions_of(done, request, candidates, existing, band=band, settlement=settlement)
    goal = Goal(
        request.goal,
        count=None if request.goal == FEWEST_SITES else count_of(request, candidates),
        share=request.share,
        time_limit_s=request.time_limit_s,
        gap=near_enough(request, candidates),
        **conditions,
    )
    demand = _by_metres(asked, candidates, cover, goal) if asked.by_metres else cover
    if goal.name == LEAST_WALKING and demand.already is not None:
        # who reaches nobody counts as far as the farthest does, not as impossible
        metres = np.asarray(demand.already, float)
        farthest = metres[np.isfinite(metres)].max(initial=LONGEST_WALK_M)
        goal = replace(goal, unreached_m=float(farthest))
    return Question(
        request, rule, band_rule, candidates, existing, subject, demand, cover, goal, asked.limit_m
    )


def wanted_of(done: Assessed, request: SitingRequest) -> Bools:
    """(cells,) the residents for whom places of one tier are looked for."""
    rule, band_rule = rule_for(done, request), band_rule_for(done, request)
    study = done.inputs.study
    existing = accepted(rule, study.facilities, done.inputs.standard).rows
    subject = study.subject_to((band_rule or rule).settlement)
    return _Facts(done, request, rule, existing).wanted(subject)


@dataclass(frozen=True)
class _Facts:
    done: Assessed
    request: SitingRequest
    rule: Rule
    existing: Ints

    @property
    def by_metres(self) -> bool:
        return self.request.goal in (LEAST_WALKING, LEAST_WORST)

    @property
    def limit_m(self) -> float:
        return limit_of(self.done, self.rule)

    def wanted(self, subject: Bools) -> Bools:
        """(cells,) whom places are looked for: by metres all, else who is not within the rule's figure."""
        if self.by_metres:
            return subject
        return subject & ~cells_within(self.rule, self.done.assessment.measured)


def rule_for(done: Assessed, request: SitingRequest, tier: str = "") -> Rule:
    """The rule of the standard that speaks of the tier in the wanted measure.

    One for exactly that tier comes before one for any tier that it serves; SettingError if none.
    """
    tier, check = tier or request.tier, _CHECKS.get(request.by)
    rules = [rule for rule in done.inputs.standard.rules if rule.check is check]
    exact = [rule for rule in rules if rule.tier == tier]
    general = [rule for rule in rules if rule.tier == ANY_TIER and tier in rule.serves]
    if not exact + general:
        raise SettingError(
            "The standard has no rule by {by} for the tier “{tier}”. It speaks of: {tiers}.",
            by=request.by,
            tier=tier,
            tiers=listed(done.inputs.standard.tiers),
        )
    return (exact + general)[0]


def band_rule_for(done: Assessed, request: SitingRequest) -> Rule | None:
    """The load rule for the tier, rural ones first, where the request asks for its band."""
    if not request.conditions.within_band:
        return None
    rules = [r for r in done.inputs.standard.rules if r.check is Check.LOAD and r.tier == request.tier]
    if not rules:
        raise SettingError(
            "The standard has no band of residents for the tier “{tier}”; state one in the conditions, "
            "as band = [1000, 5000] under [load].",
            tier=request.tier,
        )
    return min(rules, key=lambda rule: rule.settlement != "rural")


def limit_of(done: Assessed, rule: Rule) -> float:
    """The rule's figure in metres; the boundary counts."""
    return limit_m(rule, done.inputs.standard) + BOUNDARY_M


def count_of(request: SitingRequest, candidates: Candidates) -> int:
    """How many sites at most: as said, else as many as a budget allows."""
    if request.count is not None:
        return request.count
    if request.conditions.budget is None:
        raise SettingError("Please say how many sites are wanted, or what they may cost.")
    return max(len(candidates), 1)


def reach_of(assessment: Assessment, xy: Floats, by: str, limit: float) -> sparse.csr_array:
    """Places × cells: metres in the wanted measure, up to `limit`."""
    study, distances = assessment.study, assessment.measured.distances
    if by == "radius":
        return reach_straight(xy, study.grid.xy, limit_m=limit)
    doors = snap(study.network, xy, limit_m=assessment.standard.walking.snap_limit_m)
    return bounded_reach(study.network, doors, distances.cells, limit_m=limit)


def facility_reach(assessment: Assessment, rows: Ints, by: str, limit: float) -> sparse.csr_array:
    """The same from existing facilities, from where the assessment has found their doors."""
    return assessment.measured.reach_of(rows, on_foot=by != "radius", limit_m=limit)


def nearest_m(assessment: Assessment, rows: Ints, by: str, xy: Floats | None = None) -> tuple[Floats, Ints]:
    """Metres from every cell (or from places `xy`) to the nearest of some facilities, and which of
    `rows` it is (-1 for none)."""
    study, distances = assessment.study, assessment.measured.distances
    places = study.grid.xy if xy is None else xy
    if by == "radius":
        found = straight_nearest(places, places, study.facilities, rows)
    else:
        limit = assessment.standard.walking.snap_limit_m
        points = distances.cells if xy is None else snap(study.network, xy, limit_m=limit)
        found = walking_nearest(study.network, points, study.facilities, distances.entrances, rows)
    return found.metres, found.index


def stacked(*parts: sparse.csr_array) -> sparse.csr_array:
    """One below the other; zeros that are stored stay stored."""
    counts = np.concatenate([np.diff(part.indptr).astype(np.int64) for part in parts])
    return sparse.csr_array(
        (
            np.concatenate([part.data for part in parts]),
            np.concatenate([part.indices for part in parts]),
            np.concatenate([[0], np.cumsum(counts)]),
        ),
        shape=(sum(part.shape[0] for part in parts), parts[0].shape[1]),
    )


def _cover(asked: _Facts, candidates: Candidates, subject: Bools) -> Demand:
    assessment, by = asked.done.assessment, asked.request.by
    old = reach_matrix(asked.rule, assessment.measured)[1]
    if candidates.anew is None:
        new = reach_of(assessment, candidates.xy, by, asked.limit_m)
    else:  # who is served today or lives nowhere makes no difference to what a place adds
        new, old = candidates.anew, old.astype(bool)
        old.data[:] = True
    keep = tuple(range(len(candidates), len(candidates) + len(asked.existing)))
    return Demand(assessment.measured.residents * subject, stacked(new, old), keep)


def _by_metres(asked: _Facts, candidates: Candidates, cover: Demand, goal: Goal) -> Demand:
    """Existing facilities that stay are told by the metres to the nearest, however far; only those
    that may be closed have entries of their own."""
    assessment, by, n = asked.done.assessment, asked.request.by, len(candidates)
    closable = closable_rows(goal, n)
    stay = np.setdiff1d(np.arange(len(asked.existing)), closable)
    already = nearest_m(assessment, asked.existing[stay], by)[0]
    new = reach_of(assessment, candidates.xy, by, LONGEST_WALK_M)
    old = facility_reach(assessment, asked.existing[closable], by, LONGEST_WALK_M)
    if not goal.has_loads:  # nobody walks farther than to what stays open anyway
        new, old = nearer(new, already), nearer(old, already)
    entries = np.zeros(len(asked.existing), np.int64)
    entries[closable] = np.diff(old.indptr)
    rows = sparse.csr_array(
        (old.data, old.indices, np.concatenate([[0], np.cumsum(entries)])),
        shape=(len(asked.existing), old.shape[1]),
    )
    return replace(cover, reach=stacked(new, rows), already=already)


def nearer(reach: sparse.csr_array, already: Floats) -> sparse.csr_array:
    """Without the entries that are no nearer than what is open already."""
    return only_entries(reach, reach.data < already[reach.indices])
