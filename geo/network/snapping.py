"""Points are put on the nearest street."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.network.network import WalkNetwork
from geo.network.segments import Hits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
UNLINKED: Final = -1


@dataclass(frozen=True)
class Snapped:
    """Where n points join the network.

    `edge` (n,) edge number, -1 where unlinked; `offset_m` (n,) metres from the edge's u end;
    `snap_m` (n,) straight metres to the nearest point of an edge, also for unlinked points (inf
    when there is no edge); `xy` (n, 2) that point.
    """

    edge: Ints
    offset_m: Floats
    snap_m: Floats
    xy: Floats

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def linked(self) -> NDArray[np.bool_]:
        """(n,) which points have a street within the limit."""
        return self.edge >= 0


def snap(network: WalkNetwork, xy: Floats, *, limit_m: float) -> Snapped:
    """Put each point of `xy` (n, 2) on the nearest point of an edge, if that is within `limit_m`.

    The limit itself counts as within. Of edges equally near the lowest number is taken.
    """
    xy = np.asarray(xy, float).reshape(-1, 2)
    if not len(network) or not len(xy):
        return _unlinked(xy)
    hits = network.segments.nearest(xy)
    edge = network.segments.edge[hits.segment]
    offset_m, on_street = _place(network, hits)
    return Snapped(np.where(hits.metres <= limit_m, edge, UNLINKED), offset_m, hits.metres, on_street)


def snap_once(network: WalkNetwork, xy: Floats, *, limit_m: float) -> Snapped:
    """As `snap`, and remembered with the network: the same points are not searched for again.

    What is remembered holds for every limit.
    """
    xy = np.asarray(xy, float).reshape(-1, 2)
    key = content_key(xy)
    if key not in network.snapped:
        anywhere = snap(network, xy, limit_m=np.inf)
        network.snapped[key] = (anywhere.edge, anywhere.offset_m, anywhere.snap_m, anywhere.xy)
    edge, offset_m, snap_m, on_street = network.snapped[key]
    return Snapped(np.where(snap_m <= limit_m, edge, UNLINKED), offset_m, snap_m, on_street)


def content_key(xy: Floats) -> str:
    """What points are remembered by: a hash of their coordinates."""
    return hashlib.sha256(np.ascontiguousarray(xy).view(np.uint8).data).hexdigest()


def _unlinked(xy: Floats) -> Snapped:
    n = len(xy)
    return Snapped(np.full(n, UNLINKED), np.zeros(n), np.full(n, np.inf), xy.copy())


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
    return Snapped(snapped.edge[rows], snapped.offset_m[rows], snapped.snap_m[rows], snapped.xy[rows])


def ends(network: WalkNetwork, snapped: Snapped, rows: Ints) -> tuple[Ints, Ints, Floats, Floats]:
    """For linked rows the nodes u and v of their edge, and the metres to each, snap leg included."""
    edge, offset_m, snap_m = snapped.edge[rows], snapped.offset_m[rows], snapped.snap_m[rows]
    u, v = network.edge_nodes[edge].T.astype(np.int64)
    return u, v, snap_m + offset_m, snap_m + np.maximum(network.edge_length_m[edge] - offset_m, 0.0)
