"""The straight segments of all streets, and a search for those near a point.

A KD-tree holds the middles of pieces no longer than `PIECE_M`. A piece whose middle is d away is at
least d - PIECE_M / 2 away, so once the k nearest middles reach farther than the best segment found
plus half a piece, no other segment can be nearer: the search is exact. Measured on 1.7 million
segments this is about four times as fast as an STRtree of the edges, which costs more to build than
the whole search takes here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.csr_ranges import ranges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PIECE_M: Final = 40.0
_FIRST_TRY: Final = 6  # neighbours asked for at first; four times as many each time that is too few
_AT_ONCE: Final = 1 << 18  # points times neighbours held at once


@dataclass(frozen=True)
class Hits:
    """For n points the nearest segment, how far along it (0..1), and the straight distance."""

    segment: Ints
    fraction: Floats
    metres: Floats


@dataclass(frozen=True)
class Segments:
    """Segment s runs from vertex `tail[s]` to the vertex after it and belongs to `edge[s]`.

    `x_y` (2, vertices) are the vertices; piece p of the search tree lies on `piece_segment[p]`.
    """

    tail: Ints
    edge: Ints
    x_y: Floats
    tree: cKDTree
    piece_segment: Ints

    def nearest(self, xy: Floats, *, skipped: NDArray[np.bool_] | None = None) -> Hits:
        """The nearest segment of each point (n, 2); of equally near ones that of the lowest edge.

        Segments of edges that are `skipped` (edges,) do not count; where no other is left, inf.
        """
        n = len(xy)
        hits = Hits(np.zeros(n, np.int64), np.zeros(n), np.full(n, np.inf))
        open_rows, k = np.arange(n), min(_FIRST_TRY, self.tree.n)
        while len(open_rows):
            open_rows = np.concatenate(
                [self._try(xy, rows, k, hits, skipped) for rows in _chunks(open_rows, k)]
            )
            k = min(4 * k, self.tree.n)
        return hits

    def _try(self, xy: Floats, rows: Ints, k: int, hits: Hits, skipped: NDArray[np.bool_] | None) -> Ints:
        """Look at the k nearest pieces; fills `hits` and returns the rows that need more."""
        reach, piece = self.tree.query(xy[rows], k=np.arange(1, k + 1))
        segment = self.piece_segment[piece]
        fraction, metres = self._project(xy[rows], segment)
        if skipped is not None:
            metres[skipped[self.edge[segment]]] = np.inf
        best = metres.min(axis=1)
        edge = np.where(metres == best[:, None], self.edge[segment], np.iinfo(np.int64).max)
        column = edge.argmin(axis=1)[:, None]
        hits.segment[rows] = np.take_along_axis(segment, column, 1)[:, 0]
        hits.fraction[rows] = np.take_along_axis(fraction, column, 1)[:, 0]
        hits.metres[rows] = best
        certain = reach[:, -1] - PIECE_M / 2 > best
        return rows[:0] if k == self.tree.n else rows[~certain]

    def _project(self, xy: Floats, segment: Ints) -> tuple[Floats, Floats]:
        """Fraction along each segment of the point nearest to xy, and how far that is: (n, k) each."""
        tail = self.tail[segment]
        (start_x, start_y), (end_x, end_y) = self.x_y[:, tail], self.x_y[:, tail + 1]
        step_x, step_y = end_x - start_x, end_y - start_y
        to_x, to_y = xy[:, :1] - start_x, xy[:, 1:] - start_y
        fraction = (to_x * step_x + to_y * step_y) / (step_x * step_x + step_y * step_y)
        np.clip(fraction, 0.0, 1.0, out=fraction)
        past = fraction == 1.0  # measured to the vertex itself, so that streets meeting there tie
        off_x = np.where(past, xy[:, :1] - end_x, to_x - fraction * step_x)
        off_y = np.where(past, xy[:, 1:] - end_y, to_y - fraction * step_y)
        return fraction, np.hypot(off_x, off_y)


def segments(vertex_xy: Floats, vertex_start: Ints) -> Segments:
    """Index the segments of edges that run through `vertex_xy[vertex_start[e]:vertex_start[e + 1]]`."""
    count = np.diff(vertex_start) - 1
    edge = np.repeat(np.arange(len(count)), count)
    tail = ranges(vertex_start[:-1], count)
    step = vertex_xy[tail + 1] - vertex_xy[tail]
    cuts = np.maximum(np.ceil(np.hypot(step[:, 0], step[:, 1]) / PIECE_M), 1).astype(np.int64)
    owner = np.repeat(np.arange(len(tail)), cuts)
    middle = (ranges(np.zeros_like(cuts), cuts) + 0.5) / cuts[owner]
    middles = vertex_xy[tail[owner]] + middle[:, None] * step[owner]
    tree = cKDTree(middles, balanced_tree=False, compact_nodes=False)
    return Segments(tail, edge, np.ascontiguousarray(vertex_xy.T), tree, owner)


def _chunks(rows: Ints, k: int) -> Iterator[Ints]:
    size = max(_AT_ONCE // k, 1)
    for first in range(0, len(rows), size):
        yield rows[first : first + size]
