"""Lattices of points in metres, and which of their points lie on ground of some kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT

from core.errors import InputError
from core.text import listed
from coverage.model.tables import Bools, Floats
from data.formats.layers import opened
from data.formats.rasters import opened_raster, raster_pieces
from data.formats.systems import in_degrees, usable_system
from data.guard import guarded
from data.population.columns import find_column
from geo.inside import first_outline_at

CELL_M: Final = 100.0


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


@dataclass(frozen=True)
class _Scheme:
    """Classes of a land cover product: how it is recognised, and which class is what."""

    name: re.Pattern[str]
    codes: frozenset[int]
    settled: frozenset[int]
    water: frozenset[int]


_TENS: Final = frozenset({10, 20, 30, 40, 50, 60, 70, 80, 90, 100})
# Names are those of the files; codes as the products' manuals give them.
_CCI: Final = frozenset(range(10, 230, 10)) | {
    11,
    12,
    61,
    62,
    71,
    72,
    81,
    82,
    121,
    122,
    151,
    152,
    153,
    201,
    202,
}


def _scheme(name: str, codes: Iterable[int], settled: Iterable[int], water: Iterable[int]) -> _Scheme:
    return _Scheme(re.compile(name, re.I), frozenset(codes), frozenset(settled), frozenset(water))


_SCHEMES: Final = (
    _scheme(r"world_?cover", _TENS | {95}, {50}, {80}),
    _scheme(r"globe_?land|^n\d\d_\d\d_20", _TENS | {255}, {80}, {60}),
    _scheme(r"from_?glc", _TENS | {98, 99}, {80}, {60}),
    _scheme(r"smod", {10, 11, 12, 13, 21, 22, 23, 30}, {21, 22, 23, 30}, {10}),
    # Only buildings to live in: nobody lives in 21 to 25.
    _scheme(r"built_?c", {*range(6), *range(11, 16), *range(21, 26), 255}, range(11, 16), {4}),
    _scheme(r"glc_?fcs|cci|esacci|lccs", _CCI | {51, 52, 91, 92, *range(181, 188), 250}, {190}, {210}),
    _scheme(r"mcd12|modis|igbp", range(1, 18), {13}, {17}),
    _scheme(r"cnlucc|lucc|resdc|土地利用", {*range(11, 13), *range(21, 25), *range(31, 34), *range(41, 47),
            *range(51, 54), *range(61, 68), 99}, {51, 52}, {41, 42, 43, 46}),
    _scheme(r"esri|lulc|land_?use_?land_?cover", range(1, 12), {7}, {1}),
    _scheme(r"dynamic_?world", range(9), {6}, {0}),
    _scheme(r"clcd", range(1, 10), {8}, {5}),
)  # fmt: skip
_MOST_CLASSES: Final = 40
_SAMPLE: Final = 512
_HOMES: Final = re.compile(r"residential|居住|住宅|居民点|城中村", re.IGNORECASE)
_USE_COLUMNS: Final = ("landuse", "fclass", "class", "type", "用地类型", "地类", "用地性质", "类型", "dlmc")


def _meant(raster: rasterio.DatasetReader, file: str, role: str) -> frozenset[int] | None:
    """The classes that are settlement or water; None for a mask or a quantity, where every number above 0 is.

    InputError for classes of a product that is not known.
    """
    if np.dtype(raster.dtypes[0]).kind not in "iu":
        return None
    shape = (min(raster.height, _SAMPLE), min(raster.width, _SAMPLE))
    sample = raster.read(1, out_shape=shape, masked=True, resampling=Resampling.nearest)
    found = {int(value) for value in np.unique(sample.compressed())}
    values = found - {0}
    scheme = next((one for one in _SCHEMES if one.name.search(file) and values <= one.codes), None)
    if scheme is None and len(values) > 2 and 95 in values and values <= _SCHEMES[0].codes:
        scheme = _SCHEMES[0]
    if scheme is not None:
        return scheme.settled if role == "settled" else scheme.water
    coloured = raster.dtypes[0] == "uint8" and raster.colorinterp[0].name == "palette"
    # Kinds of ground in every pixel: where all is settled, or all is water, nothing is told.
    everywhere = 0 not in found and not sample.mask.any() and len(values) <= _MOST_CLASSES
    if len(values) > 2 and (coloured or everywhere or (values <= _TENS | {95} and min(values) >= 10)):
        raise InputError(
            "{file} holds classes of land cover ({classes}), and which of them is meant is not known. Save "
            "a raster or a layer with that class only.",
            file=file,
            classes=listed(sorted(values)[:12]),
        )
    return None


def raster_ground(path: Path, crs: str, role: str) -> Ground:
    """Ground where a raster in any CRS has a number above 0, or the class meant; opened anew for each
    lattice."""

    def lies_on(lattice: Lattice) -> Bools:
        options = {
            "crs": crs,
            "transform": lattice.transform,
            "width": lattice.columns,
            "height": lattice.rows,
        }
        with raster_pieces(path) as pieces, opened_raster(pieces[0], path.name) as raster:
            _require_system(raster, path.name)
            meant = _meant(raster, path.name, role)
            with WarpedVRT(raster, resampling=Resampling.nearest, **options) as warped:
                band = warped.read(1, masked=True)
        return _there(band, meant)

    return lies_on


def _there(band: np.ma.MaskedArray, meant: frozenset[int] | None) -> Bools:
    values = np.ma.filled(band.astype(float), np.nan)
    return np.asarray(values > 0 if meant is None else np.isin(values, list(meant)))


def _require_system(raster: rasterio.DatasetReader, file: str) -> None:
    at = ((raster.bounds.left + raster.bounds.right) / 2, (raster.bounds.bottom + raster.bounds.top) / 2)
    if raster.crs is None:
        raise InputError("{file}: the raster does not say its coordinate system.", file=file)
    usable_system(raster.crs.to_wkt(), file, at)


def is_tiff(path: Path) -> bool:
    """Whether a file holds rasters. InputError if it cannot be opened."""
    with raster_pieces(path) as pieces:
        return bool(pieces)


def read_ground(path: Path, crs: str, role: str = "settled") -> Ground:
    """Ground of a file, `role` "settled" or "water": the polygons of all its layers (of land uses those where
    people live), or the pixels above 0 or of the class meant of a raster."""
    with raster_pieces(path) as pieces:
        if pieces:
            return raster_ground(path, crs, role)
    return vector_ground(_areas(path, crs, role))


def _areas(path: Path, crs: str, role: str) -> NDArray[np.object_]:
    """The polygons of all layers of a vector file, valid, in `crs`."""
    parts = []
    with opened(path) as file:
        for layer in file.layers:
            frame = in_degrees(file.read(layer).frame, path.name).frame
            if role == "settled":
                frame = _where_people_live(frame)
            shapes = frame.to_crs(crs).geometry.to_numpy()
            parts.append(shapes[shapely.get_dimensions(shapes) == 2])
    shapes = np.concatenate(parts)
    if not len(shapes):
        raise InputError("{file}: the layer has no area in it.", file=path.name)
    return np.asarray(shapely.make_valid(shapes), object)


def _where_people_live(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Of land uses the residential ones; all rows where no column of uses names any."""
    column = find_column([str(name) for name in frame.columns], _USE_COLUMNS)
    if column is None:
        return frame
    homes = frame[column].fillna("").astype(str).str.contains(_HOMES).to_numpy(bool)
    return frame[homes] if homes.any() else frame


def _burnt(shapes: list[shapely.Geometry], lattice: Lattice) -> Bools:
    if not shapes:
        return np.zeros(lattice.shape, bool)
    burnt: Bools = rasterize(
        shapes, out_shape=lattice.shape, transform=lattice.transform, dtype="uint8"
    ).astype(bool)
    return burnt


@guarded
def points_on(path: Path, crs: str, xy: Floats) -> Bools:
    """(n,) which of the points (n, 2) in metric `crs` lie on the water of a file.

    To the metre for a layer of polygons, to the pixel for a raster.
    """
    with raster_pieces(path) as pieces:
        if not pieces:
            return np.asarray(first_outline_at(_areas(path, crs, "water"), xy) >= 0)
        with opened_raster(pieces[0], path.name) as raster:
            _require_system(raster, path.name)
            meant = _meant(raster, path.name, "water")
            with WarpedVRT(raster, crs=crs) as warped:
                values = np.ma.stack(list(warped.sample(xy, indexes=1, masked=True)))[:, 0]
    return _there(values, meant)
