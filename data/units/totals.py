"""Census totals by unit from a table, put beside the units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.text import text
from coverage.model.names import match_units
from coverage.model.tables import LEVELS, Floats, Ints, UnitTable
from data.intake.findings import Finding
from data.population.columns import GROUP_COLUMNS, RESIDENT_COLUMNS, find_column
from data.population.office_table import read_office_table
from data.units.columns import NAMES_OF, TITLES
from data.units.remarks import Remarks

_NAMES: Final = (
    *TITLES["names"],
    "单位",
    "区域",
    "地区",
    *NAMES_OF["community"],
    *NAMES_OF["street"],
    *NAMES_OF["district"],
)
_PARENTS: Final = (*TITLES["parents"], *NAMES_OF["street"], *NAMES_OF["district"])


@dataclass(frozen=True)
class Totals:
    """ "residents" and groups → (units,) totals in the units' order, NaN where the table says nothing."""

    values: Mapping[str, Floats]
    findings: tuple[Finding, ...]

    def level(self, units: UnitTable) -> str:
        """The finest level all of whose units have a total; without one that with most of them."""
        stated = np.isfinite(self.values["residents"])
        counts = {level: (int(stated[rows].sum()), len(rows)) for level, rows in _rows_of(units).items()}
        whole = [level for level, (has, of) in counts.items() if has == of]
        return whole[-1] if whole else max(counts, key=lambda level: counts[level][0])


def read_totals(path: Path, units: UnitTable, *, column: str = "") -> Totals:
    """Totals of a table by unit number, else by name; `column` names the residents' where it is unusual.

    Units of one name are told apart by a column of the unit above. Rows that fit no unit, or
    several, or one that has a total already, are listed with their residents. InputError without
    a column of residents or of numbers or names, and where no row fits.
    """
    residents = (column,) if column else RESIDENT_COLUMNS
    frame = read_office_table(path, (residents, (*TITLES["numbers"], *_NAMES)))
    columns = [str(name) for name in frame.columns]
    wanted = {"residents": find_column(columns, residents)}
    wanted |= {name: find_column(columns, aliases) for name, aliases in GROUP_COLUMNS.items()}
    row_of, remarks = _rows(frame, units), Remarks(path.name)
    numbers = {name: _numbers(frame[title]) for name, title in wanted.items() if title}
    fits = _once(row_of, numbers["residents"])
    for row in np.flatnonzero(~fits & (numbers["residents"] > 0)):
        message = text(
            "This row with {residents:,.0f} residents fits no unit, or several, or one that has a "
            "total already.",
            residents=float(numbers["residents"][row]),
        )
        remarks.add("unit-unknown", message, row=int(frame.index[int(row)]), level="error")
    if not fits.any():
        raise InputError("{file}: no row fits a unit by its number or name.", file=path.name)
    values = {}
    for name, counts in numbers.items():
        values[name] = np.full(len(units), np.nan)
        values[name][row_of[fits]] = counts[fits]
    return Totals(values, tuple(remarks.found))


def _rows_of(units: UnitTable) -> dict[str, Ints]:
    return {level: units.of_level(level) for level in LEVELS if level in units.levels}


def _once(row_of: Ints, residents: Floats) -> np.ndarray:
    """Which rows count: those with a unit and a number, of several for one unit the first."""
    usable = (row_of >= 0) & np.isfinite(residents)
    first = np.zeros(len(row_of), bool)
    rows = np.flatnonzero(usable)
    first[rows[np.unique(row_of[rows], return_index=True)[1]]] = True
    return first


def _rows(frame: pd.DataFrame, units: UnitTable) -> Ints:
    columns = [str(name) for name in frame.columns]
    code, name = find_column(columns, TITLES["numbers"]), find_column(columns, _NAMES)
    rows = np.full(len(frame), -1, np.int64)
    if name is not None:
        above = find_column([title for title in columns if title != name], _PARENTS)
        names, ids = units.frame["name"].tolist(), units.frame["unit_id"].tolist()
        name_of = dict(zip(ids, names, strict=True))
        rows[:] = match_units(
            frame[name].tolist(),
            names,
            parents_declared=frame[above].tolist() if above else [""] * len(frame),
            parents=[name_of.get(parent, "") for parent in units.frame["parent_id"]],
        )
    if code is not None:
        row_of = {unit_id: row for row, unit_id in enumerate(units.frame["unit_id"])}
        by_code = np.asarray([row_of.get(str(value).strip(), -1) for value in frame[code]], np.int64)
        rows = np.where(by_code >= 0, by_code, rows)
    return rows


def _numbers(column: pd.Series[str]) -> Floats:
    numbers: Floats = pd.to_numeric(
        column.str.replace(r"[,，\s人]", "", regex=True), errors="coerce"
    ).to_numpy(float, na_value=np.nan)
    return np.where(numbers >= 0, numbers, np.nan)
