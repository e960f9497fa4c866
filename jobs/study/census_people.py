"""Residents from a table of figures by unit that has no coordinates: spread over the units' own ground."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np

from core.progress import Progress
from core.text import text
from coverage.equity.overlaps import level_word
from data.intake.findings import INFO, Finding
from data.population import PopulationFile, Reading
from data.population.area import cut_to
from data.population.columns import LON_COLUMNS, find_column
from data.population.polygons import polygon_cells
from data.population.read import file_of
from data.units import UnitFile, read_totals

_LONGEST_HEAD: Final = 100_000
_WORKBOOKS: Final = (".xlsx", ".xls", ".et", ".ods")


def is_census_table(path: Path) -> bool:
    """Whether a population file is a workbook, or a CSV without a column of longitudes."""
    if path.suffix.lower() in _WORKBOOKS:
        return True
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = _decoded(file.readline(_LONGEST_HEAD))
    return find_column([title.strip(' "\r\n') for title in head.split(",")], LON_COLUMNS) is None


def census_people(path: Path, units: UnitFile, reading: Reading, progress: Progress) -> PopulationFile:
    """The residents of each unit spread over it, as `reading` says; every unit keeps its total.

    Of several levels the finest whose every unit has a total counts. InputError as `read_totals`.
    """
    totals = read_totals(path, units.table)
    level = totals.level(units.table)
    rows = units.table.of_level(level)
    rows = rows[np.isfinite(totals.values["residents"][rows])]
    columns = {name: np.nan_to_num(values[rows]) for name, values in totals.values.items()}
    frame = gpd.GeoDataFrame(
        columns, geometry=units.table.frame.geometry.to_numpy()[rows], crs=units.table.crs
    )
    cells = polygon_cells(frame, path.name, units.table.crs, reading, progress)
    if reading.area is not None:
        cells = cut_to(cells, reading.area, reading.rim_m, path.name)
    read = file_of(cells, path, units.table.crs, reading)
    message = text(
        "Residents of {count} units of the level {level} are spread over their ground.",
        count=len(rows),
        level=level_word(level),
    )
    told = Finding(path.name, "", 0, "", INFO, "population-by-unit", message)
    return PopulationFile(read.grid, (*totals.findings, told, *read.findings), read.sha256)


def _decoded(line: bytes) -> str:
    """As a CSV is read: UTF-8, else GB18030."""
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("gb18030", errors="replace")
