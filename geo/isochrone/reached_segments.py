"""The parts of streets that lie within a walk of facilities, to the metre.

A search gives metres at junctions. Between the two ends of a stretch of street the way from either
end grows evenly, so the nearer end changes once and where a limit ends is known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.csr_ranges import ranges
from geo.distance.nearest import at_points, node_distances
from geo.distance.reach import bounded_reach
from geo.network.network import WalkNetwork, edges_of_nodes
from geo.network.snapping import Snapped, node_points, on_segment, take

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Pieces:
    """Parts of edges: piece p is `edge[p]` between the offsets `from_m[p]` < `to_m[p]`.

    `owner[p]` is the row of the facility that it belongs to; 0 where they are not told apart.
    """

    edge: Ints
    from_m: Floats
    to_m: Floats
    owner: Ints

    def __len__(self) -> int:
        return len(self.edge)

    def some(self, rows: Ints | Bools | slice) -> Pieces:
        """The pieces chosen, in their order."""
        return Pieces(self.edge[rows], self.from_m[rows], self.to_m[rows], self.owner[rows])

    @property
    def length_m(self) -> Floats:
        """(n,) metres of street."""
        return self.to_m - self.from_m


@dataclass(frozen=True)
class Stretches:
    """Parts of edges with the metres on foot at both ends, `inf` beyond the search's limit.

    Nothing starts inside a stretch: facilities stand at its ends or not on it. `owner` (n, 2) is
    whose metres these are.
    """

    edge: Ints
    from_m: Floats
    to_m: Floats
    end_m: Floats
    owner: Ints

    def within(self, limit_m: float) -> Pieces:
        """What can be reached in at most `limit_m` (which must not exceed that of the search)."""
        return self.numbered(limit_m)[0]

    def numbered(self, limit_m: float) -> tuple[Pieces, Ints]:
        """The pieces within a limit, and twice the stretch of each, plus 1 if reached from its second end."""
        left_m, right_m = np.where(self.end_m <= limit_m, self.end_m, np.inf).T
        some = np.flatnonzero(np.isfinite(left_m) | np.isfinite(right_m))
        edge, start, end = self.edge[some], self.from_m[some], self.to_m[some]
        left_m, right_m = left_m[some], right_m[some]
        split = np.clip((start + end + right_m - left_m) / 2, start, end)
        left_to = np.minimum(start + (limit_m - left_m), split)
        right_from = np.maximum(end - (limit_m - right_m), split)
        left_owner, right_owner = self.owner[some].T
        whole = (left_to == right_from) & (left_owner == right_owner)
        left_to = np.where(whole, end, left_to)
        from_left = left_to > start
        from_right = ~whole & (right_from < end)
        pieces = Pieces(
            np.concatenate([edge[from_left], edge[from_right]]),
            np.concatenate([start[from_left], right_from[from_right]]),
            np.concatenate([left_to[from_left], end[from_right]]),
            np.concatenate([left_owner[from_left], right_owner[from_right]]),
        )
        return pieces, np.concatenate([2 * some[from_left], 2 * some[from_right] + 1])


def stretches_to_nearest(network: WalkNetwork, facilities: Snapped, *, limit_m: float) -> Stretches:
    """Every street within `limit_m` of a facility, with the way to its nearest one."""
    linked = np.flatnonzero(facilities.linked)
    doors = take(facilities, linked)
    node_m, node_owner = _nodes_within(network, facilities, linked, limit_m)
    everywhere, among = np.arange(len(doors)), (facilities, linked)
    door_m, door_owner = at_points(
        network, replace(doors, snap_m=np.zeros(len(doors))), everywhere, (node_m, node_owner), among
    )
    u, v = network.edge_nodes.T
    metres, owner = np.column_stack([node_m[u], node_m[v]]), np.column_stack([node_owner[u], node_owner[v]])
    has = np.zeros(len(network), bool)
    has[doors.edge] = True
    edges = np.flatnonzero(np.isfinite(metres).any(axis=1) | has)
    whole = Stretches(edges, np.zeros(len(edges)), network.edge_length_m[edges], metres[edges], owner[edges])
    beyond = door_m > limit_m
    door_m[beyond], door_owner[beyond] = np.inf, -1
    return _cut(whole, np.searchsorted(edges, doors.edge), doors.offset_m, door_m, door_owner)


def _nodes_within(
    network: WalkNetwork, facilities: Snapped, linked: Ints, limit_m: float
) -> tuple[Floats, Ints]:
    if not len(linked):
        n = len(network.node_xy)
        return np.full(n, np.inf), np.full(n, -1, np.int64)
    return node_distances(network, facilities, linked, limit_m)


def stretches_of_each(network: WalkNetwork, facilities: Snapped, *, limit_m: float) -> Stretches:
    """For every facility alone the streets within `limit_m` of it; streets come once a facility."""
    linked = np.flatnonzero(facilities.linked)
    doors = take(facilities, linked)
    reach = bounded_reach(network, doors, node_points(network), limit_m=limit_m)
    facility = np.repeat(np.arange(len(doors)), np.diff(reach.indptr))
    first, edge_of, is_v = edges_of_nodes(network)
    node = reach.indices.astype(np.int64)
    count = first[node + 1] - first[node]
    arm = ranges(first[node], count)
    n = max(len(network), 1)
    own = np.arange(len(doors)) * n + doors.edge
    key, place = np.unique(
        np.concatenate([np.repeat(facility, count) * n + edge_of[arm], own]), return_inverse=True
    )
    metres = np.full((len(key), 2), np.inf)
    metres[place[: len(arm)], is_v[arm]] = np.repeat(reach.data, count)
    edge = key % n
    owner = np.repeat(linked[key // n][:, None], 2, axis=1)
    whole = Stretches(edge, np.zeros(len(key)), network.edge_length_m[edge], metres, owner)
    return _cut(whole, place[len(arm) :], doors.offset_m, doors.snap_m, linked)


def together(stretches: Stretches) -> Stretches:
    """The same streets without telling facilities apart."""
    return replace(stretches, owner=np.zeros_like(stretches.owner))


def piece_lines(network: WalkNetwork, pieces: Pieces) -> NDArray[np.object_]:
    """One LineString a piece, in metres; its ends exactly where the walk ends."""
    xy, line = piece_vertices(network, pieces)
    lines: NDArray[np.object_] = shapely.linestrings(xy, indices=line)
    return lines


def piece_vertices(network: WalkNetwork, pieces: Pieces) -> tuple[Floats, Ints]:
    """The corners (k, 2) of all pieces one after another, and the piece each belongs to, ascending."""
    start, end = network.vertex_start[pieces.edge], network.vertex_start[pieces.edge + 1]
    base = np.concatenate([[0.0], np.cumsum(network.edge_length_m)])
    run = network.vertex_offset_m + np.repeat(base[:-1], np.diff(network.vertex_start))
    first = np.searchsorted(run, base[pieces.edge] + pieces.from_m, side="right")
    last = np.searchsorted(run, base[pieces.edge] + pieces.to_m, side="left")
    first = np.clip(first, start + 1, end - 1)  # the first corner strictly inside the piece, if any
    last = np.clip(last, first, end - 1)
    count = last - first + 2
    line = np.repeat(np.arange(len(pieces)), count)
    stop = np.cumsum(count)
    xy = np.empty((len(line), 2))
    xy[stop - count] = on_segment(network, first, pieces.from_m)
    xy[stop - 1] = on_segment(network, last, pieces.to_m)
    xy[ranges(stop - count + 1, count - 2)] = network.vertex_xy[ranges(first, count - 2)]
    return xy, line


def _cut(whole: Stretches, place: Ints, at_m: Floats, metres: Floats, owner: Ints) -> Stretches:
    """Cut the stretches numbered `place` at `at_m`, where the way is `metres` to `owner`."""
    order = np.lexsort((at_m, place))
    place, at_m, metres, owner = place[order], at_m[order], metres[order], owner[order]
    touched = np.unique(place)
    n = len(touched)
    group = np.concatenate([touched, place, touched])
    by_group = np.lexsort((np.concatenate([np.full(n, -1.0), at_m, np.full(n, np.inf)]), group))
    at = np.concatenate([whole.from_m[touched], at_m, whole.to_m[touched]])[by_group]
    height = np.concatenate([whole.end_m[touched, 0], metres, whole.end_m[touched, 1]])[by_group]
    whose = np.concatenate([whole.owner[touched, 0], owner, whole.owner[touched, 1]])[by_group]
    group = group[by_group]
    inner = np.flatnonzero(group[:-1] == group[1:])
    rest = np.ones(len(whole.edge), bool)
    rest[touched] = False
    return Stretches(
        np.concatenate([whole.edge[rest], whole.edge[group[inner]]]),
        np.concatenate([whole.from_m[rest], at[inner]]),
        np.concatenate([whole.to_m[rest], at[inner + 1]]),
        np.concatenate([whole.end_m[rest], np.column_stack([height[inner], height[inner + 1]])]),
        np.concatenate([whole.owner[rest], np.column_stack([whose[inner], whose[inner + 1]])]),
    )
