"""A tighter bound on covering: the relaxation's bound, less what it gives away in each part of the city.

Where circles have to be packed, the linear relaxation tiles a dense centre with fractions of sites,
without gaps or overlaps. At the relaxation's prices (μ per group, worth Σ weight·μ per site)

    Σ weight·z = Σ_windows (Σ weight·z − Σ_j c_j·x_j) + Σ_j x_j·(what the windows do not charge),

where the windows share out the groups and charge each site for what it covers inside them. The
relaxation values a window at Σ weight·(1 − μ); the best *whole* choice inside it is worth less, and
each window solved lowers the bound by the difference. Windows may be solved in any number and order,
and a window that holds two solved ones counts instead of them where it gives away more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from coverage.siting.covering.lp_bound import Dual
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel, at_most, merge_cells, most_program, most_values
from coverage.siting.model.highs import Limits, solve

# The smallest windows, in sites' worth; then two of these together, and so on. In smaller ones the
# fractions fit again at the border; twice as large gives half as much again for four times the time.
_SITES_A_WINDOW = 6.0
_LONGEST_SHARE = 0.9
_MOST_ENTRIES = 150_000
# Sites of at least this share of the last one's worth tell what lies together.
_NEAR = 0.8
_GAP = 0.001


@dataclass(eq=False)
class _Window:
    """Groups that lie together; its `halves` are windows too.

    `own` is how far its solution lowers the bound, `sites` the best choice in it.
    """

    groups: Ints
    parts: int
    halves: tuple[_Window, ...]
    profit: float
    own: float = 0.0
    sites: Ints | None = None

    @property
    def gain(self) -> float:
        return max(self.own, sum(half.gain for half in self.halves))

    @property
    def found(self) -> Ints:
        """The sites of its best choice, or those of its halves."""
        if self.sites is not None:
            return self.sites
        return np.concatenate([np.zeros(0, np.int64), *(half.found for half in self.halves)])

    def every(self) -> list[_Window]:
        return [self, *(window for half in self.halves for window in half.every())]


def nobody() -> Ints:
    """No plan to begin with."""
    return np.zeros(0, np.int64)


class Windows:
    """The windows of a model at the prices of `dual`; `bound` (without `base`) falls as `run` solves them.

    Several threads may run at once: each takes the next window.
    """

    def __init__(self, model: CoverModel, dual: Dual) -> None:
        self.model, self.dual = model, dual
        self._last = max(float(np.partition(dual.worth, -dual.count)[-dual.count]), 1e-300)
        self._slack = np.maximum(self._last - dual.worth, 0.0) / np.maximum(dual.worth, 1e-300)
        self._profit = model.weight * (1.0 - dual.price)
        # Groups that the relaxation covers, halved into parts worth about `_SITES_A_WINDOW` sites each.
        served = np.minimum(1.0, self.model.by_group @ self.dual.relaxed)
        groups = np.flatnonzero(served > 0.5)
        worth = self.model.weight * self.dual.price
        parts = int(np.ceil(float(worth[groups].sum()) / (_SITES_A_WINDOW * self._last)))
        near = np.flatnonzero(self.dual.worth >= _NEAR * self._last)
        cut = _Cut(CoverModel(sparse.csr_array(self.model.cover[near]), self.model.weight, near), worth)
        self._root = self._branch(cut, groups, max(parts, 1))
        waiting = (window for window in self._root.every() if self._is_fractional(window))
        self._waiting = sorted(waiting, key=lambda window: (-window.parts, window.profit))
        self._taking = Lock()

    @property
    def bound(self) -> float:
        return self.dual.bound - self._root.gain

    @property
    def found(self) -> Ints:
        """The best sites of all windows solved so far (numbers in the model, ascending)."""
        return np.unique(self._root.found)

    def run(self, limits: Limits, plan: Callable[[], Ints] = nobody, most_parts: int | None = None) -> None:
        """Small windows first, those with the most to gain before others, until all are solved.

        Ends when the time is over, too, and before windows of more than `most_parts`. `plan` tells the
        best choice of sites known at the time, for a start.
        """
        while limits.left() > 0.0 and (window := self._next(most_parts)) is not None:
            self._solve(window, plan(), limits)

    def _next(self, most_parts: int | None) -> _Window | None:
        with self._taking:
            wanted = self._waiting and (most_parts is None or self._waiting[-1].parts <= most_parts)
            return self._waiting.pop() if wanted else None

    def _solve(self, window: _Window, plan: Ints, limits: Limits) -> None:
        """Bound what whole sites are worth in a window after their charges.

        Sites worth less than the last one taken are charged their share of the difference too.
        """
        inside = np.zeros(self.model.n_groups)
        inside[window.groups] = self.model.weight[window.groups]
        charge = (self.model.cover @ (inside * self.dual.price)) * (1.0 + self._slack)
        sites = np.flatnonzero(self.model.cover @ inside > charge)
        cover, weight = merge_cells(self.model.cover[sites], inside)
        if not len(sites):
            window.own = window.profit
        if not len(sites) or cover.nnz > _MOST_ENTRIES:
            return
        part, charge = CoverModel(cover, weight, sites), charge[sites]
        known = np.flatnonzero(np.isin(sites, np.union1d(plan, window.found)))
        start = priced_cover(part, charge, known)
        most, chosen = _solved(part, charge, start, limits)
        window.sites = sites[chosen]
        window.own = max(0.0, window.profit - most)

    def _is_fractional(self, window: _Window) -> bool:
        sites = np.unique(self.model.by_group[window.groups].indices)
        x = self.dual.relaxed[sites]
        return bool((x * (1.0 - x)).sum() > 0.5)

    def _branch(self, cut: _Cut, groups: Ints, parts: int) -> _Window:
        halves = tuple(self._branch(cut, half, n) for half, n in cut.halves(groups, parts))
        return _Window(groups, parts, halves, float(self._profit[groups].sum()))


def _solved(part: CoverModel, charge: Floats, start: Ints, limits: Limits) -> tuple[float, Ints]:
    """(bound on the covered weight less charges, the best sites found)."""
    program = most_program(part, at_most(part.n_sites, part.n_sites))
    cost = program.cost.copy()
    cost[: part.n_sites] -= charge
    limits = replace(limits.part(_LONGEST_SHARE), gap=_GAP)
    answer = solve(replace(program, cost=cost), limits, most_values(part, start), aside=True)
    chosen = start if answer.values is None else np.flatnonzero(answer.sites_open(part.n_sites))
    return answer.bound, chosen


class _Cut:
    """Cuts groups into parts that lie together; `worth` (groups,) says how large they are."""

    def __init__(self, model: CoverModel, worth: Floats) -> None:
        self.model, self.worth = model, worth
        self.graph = overlap_graph(model)

    def halves(self, groups: Ints, parts: int) -> list[tuple[Ints, int]]:
        """Two parts across the longest way, each with its share of the worth; none where one is enough."""
        sites = np.unique(self.model.by_group[groups].indices)
        if parts == 1 or len(groups) < 2 or not len(sites):
            return []
        one = self._farthest(int(sites[0]), sites)
        near = distances(self.graph, np.array([one, self._farthest(one, sites)]))
        degree = np.maximum(np.diff(self.model.by_group.indptr), 1)
        side = (self.model.by_group @ (near[0] - near[1]) / degree)[groups]
        order = groups[np.argsort(side, kind="stable")]
        grown = np.cumsum(self.worth[order])
        cut = int(np.searchsorted(grown, grown[-1] * (parts // 2) / parts))
        halves = ((order[:cut], parts // 2), (order[cut:], parts - parts // 2))
        return [(half, n) for half, n in halves if len(half)]

    def _farthest(self, start: int, sites: Ints) -> int:
        return int(sites[np.argmax(distances(self.graph, np.array([start]))[0][sites])])


def overlap_graph(model: CoverModel) -> sparse.csr_array:
    """Sites that cover something in common; the shorter, the more of the smaller one they share."""
    heavy = sparse.csr_array(model.cover * np.sqrt(model.weight)[None, :])
    shared = sparse.coo_array(heavy @ heavy.T)
    same = shared.row == shared.col
    own = np.ones(model.n_sites)
    own[shared.row[same]] = shared.data[same]
    part = shared.data / np.minimum(own[shared.row], own[shared.col])
    return sparse.csr_array((1.01 - np.minimum(part, 1.0), (shared.row, shared.col)), shape=shared.shape)


def distances(graph: sparse.csr_array, starts: Ints) -> Floats:
    """(starts, sites) how far apart, over overlapping sites; twice the farthest where none lead there."""
    away = np.asarray(dijkstra(graph, indices=starts))
    return np.where(np.isfinite(away), away, 2.0 * away[np.isfinite(away)].max(initial=1.0))


_ROUNDS = 12
_SHAKEN = 3


def priced_cover(model: CoverModel, charge: Floats, start: Ints, seed: int = 0) -> Ints:
    """Sites whose covered weight less their `charge` (sites,) is large; never worse than `start`.

    Local search from `start`, and from the best again after some neighbouring sites have been taken
    out and a random one put in.
    """
    rng = np.random.default_rng(seed)
    search = _PricedCover(model, charge)
    best, value = search.improved(np.isin(np.arange(model.n_sites), start))
    for _ in range(_ROUNDS):
        chosen, found = search.improved(search.shaken(best, rng))
        if found > value:
            best, value = chosen, found
    return np.flatnonzero(best)


class _PricedCover:
    def __init__(self, model: CoverModel, charge: Floats) -> None:
        self.model, self.charge = model, charge

    def value(self, chosen: Bools) -> float:
        return self.model.value(np.flatnonzero(chosen)) - float(self.charge[chosen].sum())

    def improved(self, chosen: Bools) -> tuple[Bools, float]:
        """A choice that no addition, removal or swap makes better, and its value."""
        chosen = chosen.copy()
        while True:
            profit, out, into = self._best_change(chosen)
            if profit <= 1e-9 * float(self.model.weight.sum()):
                return chosen, self.value(chosen)
            if out is not None:
                chosen[out] = False
            if into is not None:
                chosen[into] = True

    def _best_change(self, chosen: Bools) -> tuple[float, int | None, int | None]:
        """(profit, site out, site in); None where nothing goes out or in."""
        times = self.model.by_group @ chosen.astype(float)
        best = self._best_in(times, chosen)
        change: tuple[float, int | None, int | None] = (best[0], None, best[1])
        for site in np.flatnonzero(chosen):
            groups = self.model.groups_of(int(site))
            times[groups] -= 1.0
            own = self.model.weight[groups[times[groups] < 0.5]].sum()
            saved = float(self.charge[site] - own)
            gain, into = self._best_in(times, chosen)
            times[groups] += 1.0
            change = max(change, (saved, int(site), None), (saved + gain, int(site), into), key=_profit)
        return change

    def _best_in(self, times: Floats, chosen: Bools) -> tuple[float, int]:
        gain = self.model.cover @ np.where(times < 0.5, self.model.weight, 0.0) - self.charge
        gain[chosen] = -np.inf
        site = int(np.argmax(gain))
        return float(gain[site]), site

    def shaken(self, chosen: Bools, rng: np.random.Generator) -> Bools:
        """Without some sites that overlap most with one of them, with one other site."""
        shaken, inside = chosen.copy(), np.flatnonzero(chosen)
        shaken[rng.integers(self.model.n_sites)] = True
        if len(inside):
            one = np.zeros(self.model.n_groups)
            one[self.model.groups_of(int(rng.choice(inside)))] = 1.0
            shared = self.model.cover[inside] @ (one * self.model.weight)
            near = np.argsort(-shared, kind="stable")
            shaken[inside[near[: int(rng.integers(1, _SHAKEN + 1))]]] = False
        return shaken


def _profit(change: tuple[float, int | None, int | None]) -> float:
    return change[0]
