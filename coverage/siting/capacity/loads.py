"""Goals in which it counts how many residents each site serves: capacities and load bands.

Residents of a group may be shared out among the open sites that reach them as suits the plan best.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from core.text import Text, text
from coverage.siting.capacity.flow import Flow, read_flow, roles
from coverage.siting.capacity.load_prices import load_prices
from coverage.siting.capacity.load_start import Shared, load_start
from coverage.siting.goals import Plan
from coverage.siting.model.arrays import Floats, Ints
from coverage.siting.model.audit import tidy
from coverage.siting.model.build_order import Found, finished
from coverage.siting.model.highs import Answer, Limits, Program
from coverage.siting.model.infeasible import solved
from coverage.siting.model.plan_value import unlimited, wanted_weight
from coverage.siting.model.problem import Problem

# With fewer pairs HiGHS needs no other bound; with more it does not even solve its relaxation in time.
_SMALL = 3_000
_MOST_PAIRS = 150_000


def most_people_with_loads(problem: Problem, limits: Limits) -> Plan:
    """Serve as much weight as possible within every load limit."""
    flow = read_flow(problem, by_distance=False)
    base = float(problem.weight[problem.covered(unlimited(problem))].sum())
    worth = np.where(flow.served, 0.0, flow.weight)[flow.group]
    most = np.where(flow.served, 0.0, flow.weight)
    start = load_start(flow, most, np.inf, limits)
    bound = np.inf
    if start is not None and problem.goal.count is not None and len(flow.group) > _SMALL:
        prices = load_prices(flow, most[flow.group], problem.goal.count, start.value, limits)
        bound = prices.most(problem.goal.count) + base
    enough = start is not None and bound <= (start.value + base) / (1.0 - limits.gap) * (1.0 + 1e-9)
    if start is not None and (enough or len(flow.group) > _MOST_PAIRS or limits.left() <= 0.0):
        proven = bound <= (start.value + base) * (1.0 + 1e-9)
        return flow_plan(problem, flow, Answer(start.values, start.value + base, bound, proven), limits)
    program = flow_program(flow, worth, np.zeros(flow.n_sites), maximises=True, offset=base)
    answer = solved(program, row_names(flow), limits, None if start is None else start.values)
    return flow_plan(problem, flow, replace(answer, bound=min(bound, answer.bound)), limits)


def fewest_with_loads(problem: Problem, limits: Limits) -> Plan:
    """The fewest (or cheapest) sites that serve the wanted share within every load limit."""
    flow = read_flow(problem, by_distance=False)
    base = float(problem.weight[problem.covered(unlimited(problem))].sum())
    target = wanted_weight(problem) - base
    price = np.zeros(flow.n_sites)
    new = np.flatnonzero(flow.rules.is_new)
    price[new] = 1.0 if problem.goal.cost is None else np.asarray(problem.goal.cost, float)[flow.rows[new]]
    worth = np.where(flow.served, 0.0, flow.weight)[flow.group]
    program = with_row(
        flow_program(flow, np.zeros(len(worth)), price, maximises=False),
        np.concatenate((np.zeros(flow.n_sites), worth)),
        target * (1.0 - 1e-9),
    )
    names = (text("a share of {share:.1%} of the residents", share=problem.goal.share), *row_names(flow))
    most = np.where(flow.served, 0.0, flow.weight)
    start = load_start(flow, most, target, limits)
    if start is None:
        return flow_plan(problem, flow, solved(program, names, limits), limits)
    value = float(price[start.is_open].sum())
    bound = _least_price(flow, most, price, (start, target), limits) if len(flow.group) > _SMALL else 0.0
    if bound >= value * (1.0 - limits.gap) - 1e-9 or len(flow.group) > _MOST_PAIRS or limits.left() <= 0.0:
        proven = bound >= value - 1e-9
        return flow_plan(problem, flow, Answer(start.values, value, bound, proven), limits)
    answer = solved(program, names, limits, start.values)
    return flow_plan(problem, flow, replace(answer, bound=max(bound, answer.bound)), limits)


def _least_price(
    flow: Flow, worth: Floats, price: Floats, wanted: tuple[Shared, float], limits: Limits
) -> float:
    """A bound on the price of serving a target: so many sites are needed, at the least prices there are."""
    start, target = wanted
    new = np.flatnonzero(flow.rules.is_new)
    most, least, known = int(start.is_open[new].sum()), 0, None
    count = max(0, most - 1)
    while True:  # at prices for as few as could still do, even fewer may turn out not to
        known = load_prices(flow, worth[flow.group], count, target * (1.0 - 1e-9), limits, known)
        more = known.fewest(target)
        if more <= least or limits.left() <= 0.4 * limits.seconds:
            break
        least, count = more, more
    return float(np.sort(price[new])[: max(least, more)].sum())


def with_row(program: Program, coefficients: Floats, low: float) -> Program:
    """The program with a first row coefficients·v ≥ low."""
    row = sparse.csr_array(coefficients.reshape(1, -1))
    return replace(
        program,
        matrix=sparse.csr_array(sparse.vstack([row, program.matrix])),
        row_low=np.concatenate(([low], program.row_low)),
        row_high=np.concatenate(([np.inf], program.row_high)),
    )


def flow_plan(problem: Problem, flow: Flow, answer: Answer, limits: Limits) -> Plan:
    """The plan of a solution, with the load of each new site."""
    values = np.zeros(flow.n_sites + len(flow.group)) if answer.values is None else answer.values
    is_open = values[: flow.n_sites] > 0.5
    new = np.flatnonzero(is_open[: len(flow.rules.rows)] & flow.rules.is_new)
    closed = np.flatnonzero(~is_open[: len(flow.rules.rows)] & ~flow.rules.is_new)
    found = Found(flow.rows[new], answer.objective, answer.bound, answer.proven, flow.rows[closed])
    plan = finished(problem, found, limits)
    load = dict(zip(flow.rows.tolist(), flow.loads(values).tolist(), strict=True))
    served = _served_by_role(problem, flow, values[flow.n_sites :])
    return replace(
        plan,
        loads=tuple(tidy(load[row]) for row in plan.sites),
        served=tuple(map(tidy, served)),
        assigned=flow.assigned(problem, values[flow.n_sites :]),
    )


def _served_by_role(problem: Problem, flow: Flow, shares: Floats) -> tuple[float, ...]:
    """Residents served whatever is chosen, and those the shares speak of."""
    anyway = np.where(problem.covered(unlimited(problem)), problem.residents, 0.0)
    role = roles(problem)[1]
    shared = np.bincount(flow.group, shares, minlength=len(flow.residents))
    people = np.where(flow.served, 0.0, flow.residents * np.minimum(shared, 1.0))
    count = 1 + int(role.max(initial=0))
    both = np.bincount(role, anyway, minlength=count) + np.bincount(flow.role, people, minlength=count)
    return tuple(both.tolist())


def flow_program(flow: Flow, cost_y: Floats, cost_x: Floats, maximises: bool, offset: float = 0.0) -> Program:
    """Rules first, then Σ y ≤ 1 per group, load ≤ high·x and load ≥ low·x per limit, y ≤ x per pair."""
    n, m, k = flow.n_sites, len(flow.residents), len(flow.group)
    pair, rules = np.arange(k), flow.rules.matrix
    people = sparse.csr_array((flow.residents[flow.group], (flow.limit, pair)), (len(flow.low), k))
    top, least = np.flatnonzero(np.isfinite(flow.high)), np.flatnonzero(flow.low > 0.0)
    blocks = [
        [sparse.csr_array((rules.data, rules.indices, rules.indptr), (rules.shape[0], n)), None],
        [None, sparse.csr_array((np.ones(k), (flow.group, pair)), (m, k))],
        [_at_sites(flow, top, -flow.high), people[top]],
        [_at_sites(flow, least, -flow.low), people[least]],
        [sparse.csr_array((-np.ones(k), (pair, flow.site)), (k, n)), sparse.eye_array(k)],
    ]
    must = np.concatenate((flow.rules.must, np.ones(n - len(flow.rules.rows), bool)))
    unbound = np.full(m + len(top), -np.inf), np.zeros(len(least)), np.full(k, -np.inf)
    limits = np.ones(m), np.zeros(len(top)), np.full(len(least), np.inf), np.zeros(k)
    return Program(
        cost=np.concatenate((cost_x, cost_y)),
        matrix=sparse.csr_array(sparse.block_array(blocks)),
        row_low=np.concatenate((flow.rules.low, *unbound)),
        row_high=np.concatenate((flow.rules.high, *limits)),
        low=np.concatenate((must.astype(float), np.zeros(k))),
        high=np.ones(n + k),
        integer=np.arange(n + k) < n,
        maximises=maximises,
        offset=offset,
    )


def row_names(flow: Flow) -> tuple[Text | None, ...]:
    """What stands behind the first rows of `flow_program`: the rules, and the least load of each new site."""
    unnamed = len(flow.residents) + int(np.isfinite(flow.high).sum())
    least = (
        text("at least {low:,g} {low:resident|residents} at every new site", low=float(low))
        for low in flow.low[flow.low > 0.0]
    )
    return (*flow.rules.names, *(None for _ in range(unnamed)), *least)


def _at_sites(flow: Flow, limits: Ints, values: Floats) -> sparse.csr_array:
    """(limits × sites) the value of each limit at its site."""
    place = (np.arange(len(limits)), flow.site_of_limit[limits])
    return sparse.csr_array((values[limits], place), (len(limits), flow.n_sites))
