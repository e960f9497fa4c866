"""Points are put on the nearest street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.network import WalkNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
UNLINKED = -1


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
    edge, along, snap_m, on_street = _nearest(network, xy)
    return Snapped(np.where(snap_m <= limit_m, edge, UNLINKED), along, snap_m, on_street)


def _unlinked(xy: Floats) -> Snapped:
    n = len(xy)
    return Snapped(np.full(n, UNLINKED), np.zeros(n), np.full(n, np.inf), xy.copy())


def _nearest(network: WalkNetwork, xy: Floats) -> tuple[Ints, Floats, Floats, Floats]:
    counts = np.diff(network.vertex_start)
    lines: Any = shapely.linestrings(network.vertex_xy, indices=np.repeat(np.arange(len(network)), counts))
    points = shapely.points(xy)
    row, hit = shapely.STRtree(lines).query_nearest(points, all_matches=True)
    order = np.lexsort((hit, row))
    _, first = np.unique(row[order], return_index=True)
    edge = hit[order][first].astype(np.int64)
    along = shapely.line_locate_point(lines[edge], points)
    on_street = shapely.get_coordinates(shapely.line_interpolate_point(lines[edge], along))
    return edge, along, np.hypot(*(xy - on_street).T), on_street
