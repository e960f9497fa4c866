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

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray

from core.progress import Progress, part, silent
from core.text import text
from geo.csr_ranges import ranges
from geo.isochrone.merge_tiles import Rings, join_rings, shape_of, shapes_of, stitch

Floats = NDArray[np.float64]
Field = NDArray[np.float32]
Ints = NDArray[np.int64]
_Task = TypeVar("_Task")
_Made = TypeVar("_Made")

# Half of what counts as “on the street”: carriageway, pavement and the first row of buildings.
HALF_STREET_M: Final = 30.0
# Raster cells to half a street: enough for 0.99 of the area in common with the exact shape as drawn.
GRAINS: Final = 3.1
LEVEL: Final = GRAINS - float(np.sqrt(0.5))  # where the outline is drawn, in grains
REACH: Final = LEVEL + 1.0  # up to where distances matter, in grains
_AT_ONCE: Final = 1 << 17  # raster points worked on at once: they stay in the cache
_STEP: Final = 4  # stamps are rounded up to this many points, so that few sizes occur
TILE: Final = 1024  # grains; fewer, larger tiles have fewer borders
_WORTH_THREADS: Final = 2
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
    return skins([(start, end)], half_street_m=half_street_m)[0]


def skins(
    steps: Sequence[tuple[Floats, Floats]],
    *,
    half_street_m: float = HALF_STREET_M,
    progress: Progress = silent,
) -> list[shapely.MultiPolygon]:
    """For every step the ground of its segments and of those of all steps before, as `skin` draws it."""
    grain_m = half_street_m / GRAINS
    a, b = (np.concatenate([step[i] for step in steps]) / grain_m for i in (0, 1))
    of_step = np.repeat(np.arange(len(steps)), [len(start) for start, _ in steps])
    drawn = _drawn(a, b, of_step, len(steps), part(progress, 0.0, 0.7))
    shapes = []
    for step, parts in enumerate(drawn):  # one after another: each may be hundreds of megabytes
        doing = text("Joining the outlines: {n} of {all}", n=step + 1, all=len(steps))
        progress(0.7 + 0.3 * step / len(steps), doing)
        shapes.append(_whole(parts, grain_m))
        drawn[step] = []
    return shapes


def skins_apart(
    start: Floats,
    end: Floats,
    owner: Ints,
    *,
    half_street_m: float = HALF_STREET_M,
    progress: Progress = silent,
) -> tuple[Ints, list[shapely.MultiPolygon]]:
    """The owners (ascending) and for each the ground of its own segments, as `skin` draws it.

    All are drawn at once, side by side on one sheet: moved by whole grains, which changes no shape.
    """
    if not len(owner):
        return np.empty(0, np.int64), []
    grain_m = half_street_m / GRAINS
    owners, whose = np.unique(owner, return_inverse=True)
    a, b = start / grain_m, end / grain_m
    # By how many grains (owners, 2) to move everybody to a square slot of its own, and a slot's side.
    order = np.argsort(whose, kind="stable")
    first = np.flatnonzero(np.diff(whose[order], prepend=-1))
    low = np.floor(np.minimum.reduceat(np.minimum(a, b)[order], first)).astype(np.int64)
    high = np.ceil(np.maximum.reduceat(np.maximum(a, b)[order], first)).astype(np.int64)
    margin = int(np.ceil(REACH)) + 1
    side = int((high - low).max()) + 2 * margin
    row, column = np.divmod(np.arange(len(first)), _across(len(first)))
    shift = np.column_stack([column, row]) * side + margin - low
    (parts,) = _drawn(a + shift[whose], b + shift[whose], np.zeros(len(whose), np.int64), 1, progress)
    rings = stitch(join_rings(parts), TILE * _FINE)
    slot = (rings.xy[rings.start[:-1]] // (side * _FINE)).astype(np.int64)
    of_ring = slot[:, 1] * _across(len(owners)) + slot[:, 0]
    rings.xy[:] -= np.repeat(shift[of_ring] * _FINE, np.diff(rings.start), axis=0)
    return owners, shapes_of(rings, of_ring, grain_m / _FINE)


def _across(count: int) -> int:
    return int(np.ceil(np.sqrt(count)))


def _drawn(a: Floats, b: Floats, of_step: Ints, steps: int, progress: Progress = silent) -> list[list[Rings]]:
    """The outlines of all tiles after every step, for segments in grains."""
    tiles = in_threads(lambda t: _outlines(t, a, b, of_step, steps), tiles_of(a, b), progress)
    drawn = [[rings for rings in of_tiles if rings is not None] for of_tiles in zip(*tiles, strict=True)]
    return drawn or [[] for _ in range(steps)]


def _outlines(
    tile: tuple[Window, Ints], a: Floats, b: Floats, of_step: Ints, steps: int
) -> list[Rings | None]:
    """The outline of a tile after every step; None before the first that has a segment there."""
    window, rows = tile
    found: list[Rings | None] = []
    squares, drawn = empty_field(window, REACH), None
    for step in range(steps):
        new = rows[of_step[rows] == step]
        if len(new):
            lower(squares, window, a[new], b[new], REACH)
            drawn = outline(np.sqrt(squares), window)
        found.append(drawn)
    return found


def _whole(parts: list[Rings], grain_m: float) -> shapely.MultiPolygon:
    if not parts:
        return shapely.MultiPolygon()
    return shape_of(stitch(join_rings(parts), TILE * _FINE), grain_m / _FINE)


def skins_that_tile(
    start: Floats,
    end: Floats,
    owner: Ints,
    *,
    half_street_m: float = HALF_STREET_M,
    progress: Progress = silent,
) -> tuple[Ints, list[shapely.MultiPolygon]]:
    """The owners (ascending) and for each the ground of its segments that no other's are nearer to.

    Shapes of different owners share borders and do not overlap, but for slivers inside raster cells
    where three of them meet; together they are the ground of all segments.
    """
    grain_m = half_street_m / GRAINS
    a, b = start / grain_m, end / grain_m
    parts: dict[int, list[Rings]] = {}
    for number, (tile, rows) in enumerate(tiles_of(a, b)):
        progress(0.0, text("Drawing how far one gets on foot: {count:,}", count=number))
        for whose in np.unique(owner[rows]).tolist():
            own, rest = rows[owner[rows] == whose], rows[owner[rows] != whose]
            window = _trimmed(tile, a[own], b[own])
            if window is None:
                continue
            near = distance_field(window, a[own], b[own], REACH)
            other = distance_field(window, a[rest], b[rest], REACH)
            np.maximum(near, near - other + np.float32(LEVEL), out=near)
            parts.setdefault(whose, []).append(outline(near, window))
    owners = sorted(parts)
    return np.asarray(owners, np.int64), [_whole(parts[whose], grain_m) for whose in owners]


def in_threads(
    work: Callable[[_Task], _Made], tasks: Iterable[_Task], progress: Progress = silent
) -> list[_Made]:
    """Do the tasks side by side, one a processor, where there are several; most of it runs outside Python.
    More at once would only hold more memory."""
    waiting = list(tasks)
    if len(waiting) < _WORTH_THREADS:
        return [work(task) for task in waiting]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = []
        for one in pool.map(work, waiting):
            made.append(one)
            doing = text("Drawing how far one gets on foot: {n} of {all}", n=len(made), all=len(waiting))
            progress(len(made) / len(waiting), doing)
        return made


def drawn_half_m(half_street_m: float = HALF_STREET_M) -> float:
    """At which distance from a piece its outline is drawn."""
    return half_street_m * LEVEL / GRAINS


def _trimmed(tile: Window, a: Floats, b: Floats) -> Window | None:
    """The part of a tile that segments reach; None where that is no more than a line."""
    low, high = stamp_boxes(a, b, REACH)
    west, south = np.maximum(low.min(axis=0), tile.low).tolist()
    east, north = np.minimum(high.max(axis=0), tile.high).tolist()
    return Window((west, south), (east, north)) if east > west and north > south else None


def tiles_of(start: Floats, end: Floats) -> Iterator[tuple[Window, Ints]]:
    """For every tile that segments (in grains) reach: the part of it they reach, and their rows."""
    low, high = stamp_boxes(start, end, REACH)
    low_tile, high_tile = (low - 1) // TILE, high // TILE  # points on a border are in both tiles
    across, up = (high_tile - low_tile + 1).T
    row = np.repeat(np.arange(len(start)), across * up)
    nth = ranges(np.zeros(len(start), np.int64), across * up)
    column, line = low_tile[row, 0] + nth % across[row], low_tile[row, 1] + nth // across[row]
    order = np.lexsort((column, line))
    new = np.flatnonzero((np.diff(column[order]) != 0) | (np.diff(line[order]) != 0)) + 1
    for some in np.split(order, new) if len(order) else []:
        rows, west, south = row[some], int(column[some[0]]) * TILE, int(line[some[0]]) * TILE
        window = _trimmed(Window((west, south), (west + TILE, south + TILE)), start[rows], end[rows])
        if window is not None:
            yield window, rows


def outline(field: Field, window: Window, level: float = LEVEL) -> Rings:
    """The polygons of a tile where the field is at most the level; corners count 1 / 1024 grain."""
    limit = np.float32(level)
    off = field - limit
    np.abs(off, out=off)
    np.putmask(field, off < _CLEAR, limit + _CLEAR)
    x, y = _coordinates(field.shape)
    generator = contourpy.SerialContourGenerator(
        x,
        y,
        field,
        None,
        corner_mask=False,
        line_type=contourpy.LineType.ChunkCombinedOffset,
        fill_type=contourpy.FillType.ChunkCombinedOffsetOffset,
        quad_as_tri=False,
        z_interp=contourpy.ZInterp.Linear,
    )
    (points,), (rings,), (outer,) = generator.filled(-np.inf, limit)
    if points is None:
        nothing = np.empty(0, np.int64)
        return Rings(np.empty((0, 2)), np.zeros(1, np.int64), nothing, np.empty(0, bool))
    points *= _FINE
    np.rint(points, out=points)
    points += np.array(window.low) * _FINE
    if np.abs([window.low, window.high]).max() * _FINE < np.iinfo(np.int32).max:
        points = points.astype(np.int32)  # half the memory of a city's outlines
    start, first = rings.astype(np.int64), outer.astype(np.int64)
    polygon = np.repeat(np.arange(len(first) - 1), np.diff(first))
    # Which rings have a corner on a border of the tile; a window's other sides are clear of the shape.
    on_border = np.zeros(len(points), bool)
    for axis in (0, 1):
        for side in (window.low[axis], window.high[axis]):
            if side % TILE == 0:
                on_border |= points[:, axis] == side * _FINE
    return Rings(points, start, polygon, np.asarray(np.logical_or.reduceat(on_border, start[:-1])))


@lru_cache(maxsize=8)
def _coordinates(shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Column and row of every point: most tiles have the same shape."""
    x, y = np.meshgrid(np.arange(shape[1], dtype=float), np.arange(shape[0], dtype=float))
    return x, y


@dataclass(frozen=True)
class Window:
    """Raster points `low` (column, row) … `high`, both included; one grain apart, (0, 0) at the origin."""

    low: tuple[int, int]
    high: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.high[1] - self.low[1] + 1, self.high[0] - self.low[0] + 1


def stamp_boxes(start: Floats, end: Floats, reach: float) -> tuple[Ints, Ints]:
    """The lowest and highest raster point (n, 2) within `reach` of each segment; all in grains."""
    low = np.ceil(np.minimum(start, end) - reach).astype(np.int64)
    high = np.floor(np.maximum(start, end) + reach).astype(np.int64)
    return low, high


def distance_field(window: Window, start: Floats, end: Floats, reach: float) -> Field:
    """Grains from each point of the window to the nearest segment; beyond `reach` too far, but not too near.

    Segments run from `start` to `end` (n, 2), in grains. A point that nothing reaches has twice the reach.
    """
    squares = empty_field(window, reach)
    lower(squares, window, start, end, reach)
    return np.sqrt(squares, out=squares)


def empty_field(window: Window, reach: float) -> Field:
    """Squared distances before the first segment."""
    return np.full(window.shape, (2 * reach) ** 2, np.float32)


def lower(squares: Field, window: Window, start: Floats, end: Floats, reach: float) -> None:
    """Bring the squared distances down to those to further segments, in place."""
    low, high = stamp_boxes(start, end, reach)
    low, high = np.maximum(low, window.low), np.minimum(high, window.high)
    some = np.flatnonzero((low <= high).all(axis=1))
    size = np.minimum(-(-(high - low + 1)[some] // _STEP) * _STEP, window.shape[::-1])
    low = np.minimum(low[some], np.asarray(window.high) - size + 1)
    kind = size[:, 0] * 65_536 + size[:, 1]
    order = np.argsort(kind, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(kind[order])) + 1):
        at_once = max(_AT_ONCE // int(size[group[:1]].prod()), 1) if len(group) else 1
        for first in range(0, len(group), at_once):
            part = group[first : first + at_once]
            _stamp(squares, window, low[part], size[part[0]], (start[some[part]], end[some[part]]))


def _stamp(field: Field, window: Window, low: Ints, size: Ints, ends: tuple[Floats, Floats]) -> None:
    """Lower the field to the squared distances of segments within boxes of one size."""
    columns, rows = size.tolist()
    start, end = ends
    # Rounded after subtracting, so that a point has the same distances in every window.
    x = (low[:, :1] + np.arange(columns) - start[:, :1]).astype(np.float32)
    y = (low[:, 1:] + np.arange(rows) - start[:, 1:]).astype(np.float32)
    step = (end - start).astype(np.float32)
    share = step / np.maximum((step * step).sum(axis=1, keepdims=True), np.float32(1e-12))
    along = (y * share[:, 1:])[:, :, None] + (x * share[:, :1])[:, None, :]
    np.clip(along, 0, 1, out=along)
    off = y[:, :, None] - along * step[:, 1, None, None]
    np.multiply(off, off, out=off)
    np.multiply(along, step[:, 0, None, None], out=along)
    np.subtract(x[:, None, :], along, out=along)
    np.multiply(along, along, out=along)
    np.add(off, along, out=off)
    column, row = (low - window.low).T
    corner = row * window.shape[1] + column
    within = (np.arange(rows) * window.shape[1])[:, None] + np.arange(columns)
    np.minimum.at(field.reshape(-1), (corner[:, None, None] + within).ravel(), off.ravel())
