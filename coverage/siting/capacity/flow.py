"""Who can serve whom where loads are limited; a bound on it, from prices on serving each group."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from coverage.siting.model.arrays import Bools, Floats, Ints, only_entries
from coverage.siting.model.cover_model import first_cells, group_cells, summed
from coverage.siting.model.highs import Limits
from coverage.siting.model.plan_value import capacity
from coverage.siting.model.problem import Problem
from coverage.siting.model.site_rules import SiteRules, site_rules

_STEPS = 150
_PATIENCE = 12


@dataclass(frozen=True, eq=False)
class Flow:
    """Which site can serve which group of cells, and the limits on each site's load.

    Variables are x (sites: those of the rules, then fixed ones with a limit) and y, one per stored
    entry of `pairs` (sites × groups, metres): the share of the group that the site serves. `cells`
    is the first cell of each group, `label` (cells,) the group of each cell, −1 for none.
    `served` marks groups that an unlimited fixed facility serves whatever is chosen.
    A site has one limit per role (of the groups it serves; most problems know one role alone):
    `role` (groups,), `low` and `high` (limits,), limit site·roles + role; `own` (sites,) is the one of
    its own role, which its load is counted by.
    """

    rules: SiteRules
    rows: Ints
    cells: Ints
    label: Ints
    pairs: sparse.csr_array
    residents: Floats
    weight: Floats
    served: Bools
    role: Ints
    own: Ints
    low: Floats
    high: Floats

    @property
    def n_roles(self) -> int:
        return len(self.low) // max(len(self.rows), 1)

    @property
    def site_of_limit(self) -> Ints:
        """(limits,) whose each limit is."""
        return np.arange(len(self.low)) // max(self.n_roles, 1)

    @cached_property
    def limit(self) -> Ints:
        """(pairs,) the limit that each y counts towards."""
        return self.site * self.n_roles + self.role[self.group]

    @cached_property
    def by_limit(self) -> sparse.csr_array:
        """Limits × groups, data 1.0: whom each may serve."""
        shape = (len(self.low), len(self.residents))
        return sparse.csr_array((np.ones(len(self.group)), (self.limit, self.group)), shape=shape)

    def by_site(self, values: Floats) -> Floats:
        """(sites,) sums of `values` (limits,)."""
        total: Floats = values.reshape(self.n_sites, max(self.n_roles, 1)).sum(axis=1)
        return total

    @property
    def n_sites(self) -> int:
        return len(self.rows)

    @cached_property
    def site(self) -> Ints:
        """(pairs,) the site of each y."""
        return np.repeat(np.arange(self.n_sites), np.diff(self.pairs.indptr))

    @property
    def group(self) -> Ints:
        """(pairs,) the group of each y."""
        group: Ints = self.pairs.indices
        return group

    def assigned(self, problem: Problem, shares: Floats) -> sparse.csr_array:
        """(sites × cells) residents of the caller's cells by site, from the share y of every pair."""
        reach = sparse.csr_array(problem.metres[self.rows])
        site, label = np.repeat(np.arange(self.n_sites), np.diff(reach.indptr)), self.label[reach.indices]
        keys = self.site * np.int64(len(self.residents)) + self.group
        order = np.argsort(keys)
        wanted = site * np.int64(len(self.residents)) + label
        at = np.searchsorted(keys[order], wanted[label >= 0])
        share = np.zeros(reach.nnz)
        share[label >= 0] = np.clip(shares[order[at]], 0.0, 1.0)
        share = np.where(np.abs(share - np.round(share)) < 1e-7, np.round(share), share)
        people = share * problem.residents[reach.indices]
        some = people > 0.0
        shape = (problem.n_sites, problem.n_cells)
        pairs = (self.rows[site[some]], reach.indices[some])
        return sparse.csr_array((people[some], pairs), shape=shape)

    def loads(self, values: Floats) -> Floats:
        """(sites,) residents served in the site's own role, from the variables of a solution."""
        people = values[self.n_sites :] * self.residents[self.group]
        served = np.bincount(self.limit, weights=people, minlength=len(self.low)).astype(float)
        return served[self.own]


def read_flow(problem: Problem, by_distance: bool) -> Flow:
    """The flow of `problem`; groups are single cells where distances matter."""
    rules = site_rules(problem)
    most = capacity(problem)
    limited = problem.fixed[np.isfinite(most[problem.fixed])]
    rows = np.concatenate((rules.rows, limited))
    unlimited = np.setdiff1d(problem.fixed, limited)
    reach = problem.metres[rows]
    served = problem.covered(unlimited)
    role = roles(problem)
    group = group_cells(reach, problem.weight > 0.0, _kinds(problem, served, by_distance, role[1]))
    cells = first_cells(group)
    # Sites × groups with the metres of each group's first cell.
    representative = np.zeros(reach.shape[1], bool)
    representative[cells] = True
    part = only_entries(reach, representative[reach.indices])
    shape = (reach.shape[0], len(cells))
    return Flow(
        rules,
        rows,
        cells,
        group,
        sparse.csr_array((part.data, group[part.indices], part.indptr), shape=shape),
        summed(group, problem.residents),
        summed(group, problem.weight),
        summed(group, served.astype(float)) > 0.0,
        role[1][cells],
        *_limits(problem, rules, rows, role[0][rows]),
    )


def _kinds(problem: Problem, served: Bools, by_distance: bool, role: Ints) -> Floats:
    """(cells,) cells of different kinds are not put into one group."""
    if by_distance:
        return np.arange(problem.n_cells, dtype=float)
    factor = problem.goal.importance
    weight = np.ones(problem.n_cells) if factor is None else 1.0 + np.asarray(factor, float)
    _, kind = np.unique(np.where(served, 0.0, weight), return_inverse=True)
    kinds: Floats = kind + role * (1.0 + kind.max(initial=0))
    return kinds


def roles(problem: Problem) -> tuple[Ints, Ints]:
    """((sites,), (cells,)) roles from 0 up."""
    if problem.goal.roles is None:
        return np.zeros(problem.n_sites, np.int64), np.zeros(problem.n_cells, np.int64)
    of_site, of_cell = (np.asarray(role, np.int64) for role in problem.goal.roles)
    return of_site, of_cell


def _limits(problem: Problem, rules: SiteRules, rows: Ints, role: Ints) -> tuple[Ints, Floats, Floats]:
    """(own limit of each site, low and high of each limit); the band binds new sites only."""
    n_roles = 1 + max(int(part.max(initial=0)) for part in roles(problem))
    own = np.arange(len(rows)) * n_roles + role
    high = capacity(problem)[rows]
    low = np.zeros(len(rows) * n_roles)
    if problem.goal.band is not None:
        new = np.flatnonzero(rules.is_new)
        least, most = (np.broadcast_to(np.asarray(end, float), problem.n_sites) for end in problem.goal.band)
        low[own[new]] = least[rows[new]]
        high[new] = np.minimum(high[new], most[rows[new]])
    return own, low, high.repeat(n_roles)


@dataclass(frozen=True, eq=False)
class LoadPrices:
    """At these prices n new sites serve at most `always` + the n largest of `worth` (new sites).

    `price` (groups,) is what serving each costs.
    """

    always: float
    worth: Floats
    price: Floats

    def most(self, count: int) -> float:
        """The bound on the worth that `count` new sites serve with all that are open today."""
        top = min(count, len(self.worth))
        largest = (
            np.partition(self.worth, len(self.worth) - top)[len(self.worth) - top :] if top else np.zeros(0)
        )
        return self.always + float(largest.sum())

    def fewest(self, target: float) -> int:
        """So many new sites are needed at least to serve `target`."""
        reached = self.always + np.concatenate(([0.0], np.cumsum(np.sort(self.worth)[::-1])))
        enough = np.flatnonzero(reached >= target * (1.0 - 1e-9))
        return int(enough[0]) if len(enough) else len(self.worth)


def load_prices(
    flow: Flow, worth: Floats, count: int, value: float, limits: Limits, known: LoadPrices | None = None
) -> LoadPrices:
    """Prices on serving each group with a small bound for `count` new sites, from `known` on.

    `worth` (pairs,) is what serving the whole of the group from there is worth. A site then serves, as
    far as its limit goes, the groups that leave the most per resident.
    Deflected subgradient steps towards `value`; the lower end of a band and the rules are left out,
    which can only make the bound larger.
    """
    most = np.zeros(len(flow.residents))
    np.maximum.at(most, flow.group, worth)
    price, direction = 0.5 * most if known is None else known.price, np.zeros(len(most))
    new = np.zeros(flow.n_sites, bool)
    new[: len(flow.rules.rows)] = flow.rules.is_new
    best, best_bound, scale, stale = LoadPrices(np.inf, np.zeros(0), price), np.inf, 1.0, 0
    for _ in range(_STEPS):
        take, gained = _fullest(flow, worth - price[flow.group])
        found = LoadPrices(float(price.sum() + gained[~new].sum()), gained[new], price)
        bound = found.most(count)
        stale = 0 if bound < best_bound * (1.0 - 1e-6) else stale + 1
        if bound < best_bound:
            best, best_bound = found, bound
        if stale > _PATIENCE:
            scale, stale, price, direction = 0.5 * scale, 0, best.price, np.zeros(len(most))
            continue
        if bound <= value * (1.0 + 1e-9) or limits.left() <= 0.1 * limits.seconds:
            break
        is_open = ~new
        is_open[np.flatnonzero(new)[np.argsort(-gained[new], kind="stable")[:count]]] = True
        served = np.bincount(flow.group, take * is_open[flow.site], minlength=len(most))
        direction = (1.0 - served) + 0.3 * direction
        length = scale * (bound - value) / max(float((direction * most) @ direction), 1e-12)
        price = np.clip(price - length * most * direction, 0.0, most)
    return best


def _fullest(flow: Flow, left: Floats) -> tuple[Floats, Floats]:
    """(shares per pair, worth per site) when each site fills up with the groups that leave it the most.

    Only where a limit is reached does the order matter.
    """
    share = (left > 0.0).astype(float)
    people = share * flow.residents[flow.group]
    full = np.bincount(flow.limit, people, minlength=len(flow.low)) > flow.high
    at = np.flatnonzero(full[flow.limit] & (share > 0.0))
    rate = left[at] / np.maximum(flow.residents[flow.group[at]], 1e-300)
    at = at[np.lexsort((-rate, flow.limit[at]))]
    limit, there = flow.limit[at], people[at]
    filled = np.cumsum(there)
    first = np.searchsorted(limit, limit)
    before = filled - there - (filled - there)[first]
    room = np.clip(flow.high[limit] - before, 0.0, there)
    share[at] = np.divide(room, there, out=np.zeros(len(at)), where=there > 0.0)
    gained = np.bincount(flow.limit, share * np.maximum(left, 0.0), minlength=len(flow.low))
    return share, flow.by_site(gained.astype(float))
