"""Cells as one palette picture in Web Mercator: a pixel belongs to the cell it lies in.

The picture's rows and columns are equal steps of Mercator, which is how Leaflet stretches an
image between two corners, so that every cell sits where it belongs on any zoom.
"""

from __future__ import annotations

import io
import math
import zlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

from geo.crs import project, unproject
from maps.model import Floats, Ints, MapCells

TRANSPARENT: Final = 255
NO_CELL: Final = -1

_PIXELS_PER_CELL: Final = 4
_PIXEL_LIMIT: Final = 6_000_000
# Between control points the metric grid is interpolated; 48 a side keep 60 km true to centimetres.
_CONTROL: Final = 48
_BAND: Final = 64
# How far, in steps, a cell may lie off its lattice node (coordinates rounded to a metre).
_LATTICE_SLACK: Final = 0.05
# How far a cell off the lattice reaches, in spacings: half the diagonal of a square, so that four
# cells meet without a hole, cut to a box a little wider than a hexagon.
_REACH: Final = 0.72
_HALF_BOX: Final = 0.6


@dataclass(frozen=True)
class CellsImage:
    """`cell` (rows, columns): row number of the cell under each pixel, NO_CELL where there is none.

    Row 0 is the north. `bounds` are west, south, east, north in degrees.
    """

    cell: NDArray[np.int32]
    bounds: tuple[float, float, float, float]

    def data_uri(self, classes: NDArray[np.integer], colours: Sequence[str]) -> str:
        """A PNG in a data: URI; cell i gets `colours[classes[i]]`, none where it is TRANSPARENT."""
        index = np.where(np.asarray(classes) == TRANSPARENT, 0, np.asarray(classes) + 1)
        by_cell = np.append(index, 0).astype(np.uint8)  # the last one stands for NO_CELL
        return "data:image/png;base64," + b64encode(_png(by_cell[self.cell], colours)).decode()


def cells_image(cells: MapCells) -> CellsImage:
    """Lay the cells on a Mercator lattice of about four pixels a cell."""
    west, south, east, north = _bounds(cells)
    columns, rows = _size(cells, (west, south, east, north))
    lon = np.linspace(west, east, columns * 2 + 1)[1::2]
    y = np.linspace(_mercator(north), _mercator(south), rows * 2 + 1)[1::2]
    finder = _Lattice.of(cells.xy, cells.spacing_m) or _Scattered.of(cells)
    cell = np.empty((rows, columns), np.int32)
    for band, east_m, north_m in _positions(lon, y, cells.crs):
        cell[band] = finder.find(east_m, north_m)
    return CellsImage(cell, (west, south, east, north))


@dataclass(frozen=True)
class _Lattice:
    """Cells on a lattice of columns and rows: a table from column and row to the cell."""

    origin: Floats
    step: Floats
    table: NDArray[np.int32]

    @classmethod
    def of(cls, points: Floats, step: float) -> _Lattice | None:
        """None if the points do not lie on a lattice of about `step`, one a node."""
        # Column by column: reducing (n, 2) along its first axis is many times slower.
        origin = np.array([points[:, 0].min(), points[:, 1].min()])
        extent = np.array([points[:, 0].max(), points[:, 1].max()]) - origin
        counts = np.maximum(np.rint(extent / step), 1)
        fitted = np.where(extent > 0, extent / counts, step)
        exact = (points - origin) / fitted
        nodes = np.rint(exact).astype(np.int64)
        shape = np.array([nodes[:, 0].max(), nodes[:, 1].max()]) + 1
        sparse = shape.prod() > 50 * len(points) + 1_000_000
        off = np.abs(exact - nodes).max()
        if sparse or off > _LATTICE_SLACK or np.bincount(nodes @ [shape[1], 1]).max() > 1:
            return None
        table = np.full(tuple(shape + 2), NO_CELL, np.int32)
        table[nodes[:, 0] + 1, nodes[:, 1] + 1] = np.arange(len(points))
        return cls(origin, fitted, table)

    def find(self, east_m: Floats, north_m: Floats) -> NDArray[np.int32]:
        """The cell at each place, NO_CELL where the lattice has none; in the shape of the places."""
        column, row = (
            # The rim of the table holds no cell; half a step more makes cutting off the decimals rounding.
            np.clip((at - self.origin[i]) / self.step[i] + 1.5, 0, self.table.shape[i] - 1).astype(np.intp)
            for i, at in enumerate((east_m, north_m))
        )
        found: NDArray[np.int32] = np.take(self.table, column * self.table.shape[1] + row)
        return found


@dataclass(frozen=True)
class _Scattered:
    """Hexagons, cells in degrees and scattered points: the nearest centre that is near enough."""

    xy: Floats
    spacing_m: float
    tree: cKDTree

    @classmethod
    def of(cls, cells: MapCells) -> _Scattered:
        return cls(cells.xy, cells.spacing_m, cKDTree(cells.xy))

    def find(self, east_m: Floats, north_m: Floats) -> NDArray[np.int32]:
        """As `_Lattice.find`."""
        places = np.stack([east_m, north_m], axis=-1)
        _, found = self.tree.query(places, distance_upper_bound=self.spacing_m * _REACH, workers=-1)
        centres = np.vstack([self.xy, [np.inf, np.inf]])[found]
        outside = np.abs(places - centres).max(axis=-1) > self.spacing_m * _HALF_BOX
        return np.where(outside, NO_CELL, found).astype(np.int32)


def _bounds(cells: MapCells) -> tuple[float, float, float, float]:
    """The box of the cells and half a diagonal around them, in degrees."""
    low, high = cells.xy.min(axis=0) - cells.spacing_m, cells.xy.max(axis=0) + cells.spacing_m
    rim = np.linspace(0.0, 1.0, 9)
    across, up = (low[0] + rim * (high[0] - low[0])), (low[1] + rim * (high[1] - low[1]))
    xy = np.concatenate(
        [
            np.column_stack([across, np.full(9, low[1])]),
            np.column_stack([across, np.full(9, high[1])]),
            np.column_stack([np.full(9, low[0]), up]),
            np.column_stack([np.full(9, high[0]), up]),
        ]
    )
    lon, lat = unproject(xy, cells.crs)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _size(cells: MapCells, bounds: tuple[float, float, float, float]) -> tuple[int, int]:
    """Columns and rows: four pixels a cell, fewer for a picture that would grow too large."""
    west, south, east, north = bounds
    width_m = math.radians(east - west) * 6_371_000 * math.cos(math.radians((south + north) / 2))
    aspect = (_mercator(north) - _mercator(south)) / math.radians(east - west)
    columns = width_m / cells.spacing_m * _PIXELS_PER_CELL
    columns = min(columns, math.sqrt(_PIXEL_LIMIT / aspect))
    return max(math.ceil(columns), 1), max(math.ceil(columns * aspect), 1)


def _positions(lon: Floats, y: Floats, crs: str) -> Iterator[tuple[slice, Floats, Floats]]:
    """Rows of pixels, and the metres of their centres, interpolated between control points.

    Some rows at a time, so that the work stays in the processor's cache.
    """
    control_lon = np.linspace(lon[0], lon[-1], _CONTROL)
    control_y = np.linspace(y[0], y[-1], _CONTROL)
    grid_lon, grid_y = np.meshgrid(control_lon, control_y)
    known = project(grid_lon.ravel(), np.degrees(np.arctan(np.sinh(grid_y.ravel()))), crs)
    column, across = _between(lon, control_lon)
    east, north = (
        _blend(known[:, i].reshape(_CONTROL, _CONTROL).T, column, across[:, None]).T for i in (0, 1)
    )
    row, down = _between(y, control_y)
    for first in range(0, len(y), _BAND):
        band = slice(first, first + _BAND)
        share = down[band, None]
        yield band, _blend(east, row[band], share), _blend(north, row[band], share)


def _between(at: Floats, control: Floats) -> tuple[Ints, Floats]:
    """For each place the control point before it, and how far it is on the way to the next, 0..1."""
    span = control[-1] - control[0]
    place = (at - control[0]) / span * (_CONTROL - 1) if span else np.zeros(len(at))
    before = np.clip(np.floor(place).astype(np.int64), 0, _CONTROL - 2)
    return before, place - before


def _blend(known: Floats, before: Ints, share: Floats) -> Floats:
    """Rows between the rows of `known`. Not a matrix product: its threads would cost more than it does."""
    low: Floats = known[before]
    low += (known[before + 1] - low) * share
    return low


def _mercator(lat: float) -> float:
    return math.asinh(math.tan(math.radians(lat)))


def _png(pixels: NDArray[np.uint8], colours: Sequence[str]) -> bytes:
    """One byte a pixel: 0 is transparent, and the colours follow."""
    picture = Image.fromarray(pixels, mode="P")
    picture.putpalette([0, 0, 0] + [int(c[i : i + 2], 16) for c in colours for i in (1, 3, 5)])
    out = io.BytesIO()
    # Runs of one colour are all there is: looking for nothing else is quicker, and smaller besides.
    picture.save(out, "PNG", transparency=0, optimize=False, compress_type=zlib.Z_RLE)
    return out.getvalue()
