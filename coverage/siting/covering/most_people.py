"""Maximal covering: as many residents as possible with a given number of sites."""

from __future__ import annotations

import numpy as np

from core.errors import InfeasibleError
from core.progress import Progress, silent
from core.text import Text, text
from coverage.siting.capacity.loads import most_people_with_loads
from coverage.siting.covering.best_cover import best_cover
from coverage.siting.covering.local_search import greedy, improved
from coverage.siting.covering.lp_bound import DualSearch
from coverage.siting.covering.ruled_cover import RuledSearch, ruled_cover
from coverage.siting.goals import Plan
from coverage.siting.model.arrays import Floats
from coverage.siting.model.cover_model import (
    CoverModel,
    all_rules,
    build_model,
    merge_cells,
    most_program,
    most_values,
    without_dominated,
)
from coverage.siting.model.highs import Limits
from coverage.siting.model.plan_value import Found, covered_weight, finished
from coverage.siting.model.problem import Problem
from coverage.siting.model.site_rules import SiteRules, site_rules, solved, start_price

_LARGE = 20_000
# Steps of the relaxation for one number of sites of a curve; in a very large model it ends where the curve
# could not be told from its bound.
_CURVE_STEPS = 160
_CURVE_NEAR = 0.005
_VERY_LARGE = 500_000


def most_people(problem: Problem, limits: Limits) -> Plan:
    """By the conditions: loads, rules among sites, or equal sites: those required, then the best cover."""
    if problem.goal.has_loads:
        return most_people_with_loads(problem, limits)
    if problem.goal.couples_sites:
        # Rules among sites: a start that keeps them, then HiGHS with all of them as rows.
        rules = site_rules(problem)
        model, second = _model_with_backup(problem, rules)
        start = RuledSearch(model, rules, second, start_price(problem, rules)).run()
        if start is not None and model.cover.nnz > _LARGE and second is None:
            cover = ruled_cover(model, rules, start, limits)
            is_open = np.isin(np.arange(model.n_sites), cover.chosen)
            bound, proven = cover.bound, cover.proven
        else:
            values = None if start is None else most_values(model, start, second)
            answer = solved(most_program(model, all_rules(rules), second), rules.names, limits, values)
            is_open, bound, proven = answer.sites_open(model.n_sites), answer.bound, answer.proven
        opened, closed = rules.rows[is_open & rules.is_new], rules.rows[~is_open & ~rules.is_new]
        objective = covered_weight(problem, opened, closed)
        return finished(problem, Found(opened, objective, bound, proven, closed), limits)
    required = problem.required
    count = (problem.goal.count or 0) - len(required)
    if count < 0:
        raise InfeasibleError(
            "{required} {required:site is|sites are} required but only {count} may be opened.",
            required=len(required),
            count=problem.goal.count,
        )
    free = np.setdiff1d(problem.candidates, required)
    covered = problem.covered(np.union1d(problem.fixed, required))
    model = build_model(problem.metres, problem.weight, free, covered)
    cover = best_cover(model, count, limits)
    rows = np.concatenate((required, cover.chosen))
    found = Found(rows, covered_weight(problem, rows), cover.bound, cover.proven)
    return finished(problem, found, limits)


def cover_curve(
    problem: Problem, most: int, limits: Limits, progress: Progress = silent
) -> dict[int, tuple[float, float]]:
    """Number of sites → (best found, bound) for equal sites, from as many as are required up to `most`.

    The model is made once. Prices found for some numbers bound every number (Σ weight·(1 − μ) and the n
    largest worths hold for any n); with the time that is left each number is searched for by itself.
    """
    required = problem.required
    free = np.setdiff1d(problem.candidates, required)
    covered = problem.covered(np.union1d(problem.fixed, required))
    model = without_dominated(build_model(problem.metres, problem.weight, free, covered))
    near = _CURVE_NEAR if model.cover.nnz > _VERY_LARGE else 0.0
    numbers = np.arange(max(0, 1 - len(required)), most - len(required) + 1)
    if not len(numbers):
        return {}
    order = greedy(model, int(numbers[-1]))
    best = {int(n): model.value(order[:n]) for n in numbers}
    bound = {int(n): float(model.weight.sum()) for n in numbers}
    longest, few = 0.0, int(min(numbers[-1], len(order), max(model.n_sites - 1, 0)))
    while few > 0 and limits.left() > longest:
        progress(0.0, _curve_words(few, most))
        begun = limits.left()
        chosen, value = improved(model, order[:few])
        best[few] = max(best.get(few, 0.0), value)
        dual = DualSearch(model, few, chosen).run(_CURVE_STEPS, limits, value * (1.0 + near))
        rest = float((model.weight * (1.0 - dual.price)).sum())
        reached = rest + np.concatenate(([0.0], np.cumsum(np.sort(dual.worth)[::-1])))
        bound = {n: min(known, float(reached[min(n, len(reached) - 1)])) for n, known in bound.items()}
        longest, few = max(longest, begun - limits.left()), few // 2
    for place, n in enumerate(numbers.tolist()):
        if bound[n] <= best[n] * (1.0 + max(near, 1e-9)) or limits.left() <= longest:
            continue
        progress(place / len(numbers), _curve_words(n, most))
        found = best_cover(model, n, limits.part(1.0 / (len(numbers) - place)))
        best[n] = max(best[n], found.value - model.base)
        bound[n] = min(bound[n], found.bound - model.base)
    known = len(required)
    return {n + known: (best[n] + model.base, max(bound[n], best[n]) + model.base) for n in best}


def _curve_words(count: int, most: int) -> Text:
    return text("Drawing the curve of residents against sites: {n} of up to {all}", n=count, all=most)


def _model_with_backup(problem: Problem, rules: SiteRules) -> tuple[CoverModel, Floats | None]:
    """The model, and the worth of each group's second covering.

    Cells that one fixed site covers already form groups of their own, worth only the backup.
    """
    covered = problem.covered(problem.fixed)
    model = build_model(problem.metres, problem.weight, rules.rows, covered)
    if not problem.goal.backup:
        return model, None
    times = np.isfinite(problem.already).astype(np.int64)
    for row in problem.fixed:
        times[problem.cells_of(row)] += 1
    backup = problem.goal.backup
    once, worth = merge_cells(problem.metres[rules.rows], np.where(times == 1, backup * problem.weight, 0.0))
    base = model.base + backup * float(problem.weight[times >= 2].sum())
    return model.joined(once, worth, base), np.concatenate((backup * model.weight, np.zeros(len(worth))))
