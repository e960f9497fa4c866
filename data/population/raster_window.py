"""The part of a raster that a study needs, in strips, so that its size does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import rasterize
from rasterio.windows import Window

from coverage.model.tables import Bools
from geo.crs import WGS84

# Pixels read at once.
_STRIP_PIXELS: Final = 2_000_000
# Outlines are straight in degrees; in the raster's system they bend, so they get points this often.
_SEGMENT_DEGREES: Final = 0.01


def area_in_raster(area: shapely.Geometry, system: str) -> shapely.Geometry:
    """An area in WGS-84 degrees in a raster's own coordinates."""
    forward = Transformer.from_crs(WGS84, system, always_xy=True)
    dense = shapely.segmentize(area, _SEGMENT_DEGREES)
    return shapely.transform(dense, lambda xy: np.column_stack(forward.transform(*xy.T)))


def window_of(area: shapely.Geometry | None, raster: rasterio.DatasetReader) -> Window:
    """The pixels that an area (raster coordinates) touches, whole raster without one; maybe empty."""
    if area is None:
        return Window(0, 0, raster.width, raster.height)
    column, row = ~raster.transform @ shapely.get_coordinates(area).T
    west, north = max(int(np.floor(column.min())), 0), max(int(np.floor(row.min())), 0)
    east = min(int(np.ceil(column.max())), raster.width)
    south = min(int(np.ceil(row.max())), raster.height)
    return Window(west, north, max(east - west, 0), max(south - north, 0))


def strips(window: Window, raster: rasterio.DatasetReader) -> Iterator[Window]:
    """`window` cut along the file's own blocks into pieces of bounded size, top first."""
    if window.width <= 0:
        return
    block = raster.block_shapes[0][0]
    rows = max(_STRIP_PIXELS // int(window.width) // block, 1) * block
    rows = min(rows, max(_STRIP_PIXELS // int(window.width), 1)) if block > raster.height // 2 else rows
    start, end = int(window.row_off), int(window.row_off + window.height)
    while start < end:
        stop = min((start // rows + 1) * rows, end)
        yield Window(window.col_off, start, window.width, stop - start)
        start = stop


def inside_and_edge(
    area: shapely.Geometry, window: Window, raster: rasterio.DatasetReader
) -> tuple[Bools, Bools]:
    """(h, w) twice: pixels whose centre lies in `area`, and pixels that its outline runs through."""
    transform = raster.window_transform(window)
    shape = (int(window.height), int(window.width))
    inside = _burnt(area, shape, transform, touched=False)
    return inside, _burnt(shapely.boundary(area), shape, transform, touched=True)


def _burnt(
    geometry: shapely.Geometry, shape: tuple[int, int], transform: rasterio.Affine, *, touched: bool
) -> NDArray[np.bool_]:
    if shapely.is_empty(geometry):
        return np.zeros(shape, bool)
    burnt: NDArray[np.bool_] = rasterize(
        [geometry], out_shape=shape, transform=transform, all_touched=touched, dtype="uint8"
    ).astype(bool)
    return burnt
