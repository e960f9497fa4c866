"""Rows of a table → drafts of facilities: every cell understood, nothing placed yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from core.text import Text, listed, text
from data.formats.raw import Cell, Row
from data.intake.decisions import ADDRESS, HAND, LIST, PROPOSAL
from data.intake.drafts import SET_ASIDE, Draft, RowCells
from data.intake.findings import ERROR, INFO, WARNING, Notebook
from data.intake.pairs import read_coordinates
from data.intake.tables.columns import KEPT_FIELDS, PERSONAL
from data.intake.tables.disguises import without_place
from data.intake.tables.numbers import (
    Kind,
    as_written,
    is_ditto,
    is_missing,
    parse_date,
    parse_number,
    plain,
    quoted,
    visible,
)
from data.intake.tables.sheets import Table
from data.intake.tables.tiers import (
    CENTRE,
    CLOSED,
    OPEN,
    PLANNED,
    STATION,
    nearest_word,
    status_of,
    tier_of,
    tier_of_title,
)
from data.intake.unused import tell_columns

_TEXT_FIELDS: Final = (
    "name",
    "district",
    "street",
    "community",
    "address",
    "remark",
    "source",
    "facility_id",
    "door",
)
_NUMBER_FIELDS: Final = ("places", "capacity", "area_m2", "site_m2", "residents_declared")
_LOCATED_BY: Final = (HAND, ADDRESS, PROPOSAL)
# What Excel leaves of a long number when it saves a CSV that it has opened.
_SHORTENED: Final = re.compile(r"\d(\.\d+)?[eE]\+\d{2,3}")
_SHORT: Final = text(
    "“{written}” is what Excel left of a long number when the table was saved as CSV; it was not used. "
    "Open such a table with Data → From Text, the column as text, or take the file that Excel did not save."
)


def read_rows(table: Table, number: int, notes: Notebook, *, personal: bool = False) -> list[Draft]:
    """One draft for every row of the table, in order; `number` is the table's among all tables.

    Columns with personal data are passed over, and said so, unless `personal` is wanted: then they stand
    together in the value of that name.
    """
    dropped = [table.titles[column] for column, name in table.fields.items() if name == PERSONAL]
    if dropped and not personal:
        message = text("Columns with personal data were not read: {columns}.", columns=listed(dropped))
        notes.note(INFO, "personal-data-dropped", message)
    above: Row = []
    drafts = []
    used = [column for column, name in table.fields.items() if name in KEPT_FIELDS]
    used = sorted({*used, *(column for place in table.places for column in place.columns)})
    for row_number, row in table.rows:
        row = _without_dittos(table, (row_number, row), above, used, notes)
        above = row
        by_field = {
            name: row[column] if column < len(row) else None
            for column, name in table.fields.items()
            if name in KEPT_FIELDS
        }
        cells = RowCells(table, row_number, by_field, notes, row)
        draft = _draft(cells, number)
        draft.values["personal"] = _personal(table, row) if personal else ""
        drafts.append(draft)
    notes.flush()
    tell_columns(drafts, table, notes)
    return drafts


def _without_dittos(
    table: Table, numbered: tuple[int, Row], above: Row, used: Sequence[int], notes: Notebook
) -> Row:
    """The row with the values of the one above where it says so, and what is odd about its characters
    told."""
    number, row = numbered
    read = row
    for column in used:
        cell = row[column] if column < len(row) else None
        if not isinstance(cell, str):
            continue
        if is_ditto(cell):
            read = [*read]
            read[column] = above[column] if column < len(above) else None
            message = text("“{word}” was read as the value of the row above.", word=plain(cell))
            notes.tally("ditto", message, number, table.column(column))
        if "\ufffd" in cell:
            notes.note(WARNING, "broken-character", _BROKEN, row=number, column=table.column(column))
        if visible(cell) != cell:
            notes.tally("invisible-characters", _INVISIBLE, number, table.column(column))
        if len(cell) > _LONGEST and column in table.fields:
            message = text(
                "The cell holds {count:,} characters; the first {most:,} are kept.",
                count=len(cell),
                most=_LONGEST,
            )
            notes.tally("long-text", message, number, table.column(column))
            read = [*read]
            read[column] = cell[:_LONGEST]
    return read


_LONGEST: Final = 1_000
_BROKEN: Final = text(
    "The cell holds a character that is damaged in the file (a broken byte, shown as �). Write it anew."
)
_INVISIBLE: Final = text(
    "The cell holds characters that nobody sees (zero-width or direction marks); they were left out."
)


def _personal(table: Table, row: Row) -> str:
    """“联系人: 张三；电话: 1380…”, for who asked for it."""
    said = {
        table.titles[column]: as_written(row[column])
        for column, name in table.fields.items()
        if name == PERSONAL and column < len(row) and not is_missing(row[column])
    }
    return "；".join(f"{title}: {value}" for title, value in said.items())


def _draft(cells: RowCells, number: int) -> Draft:
    draft = Draft(number, cells.row)
    draft.values = {name: cells.said(name) for name in _TEXT_FIELDS}
    draft.values["address"] = without_place(draft.values["address"])
    draft.values["services"] = listed_services(cells.said("services"))
    said_by = cells.said("located_by")
    _read_origin(draft, cells)
    if _SHORTENED.fullmatch(draft.values["facility_id"]):
        cells.tally(
            "shortened-number", text(_SHORT.template, written=draft.values["facility_id"]), "facility_id"
        )
        draft.values["facility_id"] = ""
    draft.values["located_by"] = said_by if said_by in _LOCATED_BY else LIST
    _read_status(draft, cells)
    cells = replace(cells, set_aside=draft.outcome == SET_ASIDE)
    _fill_units_from_sheet(draft, cells)
    if not draft.values["name"] and "name" in cells.by_field:
        draft.refuse()
        cells.note(ERROR, "missing-name", text("The name is missing. Write the facility's name."), "name")
    draft.values["name"] = draft.values["name"] or (
        "" if "name" in cells.by_field else draft.values["facility_id"] or str(cells.row)
    )
    _read_tier(draft, cells)
    if cells.table.refused and cells.row in cells.table.refused:
        draft.lose_place()  # reported already: its fields stand in the wrong columns
        return draft
    _read_numbers(draft, cells)
    _read_opened(draft, cells)
    read_coordinates(draft, cells)
    return draft


def _read_origin(draft: Draft, cells: RowCells) -> None:
    """Where the office's list has the row, as an accepted list of an earlier check says."""
    file, sheet, row = (cells.said(f"source_{part}") for part in ("file", "sheet", "row"))
    if file and row.isdecimal():
        draft.values |= {"office_file": file, "office_sheet": sheet, "office_row": row}


def listed_services(written: str) -> str:
    """The services of a cell one after the other, with “、” between them.

    >>> listed_services("就业社保；居家养老 / 文化体育")
    '就业社保、居家养老、文化体育'
    """
    return "、".join(part.strip() for part in re.split(r"[,，;；、/|｜\n]+", written) if part.strip())


def _fill_units_from_sheet(draft: Draft, cells: RowCells) -> None:
    """A sheet named “玄武区” or “梅园街道” declares it for rows that say nothing themselves."""
    for name in plain(cells.table.sheet.name).split(" / "):
        level = next((level for level, pattern in _SHEET_UNITS if pattern.fullmatch(name)), "")
        if level and not draft.values[level]:
            draft.values[level] = name
            cells.notes.tally("unit-from-sheet", text("“{unit}” was taken from the sheet's name.", unit=name))


_SHEET_UNITS: Final = (("district", re.compile(r"\S+[区县]")), ("street", re.compile(r"\S+(街道|镇|乡)")))


def _read_tier(draft: Draft, cells: RowCells) -> None:
    kind, name = cells.said("tier"), draft.values["name"]
    found = tier_of(kind, name, _titles_of(cells.table, cells.row))
    draft.values["tier"] = found.tier
    shown = _TIERS.get(found.tier, found.tier)
    if found.doubt == "both":
        draft.refuse()
        cells.note(ERROR, "doubtful-tier", text(_BOTH.template, name=name), "tier")
    elif not found.tier:
        draft.refuse()
        nearest = nearest_word(kind or name)
        message = text(_NO_TIER.template, name=name)
        if nearest:
            message = text(_NO_TIER_BUT.template, name=name, nearest=nearest)
        cells.note(ERROR, "missing-tier", message, "tier")
    elif found.doubt == "kind":
        message = text(
            "The type “{written}” says {tier}, the name “{name}” another service; the type counts.",
            written=quoted(kind),
            tier=shown,
            name=name,
        )
        cells.note(WARNING, "tier-against-name", message, "tier")
    elif found.doubt == "unknown":
        nearest = nearest_word(kind)
        message = text(
            "The type “{written}” is neither a centre nor a station; it was kept as it is.", written=kind
        )
        if nearest:
            message = text(
                "The type “{written}” is neither a centre nor a station; it was kept as it is. Is "
                "“{nearest}” "
                "meant?",
                written=quoted(kind),
                nearest=nearest,
            )
        cells.tally("unknown-type", message, "tier")
    elif found.by == "name" and (kind or found.tier not in _TIERS):
        message = text("The type was read by the name: {tier}.", tier=shown)
        if kind:
            message = text(
                "The type “{written}” was read by the name: {tier}.", written=quoted(kind), tier=shown
            )
        cells.tally("tier-from-name", message, "tier")
    elif found.by == "title":
        message = text("The type was taken from the title of the list: {tier}.", tier=shown)
        cells.tally("tier-from-title", message, "tier")


_BOTH: Final = text(
    "By its name “{name}” can be the service centre of the street or a station in a community. "
    "Write 中心 or 站 (centre or station) in a column called 类型 (type)."
)
_NO_TIER: Final = text(
    "Neither a type nor the name tells whether “{name}” is a service centre or a service station. "
    "Write 中心 or 站 (centre or station) in a column called 类型 (type)."
)
_NO_TIER_BUT: Final = text(
    "Neither a type nor the name tells whether “{name}” is a service centre or a service station. "
    "Is “{nearest}” meant? Write 中心 or 站 (centre or station) in a column called 类型 (type)."
)


def _titles_of(table: Table, row: int) -> tuple[str, ...]:
    """What a row stands under: the heading above it, else the titles of table, sheet and file, and of the
    column of names."""
    heading = next((title for number, title in reversed(table.headings) if number < row), "")
    if heading and tier_of_title(heading):
        return (heading,)
    return (table.sheet.name, *table.above, table.file, table.column_of("name")[0])


def _read_numbers(draft: Draft, cells: RowCells) -> None:
    for name in _NUMBER_FIELDS:
        cell = cells.by_field.get(name)
        reading = parse_number(cell)
        draft.numbers[name] = reading.value
        if reading.kind is Kind.UNREADABLE:
            cells.note(
                WARNING,
                "unreadable-number",
                text("“{written}” is not a number; it was left out.", written=quoted(cell)),
                name,
            )
        elif reading.kind is Kind.ABOUT:
            cells.tally("approximate-number", _read_as(cell, _short(reading.value)), name)
        elif isinstance(cell, str) and reading.kind is Kind.EXACT and cell.strip() != _short(reading.value):
            cells.tally("number-read", _read_as(cell, _short(reading.value)), name)


def _read_as(cell: Cell, value: str) -> Text:
    return text("“{written}” was read as {value}.", written=quoted(cell), value=value)


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
            text("“{written}” is not a date; it was left out.", written=quoted(cell)),
            "opened",
        )
    elif stamp and isinstance(cell, str | int | float) and plain(cell) != stamp:
        cells.tally("date-read", _read_as(cell, stamp), "opened")


def _read_status(draft: Draft, cells: RowCells) -> None:
    """Closed and planned facilities are set aside; words that say neither are taken as open."""
    written = cells.said("status")
    found = _IN_NAME.search(draft.values["name"]) or _IN_REMARK.match(draft.values["remark"])
    by_the_way = status_of(found[1]) or PLANNED if found else None
    status = (status_of(written) if written else None) or by_the_way or OPEN
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
