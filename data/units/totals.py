"""Census totals by unit from a table, put beside the units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from coverage.names import match_units
from coverage.tables import Floats, UnitTable
from data.intake.findings import Finding
from data.population.columns import GROUP_COLUMNS, RESIDENT_COLUMNS, find_column
from data.population.tables import read_csv_table
from data.units.columns import ID_COLUMNS, NAME_COLUMNS
from data.units.remarks import Remarks
from geo.errors import InputError
from geo.text import text


@dataclass(frozen=True)
class Totals:
    """ "residents" and groups → (units,) totals in the units' order, NaN where the table says nothing."""

    values: Mapping[str, Floats]
    findings: tuple[Finding, ...]


def read_totals(path: Path, units: UnitTable, *, column: str | None = None) -> Totals:
    """Totals of a CSV by unit number, else by name; `column` names the residents' where it is unusual.

    Rows that fit no unit, or several, are listed with their residents. InputError without a
    column of residents or of numbers or names.
    """
    frame = read_csv_table(path)
    columns = [str(name) for name in frame.columns]
    wanted = {"residents": column or find_column(columns, RESIDENT_COLUMNS)}
    wanted |= {name: find_column(columns, aliases) for name, aliases in GROUP_COLUMNS.items()}
    if wanted["residents"] not in columns:
        raise InputError(
            "{file}: no column holds residents. The columns are: {columns}.",
            file=path.name,
            columns=", ".join(columns[:20]),
        )
    row_of, remarks = _rows(frame, units, path.name), Remarks(path.name)
    fits = row_of >= 0
    numbers = {name: _numbers(frame[title]) for name, title in wanted.items() if title}
    for row in np.flatnonzero(~fits):
        message = text(
            "This row with {residents:,.0f} residents fits no unit, or several.",
            residents=float(np.nan_to_num(numbers["residents"][row])),
        )
        remarks.add("unit-unknown", message, row=int(row) + 2, level="error")
    values = {}
    for name, counts in numbers.items():
        values[name] = np.full(len(units), np.nan)
        values[name][row_of[fits]] = counts[fits]
    return Totals(values, tuple(remarks.found))


def _rows(frame: pd.DataFrame, units: UnitTable, file: str) -> np.ndarray:
    columns = [str(name) for name in frame.columns]
    code, name = find_column(columns, ID_COLUMNS), find_column(columns, NAME_COLUMNS)
    if code is None and name is None:
        raise InputError("{file}: no column holds the units' numbers or names.", file=file)
    rows = np.full(len(frame), -1, np.int64)
    if name is not None:
        names = units.frame["name"].tolist()
        rows[:] = match_units(
            frame[name].tolist(), names, parents_declared=[""] * len(frame), parents=[""] * len(names)
        )
    if code is not None:
        row_of = {unit_id: row for row, unit_id in enumerate(units.frame["unit_id"])}
        by_code = np.asarray([row_of.get(str(value).strip(), -1) for value in frame[code]], np.int64)
        rows = np.where(by_code >= 0, by_code, rows)
    return rows


def _numbers(column: pd.Series[str]) -> Floats:
    numbers: Floats = pd.to_numeric(column.str.replace(",", ""), errors="coerce").to_numpy(
        float, na_value=np.nan
    )
    return np.where(numbers >= 0, numbers, np.nan)
