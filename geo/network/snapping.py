"""Points are put on the nearest street that leads somewhere; places all along the streets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.csr_ranges import ranges
from geo.inside import Bins, bins
from geo.network.network import WalkNetwork
from geo.network.segments import Hits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
UNLINKED: Final = -1
_BIN_M: Final = 400.0


@dataclass(frozen=True)
class Snapped:
    """Where n points join the network.

    `edge` (n,) edge number, -1 where unlinked; `offset_m` (n,) metres from the edge's u end;
    `snap_m` (n,) straight metres to the nearest point of an edge, also for unlinked points (inf
    when there is no edge); `xy` (n, 2) that point. `place` (n, 2) is where the points themselves are;
    None for places of the street. `passed` (n,) marks points that stand nearer to an island, which
    was passed over; None where nobody asked.
    """

    edge: Ints
    offset_m: Floats
    snap_m: Floats
    xy: Floats
    place: Floats | None = None
    passed: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def linked(self) -> NDArray[np.bool_]:
        """(n,) which points have a street within the limit."""
        return self.edge >= 0

    @cached_property
    def tree(self) -> cKDTree:
        """The points themselves, indexed; only where there is a `place`."""
        return cKDTree(self.place, balanced_tree=False, compact_nodes=False)

    @cached_property
    def linked_rows(self) -> Ints:
        """Which points have a street within the limit."""
        return np.flatnonzero(self.linked)

    @cached_property
    def linked_bins(self) -> Bins:
        """The places on the streets of `linked_rows`, in bins; there must be one."""
        return bins(self.xy[self.linked_rows], _BIN_M)


def snap(network: WalkNetwork, xy: Floats, *, limit_m: float) -> Snapped:
    """Put each point of `xy` (n, 2) on the nearest point of an edge, if that is within `limit_m`.

    The limit itself counts as within. Edges of islands are passed over where another edge is within
    the limit. Of edges equally near the lowest number is taken.
    """
    xy = np.asarray(xy, float).reshape(-1, 2)
    return _within(_search(network, xy), xy, limit_m)


def snap_once(network: WalkNetwork, xy: Floats, *, limit_m: float) -> Snapped:
    """As `snap`, and remembered with the network: the same points are not searched for again.

    What is remembered holds for every limit.
    """
    xy = np.asarray(xy, float).reshape(-1, 2)
    key = content_key(xy)
    if key not in network.snapped:
        network.snapped[key] = _search(network, xy)
    return _within(network.snapped[key], xy, limit_m)


# The nearest edge of each point (edge, offset, metres, place), then the rows whose nearest edge is on an
# island and the same four for the nearest edge that is not.
_Found = tuple[NDArray[Any], ...]


def _search(network: WalkNetwork, xy: Floats) -> _Found:
    nearest = _hits(network, xy, None)
    on_island = network.islands.on_island
    rows = np.flatnonzero(on_island[nearest[0]]) if len(network) and len(xy) else np.empty(0, np.int64)
    return (*nearest, rows, *_hits(network, xy[rows], on_island))


def _hits(
    network: WalkNetwork, xy: Floats, skipped: NDArray[np.bool_] | None
) -> tuple[Ints, Floats, Floats, Floats]:
    n = len(xy)
    if not len(network) or not n:
        return np.full(n, UNLINKED), np.zeros(n), np.full(n, np.inf), xy.copy()
    hits = network.segments.nearest(xy, skipped=skipped)
    offset_m, on_street = _place(network, hits)
    return network.segments.edge[hits.segment], offset_m, hits.metres, on_street


def _within(found: _Found, xy: Floats, limit_m: float) -> Snapped:
    edge, offset_m, snap_m, on_street, rows, *beyond = found
    passed = np.zeros(len(xy), bool)
    near = beyond[2] <= limit_m
    if near.any():
        edge, offset_m, snap_m, on_street = edge.copy(), offset_m.copy(), snap_m.copy(), on_street.copy()
        for values, others in zip((edge, offset_m, snap_m, on_street), beyond, strict=True):
            values[rows[near]] = others[near]
        passed[rows[near]] = True
    return Snapped(np.where(snap_m <= limit_m, edge, UNLINKED), offset_m, snap_m, on_street, xy, passed)


@dataclass(frozen=True)
class PassedOver:
    """Points (`row`, ascending) that stand nearer to the island `component` (`Islands`) than to the street
    that they join: metres to the one and to the other."""

    row: Ints
    component: Ints
    island_m: Floats
    joined_m: Floats

    def some(self, chosen: NDArray[np.bool_]) -> PassedOver:
        """Those of the points."""
        return PassedOver(*(values[chosen] for values in vars(self).values()))


def passed_over(network: WalkNetwork, xy: Floats, *, limit_m: float) -> PassedOver:
    """Which points pass over an island; the search is that of `snap_once`, and remembered."""
    snapped = snap_once(network, xy, limit_m=limit_m)
    edge, _, metres, *_ = network.snapped[content_key(np.asarray(xy, float).reshape(-1, 2))]
    row = np.flatnonzero(np.zeros(0, bool) if snapped.passed is None else snapped.passed)
    return PassedOver(row, network.islands.component[edge[row]], metres[row], snapped.snap_m[row])


def content_key(xy: Floats) -> str:
    """What points are remembered by: a hash of their coordinates."""
    return hashlib.sha256(np.ascontiguousarray(xy).view(np.uint8).data).hexdigest()


def _place(network: WalkNetwork, hits: Hits) -> tuple[Floats, Floats]:
    """Metres along the edge and coordinates of each hit; exact at the ends of segments."""
    tail = network.segments.tail[hits.segment]
    head, at_head = tail + 1, hits.fraction == 1.0
    from_m, to_m = network.vertex_offset_m[tail], network.vertex_offset_m[head]
    start, end, part = network.vertex_xy[tail], network.vertex_xy[head], hits.fraction[:, None]
    offset_m = np.where(at_head, to_m, from_m + hits.fraction * (to_m - from_m))
    return offset_m, np.where(at_head[:, None], end, start + part * (end - start))


def take(snapped: Snapped, rows: Ints) -> Snapped:
    """The points of these rows, in their order."""
    place = None if snapped.place is None else snapped.place[rows]
    passed = None if snapped.passed is None else snapped.passed[rows]
    return Snapped(
        snapped.edge[rows], snapped.offset_m[rows], snapped.snap_m[rows], snapped.xy[rows], place, passed
    )


def ends(network: WalkNetwork, snapped: Snapped, rows: Ints) -> tuple[Ints, Ints, Floats, Floats]:
    """For linked rows the nodes u and v of their edge, and the metres to each, snap leg included."""
    edge, offset_m, snap_m = snapped.edge[rows], snapped.offset_m[rows], snapped.snap_m[rows]
    u, v = network.edge_nodes[edge].T.astype(np.int64)
    return u, v, snap_m + offset_m, snap_m + np.maximum(network.edge_length_m[edge] - offset_m, 0.0)


def node_points(network: WalkNetwork) -> Snapped:
    """Every node as a point at the end of one of its edges, in the order of the nodes."""
    n, edges = len(network.node_xy), np.arange(len(network))
    edge, offset_m = np.full(n, -1, np.int64), np.zeros(n)
    u, v = network.edge_nodes.T
    edge[v], offset_m[v] = edges, network.edge_length_m
    edge[u], offset_m[u] = edges, 0.0
    return Snapped(edge, offset_m, np.zeros(n), network.node_xy)


def street_points(network: WalkNetwork, *, every_m: float) -> Snapped:
    """The nodes, and places between them: along a street the next is never farther than `every_m`."""
    parts = np.maximum(np.ceil(network.edge_length_m / every_m), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(network)), parts - 1)
    nth = ranges(np.ones(len(network), np.int64), parts - 1)
    offset_m = network.edge_length_m[edge] * nth / parts[edge]
    nodes = node_points(network)
    return Snapped(
        np.concatenate([nodes.edge, edge]),
        np.concatenate([nodes.offset_m, offset_m]),
        np.zeros(len(nodes) + len(edge)),
        np.concatenate([nodes.xy, places_at(network, edge, offset_m)]),
    )


def places_at(network: WalkNetwork, edge: Ints, offset_m: Floats) -> Floats:
    """The coordinates (n, 2) of places at an offset along edges."""
    base = np.concatenate([[0.0], np.cumsum(network.edge_length_m)])
    run = network.vertex_offset_m + np.repeat(base[:-1], np.diff(network.vertex_start))
    vertex = np.searchsorted(run, base[edge] + offset_m, side="left")
    vertex = np.clip(vertex, network.vertex_start[edge] + 1, network.vertex_start[edge + 1] - 1)
    return on_segment(network, vertex, offset_m)


def on_segment(network: WalkNetwork, vertex: Ints, offset_m: Floats) -> Floats:
    """The place at an offset on the segment that ends in `vertex`; exact at its ends."""
    from_m, to_m = network.vertex_offset_m[vertex - 1], network.vertex_offset_m[vertex]
    share = np.clip((offset_m - from_m) / np.maximum(to_m - from_m, 1e-12), 0.0, 1.0)[:, None]
    start, end = network.vertex_xy[vertex - 1], network.vertex_xy[vertex]
    place: Floats = np.where(share == 1.0, end, start + share * (end - start))
    return place
