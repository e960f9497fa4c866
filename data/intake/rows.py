"""Rows of a table → drafts of facilities: every cell understood, nothing placed yet."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from core.text import Text, text
from data.formats.raw import Cell, Row
from data.intake.columns import KEPT_FIELDS, PERSONAL
from data.intake.decisions import ADDRESS, HAND, LIST
from data.intake.drafts import SET_ASIDE, Draft, RowCells
from data.intake.findings import ERROR, INFO, WARNING, Notebook
from data.intake.numbers import Kind, as_written, is_ditto, is_missing, parse_date, parse_number, plain
from data.intake.pairs import read_coordinates
from data.intake.sheets import Table
from data.intake.tiers import (
    CENTRE,
    CLOSED,
    OPEN,
    PLANNED,
    STATION,
    status_of,
    tier_of_kind,
    tier_of_name,
    tier_of_title,
)

_TEXT_FIELDS: Final = (
    "name",
    "district",
    "street",
    "community",
    "address",
    "remark",
    "source",
    "facility_id",
)
_NUMBER_FIELDS: Final = ("places", "capacity", "area_m2", "residents_declared")
_LOCATED_BY: Final = (HAND, ADDRESS)


def read_rows(table: Table, number: int, notes: Notebook, *, personal: bool = False) -> list[Draft]:
    """One draft for every row of the table, in order; `number` is the table's among all tables.

    Columns with personal data are passed over, and said so, unless `personal` is wanted: then they stand
    together in the value of that name.
    """
    if not personal:
        _note_personal(table, notes)
    above: dict[str, Cell] = {}
    drafts = []
    for row_number, row in table.rows:
        by_field = _by_field(table, row)
        for name, cell in by_field.items():
            if is_ditto(cell):
                by_field[name] = above.get(name)
                column = table.column_of(name)
                notes.tally(
                    "ditto",
                    text("“{word}” was read as the value of the row above.", word=plain(cell)),
                    row_number,
                    column,
                )
        above = by_field
        draft = _draft(RowCells(table, row_number, by_field, notes), number)
        draft.values["personal"] = _personal(table, row) if personal else ""
        drafts.append(draft)
    notes.flush()
    return drafts


def _by_field(table: Table, row: Row) -> dict[str, Cell]:
    return {
        name: row[column] if column < len(row) else None
        for column, name in table.fields.items()
        if name in KEPT_FIELDS
    }


def _personal(table: Table, row: Row) -> str:
    """“联系人: 张三；电话: 1380…”, for who asked for it."""
    said = {
        table.titles[column]: as_written(row[column])
        for column, name in table.fields.items()
        if name == PERSONAL and column < len(row) and not is_missing(row[column])
    }
    return "；".join(f"{title}: {value}" for title, value in said.items())


def _note_personal(table: Table, notes: Notebook) -> None:
    dropped = [table.titles[column] for column, name in table.fields.items() if name == PERSONAL]
    if dropped:
        notes.note(
            INFO,
            "personal-data-dropped",
            text("Columns with personal data were not read: {columns}.", columns="、".join(dropped)),
        )


def _draft(cells: RowCells, number: int) -> Draft:
    draft = Draft(number, cells.row)
    draft.values = {name: cells.said(name) for name in _TEXT_FIELDS}
    draft.values["services"] = listed_services(cells.said("services"))
    said_by = cells.said("located_by")
    draft.values["located_by"] = said_by if said_by in _LOCATED_BY else LIST
    _read_status(draft, cells)
    cells = replace(cells, set_aside=draft.outcome == SET_ASIDE)
    _fill_units_from_sheet(draft, cells)
    _read_name(draft, cells)
    _read_tier(draft, cells)
    _read_numbers(draft, cells)
    _read_opened(draft, cells)
    read_coordinates(draft, cells)
    return draft


def listed_services(written: str) -> str:
    """The services of a cell one after the other, with “、” between them.

    >>> listed_services("就业社保；居家养老 / 文化体育")
    '就业社保、居家养老、文化体育'
    """
    return "、".join(part.strip() for part in re.split(r"[,，;；、/|｜\n]+", written) if part.strip())


def _fill_units_from_sheet(draft: Draft, cells: RowCells) -> None:
    """A sheet named “玄武区” or “梅园街道” declares it for rows that say nothing themselves."""
    name = plain(cells.table.sheet.name)
    level = next((level for level, pattern in _SHEET_UNITS if pattern.fullmatch(name)), "")
    if level and not draft.values[level]:
        draft.values[level] = name
        cells.notes.tally("unit-from-sheet", text("“{unit}” was taken from the sheet's name.", unit=name))


_SHEET_UNITS: Final = (("district", re.compile(r"\S+[区县]")), ("street", re.compile(r"\S+(街道|镇|乡)")))


def _read_name(draft: Draft, cells: RowCells) -> None:
    if draft.values["name"]:
        return
    if "name" in cells.by_field:
        draft.refuse()
        cells.note(ERROR, "missing-name", text("The name is missing. Write the facility's name."), "name")
        return
    draft.values["name"] = draft.values["facility_id"] or str(cells.row)


def _read_tier(draft: Draft, cells: RowCells) -> None:
    kind = cells.said("tier")
    from_name = None if tier_of_kind(kind) else tier_of_name(draft.values["name"])
    tier = tier_of_kind(kind) or from_name or kind.lower()
    draft.values["tier"] = tier
    if from_name and kind:
        cells.tally(
            "tier-from-name",
            text("The type “{written}” was read by the name: {tier}.", written=kind, tier=_TIERS[from_name]),
            "tier",
        )
    if tier:
        return
    from_title = tier_of_table(cells.table)
    if from_title:
        draft.values["tier"] = from_title
        cells.tally(
            "tier-from-title",
            text("The type was taken from the title of the list: {tier}.", tier=_TIERS[from_title]),
            "tier",
        )
        return
    draft.refuse()
    cells.note(
        ERROR,
        "missing-tier",
        text(
            "Neither a type nor the name tells whether “{name}” is a service centre or a service station. "
            "Write 中心 or 站 (centre or station) in a column called 类型 (type).",
            name=draft.values["name"],
        ),
        "tier",
    )


def tier_of_table(table: Table) -> str | None:
    """The one tier that the sheet's name, the rows above the header and the file's name tell."""
    above = [plain(cell) for row in table.sheet.rows[: max(table.header_row - 1, 0)] for cell in row if cell]
    told = {tier_of_title(title) for title in (table.sheet.name, *above, table.file)} - {None}
    return told.pop() if len(told) == 1 else None


def _read_numbers(draft: Draft, cells: RowCells) -> None:
    for name in _NUMBER_FIELDS:
        cell = cells.by_field.get(name)
        reading = parse_number(cell)
        draft.numbers[name] = reading.value
        if reading.kind is Kind.UNREADABLE:
            cells.note(
                WARNING,
                "unreadable-number",
                text("“{written}” is not a number; it was left out.", written=plain(cell)),
                name,
            )
        elif reading.kind is Kind.ABOUT:
            cells.tally("approximate-number", _read_as(cell, _short(reading.value)), name)
        elif isinstance(cell, str) and reading.kind is Kind.EXACT and cell.strip() != _short(reading.value):
            cells.tally("number-read", _read_as(cell, _short(reading.value)), name)


def _read_as(cell: Cell, value: str) -> Text:
    return text("“{written}” was read as {value}.", written=as_written(cell), value=value)


def _short(value: float) -> str:
    """
    >>> _short(1200.0), _short(0.5)
    ('1200', '0.5')
    """
    return str(int(value)) if value.is_integer() else repr(value)


def _read_opened(draft: Draft, cells: RowCells) -> None:
    cell = cells.by_field.get("opened")
    stamp = parse_date(cell)
    draft.values["opened"] = stamp or ""
    if stamp is None:
        cells.note(
            WARNING,
            "unreadable-date",
            text("“{written}” is not a date; it was left out.", written=plain(cell)),
            "opened",
        )
    elif stamp and isinstance(cell, str | int | float) and plain(cell) != stamp:
        cells.tally("date-read", _read_as(cell, stamp), "opened")


def _read_status(draft: Draft, cells: RowCells) -> None:
    """Closed and planned facilities are set aside; words that say neither are taken as open."""
    written = cells.said("status")
    status = (status_of(written) if written else None) or _status_in_text(draft) or OPEN
    draft.values["status"] = status
    if written and status == OPEN and status_of(written) is None:
        cells.note(
            WARNING,
            "unknown-status",
            text("The status “{written}” is not known; the facility was taken as open.", written=written),
            "status",
        )
    if status in (CLOSED, PLANNED):
        draft.outcome = SET_ASIDE
        cells.note(INFO, f"status-{status}", _STATUS[status], "status" if written else "")


_TIERS: Final = {CENTRE: text("service centre"), STATION: text("service station")}
_STATUS: Final = {
    CLOSED: text("The facility is closed or merged into another; it was set aside."),
    PLANNED: text("The facility is planned or being built; it was set aside."),
}
_IN_NAME: Final = re.compile(
    r"[(（【\[](筹建|在建|拟建|规划|待建|建设中|已?撤并|已?撤销|已?关闭|停用|筹)[)）】\]]"
)
_IN_REMARK: Final = re.compile(
    r"^(筹建|在建|拟建|规划|待建|建设中|筹备|已?撤并|已?撤销|已?关闭|停用|已拆)[中。]?$"
)


def _status_in_text(draft: Draft) -> str | None:
    found = _IN_NAME.search(draft.values["name"]) or _IN_REMARK.match(draft.values["remark"])
    return status_of(found[1]) or PLANNED if found else None
