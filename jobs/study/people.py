"""Residents and the units they live in: read together, since each tells something of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import shapely

from core.errors import SettingError
from core.progress import Progress, part, silent
from core.text import Text, text
from coverage.equity.overlaps import bridged_notes, outside_notes, overlap_notes
from coverage.model.study import Study
from coverage.model.tables import LEVELS
from data.intake.findings import ERROR, INFO
from data.population import PopulationFile, Reading, is_raster, read_population
from data.population.area import read_outline
from data.population.raster_unit import UnclearUnitError
from data.units import Totals, UnitAnswers, UnitFile, read_totals, read_units
from geo.crs import metric_crs
from jobs.study.cases import StudyFiles
from jobs.study.census_people import census_people, is_census_table
from jobs.study.layers import Answers, Layers
from jobs.study.totals import scaled_to

_NOTHING: Final = Layers()
_MOST_LISTED: Final = 10
_NO_ANSWERS: Final = Answers()


@dataclass(frozen=True)
class People:
    """The residents' file, and the units file if there is one, in one metric CRS."""

    population: PopulationFile
    units: UnitFile | None

    @property
    def crs(self) -> str:
        return self.population.grid.crs


def read_people(
    population: Path,
    units: Sequence[Path],
    *,
    unit: str = "auto",
    layers: Layers = _NOTHING,
    answers: Answers = _NO_ANSWERS,
    progress: Progress = silent,
) -> People:
    """Read both. InputError says which file cannot be used and why.

    The study area is `layers.area`, else the ground of the units (of one or several files): of a raster
    only that is read, and whoever lives outside is left out and reported. What the units file or the
    census totals say of residents checks whether a raster's numbers are counts or densities; `unit`
    states it. Without any area the residents' place decides the CRS, and a raster is read whole.
    """
    _require_units(units, layers)
    progress(0.0, text("Reading the study area and the units"))
    area = None if layers.area is None else read_outline(layers.area)
    crs = None if area is None else metric_crs(*_middle(area))
    outlines = _outlines(units, crs or "", layers, answers)
    if outlines is not None:
        crs, area = outlines.table.crs, outlines.ground if area is None else area
    census = _census(outlines, layers)
    reading = replace(
        reading_of(layers, unit),
        area=area,
        known_residents=_known(outlines, census) if is_raster(population) else None,
    )
    told = part(progress, 0.2, 0.9)
    if outlines is not None and is_census_table(population):
        read = census_people(population, outlines, reading, told)
    else:
        read = read_population(population, crs=crs, reading=reading, progress=told)
    if outlines is not None and census is not None:
        progress(0.9, text("Scaling residents to the census totals"))
        read = scaled_to(census, read, outlines.table, file=population.name)
    return People(read, outlines)


def people_of(files: StudyFiles, *, progress: Progress = silent) -> People:
    """`read_people` of a study's files."""
    return read_people(
        files.population,
        files.unit_files,
        unit=files.population_unit,
        layers=files.layers,
        answers=files.answers,
        progress=progress,
    )


def reading_of(layers: Layers, unit: str) -> Reading:
    """How the population file is understood with these layers beside it."""
    if layers.buildings is not None and layers.settled is not None:
        raise SettingError(
            "Residents follow either the buildings or the settlements: give only one of the two files."
        )
    by = "floor" if layers.buildings is not None else "mask" if layers.settled is not None else "area"
    return Reading(
        unit=unit,
        groups=dict(layers.groups),
        by=by,
        buildings=layers.buildings,
        mask=layers.settled,
        water=layers.water,
    )


def _require_units(units: Sequence[Path], layers: Layers) -> None:
    for path, what in ((layers.totals, text("Census totals")), (layers.urban, text("The built-up area"))):
        if not units and path is not None:
            raise SettingError("{what} belong to units: give a units file as well.", what=what)


def _outlines(units: Sequence[Path], crs: str, layers: Layers, answers: Answers) -> UnitFile | None:
    if not units:
        return None
    said = UnitAnswers(answers.units_level, answers.units_layers)
    return read_units(*units, crs=crs, urban=layers.urban, answers=said)


def _middle(area: shapely.Geometry) -> tuple[float, float]:
    west, south, east, north = area.bounds
    return (west + east) / 2, (south + north) / 2


def _census(units: UnitFile | None, layers: Layers) -> Totals | None:
    if layers.totals is None or units is None:
        return None
    return read_totals(layers.totals, units.table, column=layers.totals_column)


def _known(units: UnitFile | None, census: Totals | None) -> float | None:
    """Residents of the whole area as the census has them, else as the units file states them."""
    if units is None:
        return None
    if census is not None:
        units = replace(units, residents=census.values["residents"])
    return stated_residents(units)


def stated_residents(units: UnitFile) -> float | None:
    """Residents of the whole area by the coarsest level whose every unit states them; None if none does."""
    if units.residents is None:
        return None
    levels = units.table.frame["level"].to_numpy(object)
    for level in LEVELS:
        said = units.residents[levels == level]
        if len(said) and np.isfinite(said).all():
            return float(said.sum())
    return None


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


def unclear_unit(files: StudyFiles, *, progress: Progress = silent) -> Text | None:
    """The question to ask where nothing tells what a population raster counts; None where it is clear."""
    if not is_raster(files.population):
        return None
    try:
        people_of(replace(files, population_unit="ask"), progress=progress)
    except UnclearUnitError as unclear:
        return unclear.message
    return None
