"""Outlines drawn tile by tile become whole ones.

A tile's polygons run along its border where the shape goes on next door. Those runs are dropped, and
the lines left are joined end to end: neighbours meet in the very same points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.csr_ranges import ranges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Rings:
    """Closed rings of polygons: ring r has the corners `xy[start[r]:start[r + 1]]`, first = last.

    `xy` are whole numbers; `polygon[r]` numbers the polygon, whose first ring is its outer one;
    `cut[r]` says whether the ring has a corner on the border of its tile.
    """

    xy: Floats
    start: Ints
    polygon: Ints
    cut: Bools

    def __len__(self) -> int:
        return len(self.polygon)

    def some(self, rows: Ints) -> Rings:
        """The rings chosen, in their order."""
        count = np.diff(self.start)[rows]
        return Rings(
            np.take(self.xy, ranges(self.start[rows], count), axis=0),
            np.concatenate([[0], np.cumsum(count)]),
            self.polygon[rows],
            self.cut[rows],
        )


def join_rings(parts: list[Rings]) -> Rings:
    """One list of all; polygons are numbered anew."""
    corners = np.cumsum([0] + [len(part.xy) for part in parts])
    polygons = np.cumsum([0] + [int(part.polygon[-1]) + 1 if len(part) else 0 for part in parts])
    return Rings(
        np.concatenate([part.xy for part in parts]),
        np.concatenate([[0], *(part.start[1:] + at for part, at in zip(parts, corners, strict=False))]),
        np.concatenate([part.polygon + at for part, at in zip(parts, polygons, strict=False)]),
        np.concatenate([part.cut for part in parts]),
    )


def stitch(rings: Rings, tile: int) -> Rings:
    """Polygons of square tiles whose borders are the multiples of `tile` become the whole shape's.

    Corners on a border must agree on both sides; no two corners of a ring may coincide elsewhere.
    Only rings that are cut are looked into; the others find their place among the whole shape's.
    """
    if not rings.cut.any():
        return rings
    cut = rings.some(np.flatnonzero(rings.cut))
    xy = cut.xy.astype(np.int64)
    # Which polygons hang together over borders: the number of its part for each polygon.
    polygons = int(rings.polygon.max()) + 1
    corner = np.flatnonzero((xy % tile == 0).any(axis=1))
    ring = np.searchsorted(cut.start, corner, side="right") - 1
    polygon = cut.polygon[ring]
    _, place = np.unique(_keys(xy[corner]), return_inverse=True)
    size = polygons + int(place.max(initial=-1)) + 1
    graph = coo_array((np.ones(len(polygon), bool), (polygon, polygons + place)), shape=(size, size))
    part = np.asarray(connected_components(graph, directed=False)[1][:polygons], np.int64)
    # The runs of each ring that do not follow a border: first corner and number of steps, and polygon.
    step = np.ones(len(xy), bool)
    step[cut.start[1:] - 1] = False
    here, there = xy[:-1], xy[1:]
    along = ((here == there) & (here % tile == 0)).any(axis=1)
    step[:-1] &= ~along
    begins = step & ~np.concatenate([[False], step[:-1]])
    ends = step & ~np.concatenate([step[1:], [False]])
    first, last = np.flatnonzero(begins), np.flatnonzero(ends)
    ring = np.searchsorted(cut.start, first, side="right") - 1
    joined = _closed(cut, xy, (first, last - first + 1), cut.polygon[ring])
    n = len(rings)
    everything = join_rings([rings, joined])
    # Which rings run against the clock: outer ones, as the tiles' are.
    here = (joined.xy - np.repeat(joined.xy[joined.start[:-1]], np.diff(joined.start), axis=0)).astype(float)
    cross = np.zeros(len(here))
    cross[:-1] = here[:-1, 0] * here[1:, 1] - here[1:, 0] * here[:-1, 1]
    cross[joined.start[1:] - 1] = 0.0
    outer = np.append(
        np.diff(rings.polygon, prepend=-1) != 0, np.asarray(np.add.reduceat(cross, joined.start[:-1]) > 0)
    )
    belongs = part[np.append(rings.polygon, joined.polygon)]
    kept = np.append(np.flatnonzero(~rings.cut), np.arange(n, n + len(joined)))
    order = kept[np.lexsort((~outer[kept], belongs[kept]))]
    number = np.cumsum(np.diff(belongs[order], prepend=-1) != 0) - 1
    return replace(everything.some(order), polygon=number)


def shape_of(rings: Rings, unit_m: float) -> shapely.MultiPolygon:
    """The polygons in metres, for corners counted in `unit_m`."""
    if not len(rings):
        return shapely.MultiPolygon()
    first = np.flatnonzero(np.diff(rings.polygon, prepend=-1))
    offsets = (rings.start, np.append(first, len(rings)), np.array([0, len(first)]))
    return shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, rings.xy * unit_m, offsets)[0]


def shapes_of(rings: Rings, group: Ints, unit_m: float) -> list[shapely.MultiPolygon]:
    """One shape for every group of rings (0 …, none empty); a polygon's rings are of one group."""
    order = np.argsort(group, kind="stable")
    sorted_ = rings.some(order)
    first = np.flatnonzero(np.diff(sorted_.polygon, prepend=-1))
    groups = np.arange(int(group.max(initial=-1)) + 2)
    offsets = (
        sorted_.start,
        np.append(first, len(order)),
        np.searchsorted(group[order][first], groups),
    )
    shapes = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, sorted_.xy * unit_m, offsets)
    return list(shapes)


def _keys(xy: Ints) -> Ints:
    """One number for a corner."""
    return xy[:, 0] * (1 << 31) + xy[:, 1]


def _closed(rings: Rings, corner_xy: Ints, lines: tuple[Ints, Ints], polygon: Ints) -> Rings:
    """Join lines end to end until they close."""
    first, steps = lines
    head, tail = _keys(corner_xy[first]), _keys(corner_xy[first + steps])
    by_head = np.argsort(head, kind="stable")
    following = by_head[np.searchsorted(head[by_head], tail)].tolist()
    order: list[int] = []
    starts: list[int] = []
    seen = [False] * len(following)
    for line in range(len(following)):
        if not seen[line]:
            starts.append(len(order))
        while not seen[line]:
            seen[line] = True
            order.append(line)
            line = following[line]
    sequence = np.asarray(order, np.int64)
    xy = rings.xy[ranges(first[sequence], steps[sequence])]
    corners = np.concatenate([[0], np.cumsum(steps[sequence])])
    begin = corners[np.asarray(starts, np.int64)]
    count = np.diff(np.append(begin, len(xy)))
    closing = np.arange(len(xy) + len(count))
    last = np.cumsum(count + 1) - 1
    inner = np.ones(len(closing), bool)
    inner[last] = False
    out = np.empty((len(closing), 2), rings.xy.dtype)
    out[inner], out[last] = xy, xy[begin]
    whose = polygon[sequence[np.asarray(starts, np.int64)]]
    return Rings(out, np.append(0, last + 1), whose, np.zeros(len(whose), bool))
