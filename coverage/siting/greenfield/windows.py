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
from coverage.siting.greenfield.priced_cover import priced_cover
from coverage.siting.model.arrays import Floats, Ints
from coverage.siting.model.cover_model import CoverModel, merge_cells
from coverage.siting.model.highs import Limits, solve
from coverage.siting.model.programs import at_most, most_program, most_values

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
        self._root = self._tree()
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

    def _tree(self) -> _Window:
        """Groups that the relaxation covers, halved into parts worth about `_SITES_A_WINDOW` sites each."""
        served = np.minimum(1.0, self.model.by_group @ self.dual.relaxed)
        groups = np.flatnonzero(served > 0.5)
        worth = self.model.weight * self.dual.price
        parts = int(np.ceil(float(worth[groups].sum()) / (_SITES_A_WINDOW * self._last)))
        near = np.flatnonzero(self.dual.worth >= _NEAR * self._last)
        cut = _Cut(CoverModel(sparse.csr_array(self.model.cover[near]), self.model.weight, near), worth)
        return self._branch(cut, groups, max(parts, 1))

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
