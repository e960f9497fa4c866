"""What was read, held against what is known: both numbers are said where they contradict each other."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from core.text import text
from coverage.equity.overlaps import level_word
from coverage.model.tables import LEVELS
from data.intake.findings import WARNING, Finding
from data.population import PopulationFile
from data.units import UnitFile

# Estimates of one year differ from a register by less.
_DIFFERS: Final = 0.15
_MOST_NAMED: Final = 12


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


def against_stated(read: PopulationFile, units: UnitFile | None, file: str) -> tuple[Finding, ...]:
    """A finding where the residents read and those that the units state differ by more than 15 %."""
    stated = None if units is None else stated_residents(units)
    total = read.grid.total
    if not stated or abs(total - stated) <= _DIFFERS * stated:
        return ()
    message = text(
        "{file} gives {total:,.0f} residents in the study area; the units state {stated:,.0f}, "
        "{factor:.2g} times as many. "
        "One of the two is another year, another ground or another unit.",
        file=file,
        total=total,
        stated=stated,
        factor=stated / max(total, 1e-9),
    )
    return (Finding(file, "", 0, "", WARNING, "population-against-units", message),)


def without_anybody(read: PopulationFile, units: UnitFile, file: str) -> tuple[Finding, ...]:
    """A finding that names the units of the finest level in which no resident was found."""
    table, grid = units.table, read.grid
    level = [name for name in LEVELS if len(table.of_level(name))][-1]
    rows = table.of_level(level)
    shapes = table.frame.geometry.to_numpy()[rows]
    lived = grid.residents > 0
    unit, _ = shapely.STRtree(shapely.points(grid.xy[lived])).query(shapes, predicate="intersects")
    empty = np.setdiff1d(np.arange(len(rows)), unit)
    if not len(empty) or len(empty) == len(rows):
        return ()
    names = table.frame["name"].to_numpy(object)[rows[empty]]
    message = text(
        "{file} has nobody in {count:,} of {units:,} units of the level {level}: {names}. Does it cover "
        "the whole study "
        "area?",
        file=file,
        count=len(empty),
        units=len(rows),
        level=level_word(level),
        names=", ".join(map(str, names[:_MOST_NAMED])) + (" …" if len(names) > _MOST_NAMED else ""),
    )
    return (Finding(file, "", 0, "", WARNING, "population-nobody-in-unit", message),)
