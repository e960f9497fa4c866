"""Street pieces with their own width become shapes: a fine raster of distances and its outline.

An exact union of 350,000 capsules takes half a minute; the outline of their distances a few seconds.
The raster holds exact distances, so what it can be wrong by is known:

    Inside a raster cell every drawn point p is a mean of the cell's corners c with weights w whose
    distances d(c) have a mean of at most the level L. A distance cannot grow faster than the way, so
    d(p) <= sum w (d(c) + |p - c|) <= L + g / sqrt(2) for cells of side g.

Drawing at L = half a street - g / sqrt(2) therefore never shows a place farther from a piece than
half a street. And no corner of a cell that a piece runs through is farther from it than g * sqrt(2),
which is less than L: every piece lies inside its shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.ragged import ranges
from geo.stamps import Field, Window, distance_field, stamp_boxes
from geo.stitch import Rings, join_rings, shape_of, stitch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_Task = TypeVar("_Task")
_Made = TypeVar("_Made")

# Half of what counts as “on the street”: carriageway, pavement and the first row of buildings.
HALF_STREET_M: Final = 30.0
GRAINS: Final = 3.0  # raster cells to half a street: finer costs with the square, gains little
LEVEL: Final = GRAINS - float(np.sqrt(0.5))  # where the outline is drawn, in grains
_REACH: Final = LEVEL + 1.0  # up to where distances matter, in grains
_TILE: Final = 512  # grains; a tile's raster stays in the cache
_WORTH_THREADS: Final = 8
# Corners are whole numbers of this many to a grain, so that tiles agree on them.
_FINE: Final = 1024
# Nearer to the level than this counts as outside: then no outline comes within 1 / _FINE of a raster
# point, where two outlines could touch.
_CLEAR: Final = np.float32(0.002)


def skin(start: Floats, end: Floats, *, half_street_m: float = HALF_STREET_M) -> shapely.MultiPolygon:
    """The ground of street segments from `start` to `end` (n, 2) metres, as a valid shape.

    It contains every segment, and no point farther than `half_street_m` from one; it is drawn at
    `drawn_half_m(half_street_m)`. More segments never give less ground.
    """
    grain_m = half_street_m / GRAINS
    a, b = start / grain_m, end / grain_m
    tiles = in_threads(
        lambda t: outline(distance_field(t[0], a[t[1]], b[t[1]], _REACH), t[0]), tiles_of(a, b)
    )
    if not tiles:
        return shapely.MultiPolygon()
    return shape_of(stitch(join_rings(tiles), _TILE * _FINE), grain_m / _FINE)


def skins_that_tile(
    start: Floats, end: Floats, owner: Ints, *, half_street_m: float = HALF_STREET_M
) -> tuple[Ints, list[shapely.MultiPolygon]]:
    """The owners (ascending) and for each the ground of its segments that no other's are nearer to.

    Shapes of different owners share borders and do not overlap, but for slivers inside raster cells
    where three of them meet; together they are the ground of all segments.
    """
    grain_m = half_street_m / GRAINS
    a, b = start / grain_m, end / grain_m
    parts: dict[int, list[Rings]] = {}
    for tile, rows in tiles_of(a, b):
        for whose in np.unique(owner[rows]).tolist():
            own, rest = rows[owner[rows] == whose], rows[owner[rows] != whose]
            window = _trimmed(tile, a[own], b[own])
            if window is None:
                continue
            near = distance_field(window, a[own], b[own], _REACH)
            other = distance_field(window, a[rest], b[rest], _REACH)
            np.maximum(near, near - other + np.float32(LEVEL), out=near)
            parts.setdefault(whose, []).append(outline(near, window))
    owners = sorted(parts)
    shapes = [shape_of(stitch(join_rings(parts[whose]), _TILE * _FINE), grain_m / _FINE) for whose in owners]
    return np.asarray(owners, np.int64), shapes


def in_threads(work: Callable[[_Task], _Made], tasks: Iterable[_Task]) -> list[_Made]:
    """Do the tasks two or more at a time where there are several; most of it runs outside Python."""
    waiting = list(tasks)
    if len(waiting) < _WORTH_THREADS:
        return [work(task) for task in waiting]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(work, waiting))


def drawn_half_m(half_street_m: float = HALF_STREET_M) -> float:
    """At which distance from a piece its outline is drawn."""
    return half_street_m * LEVEL / GRAINS


def _trimmed(tile: Window, a: Floats, b: Floats) -> Window | None:
    """The part of a tile that segments reach; None where that is no more than a line."""
    low, high = stamp_boxes(a, b, _REACH)
    west, south = np.maximum(low.min(axis=0), tile.low).tolist()
    east, north = np.minimum(high.max(axis=0), tile.high).tolist()
    return Window((west, south), (east, north)) if east > west and north > south else None


def tiles_of(start: Floats, end: Floats) -> Iterator[tuple[Window, Ints]]:
    """For every tile that segments (in grains) reach: the part of it they reach, and their rows."""
    low, high = stamp_boxes(start, end, _REACH)
    low_tile, high_tile = (low - 1) // _TILE, high // _TILE  # points on a border are in both tiles
    across, up = (high_tile - low_tile + 1).T
    row = np.repeat(np.arange(len(start)), across * up)
    nth = ranges(np.zeros(len(start), np.int64), across * up)
    column, line = low_tile[row, 0] + nth % across[row], low_tile[row, 1] + nth // across[row]
    order = np.lexsort((column, line))
    new = np.flatnonzero((np.diff(column[order]) != 0) | (np.diff(line[order]) != 0)) + 1
    for part in np.split(order, new) if len(order) else []:
        rows, west, south = row[part], int(column[part[0]]) * _TILE, int(line[part[0]]) * _TILE
        window = _trimmed(Window((west, south), (west + _TILE, south + _TILE)), start[rows], end[rows])
        if window is not None:
            yield window, rows


def outline(field: Field, window: Window, level: float = LEVEL) -> Rings:
    """The polygons of a tile where the field is at most the level; corners count 1 / 1024 grain."""
    limit = np.float32(level)
    field[np.abs(field - limit) < _CLEAR] = limit + _CLEAR
    x, y = (np.arange(window.low[i], window.high[i] + 1, dtype=float) for i in (0, 1))
    generator = contourpy.contour_generator(x, y, field, fill_type="ChunkCombinedOffsetOffset", name="serial")
    (points,), (rings,), (outer,) = generator.filled(-np.inf, limit)
    if points is None:
        return Rings(np.empty((0, 2), np.int64), np.zeros(1, np.int64), np.empty(0, np.int64))
    start, first = rings.astype(np.int64), outer.astype(np.int64)
    polygon = np.repeat(np.arange(len(first) - 1), np.diff(first))
    return Rings(np.rint(points * _FINE).astype(np.int64), start, polygon)
