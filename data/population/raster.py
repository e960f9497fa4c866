"""Population rasters (GeoTIFF): residents per pixel, counted at the pixels' centres."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import rasterio
from pyproj import Geod, Transformer
from rasterio.errors import RasterioError

from core.errors import InputError
from core.progress import Progress, silent
from core.text import Text, text
from coverage.model.tables import Floats, Ints
from data.intake.findings import INFO, WARNING, Finding, Level
from data.population.cells import Cells
from data.population.columns import GROUP_COLUMNS, RESIDENT_COLUMNS, find_column
from data.population.pixels import Pixels, Tally, at_border, read_pixels
from data.population.raster_unit import (
    UNITS,
    UnclearUnitError,
    UnitOfRaster,
    decide_unit,
    residents_of,
    stated_unit,
)
from data.population.raster_window import area_in_raster, window_of
from data.population.reading import Reading
from geo.crs import WGS84

# GDAL keeps decoded blocks; by default a twentieth of the machine.
_CACHE_MB: Final = 64


def raster_cells(path: Path, reading: Reading, progress: Progress = silent) -> Cells:
    """Populated pixels of a GeoTIFF, with the residents that their numbers mean.

    Read by strips, and only where `reading.area` is: pixels whose centre lies in it count whole.
    Nodata (declared, masked, not a number, or the type's largest number), zero and negative pixels
    hold nobody; what was there is told. The ground of a pixel is its true area on the ellipsoid.
    The first band counts residents unless another says so; bands that name a group give it.
    InputError for a raster without CRS and where the area has no pixel with residents.
    """
    try:
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB), rasterio.open(path, driver="GTiff") as raster:
            if raster.crs is None:
                raise InputError("{file}: the raster does not say its coordinate system.", file=path.name)
            return _cells(raster, path.name, reading, progress)
    except RasterioError as error:
        raise InputError("{file}: the file is damaged or not what its name says.", file=path.name) from error


def _cells(raster: rasterio.DatasetReader, file: str, reading: Reading, progress: Progress) -> Cells:
    area = None if reading.area is None else area_in_raster(reading.area, raster)
    bands = _bands(raster)
    pixels, tally = read_pixels(raster, list(bands.values()), window_of(area, raster), area, progress)
    if not pixels.inside.any():
        raise InputError("{file}: no pixel with residents lies in the area.", file=file)
    to_degrees = Transformer.from_crs(raster.crs.to_wkt(), WGS84, always_xy=True)
    area_m2 = _pixel_areas(raster.transform, pixels.row, pixels.column, to_degrees)
    unit = _unit(raster, file, reading, pixels, area_m2)
    counts = [residents_of(numbers, area_m2, unit.unit) for numbers in pixels.values]
    kept = pixels.inside
    lon, lat = to_degrees.transform(*(raster.transform @ (pixels.column[kept] + 0.5, pixels.row[kept] + 0.5)))
    return Cells(
        cell_id=pixels.row[kept] * raster.width + pixels.column[kept],
        lon=np.asarray(lon),
        lat=np.asarray(lat),
        residents=counts[0][kept],
        groups={name: values[kept] for name, values in zip(list(bands)[1:], counts[1:], strict=True)},
        area_m2=area_m2[kept],
        findings=(
            *unit.findings,
            *_account(file, pixels, counts[0], tally, area_m2),
            *_unused(raster, bands, file),
        ),
        unit=unit.unit,
    )


def _bands(raster: rasterio.DatasetReader) -> dict[str, int]:
    """What the bands hold by their descriptions: "residents" first, then the groups that are named."""
    said = [description or "" for description in raster.descriptions]
    residents = find_column(said, RESIDENT_COLUMNS)
    bands = {"residents": said.index(residents) + 1 if residents else 1}
    for group, aliases in GROUP_COLUMNS.items():
        column = find_column(said, aliases)
        if column and said.index(column) + 1 != bands["residents"]:
            bands[group] = said.index(column) + 1
    return bands


def _unit(
    raster: rasterio.DatasetReader, file: str, reading: Reading, pixels: Pixels, area_m2: Floats
) -> UnitOfRaster:
    if reading.unit not in ("auto", "ask"):
        return UnitOfRaster(reading.unit, "told")
    inside = pixels.inside
    sums = {
        unit: float(residents_of(pixels.values[0][inside], area_m2[inside], unit).sum()) for unit in UNITS
    }
    decided = decide_unit(stated_unit(raster, 1, file), sums, reading.known_residents, file)
    if decided.source == "assumed" and reading.unit == "ask":
        raise UnclearUnitError(file, sums)
    return decided


def _pixel_areas(transform: rasterio.Affine, row: Ints, column: Ints, to_degrees: Transformer) -> Floats:
    """True areas: one polygon a raster row is measured, at the middle column, and used for its row."""
    geod = Geod(ellps="WGS84")
    middle = float(np.median(column)) if len(column) else 0.0
    numbers, of_pixel = np.unique(row, return_inverse=True)
    areas = np.empty(len(numbers))
    for place, number in enumerate(numbers):
        corners = [(middle, number), (middle + 1, number), (middle + 1, number + 1), (middle, number + 1)]
        x, y = zip(*(transform @ corner for corner in corners), strict=True)
        lon, lat = to_degrees.transform(x, y)
        areas[place] = abs(geod.polygon_area_perimeter(lon, lat)[0])
    return np.asarray(areas[of_pixel], float)


_Remark = tuple[bool, Level, str, Text]


def _account(file: str, pixels: Pixels, residents: Floats, tally: Tally, area_m2: Floats) -> list[Finding]:
    """What did not become a resident of the study, to the resident."""
    border = at_border(pixels, residents)
    across: _Remark = (
        border.pixels > 0,
        INFO,
        "population-border",
        text(
            "{pixels:,} {pixels:pixel lies|pixels lie} on the border of the area. By their centres "
            "{counted:,.1f} of their residents count and {left_out:,.1f} do not.",
            pixels=border.pixels,
            counted=border.counted,
            left_out=border.left_out,
        ),
    )
    remarks = [across, *_not_counted(tally, tally.nodata * float(area_m2.mean()) / 1e6)]
    if tally.full:
        remarks.append((True, WARNING, "population-full-byte", _full(tally.full)))
    return [Finding(file, "", 0, "", level, code, message) for told, level, code, message in remarks if told]


def _not_counted(tally: Tally, nodata_km2: float) -> list[_Remark]:
    return [
        (
            tally.nodata > 0,
            INFO,
            "population-nodata",
            text(
                "{pixels:,} {pixels:pixel|pixels} of the area (about {km2:,.1f} km²) have no number; "
                "nobody is counted there.",
                pixels=tally.nodata,
                km2=nodata_km2,
            ),
        ),
        (
            tally.negative > 0,
            WARNING,
            "population-negative",
            text(
                "{pixels:,} {pixels:pixel holds|pixels hold} a negative number; nobody is counted there.",
                pixels=tally.negative,
            ),
        ),
        (
            tally.undeclared > 0,
            WARNING,
            "population-undeclared-nodata",
            text(
                "{pixels:,} {pixels:pixel holds|pixels hold} a number that stands for “no data” "
                "although the file does not say so; nobody is counted there.",
                pixels=tally.undeclared,
            ),
        ),
    ]


def _full(pixels: int) -> Text:
    return text(
        "{pixels:,} pixels hold 255, the largest number that this file can hold; they are counted. If 255 "
        "means “no data” here, the file must say so.",
        pixels=pixels,
    )


def _unused(raster: rasterio.DatasetReader, bands: Mapping[str, int], file: str) -> list[Finding]:
    unused = [str(band) for band in range(1, raster.count + 1) if band not in bands.values()]
    if not unused:
        return []
    message = text(
        "The raster's bands {bands} are not used: nothing says what they hold.", bands=", ".join(unused)
    )
    return [Finding(file, "", 0, "", WARNING, "population-band-unused", message)]
