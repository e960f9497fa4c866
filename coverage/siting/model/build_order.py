"""From a set of sites to a plan: which to build first, and what each adds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from coverage.siting.goals import Plan, Step, gap_of
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.highs import Limits
from coverage.siting.model.problem import Problem


@dataclass(frozen=True, eq=False)
class Choice:
    """Sites of a model (by number), what they are worth and a bound on what any choice can be.

    Both count the same: covered weight with the model's `base`, or what is saved of walking.
    """

    chosen: Ints
    value: float
    bound: float
    proven: bool = False


@dataclass(frozen=True, eq=False)
class Found:
    """What a solver claims: rows to open and to close, the value, its bound, the proof (see `audit`)."""

    opened: Ints
    objective: float
    bound: float
    proven: bool
    closed: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


def finished(problem: Problem, found: Found, limits: Limits) -> Plan:
    """The plan for `found`: sites in build order with what each adds, counted on the caller's cells.

    Objective, bound and proof are as claimed; `audit` has the last word on them.
    """
    stay = np.setdiff1d(problem.open_before, found.closed)
    ordered, added = build_order(problem, found.opened, problem.covered(stay))
    start = float(problem.residents[problem.covered(stay)].sum())
    return Plan(
        sites=tuple(ordered.tolist()),
        objective=found.objective,
        bound=found.bound,
        gap=gap_of(found.objective, found.bound, problem.goal.maximises),
        proven=found.proven,
        seconds=time.perf_counter() - limits.started,
        residents_before=float(problem.residents[problem.covered(problem.open_before)].sum()),
        gained=tuple(added.tolist()),
        curve=tuple(Step(n + 1, start + float(sum_)) for n, sum_ in enumerate(np.cumsum(added))),
        closed=tuple(found.closed.tolist()),
        goal=problem.goal,
    )


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
