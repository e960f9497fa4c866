"""Which part of given polygons lies within half a street of reached segments, without drawing the ground.

The same raster of distances as `street_buffer` draws its outlines from is summed along its rows. Each
quarter of a raster square has the distance interpolated at its middle; of it as much is reached as if the
rim ran straight through it. A polygon is a set of spans of these rows, with exact ends. So the parts of
polygons that share a border add up to the part of their union, more segments never reach less, and a
polygon that lies wholly within is 1 but for rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.csr_ranges import ranges
from geo.isochrone.street_buffer import (
    GRAINS,
    HALF_STREET_M,
    LEVEL,
    REACH,
    TILE,
    Field,
    Window,
    empty_field,
    in_threads,
    lower,
    tiles_of,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Shapes = NDArray[np.object_]
Parts = NDArray[np.int16]

# Reached parts of a raster square are whole numbers of this many: their sums are exact.
_FINE = 1024


@dataclass(frozen=True)
class Sheet:
    """Polygons and points (in grains) to ask about: span s of polygon `of[s]` runs along the middle of the
    raster's row of squares `row[s]` from `west[s]` to `east[s]`; `count` polygons, `points` (m, 2)."""

    of: Ints
    row: Ints
    west: Floats
    east: Floats
    count: int
    points: Floats
    grain_m: float

    @classmethod
    def ruled(cls, shapes: Shapes, points: Floats, *, half_street_m: float = HALF_STREET_M) -> Sheet:
        """Polygons or multipolygons (k,) and points (m, 2) in metres, cut along the raster's rows."""
        grain_m = half_street_m / GRAINS
        parts, part_of = shapely.get_parts(shapes, return_index=True)  # of a multipolygon itself no rings
        rings, ring_at = shapely.get_rings(parts, return_index=True)
        ring_of = part_of[ring_at]
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        edge = np.flatnonzero(ring[1:] == ring[:-1])
        a, b = xy[edge] / grain_m, xy[edge + 1] / grain_m
        first = np.floor(np.minimum(a[:, 1], b[:, 1]) - 0.5).astype(np.int64) + 1
        crossed = np.floor(np.maximum(a[:, 1], b[:, 1]) - 0.5).astype(np.int64) - first + 1
        row = ranges(first, crossed)
        at = np.repeat(np.arange(len(a)), crossed)
        along = (row + 0.5 - a[at, 1]) / (b[at, 1] - a[at, 1])
        x = a[at, 0] + along * (b[at, 0] - a[at, 0])
        of = ring_of[ring[edge[at]]]
        order = np.lexsort((x, row, of))
        into, out = order[::2], order[1::2]
        return cls(of[into], row[into], x[into], x[out], len(shapes), points / grain_m, grain_m)


def reached_shares(steps: Sequence[tuple[Floats, Floats]], sheet: Sheet) -> list[tuple[Floats, Bools]]:
    """For every step, of its segments (n, 2 each, metres) and those of all steps before: the part 0..1 of
    each polygon that they reach (NaN where no row runs through it), and which points they reach."""
    a, b = (np.concatenate([step[i] for step in steps]) / sheet.grain_m for i in (0, 1))
    of_step = np.repeat(np.arange(len(steps)), [len(start) for start, _ in steps])
    strips: dict[int, list[tuple[Window, Ints]]] = {}
    for window, rows in tiles_of(a, b):
        strips.setdefault(window.low[1] // TILE, []).append((window, rows))
    reached = np.zeros((len(steps), sheet.count))
    inside = np.zeros((len(steps), len(sheet.points)), bool)
    by_row = np.argsort(sheet.row, kind="stable")
    rows_of_spans = sheet.row[by_row]
    for line, tiles in strips.items():
        low, high = np.searchsorted(rows_of_spans, (line * TILE, (line + 1) * TILE))
        spans = by_row[low:high]
        west = min(window.low[0] for window, _ in tiles)
        width = max(window.high[0] for window, _ in tiles) - west + 1
        parts = np.zeros((len(steps), TILE, width + 1), np.int16)  # the first column is none of the raster

        def fill(tile: tuple[Window, Ints], parts: Parts = parts, west: int = west, line: int = line) -> None:
            window, rows = tile
            squares = empty_field(window, REACH)
            top, left = window.low[1] - line * TILE, window.low[0] - west
            up, across = window.shape[0] - 1, window.shape[1] - 1
            for step in range(len(steps)):
                new = rows[of_step[rows] == step]
                if len(new):
                    lower(squares, window, a[new], b[new], REACH)
                parts[step, top : top + up, left + 1 : left + across + 1] = _reached_parts(squares)
                # Mark the points of a tile within the level, by distances interpolated between four
                # raster points.
                low = np.floor(sheet.points).astype(np.int64)
                mine = np.flatnonzero(((low >= window.low) & (low + 1 <= window.high)).all(axis=1))
                column, row = (low[mine] - window.low).T
                x, y = (sheet.points[mine] - low[mine]).T
                below, above = (
                    np.sqrt(squares[line_of, column]) * (1 - x) + np.sqrt(squares[line_of, column + 1]) * x
                    for line_of in (row, row + 1)
                )
                inside[step][mine] |= below * (1 - y) + above * y <= LEVEL

        in_threads(fill, tiles)
        for step in range(len(steps)):
            sums = _along_rows(parts[step], sheet.row[spans] - line * TILE, sheet, spans, west)
            reached[step] += np.bincount(sheet.of[spans], weights=sums, minlength=sheet.count)
    whole = np.bincount(sheet.of, weights=sheet.east - sheet.west, minlength=sheet.count)
    shares = np.divide(reached / _FINE, whole, out=np.full(reached.shape, np.nan), where=whole > 0)
    return [(np.minimum(of, 1.0), points) for of, points in zip(shares, inside, strict=True)]


# A square is whole, or empty, where its four corners are this far on one side of the level (a quarter of a
# grain, and a little for rounding), squared; only those between are interpolated.
_WHOLE, _EMPTY = np.float32((LEVEL - 0.251) ** 2), np.float32((LEVEL + 0.251) ** 2)


def _reached_parts(squares: Field) -> Parts:
    """Of every square between four raster points, how much lies within the level, of _FINE."""
    # Of every corner 0 (whole), 1 or 2 (empty): together 0 where all are whole, 8 where all are empty.
    corners = (squares > _WHOLE).view(np.uint8) + (squares >= _EMPTY).view(np.uint8)
    pairs = corners[:-1] + corners[1:]
    together = pairs[:, :-1] + pairs[:, 1:]
    parts: Parts = np.multiply(together == 0, _FINE, dtype=np.int16)
    rim = np.flatnonzero((together > 0) & (together < 8))
    row, column = np.divmod(rim, parts.shape[1])
    corner = row * squares.shape[1] + column
    flat = squares.reshape(-1)
    (north_west, north_east), (south_west, south_east) = (
        (np.sqrt(flat[corner + down]), np.sqrt(flat[corner + down + 1])) for down in (0, squares.shape[1])
    )
    near, far = np.float32(0.75), np.float32(0.25)
    found = np.zeros(len(rim), np.float32)
    for above in (near, far):
        west = north_west * above + south_west * (1 - above)
        east = north_east * above + south_east * (1 - above)
        for left in (near, far):
            middle = west * left + east * (1 - left)
            # A quarter is half a grain wide, and distances grow by as much as one goes.
            found += np.clip(np.float32(0.5 + 2 * LEVEL) - 2 * middle, 0, 1)
    parts.reshape(-1)[rim] = np.rint(found * np.float32(_FINE / 4)).astype(np.int16)
    return parts


def _along_rows(parts: Parts, row: Ints, sheet: Sheet, spans: Ints, west: int) -> Floats:
    """Sums of a strip's `parts` (rows, 1 + width) along spans."""
    width = parts.shape[1] - 1
    run = np.cumsum(parts, axis=1, dtype=np.int32)

    def up_to(x: Floats) -> Floats:
        at = np.clip(x - west, 0, width)
        whole = np.minimum(at.astype(np.int64), width - 1)
        before = run[row, whole]
        return np.asarray(before + (at - whole) * (run[row, whole + 1] - before), float)

    return up_to(sheet.east[spans]) - up_to(sheet.west[spans])
