"""What a plan is worth, recomputed from the caller's cells: no merged groups, no reduced models.

And from a set of sites to a plan: which to build first, and what each adds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING, LEAST_WORST, Plan, Step, gap_of
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.highs import Limits
from coverage.siting.model.problem import Problem


def plan_value(problem: Problem, opened: Ints, closed: Ints, assigned: sparse.csr_array | None) -> float:
    """The objective of the goal with these rows opened and closed.

    inf where somebody is left out who must not be. `assigned` (sites × cells) residents by limited site,
    needed where loads are limited.
    """
    goal = problem.goal
    if goal.name == FEWEST_SITES:
        return float(site_price(problem, opened, np.ones(len(opened), bool)).sum())
    is_open = np.concatenate((np.setdiff1d(problem.open_before, closed), opened))
    if goal.name == LEAST_WALKING:
        missing_m = np.inf if goal.unreached_m is None else goal.unreached_m
        if assigned is None:
            return total_walking(problem, is_open, missing_m)
        # weight·metres of those whom limited sites serve, and of the others on their other way.
        other = np.minimum(problem.nearest_m(unlimited(problem)), missing_m)
        left = 1.0 - served_share(problem, assigned)
        wanted = reachable(problem)
        if (wanted & ~np.isfinite(other) & (left > 1e-6)).any():
            return float("inf")
        rest = np.maximum(left, 0.0) * problem.weight * np.where(wanted & np.isfinite(other), other, 0.0)
        per_resident = np.divide(
            problem.weight, problem.residents, out=np.zeros(problem.n_cells), where=problem.residents > 0.0
        )
        entries = sparse.coo_array(assigned)
        metres = metres_at(problem, entries.row, entries.col)
        return float(rest.sum() + (entries.data * per_resident[entries.col] * metres).sum())
    if goal.name == LEAST_WORST:
        return float(problem.nearest_m(is_open)[reachable(problem)].max(initial=0.0))
    if assigned is None:
        return covered_weight(problem, opened, closed)
    return assigned_weight(problem, assigned)


def covered_weight(problem: Problem, opened: Ints, closed: Ints | None = None) -> float:
    """Weight served with these changes, on the caller's cells; backup is counted if the goal has it."""
    stay = problem.open_before if closed is None else np.setdiff1d(problem.open_before, closed)
    times = np.isfinite(problem.already).astype(np.int64)
    for row in np.concatenate((stay, opened)):
        times[problem.cells_of(row)] += 1
    again = problem.goal.backup * problem.weight[times >= 2].sum() if problem.goal.backup else 0.0
    return float(problem.weight[times >= 1].sum() + again)


def reachable(problem: Problem) -> Bools:
    """(cells,) with weight, and reached by what is open or by some candidate."""
    return reached_by_any(problem) & (problem.weight > 0.0)


def reached_by_any(problem: Problem) -> Bools:
    """(cells,) reached by what is open today or by some candidate."""
    reached = problem.covered(problem.open_before)
    reached[problem.metres[problem.candidates].indices] = True
    return reached


def total_walking(problem: Problem, rows: Ints, missing_m: float) -> float:
    """weight·metres of all reachable cells when `rows` are open; `missing_m` for who reaches none."""
    wanted = reachable(problem)
    metres = np.minimum(problem.nearest_m(rows)[wanted], missing_m)
    return float((metres * problem.weight[wanted]).sum())


def wanted_weight(problem: Problem) -> float:
    """The share of the weight that fixed, closable or possible sites reach.

    Possible ones that are too near to an existing one count here: whom only they could serve stay unserved.
    """
    reached = reached_by_any(problem)
    reached[problem.metres[problem.too_near].indices] = True
    return problem.goal.share * float(problem.weight[reached].sum())


def only_too_near(problem: Problem) -> float:
    """Residents whom only possible sites that are too near to an existing one reach."""
    reached = np.zeros(problem.n_cells, bool)
    reached[problem.metres[problem.too_near].indices] = True
    return float(problem.residents[reached & ~reached_by_any(problem)].sum())


def nobody_reached(problem: Problem) -> bool:
    """Whether there are residents to serve and no possible site reaches any."""
    reached = np.zeros(problem.n_cells, bool)
    reached[problem.metres[np.concatenate((problem.candidates, problem.too_near))].indices] = True
    wanted = problem.weight > 0.0
    return bool((wanted & ~problem.covered(problem.open_before)).any() and not (reached & wanted).any())


def site_price(problem: Problem, rows: Ints, is_new: Bools) -> Floats:
    """(rows,) what opening counts: 1, or the cost where given; existing sites are free."""
    if problem.goal.cost is None:
        return is_new.astype(float)
    return np.where(is_new, np.asarray(problem.goal.cost, float)[rows], 0.0)


def unlimited(problem: Problem) -> Ints:
    """Open rows that stay and whose load has no limit."""
    return problem.fixed[np.isinf(capacity(problem)[problem.fixed])]


def capacity(problem: Problem) -> Floats:
    """(sites,) the most residents each can serve."""
    given = problem.goal.capacity
    return np.full(problem.n_sites, np.inf) if given is None else np.asarray(given, float)


def served_share(problem: Problem, assigned: sparse.csr_array) -> Floats:
    """(cells,) the share of each cell's residents that limited sites serve."""
    people = np.asarray(assigned.sum(axis=0)).ravel()
    share: Floats = np.divide(
        people, problem.residents, out=np.zeros(len(people)), where=problem.residents > 0.0
    )
    return share


def assigned_weight(problem: Problem, assigned: sparse.csr_array) -> float:
    """Weight served by limited sites, and by unlimited ones whatever is chosen."""
    anyway = problem.covered(unlimited(problem))
    share = np.where(anyway, 1.0, np.minimum(served_share(problem, assigned), 1.0))
    return float((share * problem.weight).sum())


def metres_at(problem: Problem, rows: Ints, cells: Ints) -> Floats:
    """(pairs,) the metres from each cell to each site; inf where the site does not reach it."""
    used = np.unique(rows)
    part = problem.metres[used]
    width = np.int64(problem.n_cells)
    keys = np.repeat(np.arange(len(used)), np.diff(part.indptr)) * width + part.indices
    wanted = np.searchsorted(used, rows) * width + cells
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    if not len(keys):
        return np.full(len(rows), np.inf)
    return np.where(keys[at] == wanted, part.data[at].astype(float), np.inf)


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
