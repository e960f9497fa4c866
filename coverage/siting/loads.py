"""Goals in which it counts how many residents each site serves: capacities and load bands.

Residents of a group may be shared out among the open sites that reach them as suits the plan best.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from coverage.siting.arrays import Bools, Floats, Ints, only_entries
from coverage.siting.goals import Plan
from coverage.siting.highs import Answer, Limits, Program
from coverage.siting.infeasible import solved
from coverage.siting.model import first_cells, group_cells, summed
from coverage.siting.order import Found, finished
from coverage.siting.problem import Problem
from coverage.siting.rules import SiteRules, site_rules
from geo.text import text


@dataclass(frozen=True, eq=False)
class Flow:
    """Which site can serve which group of cells, and the limits on each site's load.

    Variables are x (sites: those of the rules, then fixed ones with a limit) and y, one per stored
    entry of `pairs` (sites × groups, metres): the share of the group that the site serves. `cells`
    is the first cell of each group.
    `served` marks groups that an unlimited fixed facility serves whatever is chosen.
    """

    rules: SiteRules
    rows: Ints
    cells: Ints
    pairs: sparse.csr_array
    residents: Floats
    weight: Floats
    served: Bools
    low: Floats
    high: Floats

    @property
    def n_sites(self) -> int:
        return len(self.rows)

    @property
    def site(self) -> Ints:
        """(pairs,) the site of each y."""
        return np.repeat(np.arange(self.n_sites), np.diff(self.pairs.indptr))

    @property
    def group(self) -> Ints:
        """(pairs,) the group of each y."""
        group: Ints = self.pairs.indices
        return group

    def loads(self, values: Floats) -> Floats:
        """(sites,) residents served, from the variables of a solution."""
        people = values[self.n_sites :] * self.residents[self.group]
        return np.bincount(self.site, weights=people, minlength=self.n_sites).astype(float)


def read_flow(problem: Problem, by_distance: bool) -> Flow:
    """The flow of `problem`; groups are single cells where distances matter."""
    rules = site_rules(problem)
    capacity = _capacity(problem)
    limited = problem.fixed[np.isfinite(capacity[problem.fixed])]
    rows = np.concatenate((rules.rows, limited))
    unlimited = np.setdiff1d(problem.fixed, limited)
    reach = problem.metres[rows]
    served = problem.covered(unlimited)
    kind = np.where(served, 0.0, 1.0 if problem.goal.importance is None else 1.0 + problem.goal.importance)
    if by_distance:
        kind = np.arange(problem.n_cells, dtype=float)
    group = group_cells(reach, problem.weight > 0.0, kind)
    return Flow(
        rules,
        rows,
        first_cells(group),
        _metres_of_groups(reach, group),
        summed(group, problem.residents),
        summed(group, problem.weight),
        summed(group, served.astype(float)) > 0.0,
        *_band(problem, rules, rows, capacity),
    )


def most_people_with_loads(problem: Problem, limits: Limits) -> Plan:
    """Serve as much weight as possible within every load limit."""
    flow = read_flow(problem, by_distance=False)
    base = float(problem.weight[problem.covered(unlimited(problem))].sum())
    worth = np.where(flow.served, 0.0, flow.weight)[flow.group]
    program = flow_program(flow, worth, np.zeros(flow.n_sites), maximises=True, offset=base)
    return flow_plan(problem, flow, solved(program, flow.rules.names, limits), limits)


def fewest_with_loads(problem: Problem, limits: Limits) -> Plan:
    """The fewest (or cheapest) sites that serve the wanted share within every load limit."""
    flow = read_flow(problem, by_distance=False)
    reached = problem.covered(problem.open_before)
    for row in problem.candidates:
        reached[problem.cells_of(row)] = True
    base = float(problem.weight[problem.covered(unlimited(problem))].sum())
    target = problem.goal.share * float(problem.weight[reached].sum()) - base
    price = np.zeros(flow.n_sites)
    new = np.flatnonzero(flow.rules.is_new)
    price[new] = 1.0 if problem.goal.cost is None else np.asarray(problem.goal.cost, float)[flow.rows[new]]
    worth = np.where(flow.served, 0.0, flow.weight)[flow.group]
    program = with_row(
        flow_program(flow, np.zeros(len(worth)), price, maximises=False),
        np.concatenate((np.zeros(flow.n_sites), worth)),
        target * (1.0 - 1e-9),
    )
    names = (text("a share of {share:.1%} of the residents", share=problem.goal.share), *flow.rules.names)
    answer = solved(program, names, limits)
    return flow_plan(problem, flow, answer, limits)


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
    return replace(plan, loads=tuple(load[row] for row in plan.sites))


def flow_program(flow: Flow, cost_y: Floats, cost_x: Floats, maximises: bool, offset: float = 0.0) -> Program:
    """Rules first, then Σ y ≤ 1 per group, low·x ≤ load ≤ high·x per site, y ≤ x per pair."""
    n, m, k = flow.n_sites, len(flow.residents), len(flow.group)
    pair = np.arange(k)
    rules = flow.rules.matrix
    people = sparse.csr_array((flow.residents[flow.group], (flow.site, pair)), (n, k))
    top = np.where(np.isfinite(flow.high), flow.high, flow.residents.sum())
    blocks = [
        [sparse.csr_array((rules.data, rules.indices, rules.indptr), (rules.shape[0], n)), None],
        [None, sparse.csr_array((np.ones(k), (flow.group, pair)), (m, k))],
        [-sparse.diags_array(top), people],
        [-sparse.diags_array(flow.low), people],
        [sparse.csr_array((-np.ones(k), (pair, flow.site)), (k, n)), sparse.eye_array(k)],
    ]
    must = np.concatenate((flow.rules.must, np.ones(n - len(flow.rules.rows), bool)))
    return Program(
        cost=np.concatenate((cost_x, cost_y)),
        matrix=sparse.csr_array(sparse.block_array(blocks)),
        row_low=np.concatenate((flow.rules.low, np.full(m + n, -np.inf), np.zeros(n), np.full(k, -np.inf))),
        row_high=np.concatenate((flow.rules.high, np.ones(m), np.zeros(n), np.full(n, np.inf), np.zeros(k))),
        low=np.concatenate((must.astype(float), np.zeros(k))),
        high=np.ones(n + k),
        integer=np.arange(n + k) < n,
        maximises=maximises,
        offset=offset,
    )


def _capacity(problem: Problem) -> Floats:
    given = problem.goal.capacity
    return np.full(problem.n_sites, np.inf) if given is None else np.asarray(given, float)


def unlimited(problem: Problem) -> Ints:
    return problem.fixed[np.isinf(_capacity(problem)[problem.fixed])]


def _band(problem: Problem, rules: SiteRules, rows: Ints, capacity: Floats) -> tuple[Floats, Floats]:
    """(low, high) of each site's load; the band binds new sites only."""
    low, high = np.zeros(len(rows)), capacity[rows]
    if problem.goal.band is not None:
        new = np.flatnonzero(rules.is_new)
        low[new] = problem.goal.band[0]
        high[new] = np.minimum(high[new], problem.goal.band[1])
    return low, high


def _metres_of_groups(reach: sparse.csr_array, group: Ints) -> sparse.csr_array:
    """Sites × groups with the metres of each group's first cell."""
    first = first_cells(group)
    representative = np.zeros(reach.shape[1], bool)
    representative[first] = True
    part = only_entries(reach, representative[reach.indices])
    shape = (reach.shape[0], len(first))
    return sparse.csr_array((part.data, group[part.indices], part.indptr), shape=shape)
