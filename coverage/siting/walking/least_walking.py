"""p-median: the least total walking to the nearest open site."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from core.errors import InfeasibleError, SettingError
from coverage.siting.capacity.flow import Flow, read_flow
from coverage.siting.capacity.loads import flow_plan, flow_program, row_names
from coverage.siting.constrained.ruled_walking import best_under_rules
from coverage.siting.covering.fewest_sites import fewest_sites
from coverage.siting.goals import FEWEST_SITES, Plan
from coverage.siting.model.arrays import Floats, only_entries
from coverage.siting.model.build_order import Found, finished
from coverage.siting.model.highs import Limits
from coverage.siting.model.infeasible import solved
from coverage.siting.model.plan_value import reachable, total_walking, unlimited
from coverage.siting.model.problem import Problem
from coverage.siting.model.site_rules import site_rules, start_price
from coverage.siting.walking.capacitated_p_median import OtherWalks, better_bounded, capacitated_p_median
from coverage.siting.walking.p_median import best_median
from coverage.siting.walking.savings import SavingsModel

# With more pairs the flow model is out of HiGHS's reach.
_MOST_FLOW = 150_000


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
    """The p-median of the sites that are not required."""
    wanted = reachable(problem)
    open_already = np.concatenate((problem.fixed, problem.required))
    now = np.where(wanted, np.minimum(problem.nearest_m(open_already), missing_m), 0.0)
    rows = np.setdiff1d(problem.candidates, problem.required)
    model = savings_model(problem.metres[rows], now, problem.weight)
    best = best_median(model, min(count, len(rows)), limits)
    opened = np.concatenate((problem.required, rows[best.chosen]))
    objective = total_walking(problem, np.concatenate((problem.fixed, opened)), missing_m)
    return finished(problem, Found(opened, objective, best.bound, best.proven), limits)


def savings_model(metres: sparse.csr_array, now: Floats, weight: Floats) -> SavingsModel:
    """What each cell saves against walking `now` metres."""
    saved = (now[metres.indices] - metres.data) * weight[metres.indices]
    full = sparse.csr_array((saved, metres.indices, metres.indptr), shape=metres.shape)
    return SavingsModel(only_entries(full, saved > 0.0), float((now * weight).sum()))


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
    plan = finished(problem, Found(opened, objective, best.bound, best.proven, closed), limits)
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
