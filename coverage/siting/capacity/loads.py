"""Goals in which it counts how many residents each site serves: capacities and load bands.

Residents of a group may be shared out among the open sites that reach them as suits the plan best.

The full model has a variable for every site and group, far too many for HiGHS on a large city. There the
start is greedy steps and sharing out: for given open sites that is a small linear program, because groups
that no open site tells apart are one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from core.text import Text, text
from coverage.siting.capacity.flow import Flow, load_prices, read_flow, roles
from coverage.siting.goals import Plan
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.audit import tidy
from coverage.siting.model.cover_model import columns_of, group_cells, summed
from coverage.siting.model.highs import Answer, Limits, Program, solve
from coverage.siting.model.plan_value import Found, finished, unlimited, wanted_weight
from coverage.siting.model.problem import Problem
from coverage.siting.model.site_rules import solved

# With fewer pairs HiGHS needs no other bound; with more it does not even solve its relaxation in time.
_SMALL = 3_000
_MOST_PAIRS = 150_000
_MISSES = 5
_MORE_MISSES = 40


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
    # Residents served whatever is chosen, and those the shares speak of.
    anyway = np.where(problem.covered(unlimited(problem)), problem.residents, 0.0)
    role = roles(problem)[1]
    shared = np.bincount(flow.group, values[flow.n_sites :], minlength=len(flow.residents))
    people = np.where(flow.served, 0.0, flow.residents * np.minimum(shared, 1.0))
    count = 1 + int(role.max(initial=0))
    both = np.bincount(role, anyway, minlength=count) + np.bincount(flow.role, people, minlength=count)
    served = tuple(both.tolist())
    return replace(
        plan,
        loads=tuple(tidy(load[row]) for row in plan.sites),
        served=tuple(map(tidy, served)),
        assigned=flow.assigned(problem, values[flow.n_sites :]),
    )


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


@dataclass(frozen=True, eq=False)
class Shared:
    """Who is open (sites of the flow), the worth served, and the share y of every pair."""

    is_open: Bools
    value: float
    shares: Floats

    @property
    def values(self) -> Floats:
        """The variables of the flow's program."""
        return np.concatenate((self.is_open.astype(float), self.shares))


def load_start(flow: Flow, worth: Floats, target: float, limits: Limits) -> Shared | None:
    """Sites that keep the rules and serve much (with a finite `target`: at least that), shared out.

    None where this simple way finds no plan.
    """
    search = _Greedy(flow, worth)
    search.fill(target)
    best = _feasible(flow, worth, search.is_open.copy(), limits)
    if best is None or not _keeps_rules(flow, best.is_open):
        return None
    if np.isfinite(target):
        spare = _without_spare(flow, worth, best, target, limits)
        return None if spare is None else _one_fewer_by_swaps(flow, worth, spare, target, limits)
    return _swapped(flow, worth, best, limits)


class _Greedy:
    """Opens the site that would serve the most of what is left, as far as its limit goes."""

    def __init__(self, flow: Flow, worth: Floats) -> None:
        self.flow = flow
        self.rate = worth / np.maximum(flow.residents, 1e-300)
        self.left = flow.residents.copy()
        ruled = len(flow.rules.rows)
        self.is_open = np.ones(flow.n_sites, bool)
        self.is_open[:ruled] = flow.rules.must | ~flow.rules.is_new
        rules, ruled = self.flow.rules, len(self.flow.rules.rows)
        people = self.flow.by_site(self.flow.by_limit @ self.left)[:ruled]
        while (self.is_open[:ruled] & ~rules.is_new).any() and (
            rules.activity(self.is_open[:ruled]) > rules.high + 1e-9
        ).any():
            closable = self.is_open[:ruled] & ~rules.is_new
            self.is_open[int(np.argmin(np.where(closable, people, np.inf)))] = False
        for site in np.flatnonzero(self.is_open):
            self._take(int(site))

    def gain(self) -> Floats:
        """(sites,) the worth that each could serve of what is left; none where too few live for its band."""
        flow, wanted = self.flow, np.where(self.rate > 0.0, self.left, 0.0)
        people = flow.by_limit @ wanted
        part = np.minimum(1.0, flow.high / np.maximum(people, 1e-300))
        short = flow.by_limit @ self.left < flow.low
        gained = flow.by_site(part * (flow.by_limit @ (wanted * self.rate)))
        return np.where(flow.by_site(short.astype(float)) > 0.0, 0.0, gained)

    def fill(self, target: float) -> None:
        """Open until nothing is gained, no rule allows more, or `target` is served."""
        ruled = len(self.flow.rules.rows)
        while self.served() < target:
            gain, is_open = self.gain()[:ruled], self.is_open[:ruled]
            allowed = self.flow.rules.may_open(is_open)
            needed = allowed & self.flow.rules.helps(is_open)
            allowed = needed if needed.any() else allowed & (gain > 1e-9)
            if not allowed.any():
                return
            site = int(np.argmax(np.where(allowed, gain, -1.0)))
            self.is_open[site] = True
            self._take(site)

    def served(self) -> float:
        return float(((self.flow.residents - self.left) * self.rate).sum())

    def _take(self, site: int) -> None:
        served = self.flow.by_limit
        for limit in np.flatnonzero(self.flow.site_of_limit == site):
            groups = served.indices[served.indptr[limit] : served.indptr[limit + 1]]
            groups = groups[self.rate[groups] > 0.0]
            people = float(self.left[groups].sum())
            if people > 0.0:
                self.left[groups] *= 1.0 - min(1.0, self.flow.high[limit] / people)


def _keeps_rules(flow: Flow, is_open: Bools) -> bool:
    return flow.rules.met(is_open[: len(flow.rules.rows)])


def _feasible(flow: Flow, worth: Floats, is_open: Bools, limits: Limits) -> Shared | None:
    """Shared out; new sites that cannot all reach their band are given up, those with fewest people first."""
    new = np.flatnonzero(is_open[: len(flow.rules.rows)] & flow.rules.is_new & ~flow.rules.must)
    people = (flow.by_limit @ flow.residents)[flow.own[new]]
    for site in (-1, *new[np.argsort(people, kind="stable")]):
        if site >= 0:
            is_open[site] = False
        shared = share_out(flow, worth, is_open, limits)
        if shared is not None or not flow.low[flow.own[is_open]].any() or limits.left() <= 0.0:
            return shared
    return None


def share_out(flow: Flow, worth: Floats, is_open: Bools, limits: Limits) -> Shared | None:
    """The most worth that these open sites can serve within their limits; None if a band cannot be met."""
    limits_open = np.flatnonzero(is_open[flow.site_of_limit])
    reach = sparse.csr_array(flow.by_limit[limits_open])
    label = group_cells(reach, flow.residents > 0.0, worth / np.maximum(flow.residents, 1e-300))
    cover = columns_of(reach, label)
    people = summed(label, flow.residents)
    # maximise Σ gain·y, Σ y ≤ 1 per group, low ≤ Σ people·y ≤ high per site.
    between = (flow.low[limits_open], flow.high[limits_open])
    n, k = cover.shape[0], cover.nnz
    site, pair = np.repeat(np.arange(n), np.diff(cover.indptr)), np.arange(k)
    once = sparse.csr_array((np.ones(k), (cover.indices, pair)), shape=(len(people), k))
    load = sparse.csr_array((people[cover.indices], (site, pair)), shape=(n, k))
    program = Program(
        cost=summed(label, worth)[cover.indices],
        matrix=sparse.csr_array(sparse.vstack([once, load])),
        row_low=np.concatenate((np.full(len(people), -np.inf), between[0])),
        row_high=np.concatenate((np.ones(len(people)), between[1])),
        low=np.zeros(k),
        high=np.ones(k),
        integer=np.zeros(k, bool),
        maximises=True,
    )
    answer = solve(program, limits)
    if answer.values is None:
        return None
    shares = np.zeros(flow.pairs.nnz)
    key = (
        np.repeat(np.arange(len(limits_open)), np.diff(cover.indptr)) * np.int64(len(people)) + cover.indices
    )
    at = np.flatnonzero(is_open[flow.site] & (label[flow.group] >= 0))
    place = np.searchsorted(limits_open, flow.limit[at])
    shares[at] = answer.values[np.searchsorted(key, place * np.int64(len(people)) + label[flow.group[at]])]
    return Shared(is_open.copy(), answer.objective, np.clip(shares, 0.0, 1.0))


def _one_fewer_by_swaps(flow: Flow, worth: Floats, best: Shared, target: float, limits: Limits) -> Shared:
    """One new site fewer as long as swaps among the others then reach the target again."""
    while limits.left() > 0.5 * limits.seconds:
        load = flow.loads(best.values)[: len(flow.rules.rows)]
        new = np.flatnonzero(best.is_open[: len(load)] & flow.rules.is_new & ~flow.rules.must)
        if not len(new):
            break
        is_open = best.is_open.copy()
        is_open[new[int(np.argmin(load[new]))]] = False
        other = share_out(flow, worth, is_open, limits) if _keeps_rules(flow, is_open) else None
        other = None if other is None else _swapped(flow, worth, other, limits, until=target)
        if other is None or other.value < target * (1.0 - 1e-9):
            break
        best = other
    return best


def _swapped(flow: Flow, worth: Floats, best: Shared, limits: Limits, until: float = np.inf) -> Shared:
    """A new site with little load for the one that could serve the most of what is left, while that helps
    and less than `until` is served."""
    search, ruled, misses = _Greedy(flow, worth), len(flow.rules.rows), 0
    most = _MISSES if np.isinf(until) else _MORE_MISSES
    while misses < most and best.value < until and limits.left() > 0.5 * limits.seconds:
        load = flow.loads(best.values)[:ruled]
        new = np.flatnonzero(best.is_open[:ruled] & flow.rules.is_new & ~flow.rules.must)
        if misses >= len(new):
            break
        out = new[np.argsort(load[new], kind="stable")[misses]]
        is_open = best.is_open.copy()
        is_open[out] = False
        served = np.bincount(flow.group, best.shares * (flow.site != out), minlength=len(flow.residents))
        search.left = flow.residents * np.clip(1.0 - served, 0.0, 1.0)
        allowed = flow.rules.may_open(is_open[:ruled])
        allowed[out] = False
        if allowed.any():
            is_open[int(np.argmax(np.where(allowed, search.gain()[:ruled], -1.0)))] = True
        other = share_out(flow, worth, is_open, limits) if _keeps_rules(flow, is_open) else None
        better = other is not None and other.value > best.value * (1.0 + 1e-9)
        best, misses = (other, 0) if other is not None and better else (best, misses + 1)
    return best


def _without_spare(flow: Flow, worth: Floats, best: Shared, target: float, limits: Limits) -> Shared | None:
    """The choice without sites that `target` does not need; None if it does not reach it."""
    if best.value < target * (1.0 - 1e-9):
        return None
    ruled, misses = len(flow.rules.rows), 0
    while misses < _MISSES and limits.left() > 0.5 * limits.seconds:
        load = flow.loads(best.values)[:ruled]
        new = np.flatnonzero(best.is_open[:ruled] & flow.rules.is_new & ~flow.rules.must)
        if misses >= len(new):
            break
        is_open = best.is_open.copy()
        is_open[new[np.argsort(load[new], kind="stable")[misses]]] = False
        other = share_out(flow, worth, is_open, limits) if _keeps_rules(flow, is_open) else None
        enough = other is not None and other.value >= target * (1.0 - 1e-9)
        best, misses = (other, 0) if other is not None and enough else (best, misses + 1)
    return best
