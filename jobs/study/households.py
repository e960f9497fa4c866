"""Households that the units state, laid on the cells of each unit in proportion to its residents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.text import text
from coverage.equity.overlaps import level_word
from coverage.model.membership import locate
from coverage.model.tables import HOUSEHOLDS
from data.intake.findings import INFO, WARNING, Finding
from data.population import PopulationFile
from data.units import UnitFile


def with_households(read: PopulationFile, units: UnitFile) -> PopulationFile:
    """The residents with households, where the units state them and the population files do not.

    The finest level that states any counts. A unit there that states none has as many residents a household
    as those that do, which is said; what units without residents state is left out, and said too.
    """
    stated, grid = units.households, read.grid
    if stated is None or HOUSEHOLDS in grid.groups:
        return read
    frame = units.table.frame
    levels = [level for level in units.table.levels if np.isfinite(stated[units.table.of_level(level)]).any()]
    level = levels[-1]
    rows = locate(units.table, grid.xy).rows[level]
    there = np.bincount(rows[rows >= 0], weights=grid.residents[rows >= 0], minlength=len(frame))
    of_level = np.asarray(frame["level"] == level)
    known = of_level & np.isfinite(stated)
    lived_in = known & (there > 0)
    homes = float(stated[lived_in].sum())
    if homes <= 0:
        return read
    size = float(there[lived_in].sum()) / homes
    share = np.divide(stated, there, out=np.full(len(frame), 1.0 / size), where=lived_in)
    counted = grid.residents * np.where(rows >= 0, share[rows], 1.0 / size)
    file = str(units.read[0].file) if units.read else ""
    message = text(
        "{homes:,.0f} households stated by {count} units of the level {level} were laid on their residents.",
        homes=homes,
        count=int(lived_in.sum()),
        level=level_word(level),
    )
    told = [Finding(file, "", 0, "", INFO, "unit-households", message)]
    silent = int((of_level & ~known & (there > 0)).sum())
    if silent:
        message = text(
            "{count} units state no households; there {size:.2f} residents are taken for one household, as "
            "in the units that do: an estimate.",
            count=silent,
            size=size,
        )
        told.append(Finding(file, "", 0, "", WARNING, "unit-households", message))
    lost = float(stated[known & (there <= 0)].sum())
    if lost > 0:
        message = text("{homes:,.0f} households are stated for units without residents.", homes=lost)
        told.append(Finding(file, "", 0, "", WARNING, "unit-households", message))
    grid = replace(grid, groups={**grid.groups, HOUSEHOLDS: counted})
    return replace(read, grid=grid, findings=(*read.findings, *told))
