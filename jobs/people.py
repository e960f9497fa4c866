"""Residents and the units they live in: read together, since each tells something of the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coverage.overlaps import outside_notes, overlap_notes
from coverage.study import Study
from coverage.tables import LEVELS
from data.intake.findings import ERROR, INFO
from data.population import PopulationFile, Reading, is_raster, read_population
from data.units import UnitFile, read_area, read_units
from geo.crs import metric_crs
from geo.text import Text, text


@dataclass(frozen=True)
class People:
    """The residents' file, and the units file if there is one, in one metric CRS."""

    population: PopulationFile
    units: UnitFile | None

    @property
    def crs(self) -> str:
        return self.population.grid.crs


def read_people(population: Path, units: Path | None, *, unit: str = "auto") -> People:
    """Read both. InputError says which file cannot be used and why.

    Of a raster only the ground of the units is read, and what the units file says of residents
    checks whether its numbers are counts or densities; `unit` states it. Without units the
    residents' place decides the CRS, and a raster is read whole.
    """
    if units is None or not is_raster(population):
        read = read_population(population, reading=Reading(unit=unit))
        return People(read, None if units is None else read_units(units, crs=read.grid.crs))
    area = read_area(units)
    west, south, east, north = area.bounds
    outlines = read_units(units, crs=metric_crs((west + east) / 2, (south + north) / 2))
    reading = Reading(unit=unit, area=area, known_residents=stated_residents(outlines))
    return People(read_population(population, crs=outlines.table.crs, reading=reading), outlines)


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
        notes.append(text("{count} values of the population table could not be used.", count=unusable))
    notes += [finding.message for finding in population.findings if finding.level != ERROR]
    if units is not None:
        remarks = sum(1 for finding in units.findings if finding.level != INFO)
        if remarks:
            notes.append(text("{count} remarks on the units file.", count=remarks))
        notes += overlap_notes(units.overlaps, units.table, study.grid)
        notes += outside_notes(study.cells_in, study.grid)
    return tuple(notes)
