"""Census totals laid on residents that were read, and what that changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from core.text import Text, text
from coverage.equity.overlaps import level_word
from coverage.measuring.redistribute import Rescaled, rescale_to_units
from coverage.model.tables import PopulationGrid, UnitTable
from data.formats.inputs_read import InputRead
from data.intake.findings import INFO, WARNING, Finding
from data.population import PopulationFile
from data.units import Totals

# A unit whose residents change more than this often carries somebody else's total.
_LARGE: Final = 2.0
_MOST_LISTED: Final = 30


def scaled_to(totals: Totals, read: PopulationFile, units: UnitTable, *, file: str) -> PopulationFile:
    """The residents with each unit's total that of the census, in the proportions of the file."""
    level = totals.level(units)
    done = rescale_to_units(read.grid, units, totals.values, level=level)
    told = [Finding(file, "", 0, "", INFO, "population-scaled", _told(read.grid, done, units, level))]
    told += [Finding(file, "", 0, "", WARNING, "population-total", message) for message in _odd(done, units)]
    chosen = InputRead(
        "totals", file, column=totals.column, unit=text("residents"), rows_read=totals.rows_read,
        rows_left_out=totals.rows - totals.rows_read,
    )  # fmt: skip
    aside = tuple(replace(entry, role="totals") for entry in totals.aside)
    findings = (*read.findings, *totals.findings, *totals.level_findings(units, file), *told)
    return replace(read, grid=done.grid, findings=findings, read=(*read.read, chosen, *aside))


def _told(before: PopulationGrid, done: Rescaled, units: UnitTable, level: str) -> Text:
    rows = units.of_level(level)
    return text(
        "Census totals of {stated} of {units} units of the level {level} were laid on the residents: "
        "{before:,.1f} became {after:,.1f}. {outside:,.1f} of them live in no unit of that level and stayed.",
        stated=int(np.isfinite(done.factor[rows]).sum()),
        units=len(rows),
        level=level_word(level),
        before=before.total,
        after=done.grid.total,
        outside=done.outside,
    )


def _odd(done: Rescaled, units: UnitTable) -> list[Text]:
    """Units that had nobody, and units that changed a lot."""
    names = units.frame["name"].to_numpy(object)
    messages = [
        text("{name} had no populated cell; its total counts at one point inside.", name=names[row])
        for row in done.placed
    ]
    factor = np.nan_to_num(done.factor, nan=1.0)
    large = np.flatnonzero((factor > _LARGE) | (factor < 1 / _LARGE))
    messages += [
        text(
            "The residents of {name} were multiplied by {factor:.3g}. Does the total belong to this unit?",
            name=names[row],
            factor=float(factor[row]),
        )
        for row in large
    ]
    more = len(messages) - _MOST_LISTED
    if more <= 0:
        return messages
    return [
        *messages[:_MOST_LISTED],
        text("{count:,} more {count:remark|remarks} like the ones before.", count=more),
    ]
