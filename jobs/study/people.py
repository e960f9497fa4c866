"""Residents and the units they live in: read together, since each tells something of the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely

from core.errors import InputError, SettingError
from core.progress import Progress, part, silent
from core.text import Text, text
from coverage.equity.overlaps import bridged_notes, outside_notes, overlap_notes
from coverage.model.study import Study
from data.intake.findings import ERROR, INFO
from data.intake.origin import in_true_coordinates
from data.population import NoPlacesError, PopulationFile, Reading, read_population
from data.population.area import read_outline
from data.population.reading import COARSE_M
from data.units import Totals, UnitAnswers, UnitFile, read_totals, read_units
from geo.crs import metric_crs
from jobs.study.against import against_stated, stated_residents, without_anybody
from jobs.study.cases import StudyFiles
from jobs.study.census_people import census_people
from jobs.study.layers import Layers
from jobs.study.totals import scaled_to

_MOST_LISTED = 10


@dataclass(frozen=True)
class People:
    """The residents' file, and the units file if there is one, in one metric CRS. `units_known`: whether the
    units' own coordinate system is known."""

    population: PopulationFile
    units: UnitFile | None
    units_known: bool = True

    @property
    def crs(self) -> str:
        return self.population.grid.crs


def read_people(files: StudyFiles, *, coarse_m: float = COARSE_M, progress: Progress = silent) -> People:
    """Read both. InputError says which file cannot be used and why.

    The study area is `layers.area`, else the ground of the units with the gaps between them: of a
    raster only that is read, and whoever lives outside is left out and reported. What the units file or
    the census totals say of residents checks whether numbers are counts or densities, and what was read
    is held against it. Without any area the residents' place decides the CRS, and a raster is read whole.
    Cells wider than `coarse_m` are spread.
    """
    layers = files.layers
    _require_units(files.units, layers)
    progress(0.0, text("Reading the study area and the units"))
    area = None if layers.area is None else read_outline(layers.area)
    crs = None if area is None else metric_crs(*_middle(area))
    outlines, known = _outlines(files, crs or "")
    if outlines is not None:
        crs, area = outlines.table.crs, outlines.ground if area is None else area
    census = _census(outlines, files)
    reading = replace(
        reading_of(files), area=area, known_residents=_known(outlines, census), coarse_m=coarse_m
    )
    told = part(progress, 0.2, 0.9)
    try:
        read = read_population(
            files.population, crs=crs, reading=reading, progress=told, more=files.more_population
        )
    except NoPlacesError as table:
        if outlines is None or files.more_population:
            raise
        read = census_people(files.population, table.sheets, outlines, reading, told)
    if not read.grid.total > 0:
        raise InputError("{file}: all residents are 0: nobody lives anywhere.", file=files.population.name)
    said = against_stated(read, outlines, files.population.name) if census is None else ()
    if outlines is not None and census is not None and layers.totals is not None:
        progress(0.9, text("Scaling residents to the census totals"))
        read = scaled_to(census, read, outlines.table, file=layers.totals.name)
    if outlines is not None:
        said = (*said, *without_anybody(read, outlines, files.population.name))
    return People(replace(read, findings=(*read.findings, *said)), outlines, known)


def reading_of(files: StudyFiles) -> Reading:
    """How the population files are understood with the layers beside them."""
    layers, answers = files.layers, files.answers
    if layers.buildings is not None and layers.settled is not None:
        raise SettingError(
            "Residents follow either the buildings or the settlements: give only one of the two files."
        )
    by = "floor" if layers.buildings is not None else "mask" if layers.settled is not None else "area"
    return Reading(
        unit=files.population_unit,
        column=answers.population_column,
        layer=answers.population_layer,
        datum=answers.population_datum,
        groups=layers.groups,
        group_units=dict(answers.group_units),
        by=by,
        buildings=layers.buildings,
        mask=layers.settled,
        water=layers.water,
    )


def _require_units(units: Path | None, layers: Layers) -> None:
    for path, what in ((layers.totals, text("Census totals")), (layers.urban, text("The built-up area"))):
        if units is None and path is not None:
            raise SettingError("{what} belong to units: give a units file as well.", what=what)


def _outlines(files: StudyFiles, crs: str) -> tuple[UnitFile | None, bool]:
    """The units as they truly lie, and whether their own system is known."""
    if not files.unit_files:
        return None, True
    said = UnitAnswers(files.answers.units_level, files.answers.units_layers)
    read = read_units(*files.unit_files, crs=crs, urban=files.layers.urban, answers=said)
    table, known, converted = in_true_coordinates(files.unit_files, read.table)
    return replace(read, table=table, findings=(*read.findings, *converted)), known


def _middle(area: shapely.Geometry) -> tuple[float, float]:
    west, south, east, north = area.bounds
    return (west + east) / 2, (south + north) / 2


def _census(units: UnitFile | None, files: StudyFiles) -> Totals | None:
    if files.layers.totals is None or units is None:
        return None
    return read_totals(
        files.layers.totals,
        units.table,
        column=files.layers.totals_column,
        group_units=dict(files.answers.group_units),
    )


def _known(units: UnitFile | None, census: Totals | None) -> float | None:
    """Residents of the whole area as the census has them, else as the units file states them."""
    if units is None:
        return None
    if census is not None:
        units = replace(units, residents=census.values["residents"])
    return stated_residents(units)


def people_notes(people: People, study: Study) -> tuple[Text, ...]:
    """What a reader of the results must know of both files; details are among the findings."""
    population, units = people.population, people.units
    notes = []
    unusable = sum(1 for finding in population.findings if finding.level == ERROR)
    if unusable:
        notes.append(
            text("{count} {count:value|values} of the population table could not be used.", count=unusable)
        )
    notes += [finding.message for finding in population.findings if finding.level != ERROR]
    if units is not None:
        remarks = sum(1 for finding in units.findings if finding.level != INFO)
        if remarks:
            notes.append(text("{count} {count:remark|remarks} on the units file.", count=remarks))
        notes += overlap_notes(units.overlaps, units.table, study.grid, study.cells_in)
        notes += bridged_notes(study.cells_in, study.grid)
        notes += outside_notes(study.cells_in, study.grid)
        notes += misplaced_notes(units, study)
    return tuple(notes)


def misplaced_notes(units: UnitFile, study: Study) -> tuple[Text, ...]:
    """How many residents count for a unit in whose outline they do not live, since their own unit is said
    to belong to it."""
    frame = units.table.frame
    shape_of = dict(zip(frame["unit_id"], frame.geometry, strict=True))
    name_of = dict(zip(frame["unit_id"], frame["name"], strict=True))
    row_of = {unit_id: row for row, unit_id in enumerate(frame["unit_id"])}
    notes = []
    for one in units.misplaced:
        row = row_of[one.unit_id]
        cells = np.flatnonzero(study.cells_in.rows[frame["level"].iloc[row]] == row)
        xy = study.grid.xy[cells]
        outside = ~shapely.intersects_xy(shape_of[one.parent_id], xy[:, 0], xy[:, 1])
        moved = float(study.grid.residents[cells[outside]].sum())
        if moved > 0:
            note = text(
                "{residents:,.1f} residents of {name} live outside {parent}, which it belongs to, and count "
                "for it.",
                residents=moved,
                name=name_of[one.unit_id],
                parent=name_of[one.parent_id],
            )
            notes.append(note)
    return tuple(notes[:_MOST_LISTED])
