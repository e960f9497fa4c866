"""Gaps between street lines that were drawn to meet but do not are closed.

Only dead ends are looked at: where two lines merely pass or cross, as at a bridge, nothing is joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_AT_VERTEX_M: Final = 0.001  # a foot this near to a vertex is that vertex


@dataclass(frozen=True)
class Healed:
    """Ways after healing, as `geo.network.build.build_network` takes them, and what was healed.

    Closing pieces are ways of two vertices at the end; `way[w]` is the old number of way w, -1 for
    those. `gap_xy` (k, 2) are the dead ends that were joined, `gap_m` (k,) how far.
    """

    xy: Floats
    vertices: Ints
    start: Ints
    way: Ints
    gap_xy: Floats
    gap_m: Floats


def heal(xy: Floats, vertices: Ints, start: Ints, *, tolerance_m: float) -> Healed:
    """Join every dead end with the nearest street no more than `tolerance_m` away (the limit counts).

    `xy` (n, 2) metres; way w runs through `vertices[start[w]:start[w + 1]]`. A dead end's own last
    two stretches do not count as near. Of equally near streets the first is taken; two dead ends
    that face each other are joined once. The piece that joins is as long as the gap.
    """
    at = _positions(start)
    joints = _joints(xy, vertices, at, tolerance_m)
    if not len(joints.end):
        return Healed(xy, vertices, start, np.arange(len(start) - 1), xy[:0], np.empty(0))
    inside = np.flatnonzero(joints.vertex < 0)
    inside = inside[np.lexsort((joints.fraction[inside], joints.position[inside]))]
    target = joints.vertex.copy()
    target[inside] = len(xy) + np.arange(len(inside))
    position = joints.position[inside] + 1
    longer = np.insert(vertices, position, target[inside])
    pieces = np.column_stack([joints.end, target])
    _, first = np.unique(np.sort(pieces, axis=1), axis=0, return_index=True)
    once = np.sort(first)
    starts = start + np.searchsorted(position, start)
    return Healed(
        xy=np.concatenate([xy, joints.foot[inside]]),
        vertices=np.concatenate([longer, pieces[once].ravel()]),
        start=np.concatenate([starts, starts[-1] + 2 * np.arange(1, len(once) + 1)]),
        way=np.concatenate([np.arange(len(start) - 1), np.full(len(once), -1)]),
        gap_xy=xy[joints.end[once]],
        gap_m=joints.metres[once],
    )


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


def _joints(xy: Floats, vertices: Ints, at: Ints, tolerance_m: float) -> _Joints:
    tail, head = vertices[at], vertices[at + 1]
    end, before = _dead_ends(tail, head, len(xy))
    lines = shapely.linestrings(np.stack([xy[tail], xy[head]], axis=1))
    found = shapely.STRtree(lines).query(shapely.points(xy[end]), predicate="dwithin", distance=tolerance_m)
    row, segment = np.asarray(found, np.int64)
    own = np.zeros(len(row), bool)
    for near in (end, before):
        own |= (tail[segment] == near[row]) | (head[segment] == near[row])
    row, segment = row[~own], segment[~own]
    fraction, foot = _feet(xy[end[row]], xy[tail[segment]], xy[head[segment]])
    metres = np.hypot(*(xy[end[row]] - foot).T)
    order = np.lexsort((segment, metres, row))
    best = order[np.unique(row[order], return_index=True)[1]]
    chosen = segment[best]
    vertex = _vertex_there(xy, foot[best], tail[chosen], head[chosen])
    return _Joints(end[row[best]], at[chosen], fraction[best], foot[best], metres[best], vertex)


def _dead_ends(tail: Ints, head: Ints, n: int) -> tuple[Ints, Ints]:
    """Vertices of one segment, and the vertex at its other end."""
    degree = np.bincount(tail, minlength=n) + np.bincount(head, minlength=n)
    at_tail, at_head = degree[tail] == 1, degree[head] == 1
    return (
        np.concatenate([tail[at_tail], head[at_head]]),
        np.concatenate([head[at_tail], tail[at_head]]),
    )


def _feet(point: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """How far along each segment (0..1) the place nearest to the point lies, and that place."""
    step = end - start
    squared = np.maximum((step * step).sum(axis=1), np.finfo(float).tiny)
    fraction = np.clip(((point - start) * step).sum(axis=1) / squared, 0.0, 1.0)
    return fraction, start + fraction[:, None] * step


def _vertex_there(xy: Floats, foot: Floats, tail: Ints, head: Ints) -> Ints:
    """The segment's end that the foot lies on, or -1."""
    at_tail = np.hypot(*(foot - xy[tail]).T) <= _AT_VERTEX_M
    at_head = np.hypot(*(foot - xy[head]).T) <= _AT_VERTEX_M
    return np.where(at_tail, tail, np.where(at_head, head, -1))
