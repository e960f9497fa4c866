"""From a set of sites to a plan: which to build first, what each adds, and how good it is proved."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from coverage.siting.goals import Plan, Step, gap_of
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.highs import Limits
from coverage.siting.model.problem import Problem

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Found:
    """What a solver hands over: rows to open and to close, the value, its bound, the proof."""

    opened: Ints
    objective: float
    bound: float
    proven: bool
    closed: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


def finished(problem: Problem, found: Found, limits: Limits) -> Plan:
    """The plan for `found`: sites in build order with what each adds, counted on the caller's cells."""
    stay = np.setdiff1d(problem.open_before, found.closed)
    ordered, added = build_order(problem, found.opened, problem.covered(stay))
    start = float(problem.residents[problem.covered(stay)].sum())
    bound, gap, proven = judged(found, problem.goal.maximises, _limit(problem))
    return Plan(
        sites=tuple(ordered.tolist()),
        objective=found.objective,
        bound=bound,
        gap=gap,
        proven=proven,
        seconds=time.perf_counter() - limits.started,
        residents_before=float(problem.residents[problem.covered(problem.open_before)].sum()),
        gained=tuple(added.tolist()),
        curve=tuple(Step(n + 1, start + float(sum_)) for n, sum_ in enumerate(np.cumsum(added))),
        closed=tuple(found.closed.tolist()),
        goal=problem.goal,
    )


def _limit(problem: Problem) -> float:
    """What no plan can pass, whatever it opens."""
    return (1.0 + problem.goal.backup) * float(problem.weight.sum()) if problem.goal.maximises else 0.0


def judged(found: Found, maximises: bool, limit: float) -> tuple[float, float, bool]:
    """(bound, gap, proven): the bound is brought within `limit`.

    One on the wrong side of the objective is rounding and is moved there.
    """
    if maximises:
        bound = max(min(found.bound, limit), found.objective)
    else:
        bound = min(max(found.bound, limit), found.objective)
    close = abs(bound - found.objective) <= _ROUNDING * max(1.0, abs(found.objective))
    if found.proven or close:
        return found.objective, 0.0, True
    return bound, gap_of(found.objective, bound, maximises), False


def build_order(problem: Problem, rows: Ints, covered: Bools) -> tuple[Ints, Floats]:
    """(ordered rows, residents each adds): always the one worth most, ties to the lower row."""
    left = np.where(covered, 0.0, problem.weight)
    residents = np.where(covered, 0.0, problem.residents)
    remaining = np.sort(rows)
    worth = np.array([left[problem.cells_of(row)].sum() for row in remaining])
    ordered, added = [], []
    for _ in remaining:
        best = _best(problem, remaining, worth, left)
        cells = problem.cells_of(remaining[best])
        ordered.append(remaining[best])
        added.append(residents[cells].sum())
        left[cells] = residents[cells] = 0.0
        worth[best] = -1.0
    return np.array(ordered, np.int64), np.array(added, float)


def _best(problem: Problem, rows: Ints, worth: Floats, left: Floats) -> int:
    """The place of the largest worth; old worths are upper limits, so few are counted again."""
    fresh = np.zeros(len(rows), bool)
    while True:
        best = int(np.argmax(worth))
        if fresh[best] or worth[best] < 0.0:
            return best
        worth[best] = float(left[problem.cells_of(rows[best])].sum())
        fresh[best] = True
