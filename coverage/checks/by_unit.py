"""The same figures for every unit of every level."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coverage.checks.measured import Measured
from coverage.results import judge, ratio
from coverage.study import Study
from coverage.tables import URBAN, Bools, Floats, Ints


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
        table = pd.DataFrame({"unit_row": unit_of[rows], **classes})
        counts = table[table["unit_row"] >= 0].groupby("unit_row", sort=True).sum().astype(int).reset_index()
        counts.insert(1, "level", level)
        parts.append(counts.assign(facilities=counts[list(classes)].sum(axis=1)))
    if not parts:
        return pd.DataFrame(columns=["unit_row", "level", *classes, "facilities", "share", "verdict"])
    table = pd.concat(parts, ignore_index=True)
    return judged(table, table["within"], table["facilities"], measured)


def units_by_unit(measured: Measured, units: Ints, met: Bools) -> pd.DataFrame:
    """The units themselves (1 of 1, or 0 of 1), and for those above them how many of theirs are met."""
    study = measured.study
    if study.units is None:
        return pd.DataFrame(columns=["unit_row", "level", "units", "units_met", "share", "verdict"])
    parts, above = [], units
    parents = parent_rows(study)
    while (above >= 0).any():
        known = above >= 0
        table = pd.DataFrame({"unit_row": above[known], "units": 1, "units_met": met[known].astype(int)})
        parts.append(table.groupby("unit_row", sort=True).sum().reset_index())
        above = np.where(known, parents[np.maximum(above, 0)], -1)
    table = pd.concat(parts, ignore_index=True)
    table.insert(1, "level", study.units.frame["level"].to_numpy()[table["unit_row"].to_numpy()])
    return judged(table, table["units_met"], table["units"], measured)


def units_of(study: Study, level: str, settlement: str) -> Ints:
    """Rows of the units of a level and settlement ("any": all); one that states none counts as urban."""
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
    shares = [ratio(p, w) for p, w in zip(part, whole, strict=True)]
    verdicts = [judge(share, measured.limits) for share in shares]
    return table.assign(
        share=np.asarray([np.nan if share is None else share for share in shares], float),
        verdict=[verdict.value if verdict else "" for verdict in verdicts],
    )
