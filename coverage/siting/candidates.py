"""Where a site could be looked for: near people who are not served, not too close together.

Among very many places `refine` finds those that matter for the most people, and a bound over all. Prices
of the linear relaxation over some places say what every other place could add: column generation, with
the places themselves as columns. Places worth more than the prices allow join those that are weighed; in
the end all that a plan better than the one in hand could contain are kept. For any prices 0 ≤ μ ≤ 1 no
`count` of *all* places can serve more than Σ weight·(1 − μ) and the `count` largest of Σ weight·μ within
a place's reach, so the bound is safe wherever the work is stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from core.progress import Progress, silent
from core.text import text
from coverage.model.tables import PopulationGrid
from coverage.siting.covering.local_search import greedy, improved
from coverage.siting.covering.lp_bound import DualSearch
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits
from geo.network.network import WalkNetwork

# How often places may join, and how many at once.
_ROUNDS: Final = 8
_JOIN: Final = 3_000
_STEPS: Final = 200
# Places looked at one by one, in entries (place and cell within its reach) that are kept: 100 MB.
_MOST_ENTRIES: Final = 20_000_000
# Places asked for at once.
_AT_ONCE: Final = 4_000


def cell_candidates(cells: PopulationGrid, *, wanted: Bools, near_m: float, spacing_m: float) -> Ints:
    """Row numbers of populated cells within `near_m` of a `wanted` cell, at least `spacing_m` apart.

    `wanted` (cells,) marks the gaps. Where cells compete, the one with more residents within
    `spacing_m` stays.
    """
    rows = np.flatnonzero(cells.residents > 0)
    rows = rows[near(cells.xy[rows], cells.xy[wanted & (cells.residents > 0)], near_m)]
    if spacing_m < cells.spacing_m and cells.lattice is not None and cells.lattice.on.all():
        return rows  # no two cells of a lattice are nearer
    worth = residents_around(cells.xy[rows], cells.xy, cells.residents, spacing_m)
    return rows[thinned(cells.xy[rows], worth, spacing_m)]


def junction_candidates(
    network: WalkNetwork, cells: PopulationGrid, *, wanted: Bools, near_m: float, spacing_m: float
) -> Ints:
    """Node numbers of street junctions within `near_m` of a `wanted` cell, at least `spacing_m` apart.

    Of junctions that compete, the one with more residents within `spacing_m` stays.
    """
    rows = np.flatnonzero(near(network.node_xy, cells.xy[wanted & (cells.residents > 0)], near_m))
    worth = residents_around(network.node_xy[rows], cells.xy, cells.residents, spacing_m)
    return rows[thinned(network.node_xy[rows], worth, spacing_m)]


def near(points_xy: Floats, targets_xy: Floats, near_m: float) -> Bools:
    """(points,) True where some target lies within `near_m`; the boundary counts."""
    if not len(targets_xy) or not len(points_xy):
        return np.zeros(len(points_xy), bool)
    limit = np.nextafter(near_m, np.inf)
    distance, _ = cKDTree(targets_xy).query(points_xy, distance_upper_bound=limit)
    return np.asarray(distance <= near_m)


def residents_around(points_xy: Floats, cells_xy: Floats, residents: Floats, radius_m: float) -> Floats:
    """(points,) residents within about `radius_m`, summed over squares of that side and its neighbours.

    A measure for ranking only: it looks at the point's square and the eight around it.
    """
    low = cells_xy.min(axis=0) - 2.0 * radius_m
    shape = tuple(np.ceil((cells_xy.max(axis=0) - low) / radius_m).astype(int) + 3)
    squares = np.zeros(shape)
    np.add.at(squares, _square(cells_xy, low, radius_m, shape), residents)
    padded = np.pad(squares, 1)
    wide = padded[:-2] + padded[1:-1] + padded[2:]
    around = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    return np.asarray(around[_square(points_xy, low, radius_m, shape)])


def _square(xy: Floats, low: Floats, side_m: float, shape: tuple[int, ...]) -> tuple[Ints, Ints]:
    place = np.clip(((xy - low) // side_m).astype(np.int64), 0, np.array(shape) - 1)
    return place[:, 0], place[:, 1]


def thinned(points_xy: Floats, worth: Floats, spacing_m: float) -> Ints:
    """Row numbers, ascending, of points at least `spacing_m` apart: dearest first, ties to the lower row.

    No point that is left out is `spacing_m` or more away from all that stay. Points are sorted into
    squares of the spacing, so that each that stays looks at those around it only.
    """
    n = len(points_xy)
    if not n:
        return np.empty(0, np.int64)
    at = np.floor((points_xy - points_xy.min(axis=0)) / spacing_m).astype(np.int64) + 1
    width = int(at[:, 0].max()) + 2
    key = at[:, 1] * width + at[:, 0]
    order = np.argsort(key, kind="stable")
    key = key[order]
    # Three squares side by side hold one run of points; there are three such runs around each point.
    begin, end = np.empty((n, 3), np.int32), np.empty((n, 3), np.int32)
    for run, step in enumerate((-width, 0, width)):
        begin[:, run] = np.searchsorted(key, key + (step - 1))
        end[:, run] = np.searchsorted(key, key + (step + 1), side="right")
    x, y = points_xy[order].T
    gone = np.zeros(n, bool)
    stay: list[int] = []
    for point in np.lexsort((order, -worth[order])).tolist():
        if gone[point]:
            continue
        stay.append(point)
        for first, last in zip(begin[point].tolist(), end[point].tolist(), strict=True):
            if first < last:
                near = np.hypot(x[first:last] - x[point], y[first:last] - y[point]) < spacing_m
                gone[first:last] |= near
    return np.sort(order[stay])


@dataclass(frozen=True, eq=False)
class Places:
    """Where sites could be, too many to weigh all of them.

    `weight` (cells,) who would be served anew. `reach(rows)` gives those places × cells (CSR, an entry
    for each cell within reach), `at_most(values)` for cells' values ≥ 0 what each place has within
    reach, or more.
    """

    weight: Floats
    reach: Callable[[Ints], sparse.csr_array]
    at_most: Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Refined:
    """`rows` are the places worth weighing, `reach` (rows × cells) whom each could serve anew. No plan of
    `count` of all places serves more than `bound` anew; with `complete`, none that holds another place than
    these serves more than `value`."""

    rows: Ints
    reach: sparse.csr_array
    bound: float
    value: float
    complete: bool


def refine(
    places: Places, coarse: Ints, count: int, limits: Limits, *, most: int, progress: Progress = silent
) -> Refined:
    """At most about `most` of all places for a plan of `count` sites, beginning with the `coarse` ones.

    Stops early when the bound over all places is met by a plan, within the gap of `limits`. There must be
    more coarse places than sites.
    """
    seen = _Seen(places, progress)
    seen.look(coarse)
    chosen = np.ones(len(coarse), bool)
    bound, worth, best, value = np.inf, np.empty(0), np.empty(0, np.int64), 0.0
    for _ in range(_ROUNDS):
        cover, weight, cells = seen.among(chosen)
        model = CoverModel(cover, weight, seen.rows[chosen])
        picked, found = improved(model, greedy(model, count))
        if found > value:
            best, value = model.rows[picked], found
        dual = DualSearch(model, count, picked).run(_STEPS, limits, value * (1 + limits.gap))
        priced = places.weight.copy()
        priced[cells] *= dual.price
        level = float(np.partition(dual.worth, len(dual.worth) - count)[len(dual.worth) - count])
        here = seen.worth(priced, level)
        chosen = np.concatenate([chosen, np.zeros(len(seen.rows) - len(chosen), bool)])
        over_all = float((places.weight - priced).sum() + _largest(here, count).sum())
        if over_all < bound:
            bound, worth = over_all, here
        join = np.flatnonzero((here[seen.rows] > level * (1 + 1e-6)) & ~chosen)
        if not len(join) or bound <= value * (1 + max(limits.gap, 1e-9)) or limits.left() <= 0:
            break
        chosen[join[np.argsort(-here[seen.rows[join]], kind="stable")[:_JOIN]]] = True
    # Those weighed so far, and every other one that a plan better than the best one found could contain;
    # the dearest of them if they are too many.
    able = np.flatnonzero(bound - _largest(worth, count).min() + worth >= value * (1 - 1e-9))
    complete = len(able) <= most
    if not complete:
        able = able[np.argsort(-worth[able], kind="stable")[:most]]
    rows = np.union1d(able, np.union1d(best, seen.rows[chosen]))
    return Refined(rows, seen.reach(rows), bound, value, complete)


def _largest(values: Floats, count: int) -> Floats:
    return np.partition(values, len(values) - count)[len(values) - count :] if count else np.zeros(1)


class _Seen:
    """Places whose reach is known, in the order in which they were looked at."""

    def __init__(self, places: Places, progress: Progress) -> None:
        self.places, self._progress = places, progress
        self.rows: Ints = np.empty(0, np.int64)
        self._parts: list[sparse.csr_array] = []
        self._entries = 0
        self._open = places.weight > 0

    def look(self, rows: Ints) -> None:
        for first in range(0, len(rows), _AT_ONCE):
            self._progress(0.0, text("Weighing candidate places: {count:,}", count=len(self.rows)))
            some = rows[first : first + _AT_ONCE]
            reach = self.places.reach(some)
            kept = self._open[reach.indices]
            before = np.concatenate([[0], np.cumsum(kept)])
            parts = np.ones(int(before[-1]), bool), reach.indices[kept].astype(np.int32), before[reach.indptr]
            self._parts.append(sparse.csr_array(parts, shape=reach.shape))
            self._entries += int(before[-1])
            self.rows = np.concatenate([self.rows, some])

    def reach(self, rows: Ints) -> sparse.csr_array:
        """The reach of some places, in that order."""
        self.look(np.setdiff1d(rows, self.rows))
        order = np.argsort(self.rows)
        at = order[np.searchsorted(self.rows[order], rows)]
        return sparse.csr_array(sparse.vstack(self._parts, format="csr")[at])

    def worth(self, priced: Floats, level: float) -> Floats:
        """(places,) what each has within reach at these prices, or more; to the last resident for all
        that may have more than `level`, as far as there is room for them."""
        found = self.places.at_most(priced)
        seen = np.zeros(len(found), bool)
        seen[self.rows] = True
        wanted = np.flatnonzero((found > level) & ~seen)
        wanted = wanted[np.argsort(-found[wanted], kind="stable")]
        for first in range(0, len(wanted), _AT_ONCE):
            if self._entries >= _MOST_ENTRIES:
                break
            self.look(wanted[first : first + _AT_ONCE])
        found[self.rows] = np.concatenate([part.astype(float) @ priced for part in self._parts])
        return found

    def among(self, chosen: Bools) -> tuple[sparse.csr_array, Floats, Ints]:
        """The reach of some of the places seen, over the cells that they reach: the weight of these, and
        which cells they are."""
        first = np.cumsum([0, *(part.shape[0] for part in self._parts)])
        some = [
            part[np.flatnonzero(chosen[begin : begin + part.shape[0]])]
            for begin, part in zip(first, self._parts, strict=False)
        ]
        cover = sparse.csr_array(sparse.vstack(some, format="csr"))
        cells = np.unique(cover.indices)
        column = np.zeros(len(self._open), np.int32)
        column[cells] = np.arange(len(cells))
        data = np.ones(cover.nnz), column[cover.indices], cover.indptr
        return sparse.csr_array(data, shape=(cover.shape[0], len(cells))), self.places.weight[cells], cells
