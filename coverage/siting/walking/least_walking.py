"""p-median: the least total walking to the nearest open site."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, repeat

import numpy as np
from scipy import sparse

from core.errors import InfeasibleError, SettingError
from coverage.siting.capacity.flow import Flow, read_flow
from coverage.siting.capacity.loads import flow_plan, flow_program, row_names
from coverage.siting.constrained.ruled_walking import best_under_rules
from coverage.siting.covering.fewest_sites import fewest_sites
from coverage.siting.goals import FEWEST_SITES, Plan
from coverage.siting.model.arrays import Floats, Ints, only_entries
from coverage.siting.model.build_order import Choice, Found, finished
from coverage.siting.model.highs import Limits, Program, solve
from coverage.siting.model.infeasible import solved
from coverage.siting.model.plan_value import reachable, total_walking, unlimited
from coverage.siting.model.problem import Problem
from coverage.siting.model.site_rules import site_rules, start_price
from coverage.siting.walking.capacitated_p_median import OtherWalks, better_bounded, capacitated_p_median
from coverage.siting.walking.lagrangian import Prices, price_cells
from coverage.siting.walking.savings import SavingsModel, SavingsSwap, SavingsWalk, greedy_savings

# What HiGHS takes over after all rounds of prices, and before.
_MOST_PAIRS = 300_000
_EASY_PAIRS = 8_000
_MOST_FLOW = 150_000
_ROUNDS = (60, 120, 250, 500, 1_000)
# Of the time left, what one round of prices and HiGHS may take.
_PRICES = 0.3
_PROOF = 0.7
# Where HiGHS will take over, the walk is short beside the prices.
_SHORT_WALK = 0.2


def least_walking(problem: Problem, limits: Limits) -> Plan:
    """Total weight·metres of all who can be reached, each walking to the nearest open site."""
    if not problem.measured:
        raise SettingError("Least walking needs distances in metres, not only yes or no.")
    if problem.goal.has_loads:
        return _with_flow(problem, limits)
    if problem.goal.couples_sites:
        return _with_rules(problem, limits) or _with_flow(problem, limits)
    return _plain(problem, limits)


def _plain(problem: Problem, limits: Limits) -> Plan:
    required = problem.required
    count = (problem.goal.count or 0) - len(required)
    if count < 0:
        raise InfeasibleError(
            "{required} {required:site is|sites are} required but only {count} may be opened.",
            required=len(required),
            count=problem.goal.count,
        )
    missing_m = problem.goal.unreached_m
    if missing_m is not None:
        return _solved(problem, count, missing_m, limits)
    longest = float(problem.metres.data.max(initial=1.0))
    plan = _solved(problem, count, 4.0 * longest, limits)
    if _all_served(problem, plan):
        return plan
    _refuse_if_too_few(problem, limits)
    lightest = problem.weight[problem.weight > 0.0].min()
    plan = _solved(problem, count, 4.0 * longest * problem.weight.sum() / lightest, limits)
    if not _all_served(problem, plan):
        raise SettingError(
            "No plan was found within {seconds:g} s; allow more time or loosen a condition.",
            seconds=limits.seconds,
        )
    return plan


def _all_served(problem: Problem, plan: Plan) -> bool:
    stay = np.setdiff1d(problem.open_before, plan.closed)
    rows = np.concatenate((stay, np.array(plan.sites, np.int64)))
    return bool(problem.covered(rows)[reachable(problem)].all())


def _refuse_if_too_few(problem: Problem, limits: Limits) -> None:
    """InfeasibleError when more sites are needed only to reach everyone."""
    goal = replace(problem.goal, name=FEWEST_SITES, count=None, share=1.0)
    needed = fewest_sites(replace(problem, goal=goal), limits)
    if needed.bound > (problem.goal.count or 0) + 1e-6:
        raise InfeasibleError(
            "At least {needed:g} {needed:site is|sites are} needed to reach everyone who can be reached; "
            "{count} {count:is|are} allowed.",
            needed=needed.bound,
            count=problem.goal.count,
        )


def _solved(problem: Problem, count: int, missing_m: float, limits: Limits) -> Plan:
    """Swaps, prices, and HiGHS on the sites that the prices leave."""
    wanted = reachable(problem)
    open_already = np.concatenate((problem.fixed, problem.required))
    now = np.where(wanted, np.minimum(problem.nearest_m(open_already), missing_m), 0.0)
    rows = np.setdiff1d(problem.candidates, problem.required)
    model = savings_model(problem.metres[rows], now, problem.weight)
    total = float((now * problem.weight).sum())
    best = _best_savings(model, min(count, len(rows)), limits)
    opened = np.concatenate((problem.required, rows[best.chosen]))
    objective = total_walking(problem, np.concatenate((problem.fixed, opened)), missing_m)
    return finished(problem, Found(opened, objective, total - best.bound, best.proven), limits)


def savings_model(metres: sparse.csr_array, now: Floats, weight: Floats) -> SavingsModel:
    """What each cell saves against walking `now` metres."""
    saved = (now[metres.indices] - metres.data) * weight[metres.indices]
    full = sparse.csr_array((saved, metres.indices, metres.indptr), shape=metres.shape)
    return SavingsModel(only_entries(full, saved > 0.0))


def _best_savings(model: SavingsModel, count: int, limits: Limits) -> Choice:
    if count == 0 or not model.saved.nnz:
        return Choice(np.zeros(0, np.int64), 0.0, 0.0, proven=True)
    search = SavingsSwap(model, greedy_savings(model, count))
    search.improve(limits.part(0.25))
    chosen, value = search.chosen, model.value(search.chosen)
    if len(chosen) < count or count >= model.n_sites:
        return Choice(chosen, value, value, proven=True)
    # between the best and the second-best way of each cell: a bound near the plan from the first step on
    start = Prices(np.inf, np.zeros(model.n_sites), count, 0.5 * (search.first + search.second))
    return _bounded(model, Choice(chosen, value, np.inf), start, limits)


def _bounded(model: SavingsModel, best: Choice, prices: Prices, limits: Limits) -> Choice:
    """Prices and a walk over local optima in turns, then the proof.

    Every round of prices excludes sites; the walk takes as long as the prices did. It goes on until the
    gap is closed, what is left is proved, or the time is over.
    """
    part, sites = model, np.arange(model.n_sites)
    walk: SavingsWalk | None = None
    for number, steps in enumerate(chain(_ROUNDS, repeat(_ROUNDS[-1]))):
        before = limits.left()
        prices = price_cells(part, prices, best.value, limits.part(_PRICES), steps, prices.count)
        best = replace(best, bound=min(best.bound, max(_whole(model, prices.bound), best.value)))
        if _is_enough(best, limits):
            break
        stay = ~prices.never_opened(best.value)
        stay[np.searchsorted(sites, best.chosen)] = True
        part, sites = SavingsModel(part.saved[np.flatnonzero(stay)]), sites[stay]
        prices = replace(prices, worth=prices.worth[stay])
        most_pairs = _MOST_PAIRS if number + 1 >= len(_ROUNDS) else _EASY_PAIRS
        proved = _proved(model, prices, sites, best, limits, most_pairs)
        if proved is not None:
            best = proved
            break
        walk = walk or SavingsWalk(model, best.chosen, limits.seed)
        taken = (before - limits.left()) * (1.0 if part.saved.nnz > _MOST_PAIRS else _SHORT_WALK)
        walk.run(limits.part(min(1.0, taken / max(limits.left(), 1e-9))), best.bound)
        # what prices have excluded is in no better plan
        if walk.value > best.value * (1.0 + 1e-12) and np.isin(walk.best, sites).all():
            best = replace(best, chosen=walk.best.copy(), value=model.value(walk.best))
        limits.report(best.value, best.bound, maximises=True)
        if _is_enough(best, limits):
            break
    if not best.proven and not _is_enough(best, limits):
        walk = SavingsWalk(model, best.chosen, limits.seed)
        walk.run(limits, best.bound)
        if walk.value > best.value:
            best = replace(best, chosen=walk.best.copy(), value=model.value(walk.best))
    return replace(best, proven=best.bound - best.value <= 1e-9 * best.value)


def _is_enough(best: Choice, limits: Limits) -> bool:
    return best.bound - best.value <= (limits.gap + 1e-9) * best.value or limits.left() <= 0.0


def _whole(model: SavingsModel, bound: float) -> float:
    """Whole savings have a whole sum."""
    return float(np.floor(bound + 1e-6)) if (model.saved.data == np.round(model.saved.data)).all() else bound


def _proved(
    model: SavingsModel, prices: Prices, sites: Ints, best: Choice, limits: Limits, most_pairs: int
) -> Choice | None:
    """HiGHS on `sites`, which a better plan could have; None where more than `most_pairs` are left."""
    fixed = sites[prices.always_opened(best.value)]
    free = np.setdiff1d(sites, fixed)
    if len(fixed) > prices.count or len(sites) < prices.count:
        return replace(best, bound=best.value, proven=True)
    base = model.saved[fixed].max(axis=0).toarray().ravel() if len(fixed) else np.zeros(model.n_cells)
    part = model.saved[free]
    extra = sparse.csr_array((part.data - base[part.indices], part.indices, part.indptr), shape=part.shape)
    rest = SavingsModel(only_entries(extra, extra.data > 0.0))
    if rest.saved.nnz > most_pairs:
        return None
    program = median_program(rest, prices.count - len(fixed), float(base.sum()))
    answer = solve(program, limits.part(_PROOF))
    chosen, value = best.chosen, best.value
    if answer.values is not None:
        found = np.concatenate((fixed, free[answer.sites_open(len(free))]))
        if model.value(found) > value:
            chosen, value = found, model.value(found)
    bound = min(best.bound, max(_whole(model, answer.bound), value))
    return Choice(chosen, value, bound, answer.proven)


def median_program(model: SavingsModel, count: int, offset: float) -> Program:
    """maximise Σ saved·y, Σ y ≤ 1 per cell, y ≤ x, Σ x ≤ count."""
    n, k = model.n_sites, model.saved.nnz
    site = np.repeat(np.arange(n), np.diff(model.saved.indptr))
    pair, ones = np.arange(k), np.ones(k)
    blocks = [
        [sparse.csr_array(np.ones((1, n))), None],
        [None, sparse.csr_array((ones, (model.saved.indices, pair)), (model.n_cells, k))],
        [sparse.csr_array((-ones, (pair, site)), (k, n)), sparse.eye_array(k)],
    ]
    rows = 1 + model.n_cells + k
    return Program(
        cost=np.concatenate((np.zeros(n), model.saved.data)),
        matrix=sparse.csr_array(sparse.block_array(blocks)),
        row_low=np.full(rows, -np.inf),
        row_high=np.concatenate(([float(count)], np.ones(model.n_cells), np.zeros(k))),
        low=np.zeros(n + k),
        high=np.ones(n + k),
        integer=np.arange(n + k) < n,
        maximises=True,
        offset=offset,
    )


def _with_rules(problem: Problem, limits: Limits) -> Plan | None:
    """Savings under rules among sites; None where no start is found, or one that leaves somebody out."""
    goal, rules = problem.goal, site_rules(problem)
    missing_m = (
        4.0 * float(problem.metres.data.max(initial=1.0)) if goal.unreached_m is None else goal.unreached_m
    )
    now = np.where(reachable(problem), np.minimum(problem.nearest_m(problem.fixed), missing_m), 0.0)
    model = savings_model(problem.metres[rules.rows], now, problem.weight)
    most = (goal.count or 0) + len(problem.closable) - goal.close
    best = best_under_rules(model, rules, most, start_price(problem, rules), limits)
    if best is None:
        return None
    is_open = np.isin(np.arange(len(rules.rows)), best.chosen)
    opened, closed = rules.rows[is_open & rules.is_new], rules.rows[~is_open & ~rules.is_new]
    objective = total_walking(problem, np.concatenate((problem.fixed, rules.rows[is_open])), missing_m)
    total = float((now * problem.weight).sum())
    plan = finished(problem, Found(opened, objective, total - best.bound, best.proven, closed), limits)
    return plan if goal.unreached_m is not None or _all_served(problem, plan) else None


def _with_flow(problem: Problem, limits: Limits) -> Plan:
    """The flow model with every rule: who has no other way must be served by an open site."""
    flow = read_flow(problem, by_distance=True)
    wanted = reachable(problem)
    missing_m = np.inf if problem.goal.unreached_m is None else problem.goal.unreached_m
    other = np.minimum(problem.nearest_m(unlimited(problem)), missing_m)
    has_other = np.isfinite(other)
    settled = wanted & has_other
    offset = float((other[settled] * problem.weight[settled]).sum())
    if len(flow.group) > _MOST_FLOW:
        return _capacitated(problem, flow, OtherWalks(other[flow.cells], offset), limits)
    cell = flow.cells
    against = np.where(has_other, other, 0.0)[cell]
    cost = flow.weight[flow.group] * (flow.pairs.data - against[flow.group])
    program = flow_program(flow, cost, np.zeros(flow.n_sites), maximises=False, offset=offset)
    first = len(flow.rules.low)
    low = program.row_low.copy()
    low[first : first + len(cell)] = np.where(has_other[cell], -np.inf, 1.0)
    answer = solved(replace(program, row_low=low), row_names(flow), limits)
    return flow_plan(problem, flow, answer, limits)


def _capacitated(problem: Problem, flow: Flow, others: OtherWalks, limits: Limits) -> Plan:
    """Too large for HiGHS: from the plan without load limits, which takes half of the time."""
    goal = replace(problem.goal, capacity=None, band=None)
    plan = capacitated_p_median(
        problem, flow, others, least_walking(replace(problem, goal=goal), limits.part(0.5)), limits
    )
    if plan is None:
        raise SettingError(
            "No plan was found within {seconds:g} s; allow more time or loosen a condition.",
            seconds=limits.seconds,
        )
    return better_bounded(flow, others, plan, limits)
