"""Pixels wider than a third of the shortest reach: spread over what lies in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import rasterio
import shapely
from pyproj import Transformer

from core.text import text
from coverage.model.tables import Floats, Ints
from data.intake.findings import INFO, WARNING, Finding
from data.population.cells import Cells
from data.population.polygons import Rows, cells_of_rows, require_areas
from data.population.reading import Reading
from data.population.tables.heads import PERCENT
from geo.datum import BD09, GCJ02, convert
from geo.datum import WGS84 as WGS84_DATUM

# Wide pixels are spread over squares of about this side, unless that makes too many.
_FINE_M: Final = 100.0
_MOST_SPREAD: Final = 3_000_000
# To look what lies in each of so many wide pixels takes a minute.
_MOST_FOLLOWED: Final = 20_000


def shifted(lon: Floats, lat: Floats, datum: str) -> tuple[Floats, Floats]:
    """Degrees as the services shift them, brought to WGS-84."""
    return convert(lon, lat, datum, WGS84_DATUM) if datum in (GCJ02, BD09) else (lon, lat)


def spread_wide(
    cells: Cells, raster: rasterio.DatasetReader, at: tuple[Ints, Ints], to_degrees: Transformer,
    reading: Reading, file: str,
) -> Cells:  # fmt: skip
    """Wide pixels as squares of about 100 m, each pixel's residents evenly over those in the area; with
    buildings, settlements or water as areas are, by what lies within each pixel."""
    if cells.area_m2 is None or not len(cells) or cells.unit == PERCENT:
        return cells
    side_m = float(np.sqrt(np.median(cells.area_m2)))
    if side_m <= max(reading.coarse_m, 110.0) + 1.0:
        require_areas(reading, file)
        return cells
    if reading.by != "area" or (reading.water is not None and len(cells) <= _MOST_FOLLOWED):
        return _followed(cells, raster, at, to_degrees, reading, file)
    parts = int(np.ceil(side_m / _FINE_M - 0.05))
    if len(cells) * parts**2 > _MOST_SPREAD:
        said = coarse_finding(file, side_m)
        return replace(cells, findings=(*cells.findings, said))
    step = (np.arange(parts) + 0.5) / parts
    column, row = (np.repeat(one, parts**2) for one in at)
    east, south = np.tile(np.tile(step, parts), len(cells)), np.tile(np.repeat(step, parts), len(cells))
    lon, lat = to_degrees.transform(*(raster.transform @ (column + east, row + south)))
    lon, lat = shifted(np.asarray(lon), np.asarray(lat), reading.datum)
    of = np.repeat(np.arange(len(cells)), parts**2)
    inside = np.ones(len(of), bool)
    if reading.area is not None:
        shapely.prepare(reading.area)
        inside = np.asarray(shapely.intersects_xy(reading.area, lon, lat))
    number = np.bincount(of[inside], minlength=len(cells))
    lonely = number == 0  # the centre lies in the area, no square's does
    first = np.tile(np.arange(parts**2) == parts**2 // 2, len(cells))
    kept = inside | (first & lonely[of])
    lon, lat = np.where(lonely[of], cells.lon[of], lon), np.where(lonely[of], cells.lat[of], lat)
    share = 1.0 / np.maximum(number, 1)[of]
    message = text(
        "The pixels of {file} are {side:,.0f} m wide; their residents are spread evenly over squares of "
        "{fine:,.0f} m.",
        file=file,
        side=side_m,
        fine=side_m / parts,
    )
    spread = replace(
        cells.taken(of),
        cell_id=cells.cell_id[of] * parts**2 + np.tile(np.arange(parts**2), len(cells)),
        lon=lon,
        lat=lat,
        residents=cells.residents[of] * share,
        groups={name: values[of] * share for name, values in cells.groups.items()},
        area_m2=cells.area_m2[of] / parts**2,
        findings=(*cells.findings, Finding(file, "", 0, "", INFO, "population-spread", message)),
    )
    return spread.taken(kept)


def _followed(
    cells: Cells, raster: rasterio.DatasetReader, at: tuple[Ints, Ints], to_degrees: Transformer,
    reading: Reading, file: str,
) -> Cells:  # fmt: skip
    """Wide pixels as areas: their residents follow the buildings or settlements in each, and leave water."""
    column, row = at
    corners = [(column + x, row + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    rings = np.stack([np.column_stack(raster.transform @ corner) for corner in corners], axis=1)
    lon, lat = to_degrees.transform(*rings.reshape(-1, 2).T)
    lon, lat = shifted(np.asarray(lon), np.asarray(lat), reading.datum)
    pixels = shapely.polygons(np.column_stack([lon, lat]).reshape(-1, 4, 2))
    # A pixel counts whole where its centre lies in the area; its residents live in what lies in there.
    inside = pixels if reading.area is None else shapely.intersection(pixels, reading.area)
    rows = Rows(
        cells.cell_id, cells.lon, cells.lat, cells.residents, cells.groups, inside, cells.findings,
        are_cells=True,
    )  # fmt: skip
    spread = cells_of_rows(rows, file, None, replace(reading, area=None))
    return replace(spread, unit=cells.unit, read=cells.read, source=None)


def coarse_finding(file: str, side_m: float) -> Finding:
    """Cells that are wide against the reach and stay what they are."""
    message = text(
        "The cells of {file} are {side:,.0f} m wide, coarse against the shortest reach of the standard: all "
        "residents of a cell count at its centre, so shares may be off where a limit runs through cells.",
        file=file,
        side=side_m,
    )
    return Finding(file, "", 0, "", WARNING, "population-coarse", message)
