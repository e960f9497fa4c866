"""Metres from every point to its nearest facility: straight, and on foot along the streets.

On foot means: from the facility straight to its street, along streets, and straight to the point; or
straight from one to the other where they are the same spot (`geo.distance.open_ground`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from geo.distance.distance_updates import lowest_owners
from geo.distance.near_places import PointBlocks, nearest_places
from geo.distance.open_ground import straight_ways, take_straight
from geo.network.network import WalkNetwork, with_sources
from geo.network.snapping import Snapped, ends

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOBODY = -1
_FEW: Final = 1_000_000  # below this comparing is quicker than a table of all edges


@dataclass(frozen=True)
class Nearest:
    """For n points: `metres` (n,), inf where there is none, and `index` (n,), the facility's row or -1."""

    metres: Floats
    index: Ints

    def __len__(self) -> int:
        return len(self.metres)


def nearest_straight(xy: Floats | PointBlocks, facility_xy: Floats) -> Nearest:
    """The nearest facility in a straight line; of equally near ones the lowest row.

    Points that are asked about several times can be given as blocks.
    """
    if not len(facility_xy):
        return _none(len(xy))
    places = np.asarray(facility_xy, float)
    found = (
        xy.nearest(places) if isinstance(xy, PointBlocks) else nearest_places(np.asarray(xy, float), places)
    )
    return Nearest(*found)


def nearest_on_foot(
    network: WalkNetwork, points: Snapped, facilities: Snapped, *, limit_m: float = np.inf
) -> Nearest:
    """The nearest facility along the streets, snap legs and part-edges included.

    Points or facilities without a street are reached only across open ground; beyond `limit_m` nothing
    is. The limit never changes a value that is within it. Of facilities equally far the lowest row is
    named.
    """
    rows = np.flatnonzero(facilities.linked)
    here = np.flatnonzero(points.linked)
    if len(rows) and len(here):
        at_nodes = node_distances(network, facilities, rows, limit_m)
    else:
        n, here = len(network.node_xy), here[:0]
        at_nodes = np.full(n, np.inf), np.full(n, NOBODY, np.int64)
    places = joined(network, points, here)
    everyone = np.arange(len(facilities))
    return nearest_by_nodes(network, places, at_nodes, (facilities, everyone), limit_m=limit_m)


@dataclass(frozen=True)
class Joined:
    """Linked points (`rows` of `points`) with the ends u and v of their streets and the metres to them."""

    points: Snapped
    rows: Ints
    u: Ints
    v: Ints
    to_u: Floats
    to_v: Floats


def joined(network: WalkNetwork, points: Snapped, rows: Ints) -> Joined:
    """Linked points made ready to be measured several times."""
    return Joined(points, rows, *ends(network, points, rows))


def nearest_by_nodes(
    network: WalkNetwork,
    places: Joined,
    at_nodes: tuple[Floats, Ints],
    facilities: tuple[Snapped, Ints],
    *,
    limit_m: float = np.inf,
) -> Nearest:
    """The nearest facility of all points, of which `places` are the linked ones, given that of the nodes.

    `facilities` and the rows of them that count, with those that have no street.
    """
    result = _none(len(places.points))
    doors, rows = facilities
    metres, index = _at_joined(places, at_nodes, (doors, rows[doors.linked[rows]]))
    reached = (metres <= limit_m) & np.isfinite(metres)
    if reached.all():
        result.metres[places.rows], result.index[places.rows] = metres, index
    else:
        within = places.rows[reached]
        result.metres[within], result.index[within] = metres[reached], index[reached]
    ways = straight_ways(network, places.points, doors, rows, limit_m=limit_m)
    take_straight(ways, result.metres, result.index)
    return result


def at_points(
    network: WalkNetwork,
    points: Snapped,
    here: Ints,
    at_nodes: tuple[Floats, Ints],
    facilities: tuple[Snapped, Ints],
) -> tuple[Floats, Ints]:
    """Metres and facility of the points `here` (linked rows) along the streets, given those of the nodes.

    `facilities` and the linked rows of them that count: those on the points' own edges are looked at.
    """
    return _at_joined(joined(network, points, here), at_nodes, facilities)


def _at_joined(
    places: Joined, at_nodes: tuple[Floats, Ints], facilities: tuple[Snapped, Ints]
) -> tuple[Floats, Ints]:
    metres, index = _from_ends(places, *at_nodes)
    direct_at, direct_m, direct_index = _along_same_edge(places.points, places.rows, *facilities)
    closer = (direct_m < metres[direct_at]) | (
        (direct_m == metres[direct_at]) & (direct_index < index[direct_at])
    )
    metres[direct_at[closer]], index[direct_at[closer]] = direct_m[closer], direct_index[closer]
    return metres, index


def _none(n: int) -> Nearest:
    return Nearest(np.full(n, np.inf), np.full(n, NOBODY, np.int64))


def node_distances(
    network: WalkNetwork, facilities: Snapped, rows: Ints, limit_m: float
) -> tuple[Floats, Ints]:
    """Metres from each node to its nearest facility (its snap leg included) and which one that is.

    Of equally near ones the lowest row. Nodes that none reaches within the limit: inf and -1.
    """
    n = len(network.node_xy)
    u, v, to_u, to_v = ends(network, facilities, rows)
    graph = with_sources(network.graph, np.column_stack([u, v]), np.column_stack([to_u, to_v]))
    metres, _, source = dijkstra(
        graph, indices=np.arange(n, n + len(rows)), min_only=True, limit=limit_m, return_predecessors=True
    )
    index = np.full(n, NOBODY, np.int64)
    reached = np.isfinite(metres[:n])
    index[reached] = rows[source[:n][reached] - n]
    nodes_m = metres[:n]
    lowest_owners(network.graph, nodes_m, index, (np.concatenate([u, v]), np.concatenate([to_u, to_v]), rows))
    return nodes_m, index


def _from_ends(places: Joined, node_m: Floats, node_facility: Ints) -> tuple[Floats, Ints]:
    by_u, by_v = node_m[places.u], node_m[places.v]
    by_u += places.to_u
    by_v += places.to_v
    first, second = node_facility[places.u], node_facility[places.v]
    v_better = (by_v < by_u) | ((by_v == by_u) & (second < first))
    np.copyto(by_u, by_v, where=v_better)
    np.copyto(first, second, where=v_better)
    return by_u, first


def _along_same_edge(
    points: Snapped, here: Ints, facilities: Snapped, rows: Ints
) -> tuple[Ints, Floats, Ints]:
    """For points whose edge also has facilities: position in `here`, metres without leaving the edge, row.

    Facilities and points are sorted along their edges; the best facility behind a point is a running
    minimum of (snap leg - offset), the best one ahead of (snap leg + offset).
    """
    shared = np.flatnonzero(among(points.edge[here], facilities.edge[rows]))
    p = here[shared]
    behind_m, behind = _best_behind(points, p, facilities, rows, +1.0)
    ahead_m, ahead = _best_behind(points, p, facilities, rows, -1.0)
    take = (ahead_m < behind_m) | ((ahead_m == behind_m) & (ahead < behind))
    return shared, np.where(take, ahead_m, behind_m), np.where(take, ahead, behind)


def among(edges: Ints, wanted: Ints) -> NDArray[np.bool_]:
    """Which edge numbers are wanted ones."""
    if len(wanted) * len(edges) < _FEW:
        return np.isin(edges, wanted)
    is_wanted = np.zeros(int(max(edges.max(), wanted.max())) + 1, bool)
    is_wanted[wanted] = True
    return is_wanted[edges]


def _best_behind(
    points: Snapped, p: Ints, facilities: Snapped, rows: Ints, sign: float
) -> tuple[Floats, Ints]:
    """The best facility on the same edge at an offset (times `sign`) not above the point's."""
    f_at, p_at = sign * facilities.offset_m[rows], sign * points.offset_m[p]
    rank_order = np.lexsort((rows, facilities.snap_m[rows] - f_at))
    rank = np.empty(len(rows), np.int64)
    rank[rank_order] = np.arange(len(rows))
    edge = np.concatenate([facilities.edge[rows], points.edge[p]])
    is_point = np.repeat([0, 1], [len(rows), len(p)])
    order = np.lexsort((is_point, np.concatenate([f_at, p_at]), edge))
    # Edges get falling blocks of keys, so one running minimum starts afresh on every edge.
    block = (edge[order[-1]] - edge[order]) * (len(rows) + 1) if len(order) else edge
    key = block + np.concatenate([rank, np.full(len(p), len(rows))])[order]
    best = np.empty(len(order), np.int64)
    best[order] = np.minimum.accumulate(key) - block
    best = best[len(rows) :]
    found = best < len(rows)
    facility = rows[rank_order[np.where(found, best, 0)]]
    metres = np.abs(points.offset_m[p] - facilities.offset_m[facility]) + facilities.snap_m[facility]
    return np.where(found, metres + points.snap_m[p], np.inf), np.where(
        found, facility, np.iinfo(np.int64).max
    )
