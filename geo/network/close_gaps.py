"""Gaps between street lines that were drawn to meet but do not are closed.

Only ends of lines are looked at: where two lines merely pass or cross, as at a bridge, nothing is joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_AT_VERTEX_M: Final = 0.001  # a foot this near to a vertex is that vertex


@dataclass(frozen=True)
class Healed:
    """Ways after healing, as `geo.network.build.build_network` takes them, and what was healed.

    Closing pieces are ways of two vertices at the end; `way[w]` is the old number of way w, -1 for
    those. `gap_xy` (k, 2) are the ends that were joined, `gap_m` (k,) how far.
    """

    xy: Floats
    vertices: Ints
    start: Ints
    way: Ints
    gap_xy: Floats
    gap_m: Floats


def heal(xy: Floats, vertices: Ints, start: Ints, *, tolerance_m: float, layer: Ints | None = None) -> Healed:
    """Join every end of a way with what is no more than `tolerance_m` away (the limit counts).

    `xy` (n, 2) metres; way w runs through `vertices[start[w]:start[w + 1]]` and lies on `layer[w]` (0
    the ground). Ends close to each other are joined each with the nearest that it does not yet hang
    together with; an end is also joined to the nearest place of a street that does not end among these,
    which is parted there. A piece that joins is as long as its gap. A way above or below the ground is joined
    only at its own ends. A dead end's own last two stretches do not count as near; of equally near
    streets the first is taken.
    """
    level = np.zeros(len(start) - 1, np.int64) if layer is None else np.asarray(layer, np.int64)
    ends = _end_pairs(xy, vertices, start, tolerance_m)
    at = _positions(start)
    cluster = _clusters(xy, vertices, at, tolerance_m, ends)
    way_ends = np.unique(vertices[np.concatenate([start[:-1], start[1:] - 1])])
    search = _Search(xy, vertices[at], vertices[at + 1], cluster, np.repeat(level, np.diff(start))[at])
    joints = _joints(search, way_ends, at, tolerance_m)
    if not len(joints.end) and not len(ends):
        return Healed(xy, vertices, start, np.arange(len(start) - 1), xy[:0], np.empty(0))
    inside = np.flatnonzero(joints.vertex < 0)
    inside = inside[np.lexsort((joints.fraction[inside], joints.position[inside]))]
    target = joints.vertex.copy()
    target[inside] = len(xy) + np.arange(len(inside))
    position = joints.position[inside] + 1
    longer = np.insert(vertices, position, target[inside])
    ends_m = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    pieces = np.concatenate([ends, np.column_stack([joints.end, target])])
    metres = np.concatenate([ends_m, joints.metres])
    _, first = np.unique(np.sort(pieces, axis=1), axis=0, return_index=True)
    once = np.sort(first)
    starts = start + np.searchsorted(position, start)
    return Healed(
        xy=np.concatenate([xy, joints.foot[inside]]),
        vertices=np.concatenate([longer, pieces[once].ravel()]),
        start=np.concatenate([starts, starts[-1] + 2 * np.arange(1, len(once) + 1)]),
        way=np.concatenate([np.arange(len(start) - 1), np.full(len(once), -1)]),
        gap_xy=xy[pieces[once, 0]],
        gap_m=metres[once],
    )


def _end_pairs(xy: Floats, vertices: Ints, start: Ints, tolerance_m: float) -> Ints:
    """Pairs of way ends (k, 2) to join, nearest first, none that hang together already.

    Where several ends lie around one place the shortest pieces that join them all are taken. Ends that
    one way leads between within a little more than the tolerance are left: a short way is no gap.
    """
    ends = np.unique(np.concatenate([vertices[start[:-1]], vertices[start[1:] - 1]]))
    n = len(xy)
    at = _positions(start)
    tail, head = vertices[at], vertices[at + 1]
    degree = np.bincount(tail, minlength=n) + np.bincount(head, minlength=n)
    if not len(ends):
        return np.empty((0, 2), np.int64)
    pairs = cKDTree(xy[ends]).query_pairs(tolerance_m * (1 + 1e-12), output_type="ndarray")
    pairs = ends[pairs] if len(pairs) else np.empty((0, 2), np.int64)
    metres = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    keep = metres <= tolerance_m
    keep &= (degree[pairs] == 1).any(axis=1)  # two junctions side by side are no gap
    pairs, metres = pairs[keep], metres[keep]
    turned = degree[pairs[:, 0]] != 1
    pairs[turned] = pairs[turned, ::-1]  # the dead end first
    # For every vertex a first one of those that short ways lead to: these need no joining.
    label = _clusters(xy, vertices, _positions(start), tolerance_m, np.empty((0, 2), np.int64))
    first = np.unique(label, return_index=True)[1]
    group = np.asarray(first[label], np.int64)
    chosen = []
    for row in np.lexsort((pairs[:, 1], pairs[:, 0], metres)):
        a, b = (_root(group, int(v)) for v in pairs[row])
        if a != b:
            group[b] = a
            chosen.append(row)
    return pairs[chosen].astype(np.int64) if chosen else np.empty((0, 2), np.int64)


def _clusters(xy: Floats, vertices: Ints, at: Ints, tolerance_m: float, joined: Ints) -> Ints:
    """For every vertex the number of its cluster: what short ways and the pieces `joined` lead to."""
    tail, head = vertices[at], vertices[at + 1]
    short = np.hypot(*(xy[head] - xy[tail]).T) <= tolerance_m
    a, b = (np.concatenate([side[short], joined[:, i]]) for i, side in enumerate((tail, head)))
    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(len(xy),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _root(group: Ints, vertex: int) -> int:
    while group[vertex] != vertex:
        group[vertex] = group[group[vertex]]
        vertex = int(group[vertex])
    return vertex


@dataclass(frozen=True)
class _Joints:
    """Dead end `end` meets the segment at `position` at `fraction` of it, or `vertex` where >= 0."""

    end: Ints
    position: Ints
    fraction: Floats
    foot: Floats
    metres: Floats
    vertex: Ints


def _positions(start: Ints) -> Ints:
    """Where in `vertices` each segment begins."""
    is_last = np.zeros(start[-1], bool)
    is_last[start[1:] - 1] = True
    return np.flatnonzero(~is_last)


@dataclass(frozen=True)
class _Search:
    """Where an end may be joined: segments `tail` to `head` on a `level`; the `cluster` of each vertex."""

    xy: Floats
    tail: Ints
    head: Ints
    cluster: Ints
    level: Ints


def _joints(search: _Search, way_ends: Ints, at: Ints, tolerance_m: float) -> _Joints:
    xy, tail, head, cluster = search.xy, search.tail, search.head, search.cluster
    # Vertices of one segment, and the vertex at its other end.
    n = len(xy)
    degree = np.bincount(tail, minlength=n) + np.bincount(head, minlength=n)
    at_tail, at_head = degree[tail] == 1, degree[head] == 1
    dead = np.concatenate([tail[at_tail], head[at_head]])
    neighbour = np.concatenate([head[at_tail], tail[at_head]])
    others = np.setdiff1d(way_ends, dead)  # where ways meet each other, but not the street they lie on
    end, before = np.concatenate([dead, others]), np.concatenate([neighbour, others])
    lines = shapely.linestrings(np.stack([xy[tail], xy[head]], axis=1))
    found = shapely.STRtree(lines).query(shapely.points(xy[end]), predicate="dwithin", distance=tolerance_m)
    row, segment = np.asarray(found, np.int64)
    own = search.level[segment] != 0  # inside a bridge nothing is joined
    own |= (cluster[tail[segment]] == cluster[end[row]]) | (cluster[head[segment]] == cluster[end[row]])
    for near in (end, before):
        own |= (tail[segment] == near[row]) | (head[segment] == near[row])
    row, segment = row[~own], segment[~own]
    # How far along each segment (0..1) the place nearest to the point lies, and that place.
    start = xy[tail[segment]]
    step = xy[head[segment]] - start
    squared = np.maximum((step * step).sum(axis=1), np.finfo(float).tiny)
    fraction = np.clip(((xy[end[row]] - start) * step).sum(axis=1) / squared, 0.0, 1.0)
    foot = start + fraction[:, None] * step
    metres = np.hypot(*(xy[end[row]] - foot).T)
    order = np.lexsort((segment, metres, row))
    best = order[np.unique(row[order], return_index=True)[1]]
    chosen = segment[best]
    vertex = _vertex_there(xy, foot[best], tail[chosen], head[chosen])
    return _Joints(end[row[best]], at[chosen], fraction[best], foot[best], metres[best], vertex)


def _vertex_there(xy: Floats, foot: Floats, tail: Ints, head: Ints) -> Ints:
    """The segment's end that the foot lies on, or -1."""
    at_tail = np.hypot(*(foot - xy[tail]).T) <= _AT_VERTEX_M
    at_head = np.hypot(*(foot - xy[head]).T) <= _AT_VERTEX_M
    return np.where(at_tail, tail, np.where(at_head, head, -1))
