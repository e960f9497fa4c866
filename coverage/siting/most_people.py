"""Maximal covering: as many residents as possible with a given number of sites."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from coverage.siting.dominance import without_dominated
from coverage.siting.goals import Floats, Ints, Plan
from coverage.siting.greedy import greedy
from coverage.siting.highs import Answer, Limits, Program, solve
from coverage.siting.model import CoverModel, build_model
from coverage.siting.order import covering_plan
from coverage.siting.problem import Problem
from coverage.siting.swap import improved


def most_people(problem: Problem, limits: Limits) -> Plan:
    """Greedy and swaps, then HiGHS on the merged model, which proves or bounds the result."""
    count = problem.goal.count or 0
    model = without_dominated(
        build_model(problem.metres, problem.residents, problem.candidates, problem.covered_before())
    )
    if min(count, model.n_sites) == 0:
        return covering_plan(problem, np.zeros(0, np.int64), model.base, limits, proven=True)
    chosen, value = improved(model, greedy(model, count))
    if len(chosen) < count or count >= model.n_sites:
        return covering_plan(problem, model.rows[chosen], model.base + value, limits, proven=True)
    answer = solve(covering_program(model, count), limits, program_values(model, chosen))
    best = _better(model, chosen, answer)
    return covering_plan(problem, model.rows[best], answer.bound, limits, answer.proven)


def _better(model: CoverModel, chosen: Ints, answer: Answer) -> Ints:
    if answer.values is None:
        return chosen
    found = np.flatnonzero(answer.values[: model.n_sites] > 0.5)
    return found if model.value(found) > model.value(chosen) else chosen


def covering_program(model: CoverModel, count: int) -> Program:
    """x (sites) whole, z (groups with two sites or more) ≤ Σ x of those sites, Σ x ≤ count.

    Groups with one site need no z: their weight is the site's own.
    """
    single = np.diff(model.by_group.indptr) == 1
    shared = model.by_group[np.flatnonzero(~single)]
    own = model.cover @ np.where(single, model.weight, 0.0)
    n, m = model.n_sites, shared.shape[0]
    links = sparse.hstack([-shared, sparse.eye_array(m)])
    total = sparse.csr_array((np.ones(n), np.arange(n), [0, n]), shape=(1, n + m))
    return Program(
        cost=np.concatenate((own, model.weight[~single])),
        matrix=sparse.csr_array(sparse.vstack([total, links])),
        row_low=np.full(m + 1, -np.inf),
        row_high=np.concatenate(([float(count)], np.zeros(m))),
        low=np.zeros(n + m),
        high=np.ones(n + m),
        integer=np.arange(n + m) < n,
        maximises=True,
        offset=model.base,
    )


def program_values(model: CoverModel, chosen: Ints) -> Floats:
    """The program's variables for a given choice of sites."""
    sites = np.zeros(model.n_sites)
    sites[chosen] = 1.0
    shared = model.by_group[np.flatnonzero(np.diff(model.by_group.indptr) > 1)]
    return np.concatenate((sites, np.minimum(1.0, shared @ sites)))
