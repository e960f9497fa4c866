"""Lattices of points in metres, and which of their points lie on ground of some kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import rasterize
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT

from core.errors import InputError
from coverage.measuring.inside import first_outline_at
from coverage.model.tables import Bools, Floats
from data.vector import layers, read_vector
from geo.crs import WGS84

CELL_M: Final = 100.0
_TIFF: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


@dataclass(frozen=True)
class Lattice:
    """Squares of side `step_m` from the north-western corner down; a square's point is its centre."""

    west: float
    north: float
    columns: int
    rows: int
    step_m: float

    @property
    def transform(self) -> rasterio.Affine:
        return from_origin(self.west, self.north, self.step_m, self.step_m)

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.columns

    def centres(self, inside: Bools) -> Floats:
        """(k, 2) metres of the squares marked in `inside` (rows, columns)."""
        row, column = np.nonzero(inside)
        x = self.west + (column + 0.5) * self.step_m
        return np.column_stack([x, self.north - (row + 0.5) * self.step_m])


# Tells for every point of a lattice whether it lies on the ground meant.
Ground = Callable[[Lattice], Bools]


def lattice_over(shape: shapely.Geometry, step_m: float) -> Lattice:
    """The lattice over a shape; its squares divide the 100 m cells of the whole area."""
    west, south, east, north = shapely.bounds(shape)
    west, south = np.floor(np.array([west, south]) / CELL_M) * CELL_M
    east, north = np.ceil(np.array([east, north]) / CELL_M) * CELL_M
    columns, rows = round((east - west) / step_m), round((north - south) / step_m)
    return Lattice(float(west), float(north), max(columns, 1), max(rows, 1), step_m)


def within(shape: shapely.Geometry, lattice: Lattice) -> Bools:
    """Whose centres lie inside one polygon."""
    return _burnt([shape], lattice)


def vector_ground(shapes: NDArray[np.object_]) -> Ground:
    """Ground inside any of the polygons (metric, in the lattice's CRS)."""
    tree = shapely.STRtree(shapes)

    def lies_on(lattice: Lattice) -> Bools:
        east = lattice.west + lattice.columns * lattice.step_m
        south = lattice.north - lattice.rows * lattice.step_m
        near = tree.query(shapely.box(lattice.west, south, east, lattice.north))
        return _burnt(list(shapes[near]), lattice)

    return lies_on


def raster_ground(path: Path, crs: str) -> Ground:
    """Ground where a GeoTIFF in any CRS has a number above 0; opened anew for each lattice."""

    def lies_on(lattice: Lattice) -> Bools:
        options = {
            "crs": crs,
            "transform": lattice.transform,
            "width": lattice.columns,
            "height": lattice.rows,
        }
        try:
            with (
                rasterio.open(path, driver="GTiff") as raster,
                WarpedVRT(raster, resampling=Resampling.nearest, **options) as warped,
            ):
                band = warped.read(1, masked=True)
        except RasterioError as error:
            raise InputError(
                "{file}: the file is damaged or not what its name says.", file=path.name
            ) from error
        values = np.ma.filled(band.astype(float), 0.0)
        return np.asarray(np.isfinite(values) & (values > 0))

    return lies_on


def read_ground(path: Path, crs: str) -> Ground:
    """Ground of a file: the polygons of all its layers, or the pixels above 0 of a GeoTIFF."""
    return raster_ground(path, crs) if is_tiff(path) else vector_ground(_areas(path, crs))


def is_tiff(path: Path) -> bool:
    """Whether a file is a GeoTIFF. InputError if it cannot be opened."""
    try:
        with path.open("rb") as file:
            return file.read(4) in _TIFF
    except OSError as error:
        raise InputError("The file {file} cannot be opened. Does it exist?", file=path.name) from error


def _areas(path: Path, crs: str) -> NDArray[np.object_]:
    """The polygons of all layers of a vector file, valid, in `crs`."""
    parts = []
    for name in layers(path):
        frame = read_vector(path, layer=name)
        frame = frame.set_crs(WGS84) if frame.crs is None else frame
        shapes = frame.to_crs(crs).geometry.to_numpy()
        parts.append(shapes[shapely.get_dimensions(shapes) == 2])
    shapes = np.concatenate(parts)
    if not len(shapes):
        raise InputError("{file}: the layer has no area in it.", file=path.name)
    return np.asarray(shapely.make_valid(shapes), object)


def _burnt(shapes: list[shapely.Geometry], lattice: Lattice) -> Bools:
    if not shapes:
        return np.zeros(lattice.shape, bool)
    burnt: Bools = rasterize(
        shapes, out_shape=lattice.shape, transform=lattice.transform, dtype="uint8"
    ).astype(bool)
    return burnt


def points_on(path: Path, crs: str, xy: Floats) -> Bools:
    """(n,) which of the points (n, 2) in metric `crs` lie on the ground of a file.

    To the metre for a layer of polygons, to the pixel for a GeoTIFF.
    """
    if not is_tiff(path):
        return np.asarray(first_outline_at(_areas(path, crs), xy) >= 0)
    try:
        with rasterio.open(path, driver="GTiff") as raster, WarpedVRT(raster, crs=crs) as warped:
            values = np.ma.stack(list(warped.sample(xy, indexes=1, masked=True)))[:, 0].astype(float)
    except RasterioError as error:
        raise InputError("{file}: the file is damaged or not what its name says.", file=path.name) from error
    filled = np.ma.filled(values, 0.0)
    return np.asarray(np.isfinite(filled) & (filled > 0))
