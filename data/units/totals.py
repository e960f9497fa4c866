"""Census totals by unit from a table, put beside the units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.text import Text, listed, text
from coverage.equity.overlaps import level_word
from coverage.model.names import match_units
from coverage.model.tables import LEVELS, Floats, Ints, UnitTable
from data.formats.asked import OpenQuestionError
from data.formats.inputs_read import InputRead, because
from data.guard import guarded
from data.intake.findings import Finding
from data.population.columns import find_column
from data.population.tables.heads import RESIDENTS, everybody, understood
from data.population.tables.parts import parts_joined
from data.population.tables.roles import Columns, PeopleTable, people_of_table
from data.population.tables.table_files import Sheet, sheets_of
from data.units.columns import NAMES_OF, TITLES
from data.units.parents import spellings
from data.units.remarks import At, Remarks

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
# Sums of rounded figures differ by less.
_ROUNDED: Final = 0.005
_MOST_NAMED: Final = 12
_NO_UNIT: Final = text("Rows that fit no unit of their own are left out.")
CONTRADICT: Final = "totals-contradict"


@dataclass(frozen=True)
class Totals:
    """ "residents" and groups → (units,) totals in the units' order, NaN where the table says nothing.

    `column` is the title of residents, `rows_read` of `rows` rows gave a unit its total, `aside` are
    columns that could have been meant; `why` says which rows were left out and what was added up.
    """

    values: Mapping[str, Floats]
    findings: tuple[Finding, ...]
    column: str = ""
    rows: int = 0
    rows_read: int = 0
    aside: tuple[InputRead, ...] = ()
    why: Text | str = ""

    def level(self, units: UnitTable) -> str:
        """The finest level all of whose units have a total; without one that with most of them."""
        stated = np.isfinite(self.values["residents"])
        counts = {level: (int(stated[rows].sum()), len(rows)) for level, rows in _rows_of(units).items()}
        whole = [level for level, (has, of) in counts.items() if has == of]
        return whole[-1] if whole else max(counts, key=lambda level: counts[level][0])

    def level_findings(self, units: UnitTable, file: str) -> tuple[Finding, ...]:
        """Units of a level in part without a total, by name; and levels whose sums contradict each other."""
        remarks = Remarks(file)
        residents, laid = self.values["residents"], self.level(units)
        names = units.frame["name"].to_numpy(object)
        for level, rows in _rows_of(units).items():
            missing = rows[~np.isfinite(residents[rows])]
            if len(missing) and (level == laid or len(missing) < len(rows)):
                remarks.add("unit-without-total", _missing(level, laid, names[missing], len(rows)))
        for code, message in contradictions(units, residents):
            remarks.add(code, message)
            if code == CONTRADICT:
                remarks.add(code, text("The totals of the level {laid} are laid.", laid=level_word(laid)))
        return tuple(remarks.found)


def _missing(level: str, laid: str, names: np.ndarray, units: int) -> Text:
    named = listed(names, most=_MOST_NAMED)
    if level == laid:
        return text(
            "{count} of {units} units of the level {level} have no total that can be read: {names}. Nobody "
            "is laid on them.",
            count=len(names),
            units=units,
            level=level_word(level),
            names=named,
        )
    return text(
        "{count} of {units} units of the level {level} have no total: {names}. The totals of that level are "
        "not laid; those of the level {laid} are.",
        count=len(names),
        units=units,
        level=level_word(level),
        names=named,
        laid=level_word(laid),
    )


def contradictions(units: UnitTable, residents: Floats) -> list[tuple[str, Text]]:
    """Where units' own figures are not the sums of their parts': (code, sentence), for each level both sums,
    and by name the units that are farthest off. `residents` (units,), NaN where nothing is stated."""
    frame = units.frame
    row_of = dict(zip(frame["unit_id"], range(len(frame)), strict=False))
    above = np.asarray([row_of.get(parent, -1) for parent in frame["parent_id"]], np.int64)
    found: list[tuple[str, Text]] = []
    for level, rows in list(_rows_of(units).items())[1:]:
        parents = np.unique(above[rows][above[rows] >= 0])
        added = np.array([residents[rows[above[rows] == parent]].sum() for parent in parents])
        off = np.abs(added - residents[parents])  # NaN where something is not stated
        wrong = np.flatnonzero(off > np.maximum(0.5, _ROUNDED * residents[parents]))
        for of in dict.fromkeys(frame["level"].iloc[parents[wrong]]):
            mine = wrong[(frame["level"].iloc[parents[wrong]] == of).to_numpy()]
            message = text(
                "{count:,} {count:unit|units} of the level {parent} {count:states|state} {total:,.0f} "
                "residents, the parts of the level {level} add up to {sum:,.0f}.",
                count=len(mine),
                parent=level_word(of),
                total=float(residents[parents[mine]].sum()),
                level=level_word(level),
                sum=float(added[mine].sum()),
            )
            found.append((CONTRADICT, message))
        for k in wrong[np.argsort(-off[wrong], kind="stable")][:_MOST_NAMED]:
            message = text(
                "{name} states {total:,.0f} residents, its units of the level {level} add up to {sum:,.0f}.",
                name=frame["name"].iloc[parents[k]],
                total=float(residents[parents[k]]),
                level=level_word(level),
                sum=float(added[k]),
            )
            found.append((f"{CONTRADICT}-in-unit", message))
    return found


@guarded
def read_totals(
    path: Path,
    units: UnitTable,
    *,
    column: str = "",
    group_units: Mapping[str, str] | None = None,
    sheets: Sequence[Sheet] | None = None,
) -> Totals:
    """Totals of a table by unit number, else by name; `column` names the residents' where it is unusual.

    Units of one name are told apart by a column of the unit above. Rows that fit no unit, or
    several, or one that has a total already, and figures that cannot be read are listed with their unit.
    `sheets` are the file's tables where they have been read. InputError without a column of residents or
    of numbers or names, and where no row fits.
    """
    tables, years = parts_joined(sheets or sheets_of(path))
    named = [s for s in tables if find_column(s.titles, TITLES["numbers"]) or _name_column(s.titles)]
    if not named:
        raise InputError(
            "{file}: no column names the units. The columns are: {columns}.",
            file=path.name,
            columns=listed(tables[0].titles[:20]) if tables else "",
        )
    heads = [[understood(title) for title in one.titles] for one in named]
    counting = [any(head.kind == RESIDENTS for head in own) or bool(everybody(own)) for own in heads]
    named = [one for one, counts in zip(named, counting, strict=True) if counts] or named[:1]
    if len(named) > 1:
        raise _several(named, path.name, can_name=sheets is not None)
    sheet = named[0]
    titles = sheet.titles
    key = [name for name in (find_column(titles, TITLES["numbers"]), _name_column(titles)) if name]
    above = find_column([title for title in titles if title not in key], _PARENTS)
    asked = Columns(column, "auto", group_units or {})
    if sheets is None:
        asked = replace(asked, option="--totals-column", field="totals_column")
    people = people_of_table(sheet, path.name, asked, key=[*key, *([above] if above else [])])
    row_of, remarks = _rows(people.frame, units), Remarks(path.name)
    # Which rows count: those with a unit and a number, of several for one unit the first.
    usable = (row_of >= 0) & (people.residents >= 0)
    fits, rows = np.zeros(len(row_of), bool), np.flatnonzero(usable)
    fits[rows[np.unique(row_of[rows], return_index=True)[1]]] = True
    names = units.frame["name"].to_numpy(object)
    for row in np.flatnonzero(~fits & (people.residents > 0)):
        message = text(
            "This row with {residents:,.0f} residents fits no unit, or several, or one that has a "
            "total already.",
            residents=float(people.residents[row]),
        )
        remarks.add("unit-unknown", message, _at(sheet, people, int(row)), level="error")
    for row in np.flatnonzero(~(people.residents >= 0) & (row_of >= 0)):
        message = text(
            "The residents of {name} (“{value}”) cannot be read; the unit has no total.",
            name=names[row_of[row]],
            value=str(people.frame[people.column].iloc[int(row)]),
        )
        remarks.add("total-unreadable", message, _at(sheet, people, int(row)), level="error")
    if not fits.any():
        raise InputError("{file}: no row fits a unit by its number or name.", file=path.name)
    values = {}
    for name, counts in {"residents": people.residents, **people.groups}.items():
        values[name] = np.full(len(units), np.nan)
        values[name][row_of[fits]] = counts[fits]
    findings = (*people.findings, *remarks.found)
    why = because(people.why, _NO_UNIT if not fits.all() else "")
    aside = (
        *people.aside,
        *(
            InputRead("population", path.name, one.name, rows_left_out=one.rows, used=False, why=one.why)
            for one in years
        ),
    )
    return Totals(values, findings, people.column, people.rows, int(fits.sum()), aside, why)


def _at(sheet: Sheet, people: PeopleTable, row: int) -> At:
    name, number = sheet.at(int(people.frame.index[row]))
    return At(number, layer=name if sheet.parts else "")


def _several(sheets: Sequence[Sheet], file: str, *, can_name: bool) -> InputError:
    """The refusal of sheets of which each could be meant, or the question where an option can name one."""
    names = [sheet.name for sheet in sheets]
    if not can_name:
        return InputError(
            "{file}: several sheets hold figures by unit: {names}. Leave only one of them in the file.",
            file=file,
            names=listed(names, most=10),
        )
    return OpenQuestionError(
        text(
            "{file} holds residents in {count} layers: {names}. Name the right one with --population-layer.",
            file=file,
            count=len(names),
            names=listed(names, most=10),
        ),
        option="--population-layer",
        field="population_layer",
        choices=names,
    )


def _name_column(titles: Sequence[str]) -> str | None:
    return find_column(titles, _NAMES)


def _rows_of(units: UnitTable) -> dict[str, Ints]:
    return {level: units.of_level(level) for level in LEVELS if level in units.levels}


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
        # Codes are kept as text (“'320102”) or numbers (320102.0), with or without the zeros of lower levels.
        row_of = dict[str, int]()
        for row, unit_id in enumerate(units.frame["unit_id"]):
            row_of |= dict.fromkeys(spellings(str(unit_id)), row)
        row_of |= {unit_id: row for row, unit_id in enumerate(units.frame["unit_id"])}
        codes = [re.sub(r"\.0+$|[\s-]+", "", str(value).strip().lstrip("'’‘")) for value in frame[code]]
        by_code = np.asarray([row_of.get(word, -1) for word in codes], np.int64)
        rows = np.where(by_code >= 0, by_code, rows)
    return rows
