"""The walking network as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.crs import require_metric
from geo.network import ISLAND_M
from geo.network.segments import Segments, segments

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Of a small place's streets a part of a fifth or more is no leftover.
_SMALL_SHARE: Final = 0.2


@dataclass(frozen=True)
class Islands:
    """`component[e]` of every edge, 0 the longest; `length_m[c]` of every component, falling.

    The components from number `first_island` on are islands: shorter than the network's `island_m`
    and than a fifth of the longest component.
    """

    component: Ints
    length_m: Floats
    first_island: int

    @property
    def on_island(self) -> NDArray[np.bool_]:
        """(edges,) whether an edge belongs to an island."""
        return self.component >= self.first_island

    @property
    def count(self) -> int:
        """How many components there are beside the longest."""
        return max(len(self.length_m) - 1, 0)

    @property
    def outside_m(self) -> float:
        """Metres of street that are not in the longest component."""
        return float(self.length_m[1:].sum())

    @property
    def share(self) -> float:
        """Share (0..1) of the street length that is in the longest component; 1 without streets."""
        total = float(self.length_m.sum())
        return 1.0 - self.outside_m / total if total else 1.0


def islands(
    graph: csr_array, edge_nodes: NDArray[np.int32], edge_length_m: Floats, *, island_m: float
) -> Islands:
    """Number the connected parts of a network by falling length (equal ones by lowest edge)."""
    if not len(edge_length_m):
        return Islands(np.empty(0, np.int64), np.empty(0), 0)
    label = connected_components(graph, directed=False)[1][edge_nodes[:, 0]]
    used, first, part = np.unique(label, return_index=True, return_inverse=True)
    length_m = np.asarray(np.bincount(part, weights=edge_length_m, minlength=len(used)), float)
    order = np.lexsort((first, -length_m))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    length_m = length_m[order]
    leads_on = length_m >= min(island_m, _SMALL_SHARE * length_m[0])
    return Islands(rank[part], length_m, int(leads_on.sum()))


def no_obstacles() -> NDArray[np.float64]:
    """(0, 4): nothing is in the way."""
    return np.empty((0, 4))


def as_obstacles(shapes: Sequence[object] | NDArray[np.object_]) -> NDArray[np.float64]:
    """The straight pieces (k, 4) of lines and outlines, as `WalkNetwork.obstacles` holds them."""
    parts = shapely.get_parts(np.asarray(shapes, object))
    polygons = np.isin(shapely.get_type_id(parts), (shapely.GeometryType.POLYGON,))
    rings = np.concatenate([shapely.get_rings(parts[polygons]), parts[~polygons]])
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = np.flatnonzero(ring[1:] == ring[:-1])
    return np.hstack([xy[inside], xy[inside + 1]])


@dataclass(frozen=True)
class WalkNetwork:
    """Junctions and the streets between them, in a metric CRS; walked in both directions alike.

    `node_xy` (n, 2) metres. Edge e joins `edge_nodes[e]` = (u, v), is `edge_length_m[e]` long and
    runs through `vertex_xy[vertex_start[e]:vertex_start[e + 1]]` from u to v, both ends included.
    `edge_class[e]` is 0 for paths and small streets, 1 for streets a map shows from afar, 2 for
    main roads; it is for drawing only. Degree-2 vertices are inside edges, not nodes; parallel
    edges and loops (u == v) are kept.

    `obstacles` (k, 4) are straight pieces of shores, walls and railways, x and y of both ends, that
    nobody walks straight across. Components with less street than `island_m` are islands
    (`geo.network.network`): places join them only where no other street is near enough.
    """

    node_xy: NDArray[np.float64]
    edge_nodes: NDArray[np.int32]
    edge_length_m: NDArray[np.float64]
    vertex_xy: NDArray[np.float64]
    vertex_start: NDArray[np.int64]
    edge_class: NDArray[np.int8]
    crs: str
    obstacles: NDArray[np.float64] = field(default_factory=no_obstacles)
    island_m: float = ISLAND_M

    def __post_init__(self) -> None:
        require_metric(self.crs)

    def __len__(self) -> int:
        return len(self.edge_length_m)

    @cached_property
    def vertex_offset_m(self) -> NDArray[np.float64]:
        """Metres from its edge's u end to each row of `vertex_xy`: 0 at u, `edge_length_m` at v."""
        steps = np.hypot(*np.diff(self.vertex_xy, axis=0, prepend=self.vertex_xy[:1]).T)
        first, last = self.vertex_start[:-1], self.vertex_start[1:] - 1
        steps[first] = 0.0
        run = np.cumsum(steps)
        offsets: NDArray[np.float64] = run - np.repeat(run[first], np.diff(self.vertex_start))
        offsets[last] = self.edge_length_m
        return offsets

    @cached_property
    def segments(self) -> Segments:
        """The straight segments of the edges, indexed for snapping; built once."""
        return segments(self.vertex_xy, self.vertex_start)

    @cached_property
    def graph(self) -> csr_array:
        """Nodes × nodes, metres both ways; of parallel edges the shortest, no loops."""
        # CSR with int32 indices, columns ascending. Duplicates are reduced by hand: scipy would add them.
        u, v = self.edge_nodes.T.astype(np.int64)
        plain = u != v
        tail, head = np.concatenate([u[plain], v[plain]]), np.concatenate([v[plain], u[plain]])
        metres = np.tile(self.edge_length_m[plain], 2)
        n = len(self.node_xy)
        key = tail * n + head
        order = np.argsort(key)
        first = np.flatnonzero(np.diff(key[order], prepend=-1))
        shortest = np.minimum.reduceat(metres[order], first) if len(first) else metres
        tail, head = tail[order[first]], head[order[first]].astype(np.int32)
        indptr = np.searchsorted(tail, np.arange(n + 1)).astype(np.int32)
        return csr_array((shortest, head, indptr), shape=(n, n))

    @cached_property
    def islands(self) -> Islands:
        """The components by falling length, and which of them are islands."""
        return islands(self.graph, self.edge_nodes, self.edge_length_m, island_m=self.island_m)

    @cached_property
    def snapped(self) -> dict[str, tuple[NDArray[Any], ...]]:
        """Where sets of points were found to lie, by their content; see `geo.network.snapping.snap_once`."""
        return {}

    @cached_property
    def obstacle_tree(self) -> shapely.STRtree:
        """The obstacles, indexed; built only where something is asked about open ground."""
        return shapely.STRtree(shapely.linestrings(self.obstacles.reshape(-1, 2, 2)))


def with_sources(graph: csr_array, heads: NDArray[np.int32], metres: NDArray[np.float64]) -> csr_array:
    """`graph` with k more nodes at its end, each with arcs to two nodes and none to itself.

    `heads` and `metres` are (k, 2); a head of -1 is no arc; of two arcs to one node the shorter stays.
    """
    twice = heads[:, 0] == heads[:, 1]
    metres = np.where(twice[:, None], metres.min(axis=1, keepdims=True), metres)
    kept = heads >= 0
    kept[twice, 1] = False
    n = graph.shape[0] + len(heads)
    return csr_array(
        (
            np.concatenate([graph.data, metres[kept]]),
            np.concatenate([graph.indices, heads[kept].astype(np.int32)]),
            np.concatenate([graph.indptr, graph.indptr[-1] + np.cumsum(kept.sum(axis=1))]).astype(np.int32),
        ),
        shape=(n, n),
    )


def edges_of_nodes(network: WalkNetwork) -> tuple[Ints, Ints, Ints]:
    """(first, edge, is_v): node n is an end of the edges `edge[first[n]:first[n + 1]]`.

    `is_v` is 1 where it is their v end; a loop comes twice.
    """
    node = network.edge_nodes.ravel(order="F")
    order = np.argsort(node, kind="stable")
    first = np.searchsorted(node[order], np.arange(len(network.node_xy) + 1))
    return first, order % max(len(network), 1), order // max(len(network), 1)
