"""One door for population files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import text
from coverage.model.tables import PopulationGrid
from data.digest import sha256_of
from data.formats.inputs_read import InputRead
from data.intake.findings import Finding
from data.population.area import cut_to
from data.population.cells import Cells, cells_to_grid
from data.population.groups import with_group
from data.population.polygons import polygon_cells
from data.population.raster import raster_cells
from data.population.reading import Reading
from data.population.tables import read_csv_table, table_cells
from data.vector import read_vector
from geo.crs import metric_crs

_TIFF: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_PARQUET: Final = b"PAR1"
_VECTOR: Final = (b"SQLite format 3", b"PK\x03\x04", b"\x00\x00\x27\x0a", b"{", b"\xef\xbb\xbf{")


@dataclass(frozen=True)
class PopulationFile:
    """A population file as read: the grid, what could not be used, and which file it was.

    `unit` is what a raster's numbers were taken for, "" for other files; `read` what was chosen in
    which file and what was set aside.
    """

    grid: PopulationGrid
    findings: tuple[Finding, ...]
    sha256: str
    synthetic: bool = False
    unit: str = ""
    read: tuple[InputRead, ...] = ()


def read_population(
    path: Path,
    *,
    crs: str | None = None,
    reading: Reading | None = None,
    progress: Progress = silent,
) -> PopulationFile:
    """Read residents from .csv, .parquet, .gpkg, .geojson, a zipped shapefile or a GeoTIFF.

    Points count at their place; large polygons are spread over 100 m cells, each unit's total
    kept; raster cells count at their centres. `crs` is the metric CRS wanted (default: the one for
    the data's own centre), `reading` answers what the file leaves open. Rows without usable
    coordinates or residents are listed and left out. InputError if nothing is left.
    """
    reading = reading or Reading()
    cells = _cells(path, crs, reading, part(progress, 0.0, 1.0 / (1 + len(reading.groups))))
    return file_of(cells, path, crs, reading)


def file_of(cells: Cells, path: Path, crs: str | None, reading: Reading) -> PopulationFile:
    """The checked grid of cells that were read from `path`, with the groups from files of their own.

    InputError if there is none.
    """
    cells = _with_groups(cells, crs, reading)
    if not len(cells):
        raise InputError("{file}: no row with residents and coordinates could be used.", file=path.name)
    west, east = float(cells.lon.min()), float(cells.lon.max())
    south, north = float(cells.lat.min()), float(cells.lat.max())
    metric = crs or metric_crs((west + east) / 2, (south + north) / 2)
    return PopulationFile(
        cells_to_grid(cells, metric), cells.findings, sha256_of(path), cells.synthetic, cells.unit
    )


def is_raster(path: Path) -> bool:
    """Whether a population file is a GeoTIFF. InputError if it cannot be opened."""
    return _first_bytes(path).startswith(_TIFF)


def _cells(path: Path, crs: str | None, reading: Reading, progress: Progress) -> Cells:
    """The cells of one file, in the area; a raster is read there only."""
    start = _first_bytes(path)
    progress(0.0, text("Reading {file}", file=path.name))
    if start.startswith(_TIFF):
        return raster_cells(path, reading, progress)
    if start.startswith(_PARQUET):
        cells = _parquet_cells(path)
    elif start.startswith(_VECTOR):
        cells = polygon_cells(read_vector(path), path.name, crs, reading, progress)
    else:
        cells = table_cells(read_csv_table(path), path.name)
    return cells if reading.area is None else cut_to(cells, reading.area, reading.rim_m, path.name)


def _with_groups(cells: Cells, crs: str | None, reading: Reading) -> Cells:
    """Of what a group's numbers count no more is known than of the residents'."""
    if not len(cells):
        return cells
    unit = cells.unit or reading.unit
    for name, path in reading.groups.items():
        own = replace(reading, groups={}, known_residents=None, unit=unit)
        cells = with_group(cells, name, _cells(path, crs, own, silent), path.name)
    return cells


def _parquet_cells(path: Path) -> Cells:
    import pyarrow.parquet as pq
    from pyarrow.lib import ArrowException

    try:
        table = pq.read_table(path)
    except (ArrowException, OSError) as error:
        raise InputError("{file}: the file is damaged or not what its name says.", file=path.name) from error
    metadata = table.schema.metadata or {}
    frame = table.to_pandas()
    return table_cells(pd.DataFrame(frame), path.name, synthetic=b"synthetic" in metadata)


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise InputError("The file {file} cannot be opened. Does it exist?", file=path.name) from error
