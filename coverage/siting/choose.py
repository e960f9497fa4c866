"""The one call for every goal; the curve over the number of sites; other plans nearly as good."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from core.errors import InfeasibleError
from core.progress import Progress, silent
from coverage.siting.covering.fewest_sites import fewest_sites
from coverage.siting.covering.most_people import cover_curve, most_people
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING, LEAST_WORST, MOST_PEOPLE, Goal, Plan, Watch
from coverage.siting.model.arrays import Bools, Floats
from coverage.siting.model.audit import audited
from coverage.siting.model.highs import Limits
from coverage.siting.model.plan_value import covered_weight
from coverage.siting.model.problem import Problem, read_problem
from coverage.siting.walking.least_walking import least_walking
from coverage.siting.walking.p_center import p_center


def choose_sites(
    residents: Floats,
    reach: sparse.sparray,
    *,
    goal: Goal,
    keep: Sequence[int] = (),
    already: Floats | Bools | None = None,
    watch: Watch | None = None,
) -> Plan:
    """The best sites for `goal`, proved or with a bound.

    `residents` (cells,) ≥ 0. `reach` CSR (sites × cells): bool, or metres of which only stored
    entries count: a missing one cannot be reached, a stored 0 can. `keep` are rows that are open
    already: they serve but are not counted. `already` (cells,) tells of facilities that are not
    rows: True where covered, or metres to the nearest (inf where none).

    The same input, goal and seed give the same plan unless a time limit was reached. SettingError
    when the arguments do not fit together, InfeasibleError when no plan can meet the conditions.
    """
    limits = Limits(goal.time_limit_s, goal.gap, goal.seed, watch or Watch())
    problem = read_problem(residents, reach, goal, keep, already)
    return audited(problem, _SOLVERS[goal.name], limits)


_SOLVERS: Mapping[str, Callable[[Problem, Limits], Plan]] = {
    MOST_PEOPLE: most_people,
    FEWEST_SITES: fewest_sites,
    LEAST_WALKING: least_walking,
    LEAST_WORST: p_center,
}


@dataclass(frozen=True, eq=False)
class Demand:
    """The arguments of `choose_sites` that describe the city, to ask more than one question about it."""

    residents: Floats
    reach: sparse.csr_array
    keep: Sequence[int] = ()
    already: Floats | Bools | None = None

    def choose(self, goal: Goal, watch: Watch | None = None) -> Plan:
        """The plan for `goal`; as `choose_sites`."""
        return choose_sites(
            self.residents, self.reach, goal=goal, keep=self.keep, already=self.already, watch=watch
        )

    def problem(self, goal: Goal) -> Problem:
        """The checked arrays under the conditions of `goal`."""
        return read_problem(self.residents, self.reach, goal, self.keep, self.already)


@dataclass(frozen=True)
class CurvePoint:
    """Residents served by n sites: the best n found, the bound on any n, and the first n of the build order.

    best − in_order is the price of building one after the other, best first.
    """

    sites: int
    best: float
    bound: float
    in_order: float


def curve(
    demand: Demand, plan: Plan, *, watch: Watch | None = None, progress: Progress = silent
) -> tuple[CurvePoint, ...]:
    """For a most-people plan of N sites, 1 to N, within the time of its goal.

    All three figures are in the unit of the plan's objective. Numbers with which no plan keeps the
    conditions (fewer than are required, say) have no point. Where conditions tie sites together every
    number is planned by itself, in an equal share of the time; those it does not suffice for have none.
    """
    if plan.goal.name != MOST_PEOPLE or not plan.sites:
        return ()
    limits = Limits(plan.goal.time_limit_s, plan.goal.gap, plan.goal.seed, watch or Watch())
    problem, count = demand.problem(plan.goal), len(plan.sites)
    if plan.goal.couples_sites:
        # (best found, bound) of every smaller number of sites for which there is a plan.
        known = {}
        for n in range(1, len(plan.sites)):
            seconds = plan.goal.time_limit_s / len(plan.sites)
            if limits.left() <= 0.0:
                break
            try:
                goal = replace(plan.goal, count=n, time_limit_s=seconds)
                fewer = demand.choose(goal, Watch(cancelled=limits.watch.cancelled))
            except InfeasibleError:
                continue
            known[n] = fewer.objective, fewer.bound
    else:
        known = cover_curve(problem, count - 1, limits, progress)
    known[count] = plan.objective, plan.bound
    found, closed = [], np.array(plan.closed, np.int64)
    for n, (best, bound) in sorted(known.items()):
        in_order = covered_weight(problem, np.array(plan.sites[:n], np.int64), closed)
        if plan.goal.has_loads:  # whom the others serve as well is not known here
            in_order = min(in_order, best)
        found.append(CurvePoint(n, max(best, in_order), max(bound, in_order), in_order))
    # More sites serve at least as many, so a time-limited point takes over what fewer sites reached.
    rising = np.maximum.accumulate([point.best for point in found])
    falling = np.minimum.accumulate([point.bound for point in found[::-1]])[::-1]
    return tuple(
        replace(point, best=float(best), bound=float(max(bound, best)))
        for point, best, bound in zip(found, rising, falling, strict=True)
    )


def alternatives(
    demand: Demand, plan: Plan, *, most: int = 3, within: float = 0.05, differ: int = 1
) -> tuple[Plan, ...]:
    """Up to `most` other plans, best first.

    Each is at most the share `within` worse than `plan` and has at least `differ` sites that
    neither it nor any earlier alternative has.
    """
    known = [plan]
    while len(known) <= most:
        apart = tuple((earlier.sites, max(0, len(earlier.sites) - differ)) for earlier in known)
        try:
            other = demand.choose(replace(plan.goal, apart_from=(*plan.goal.apart_from, *apart)))
        except InfeasibleError:
            break
        fewest_new = min(len(set(other.sites) - set(earlier.sites)) for earlier in known)
        if worse_by(other, plan) > within or fewest_new < differ:
            break
        known.append(other)
    return tuple(known[1:])


def worse_by(other: Plan, plan: Plan) -> float:
    """The share by which `other` is worse than `plan`; negative if better."""
    change = plan.objective - other.objective
    whole = abs(plan.objective)
    return (change if plan.goal.maximises else -change) / whole if whole else 0.0
