"""The same figures for every unit of every level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coverage.checks.measured import Measured
from coverage.model.standard import Verdict
from coverage.model.study import Study
from coverage.model.tables import URBAN, Bools, Floats, Ints


def sum_by(rows: Ints, values: Floats, n: int) -> Floats:
    """Sums of `values` for row numbers 0 … n-1; entries whose row is -1 belong to nobody."""
    # Nobody's row -1 becomes row 0 and is cut off: faster than picking the others out twice.
    sums: Floats = np.bincount(rows + 1, weights=values, minlength=n + 1)[1:].astype(float)
    return sums


def residents_by_unit(measured: Measured, subject: Bools, met: Bools) -> pd.DataFrame:
    """Columns unit_row, level, residents, residents_met, share, verdict; every unit of every level."""
    study = measured.study
    if study.units is None:
        return pd.DataFrame(columns=["unit_row", "level", "residents", "residents_met", "share", "verdict"])
    residents, residents_met = measured.residents * subject, measured.residents * met
    parts = []
    for level, rows in study.cells_in.rows.items():
        of_level = study.units.of_level(level)
        sums = {
            "residents": sum_by(rows, residents, len(study.units))[of_level],
            "residents_met": sum_by(rows, residents_met, len(study.units))[of_level],
        }
        parts.append(pd.DataFrame({"unit_row": of_level, "level": level, **sums}))
    table = pd.concat(parts, ignore_index=True)
    return judged(table, table["residents_met"], table["residents"], measured)


def facilities_by_unit(measured: Measured, rows: Ints, classes: Mapping[str, Bools]) -> pd.DataFrame:
    """How many facilities (`rows` of the table) of each class stand for each unit that has any."""
    parts = []
    for level, unit_of in measured.study.facilities_in.rows.items():
        known = unit_of[rows] >= 0
        counted, counts = _counts(unit_of[rows][known], [mask[known] for mask in classes.values()])
        columns = dict(zip(classes, counts, strict=True))
        parts.append(
            pd.DataFrame({"unit_row": counted, "level": level, **columns, "facilities": sum(counts)})
        )
    if not parts:
        return pd.DataFrame(columns=["unit_row", "level", *classes, "facilities", "share", "verdict"])
    table = pd.concat(parts, ignore_index=True)
    return judged(table, table["within"], table["facilities"], measured)


def units_by_unit(measured: Measured, units: Ints, met: Bools, empty: Ints) -> pd.DataFrame:
    """The units themselves (1 of 1, or 0 of 1), and for those above them how many of theirs are met.

    `empty` are units that are not judged since nobody lives in them: 0 of 0, with an empty verdict.
    """
    study = measured.study
    if study.units is None:
        return pd.DataFrame(columns=["unit_row", "level", "units", "units_met", "share", "verdict"])
    parents = parent_rows(study)
    parts, above = [], units
    while (above >= 0).any():
        known = above >= 0
        counted, (all_of, met_of) = _counts(above[known], [np.ones(int(known.sum()), bool), met[known]])
        parts.append(pd.DataFrame({"unit_row": counted, "units": all_of, "units_met": met_of}))
        above = np.where(known, parents[np.maximum(above, 0)], -1)
    listed = np.concatenate([part["unit_row"].to_numpy() for part in parts]) if parts else units
    while len(empty):
        silent = np.setdiff1d(empty, listed)
        parts.append(pd.DataFrame({"unit_row": silent, "units": 0, "units_met": 0}))
        listed = np.concatenate([listed, silent])
        empty = np.unique(parents[silent][parents[silent] >= 0])
    table = pd.concat(parts, ignore_index=True)
    table.insert(1, "level", study.units.frame["level"].to_numpy()[table["unit_row"].to_numpy()])
    return judged(table, table["units_met"], table["units"], measured)


def _counts(units: Ints, masks: Sequence[Bools]) -> tuple[Ints, list[Ints]]:
    """The units that occur, ascending, and how often each does where a mask is true."""
    found = np.flatnonzero(np.bincount(units))
    return found, [
        np.bincount(units[mask], minlength=int(found[-1]) + 1 if len(found) else 0)[found] for mask in masks
    ]


def units_of(study: Study, level: str, settlement: str) -> Ints:
    """Rows of the units of a level and settlement ("any": all) in which somebody lives; one that states
    no settlement counts as urban. A unit without residents in the study, or outside it, is not judged."""
    units = _all_units_of(study, level, settlement)
    return units[_residents_of(study, level)[units] > 0] if len(units) else units


def empty_units_of(study: Study, level: str, settlement: str) -> Ints:
    """Rows of the units of a level and settlement in which nobody lives."""
    units = _all_units_of(study, level, settlement)
    return units[_residents_of(study, level)[units] <= 0] if len(units) else units


def _residents_of(study: Study, level: str) -> Floats:
    count = 0 if study.units is None else len(study.units)
    return sum_by(study.cells_in.rows[level], study.grid.residents, count)


def _all_units_of(study: Study, level: str, settlement: str) -> Ints:
    if study.units is None or level not in study.units.levels:
        return np.empty(0, np.int64)
    units = study.units.of_level(level)
    if settlement == "any":
        return units
    stated = study.units.frame["settlement"].to_numpy(str)[units]
    return np.asarray(units[np.where(stated == "", URBAN, stated) == settlement])


def parent_rows(study: Study) -> Ints:
    """(units,) the row of each unit's parent, -1 at the top."""
    if study.units is None:
        return np.empty(0, np.int64)
    row_of = {unit_id: row for row, unit_id in enumerate(study.units.frame["unit_id"])}
    return np.asarray([row_of.get(parent, -1) for parent in study.units.frame["parent_id"]], np.int64)


def judged(
    table: pd.DataFrame, part: pd.Series[float], whole: pd.Series[float], measured: Measured
) -> pd.DataFrame:
    """`table` with `share` (NaN where there is no whole) and `verdict` ("" there)."""
    of, among = part.to_numpy(float), whole.to_numpy(float)
    share = np.full(len(among), np.nan)
    np.divide(of, among, out=share, where=among > 0)
    limits = measured.limits
    verdict = np.select(
        [share >= limits.meets_share, share >= limits.nearly_share, among > 0],
        [Verdict.MEETS.value, Verdict.NEARLY.value, Verdict.NOT.value],
        "",
    )
    return table.assign(share=share, verdict=verdict.tolist())
