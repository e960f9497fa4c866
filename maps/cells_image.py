"""Cells as one palette picture in Web Mercator: a pixel belongs to the cell it lies in.

The picture's rows and columns are equal steps of Mercator, which is how Leaflet stretches an
image between two corners, so that every cell sits where it belongs on any zoom.
"""

from __future__ import annotations

import io
import math
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_edt

from geo.crs import project, unproject
from geo.lattice import Lattice
from maps import palette
from maps.model import Floats, Ints, MapCells

TRANSPARENT: Final = 255
NO_CELL: Final = -1

_PIXELS_PER_CELL: Final = 4
# Large cells are drawn as finely as those of 100 m, up to so many pixels each.
_FINE_M: Final = 25.0
_PIXELS_PER_LARGE_CELL: Final = 16
# Pixels between two lines of a hatch, or as many as leave so many lines in the picture.
_HATCH_APART: Final = 8
_HATCH_LINES: Final = 120
_EARTH_M: Final = 6_371_000
_PIXEL_LIMIT: Final = 6_000_000
# Between control points the metric grid is interpolated; 48 a side keep 60 km true to centimetres.
_CONTROL: Final = 48
_BAND: Final = 64
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

    def data_uri(
        self, classes: NDArray[np.integer], colours: Sequence[str], *, hatched: int | None = None
    ) -> str:
        """A PNG in a data: URI; cell i gets `colours[classes[i]]`, none where it is TRANSPARENT.

        Cells of the class `hatched` have lines of `palette.HATCH` across: along the rows of pixels, which
        packs well, and so far apart that a sheet of the whole area shows them.
        """
        index = np.where(np.asarray(classes) == TRANSPARENT, 0, np.asarray(classes) + 1)
        by_cell = np.append(index, 0).astype(np.uint8)  # the last one stands for NO_CELL
        # One byte a pixel: 0 is transparent, the colours follow, then that of the hatch.
        pixels = by_cell[self.cell]
        if hatched is not None:
            apart = max(_HATCH_APART, len(pixels) // _HATCH_LINES)
            lined = np.arange(len(pixels)) % apart < max(apart // 4, 1)
            pixels[lined[:, None] & (pixels == hatched + 1)] = len(colours) + 1
        picture = Image.fromarray(pixels, mode="P")
        inks = (*colours, palette.HATCH)
        picture.putpalette([0, 0, 0] + [int(c[i : i + 2], 16) for c in inks for i in (1, 3, 5)])
        out = io.BytesIO()
        # Runs of one colour are all there is: looking for nothing else is quicker, and smaller besides.
        picture.save(out, "PNG", transparency=0, optimize=False, compress_type=zlib.Z_RLE)
        return "data:image/png;base64," + b64encode(out.getvalue()).decode()


def cells_image(cells: MapCells) -> CellsImage:
    """Lay the cells on a Mercator lattice of about four pixels a cell, or more where cells are large."""
    west, south, east, north = _bounds(cells)
    width_m = math.radians(east - west) * _EARTH_M * math.cos(math.radians((south + north) / 2))
    aspect = (_mercator(north) - _mercator(south)) / math.radians(east - west)
    per_cell = np.clip(round(cells.spacing_m / _FINE_M), _PIXELS_PER_CELL, _PIXELS_PER_LARGE_CELL)
    # Fewer pixels a cell for a picture that would grow too large.
    across = min(width_m / cells.spacing_m * float(per_cell), math.sqrt(_PIXEL_LIMIT / aspect))
    columns, rows = max(math.ceil(across), 1), max(math.ceil(across * aspect), 1)
    lon = np.linspace(west, east, columns * 2 + 1)[1::2]
    y = np.linspace(_mercator(north), _mercator(south), rows * 2 + 1)[1::2]
    if cells.lattice is None:
        found = _scattered(cells, lon, y)
    else:
        found = _on_lattice(cells.lattice, lon, y, cells.crs)
        if not cells.lattice.on.all():
            off = np.flatnonzero(~cells.lattice.on)
            under = _scattered(cells.only(off), lon, y)
            found = np.where((found == NO_CELL) & (under != NO_CELL), off[under], found)
    return CellsImage(found.astype(np.int32), (west, south, east, north))


def _on_lattice(lattice: Lattice, lon: Floats, y: Floats, crs: str) -> NDArray[np.int32]:
    """The cell whose ground each pixel's centre lies on."""
    cell = np.full((len(y), len(lon)), NO_CELL, np.int32)
    rows, columns = lattice.shape
    # A rim without cells, to which everything beyond is sent.
    table = np.pad(lattice.table, 1, constant_values=NO_CELL)
    for band, u, v in _positions(lon, y, lattice.frame.uv, crs):
        if lattice.hexagons:
            column, row = lattice.nodes_at(np.column_stack([u.ravel(), v.ravel()])).T.reshape(2, *u.shape)
        else:
            # Half a step more makes cutting off the decimals rounding.
            column, row = u + 0.5, v + 0.5
        column = (np.clip(column, -1, columns) + 1).astype(np.intp)
        row = (np.clip(row, -1, rows) + 1).astype(np.intp)
        cell[band] = np.take(table, row * table.shape[1] + column)
    return cell


def _scattered(cells: MapCells, lon: Floats, y: Floats) -> NDArray[np.int32]:
    """Cells anywhere: the nearest centre (to the pixel) that is near enough."""
    at_lon, at_lat = unproject(cells.xy, cells.crs)
    step = np.array([np.ptp(lon) / max(len(lon) - 1, 1), np.ptp(y) / max(len(y) - 1, 1)])
    step[step == 0] = 1.0
    column = np.rint((at_lon - lon[0]) / step[0]).astype(np.int64)
    row = np.rint((y[0] - np.arcsinh(np.tan(np.radians(at_lat)))) / step[1]).astype(np.int64)
    seeds = np.full((len(y), len(lon)), NO_CELL, np.int32)
    seeds[np.clip(row, 0, len(y) - 1), np.clip(column, 0, len(lon) - 1)] = np.arange(len(cells.xy))
    nearest = distance_transform_edt(seeds == NO_CELL, return_distances=False, return_indices=True)
    middle = math.cos(math.radians(float(np.median(at_lat))))
    pixels = cells.spacing_m / (math.radians(step[0]) * _EARTH_M * middle)
    down = np.abs(nearest[0] - np.arange(len(y))[:, None])
    across = np.abs(nearest[1] - np.arange(len(lon)))
    near = np.maximum(down, across) <= pixels * _HALF_BOX
    near &= np.hypot(down, across) <= pixels * _REACH
    return np.where(near, seeds[nearest[0], nearest[1]], NO_CELL)


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


def _positions(
    lon: Floats, y: Floats, lay: Callable[[Floats], Floats], crs: str
) -> Iterator[tuple[slice, Floats, Floats]]:
    """Rows of pixels, and what `lay` makes of the metres of their centres, interpolated between control
    points.

    Some rows at a time, so that the work stays in the processor's cache.
    """
    control_lon = np.linspace(lon[0], lon[-1], _CONTROL)
    control_y = np.linspace(y[0], y[-1], _CONTROL)
    grid_lon, grid_y = np.meshgrid(control_lon, control_y)
    known = lay(project(grid_lon.ravel(), np.degrees(np.arctan(np.sinh(grid_y.ravel()))), crs))
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
