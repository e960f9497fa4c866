"""From a set of sites to a plan: which to build first, and what each adds."""

from __future__ import annotations

import time

import numpy as np

from coverage.siting.goals import Floats, Ints, Plan, Step, gap_of
from coverage.siting.highs import Limits
from coverage.siting.problem import Problem

_ROUNDING = 1e-9


def covering_plan(problem: Problem, rows: Ints, bound: float, limits: Limits, proven: bool) -> Plan:
    """The plan that opens `rows`; objective and gains are counted anew on the caller's cells.

    Sites that add nothing to the others are left out.
    """
    before = problem.covered_before()
    residents_before = float(problem.residents[before].sum())
    ordered, gained = build_order(problem, rows, problem.residents)
    curve = residents_before + np.cumsum(gained)
    objective = float(curve[-1]) if len(curve) else residents_before
    bound = max(bound, objective)
    proven = proven or bound - objective <= _ROUNDING * max(1.0, bound)
    bound = objective if proven else bound
    return Plan(
        sites=tuple(int(row) for row in ordered),
        objective=objective,
        bound=bound,
        gap=gap_of(objective, bound, maximises=True),
        proven=proven,
        seconds=time.perf_counter() - limits.started,
        residents_before=residents_before,
        gained=tuple(gained.tolist()),
        curve=tuple(Step(n + 1, float(value)) for n, value in enumerate(curve)),
        goal=problem.goal,
    )


def build_order(problem: Problem, rows: Ints, residents: Floats) -> tuple[Ints, Floats]:
    """(ordered rows, residents each adds): always the one that adds most, ties to the lower row."""
    left = np.where(problem.covered_before(), 0.0, residents)
    remaining = sorted(int(row) for row in rows)
    gain = np.array([left[problem.cells_of(row)].sum() for row in remaining])
    ordered, gained = [], []
    for _ in remaining:
        best = _best(problem, remaining, gain, left)
        if gain[best] <= 0.0:
            break
        ordered.append(remaining[best])
        gained.append(float(gain[best]))
        left[problem.cells_of(remaining[best])] = 0.0
        gain[best] = -1.0
    return np.array(ordered, np.int64), np.array(gained)


def _best(problem: Problem, rows: list[int], gain: Floats, left: Floats) -> int:
    """The place of the largest gain; old gains are upper limits, so few are counted again."""
    fresh = np.zeros(len(rows), bool)
    while True:
        best = int(np.argmax(gain))
        if fresh[best] or gain[best] <= 0.0:
            return best
        gain[best] = float(left[problem.cells_of(rows[best])].sum())
        fresh[best] = True
