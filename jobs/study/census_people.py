"""Residents from a table of figures by unit that has no coordinates: spread over the units' own ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np

from core.progress import Progress
from core.text import text
from coverage.equity.overlaps import level_word
from data.formats.inputs_read import InputRead
from data.intake.findings import INFO, Finding
from data.population import PopulationFile, Reading
from data.population.polygons import polygon_cells
from data.population.read import file_of
from data.population.table_files import Sheet
from data.units import UnitFile, read_totals


def census_people(
    path: Path, sheets: Sequence[Sheet], units: UnitFile, reading: Reading, progress: Progress
) -> PopulationFile:
    """The residents of each unit spread over it, as `reading` says; every unit keeps its total.

    Of several levels the finest whose every unit has a total counts; what the others say is held against
    it. InputError as `read_totals`.
    """
    totals = read_totals(
        path, units.table, column=reading.column, group_units=reading.group_units, sheets=sheets
    )
    level = totals.level(units.table)
    rows = units.table.of_level(level)
    rows = rows[np.isfinite(totals.values["residents"][rows])]
    columns = {name: np.nan_to_num(values[rows]) for name, values in totals.values.items()}
    frame = gpd.GeoDataFrame(
        columns, geometry=units.table.frame.geometry.to_numpy()[rows], crs=units.table.crs
    )
    # The area is made of these units: nothing of them lies outside but by rounding of their outlines.
    inside = (
        replace(reading, area=None) if reading.area is not None and _is_ground(reading, units) else reading
    )
    cells = polygon_cells(frame, path.name, units.table.crs, inside, progress)
    read = file_of(cells, path, units.table.crs, replace(reading, unit="auto"))
    message = text(
        "Residents of {count} units of the level {level} are spread over their ground.",
        count=len(rows),
        level=level_word(level),
    )
    told = Finding(path.name, "", 0, "", INFO, "population-by-unit", message)
    chosen = InputRead(
        "population", path.name, column=totals.column, unit=text("residents"), rows_read=totals.rows_read,
        rows_left_out=totals.rows - totals.rows_read,
    )  # fmt: skip
    findings = (*totals.findings, *totals.level_findings(units.table, path.name), told, *read.findings)
    return replace(read, findings=findings, read=(chosen, *totals.aside, *read.read))


def _is_ground(reading: Reading, units: UnitFile) -> bool:
    """Whether the study area is the units' own ground, not an outline given apart."""
    shapes = units.table.frame.to_crs(4326).geometry
    return reading.area is not None and bool(shapes.within(reading.area.buffer(1e-6)).all())
