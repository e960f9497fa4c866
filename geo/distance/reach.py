"""Which points each origin reaches within a limit, and how far they are: sparse, origins × points.

A search over a whole city costs time in proportion to its nodes for every origin, however short the
limit. So origins are taken tile by tile, and each tile searches only the part of the network that a
walk within the limit cannot leave: along streets one never gets farther than in a straight line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geo.csr_ranges import ranges
from geo.distance.open_ground import straight_ways, with_straight
from geo.inside import Bins, bins
from geo.network.network import WalkNetwork, with_sources
from geo.network.snapping import Snapped, ends, take

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Small tiles cut the network too often, large ones search too much of it; both ends were measured.
_TILE_PER_LIMIT: Final = 2.0
_SMALLEST_TILE_M: Final = 4000.0
_BIN_M: Final = 400.0
_AT_ONCE: Final = 1 << 22  # origins times nodes, or points, held at once: 32 MB an array


def reach_straight(
    origins_xy: Floats, points_xy: Floats, *, limit_m: float, tree: cKDTree | None = None
) -> csr_array:
    """Straight metres from each origin (rows) to each point (columns) not farther than `limit_m`.

    Entries of 0 m are stored; columns ascend within a row. `tree` of the points, where there is one.
    """
    shape = (len(origins_xy), len(points_xy))
    if not all(shape):
        return csr_array(shape, dtype=float)
    a_little_more = limit_m * (1 + 1e-9)  # the tree compares squares; the limit itself is decided below
    pairs = cKDTree(origins_xy).sparse_distance_matrix(
        cKDTree(points_xy) if tree is None else tree, a_little_more, output_type="ndarray"
    )
    row, column = pairs["i"], pairs["j"]
    metres = np.hypot(*(origins_xy[row] - points_xy[column]).T)
    within = np.flatnonzero(metres <= limit_m)
    found = csr_array((metres[within], (row[within], column[within])), shape=shape)
    found.sort_indices()
    return found


def bounded_reach(network: WalkNetwork, origins: Snapped, points: Snapped, *, limit_m: float) -> csr_array:
    """Metres on foot from each origin (rows) to each point (columns) not farther than `limit_m`.

    Distance is that of `nearest_on_foot`: both snap legs, part-edges, the way along a shared edge, and
    straight to the same spot. Entries of 0 m are stored; a missing entry is out of reach; columns
    ascend within a row.
    """
    ways = straight_ways(network, points, origins, np.arange(len(origins)), limit_m=limit_m)
    return with_straight(_along_streets(network, origins, points, limit_m), ways)


def _along_streets(network: WalkNetwork, origins: Snapped, points: Snapped, limit_m: float) -> csr_array:
    shape = (len(origins), len(points))
    from_rows = origins.linked_rows
    if not len(from_rows) or not len(points.linked_rows):
        return csr_array(shape, dtype=float)
    number = np.full(len(network.node_xy) + 1, -1, np.int32)
    search = _Search(
        network, take(origins, from_rows), points, bins(network.node_xy, _BIN_M), number, limit_m
    )
    parts = [part for tile in _tiles(search.origins.xy, limit_m) for part in _of_tile(search, tile)]
    # Put the parts in the order of the origins.
    origin = np.concatenate([p.origin for p in parts] or [np.empty(0, np.int64)])
    count = np.concatenate([p.count for p in parts] or [np.empty(0, np.int64)])
    order = np.argsort(origin)
    entries = ranges((np.cumsum(count) - count)[order], count[order])
    per_row = np.zeros(shape[0], np.int64)
    per_row[from_rows[origin]] = count
    indptr = np.concatenate([[0], np.cumsum(per_row)])
    metres = np.concatenate([p.metres for p in parts] or [np.empty(0)])
    point = np.concatenate([p.point for p in parts] or [np.empty(0, np.int64)])
    return csr_array((metres[entries], point[entries], indptr), shape=shape)


@dataclass(frozen=True)
class _Search:
    """The whole task; origins are the linked ones only. `number` (nodes + 1,): what a tile calls a node, -1
    between tiles and for the nodes outside one."""

    network: WalkNetwork
    origins: Snapped
    points: Snapped
    node_bins: Bins
    number: NDArray[np.int32]
    limit_m: float


@dataclass(frozen=True)
class _Part:
    """Entries found for some origins: `count[i]` of them for `origin[i]`, one after another."""

    origin: Ints
    count: Ints
    point: Ints
    metres: Floats


def _tiles(xy: Floats, limit_m: float) -> Iterator[Ints]:
    """Row numbers of the points of each tile that has any."""
    side_m = max(_TILE_PER_LIMIT * limit_m, _SMALLEST_TILE_M)
    column, row = np.floor((xy - xy.min(axis=0)) / side_m).T
    order = np.lexsort((column, row))
    new = np.flatnonzero((np.diff(column[order]) != 0) | (np.diff(row[order]) != 0)) + 1
    yield from np.split(order, new)


def _of_tile(search: _Search, tile: Ints) -> Iterator[_Part]:
    xy = search.origins.xy[tile]
    (west, south), (east, north) = xy.min(axis=0) - search.limit_m, xy.max(axis=0) + search.limit_m
    box = float(west), float(south), float(east), float(north)
    nodes, points = search.node_bins.within(box), search.points.linked_bins.within(box)
    if not len(points):
        return
    points = search.points.linked_rows[points]
    local = _Local(search, nodes, points)
    size = max(_AT_ONCE // (max(len(nodes), len(points)) + 1), 1)
    for first in range(0, len(tile), size):
        yield local.reach(tile[first : first + size])
    search.number[nodes] = -1


class _Local:
    """A part of the network with the points in it; nodes have local numbers, -1 is outside."""

    def __init__(self, search: _Search, nodes: Ints, points: Ints) -> None:
        self.search, self.points = search, points
        self.number = search.number
        self.number[nodes] = np.arange(len(nodes), dtype=np.int32)
        # The graph among `nodes` alone, renumbered by `number`.
        graph = search.network.graph
        first = graph.indptr[nodes]
        count = graph.indptr[nodes + 1] - first
        arcs = ranges(first, count)
        head = self.number[graph.indices[arcs]]
        inside = head >= 0
        before = np.concatenate([[0], np.cumsum(inside)])
        indptr = before[np.concatenate([[0], np.cumsum(count)])].astype(np.int32)
        self.graph = csr_array(
            (graph.data[arcs[inside]], head[inside], indptr), shape=(len(nodes), len(nodes))
        )
        u, v, self.to_u, self.to_v = ends(search.network, search.points, points)
        self.u, self.v = self.number[u], self.number[v]
        self.by_edge = np.argsort(search.points.edge[points], kind="stable")

    def reach(self, origins: Ints) -> _Part:
        """Entries within the limit of these origins to the points here."""
        # Origins × points, over the ends of the points' edges.
        u, v, to_u, to_v = ends(self.search.network, self.search.origins, origins)
        heads = self.number[np.column_stack([u, v])]
        graph = with_sources(self.graph, heads, np.column_stack([to_u, to_v]))
        sources = np.arange(self.graph.shape[0], graph.shape[0])
        node_m = dijkstra(graph, indices=sources, limit=self.search.limit_m)
        node_m[:, -1] = np.inf  # the last source is reached by nobody: it stands for the outside
        metres: Floats = node_m[:, self.u] + self.to_u
        np.minimum(metres, node_m[:, self.v] + self.to_v, out=metres)
        of_origins, of_points = self.search.origins, self.search.points
        sorted_edges = of_points.edge[self.points[self.by_edge]]
        edge = of_origins.edge[origins]
        first, last = np.searchsorted(sorted_edges, edge), np.searchsorted(sorted_edges, edge, side="right")
        row = np.repeat(np.arange(len(origins)), last - first)
        column = self.by_edge[ranges(first, last - first)]
        origin, point = origins[row], self.points[column]
        between_m = np.abs(of_points.offset_m[point] - of_origins.offset_m[origin])
        direct_m = between_m + of_origins.snap_m[origin] + of_points.snap_m[point]
        metres[row, column] = np.minimum(metres[row, column], direct_m)
        row, column = np.nonzero(metres <= self.search.limit_m)
        count = np.bincount(row, minlength=len(origins))
        return _Part(origins, count, self.points[column], metres[row, column])
