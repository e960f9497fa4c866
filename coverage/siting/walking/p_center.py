"""p-center: the shortest longest walk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.errors import InfeasibleError, SettingError
from coverage.siting.covering.fewest_sites import fewest_sites
from coverage.siting.goals import FEWEST_SITES, Plan
from coverage.siting.model.arrays import Bools, Floats, Ints, only_entries
from coverage.siting.model.highs import Limits
from coverage.siting.model.plan_value import Found, finished, reachable
from coverage.siting.model.problem import Problem

# Of the time left, what one distance may take.
_ONE_TRIAL = 0.5


def p_center(problem: Problem, limits: Limits) -> Plan:
    """The longest walk of anybody who can be reached, made as short as it can be.

    A walk of at most d is possible where the sites needed to cover everyone within d are allowed,
    so d is found by halving among the distances that occur; each trial is a covering problem.
    """
    if not problem.measured:
        raise SettingError("Least worst needs distances in metres, not only yes or no.")
    wanted = reachable(problem)
    problem = replace(problem, goal=replace(problem.goal, share=1.0))
    # The sorted distances that the longest walk can have.
    metres = problem.metres.data[wanted[problem.metres.indices]]
    before = problem.already[wanted & np.isfinite(problem.already)]
    distances = np.unique(np.concatenate(([0.0], metres, before)))
    last = _trial(problem, wanted, distances[-1], limits, explain=True)
    if last.opened is None:
        raise last.error or InfeasibleError("No plan meets all the conditions.")
    # Narrow down (impossible, possible] among `distances`; undecided trials leave a gap.
    best = last
    low, proved_low = -1, -1
    high = min(len(distances) - 1, _place(problem, wanted, distances, best))
    while high - low > 1 and limits.left() > 0.0:
        middle = (low + high) // 2
        trial = _trial(problem, wanted, distances[middle], limits.part(_ONE_TRIAL))
        if trial.opened is not None:
            best, high = trial, min(middle, _place(problem, wanted, distances, trial))
        else:
            low = middle
            proved_low = middle if trial.decided else proved_low
    bound = float(distances[min(proved_low + 1, high)])
    opened = np.zeros(0, np.int64) if best.opened is None else best.opened
    found = Found(opened, float(distances[high]), bound, bound == distances[high], best.closed)
    limits.report(found.objective, found.bound, maximises=False)
    return finished(problem, found, limits)


@dataclass(frozen=True, eq=False)
class _Trial:
    """Rows that keep everyone within a distance (None: none found), and whether that is proved."""

    opened: Ints | None
    closed: Ints
    decided: bool
    error: InfeasibleError | None = None


def _place(problem: Problem, wanted: Bools, distances: Floats, trial: _Trial) -> int:
    """Where the longest walk under a trial's sites stands among `distances`."""
    if trial.opened is None:
        return len(distances) - 1
    stay = np.setdiff1d(problem.open_before, trial.closed)
    longest = problem.nearest_m(np.concatenate((stay, trial.opened)))[wanted].max(initial=0.0)
    return int(np.searchsorted(distances, longest))


def _trial(
    problem: Problem, wanted: Bools, metres: float, limits: Limits, *, explain: bool = False
) -> _Trial:
    """Whether everyone `wanted` can be within `metres`."""
    near = only_entries(problem.metres, problem.metres.data <= metres)
    goal = replace(problem.goal, name=FEWEST_SITES, share=1.0, cost=problem.goal.cost)
    within = replace(
        problem,
        metres=near,
        already=np.where(problem.already <= metres, problem.already, np.inf),
        residents=np.where(wanted, problem.residents, 0.0),
        goal=goal,
    )
    nobody = np.zeros(0, np.int64)
    if not reachable(within)[wanted].all():
        return _Trial(None, nobody, decided=True)
    try:
        plan = fewest_sites(within, limits, enough=True, explain=explain)
    except InfeasibleError as error:
        return _Trial(None, nobody, decided=True, error=error)
    except SettingError:
        return _Trial(None, nobody, decided=False)
    return _Trial(np.array(plan.sites, np.int64), np.array(plan.closed, np.int64), decided=True)
