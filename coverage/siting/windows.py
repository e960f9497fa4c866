"""A tighter bound on covering: the relaxation's bound, less what it gives away in each part of the city.

Where circles have to be packed, the linear relaxation tiles a dense centre with fractions of sites,
without gaps or overlaps. At the relaxation's prices (μ per group, worth Σ weight·μ per site)

    Σ weight·z = Σ_windows (Σ weight·z − Σ_j c_j·x_j) + Σ_j x_j·(what the windows do not charge),

where the windows share out the groups and charge each site for what it covers inside them. The
relaxation values a window at Σ weight·(1 − μ); the best *whole* choice inside it is worth less, and
each window solved lowers the bound by the difference. Windows may be solved in any number and order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from coverage.siting.arrays import Floats, Ints
from coverage.siting.cover_program import at_most, most_program
from coverage.siting.dual import Dual
from coverage.siting.highs import Limits, solve
from coverage.siting.model import CoverModel, merge_cells

# Fewer sites' worth in a window and the fractions fit again; more, and HiGHS takes too long.
_SITES_A_WINDOW = 4.0
_LONGEST_SHARE = 0.35
_MOST_ENTRIES = 60_000
# Sites of at least this share of the last one's worth tell what lies together.
_NEAR = 0.8
_GAP = 0.001


@dataclass(eq=False)
class Windows:
    """The windows of a model at the prices of `dual`; `bound` (without `base`) falls as `run` solves them."""

    model: CoverModel
    dual: Dual
    bound: float = field(init=False)

    def __post_init__(self) -> None:
        self.bound = self.dual.bound
        self._last = float(np.partition(self.dual.worth, -self.dual.count)[-self.dual.count])

    def run(self, limits: Limits) -> None:
        """The windows with the most to gain first, until all are solved or the time is over."""
        slack = np.maximum(self._last - self.dual.worth, 0.0) / np.maximum(self.dual.worth, 1e-300)
        profit = self.model.weight * (1.0 - self.dual.price)
        windows = [w for w in self._windows() if self._is_fractional(w)]
        for window in sorted(windows, key=lambda w: -float(profit[w].sum())):
            if limits.left() <= 0.0:
                return
            relaxed = float(profit[window].sum())
            self.bound -= max(0.0, relaxed - self._most(window, slack, limits))

    def _most(self, window: Ints, slack: Floats, limits: Limits) -> float:
        """A bound on what whole sites are worth in a window after their charges.

        Sites worth less than the last one taken are charged their share of the difference too.
        """
        inside = np.zeros(self.model.n_groups)
        inside[window] = self.model.weight[window]
        charge = (self.model.cover @ (inside * self.dual.price)) * (1.0 + slack)
        sites = np.flatnonzero(self.model.cover @ inside > charge)
        cover, weight = merge_cells(self.model.cover[sites], inside)
        if not len(sites) or cover.nnz > _MOST_ENTRIES:
            return np.inf if len(sites) else 0.0
        part = CoverModel(cover, weight, sites)
        program = most_program(part, at_most(len(sites), len(sites)))
        cost = program.cost.copy()
        cost[: len(sites)] -= charge[sites]
        seconds = min(limits.seconds, limits.seconds - limits.left() + _LONGEST_SHARE * limits.seconds)
        return solve(
            replace(program, cost=cost), replace(limits, seconds=seconds, gap=_GAP), aside=True
        ).bound

    def _is_fractional(self, window: Ints) -> bool:
        sites = np.unique(self.model.by_group[window].indices)
        x = self.dual.relaxed[sites]
        return bool((x * (1.0 - x)).sum() > 0.5)

    def _windows(self) -> list[Ints]:
        """Groups that the relaxation covers, in parts worth about `_SITES_A_WINDOW` sites each."""
        served = np.minimum(1.0, self.model.by_group @ self.dual.relaxed)
        groups = np.flatnonzero(served > 0.5)
        worth = self.model.weight * self.dual.price
        parts = int(np.ceil(float(worth[groups].sum()) / (_SITES_A_WINDOW * max(self._last, 1e-300))))
        near = np.flatnonzero(self.dual.worth >= _NEAR * self._last)
        cut = _Cut(CoverModel(sparse.csr_array(self.model.cover[near]), self.model.weight, near), worth)
        return cut.split(groups, max(parts, 1))


class _Cut:
    """Cuts groups into parts that lie together; `worth` (groups,) says how large they are."""

    def __init__(self, model: CoverModel, worth: Floats) -> None:
        self.model, self.worth = model, worth
        self.graph = overlap_graph(model)

    def split(self, groups: Ints, parts: int) -> list[Ints]:
        """Halves across the longest way, and halves of these, each with its share of the worth."""
        sites = np.unique(self.model.by_group[groups].indices)
        if parts == 1 or len(groups) < 2 or not len(sites):
            return [groups]
        one = self._farthest(int(sites[0]), sites)
        near = distances(self.graph, np.array([one, self._farthest(one, sites)]))
        degree = np.maximum(np.diff(self.model.by_group.indptr), 1)
        side = (self.model.by_group @ (near[0] - near[1]) / degree)[groups]
        order = groups[np.argsort(side, kind="stable")]
        grown = np.cumsum(self.worth[order])
        cut = int(np.searchsorted(grown, grown[-1] * (parts // 2) / parts))
        halves = ((order[:cut], parts // 2), (order[cut:], parts - parts // 2))
        return [window for half, n in halves if len(half) for window in self.split(half, n)]

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
