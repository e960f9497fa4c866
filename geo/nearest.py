"""Metres from every point to its nearest facility: straight, and on foot along the streets.

On foot means: from the facility straight to its street, along streets, and straight to the point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geo.network import WalkNetwork, with_sources
from geo.snapping import Snapped, ends
from geo.spread import lowest_owners

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOBODY = -1
_WORTH_THREADS: Final = 20_000  # for fewer points starting threads takes longer than searching


@dataclass(frozen=True)
class Nearest:
    """For n points: `metres` (n,), inf where there is none, and `index` (n,), the facility's row or -1."""

    metres: Floats
    index: Ints

    def __len__(self) -> int:
        return len(self.metres)


def nearest_straight(xy: Floats, facility_xy: Floats) -> Nearest:
    """The nearest facility in a straight line; of equally near ones the lowest row."""
    if not len(facility_xy):
        return _none(len(xy))
    places, first = np.unique(facility_xy, axis=0, return_index=True)
    metres, index = _lowest_of_nearest(cKDTree(places), first, np.asarray(xy, float))
    return Nearest(metres, index)


def nearest_on_foot(
    network: WalkNetwork, points: Snapped, facilities: Snapped, *, limit_m: float = np.inf
) -> Nearest:
    """The nearest facility along the streets, snap legs and part-edges included.

    Points or facilities without a street are not reached; beyond `limit_m` nothing is. The limit
    never changes a value that is within it. Of facilities equally far the lowest row is named.
    """
    rows = np.flatnonzero(facilities.linked)
    result = _none(len(points))
    here = np.flatnonzero(points.linked)
    if not len(rows) or not len(here):
        return result
    at_nodes = node_distances(network, facilities, rows, limit_m)
    metres, index = at_points(network, points, here, at_nodes, (facilities, rows))
    within = metres <= limit_m
    within &= np.isfinite(metres)
    result.metres[here[within]], result.index[here[within]] = metres[within], index[within]
    return result


def at_points(
    network: WalkNetwork,
    points: Snapped,
    here: Ints,
    at_nodes: tuple[Floats, Ints],
    facilities: tuple[Snapped, Ints],
) -> tuple[Floats, Ints]:
    """Metres and facility of the points `here` (linked rows), given those of the nodes.

    `facilities` and the rows of them that count: those on the points' own edges are looked at.
    """
    metres, index = _from_ends(network, points, here, *at_nodes)
    direct_at, direct_m, direct_index = _along_same_edge(points, here, *facilities)
    closer = (direct_m < metres[direct_at]) | (
        (direct_m == metres[direct_at]) & (direct_index < index[direct_at])
    )
    metres[direct_at[closer]], index[direct_at[closer]] = direct_m[closer], direct_index[closer]
    return metres, index


def _lowest_of_nearest(tree: cKDTree, number: Ints, xy: Floats) -> tuple[Floats, Ints]:
    """Metres to the nearest place and the lowest `number` among places at just that distance.

    Asks for one neighbour more than are equally near; only rows that tie ask for more.
    """
    metres, index = np.empty(len(xy)), np.empty(len(xy), np.int64)
    open_rows, k = np.arange(len(xy)), min(2, tree.n)
    while len(open_rows):
        workers = -1 if len(open_rows) > _WORTH_THREADS else 1
        near_m, near = tree.query(xy[open_rows], k=np.arange(1, k + 1), workers=workers)
        tied = near_m == near_m[:, :1]
        metres[open_rows] = near_m[:, 0]
        index[open_rows] = np.where(tied, number[near], np.iinfo(np.int64).max).min(axis=1)
        open_rows, k = open_rows[tied[:, -1] & (k < tree.n)], min(4 * k, tree.n)
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


def _from_ends(
    network: WalkNetwork, points: Snapped, here: Ints, node_m: Floats, node_facility: Ints
) -> tuple[Floats, Ints]:
    u, v, to_u, to_v = ends(network, points, here)
    by_u, by_v = node_m[u] + to_u, node_m[v] + to_v
    first, second = node_facility[u], node_facility[v]
    v_better = (by_v < by_u) | ((by_v == by_u) & (second < first))
    return np.where(v_better, by_v, by_u), np.where(v_better, second, first)


def _along_same_edge(
    points: Snapped, here: Ints, facilities: Snapped, rows: Ints
) -> tuple[Ints, Floats, Ints]:
    """For points whose edge also has facilities: position in `here`, metres without leaving the edge, row.

    Facilities and points are sorted along their edges; the best facility behind a point is a running
    minimum of (snap leg - offset), the best one ahead of (snap leg + offset).
    """
    shared = np.flatnonzero(np.isin(points.edge[here], facilities.edge[rows]))
    p = here[shared]
    behind_m, behind = _best_behind(points, p, facilities, rows, +1.0)
    ahead_m, ahead = _best_behind(points, p, facilities, rows, -1.0)
    take = (ahead_m < behind_m) | ((ahead_m == behind_m) & (ahead < behind))
    return shared, np.where(take, ahead_m, behind_m), np.where(take, ahead, behind)


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
