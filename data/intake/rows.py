"""Rows of a table → drafts of facilities: every cell understood, nothing placed yet."""

from __future__ import annotations

import re
from typing import Final

from data.formats.raw import Cell, Row
from data.intake.columns import KEPT_FIELDS, PERSONAL
from data.intake.drafts import REFUSED, SET_ASIDE, Draft, RowCells
from data.intake.findings import ERROR, INFO, WARNING, Notebook
from data.intake.numbers import Kind, is_ditto, parse_date, parse_number, plain
from data.intake.pairs import read_coordinates
from data.intake.sheets import Table
from data.intake.tiers import CLOSED, OPEN, PLANNED, status_of, tier_of_kind, tier_of_name
from geo.text import text

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
_NUMBER_FIELDS: Final = ("places", "area_m2", "residents_declared")


def read_rows(table: Table, number: int, notes: Notebook) -> list[Draft]:
    """One draft for every row of the table, in order; `number` is the table's among all tables."""
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
        drafts.append(_draft(RowCells(table, row_number, by_field, notes), number))
    notes.flush()
    return drafts


def _by_field(table: Table, row: Row) -> dict[str, Cell]:
    return {
        name: row[column] if column < len(row) else None
        for column, name in table.fields.items()
        if name in KEPT_FIELDS
    }


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
    _fill_units_from_sheet(draft, cells.table)
    _read_name(draft, cells)
    _read_tier(draft, cells)
    _read_numbers(draft, cells)
    _read_opened(draft, cells)
    read_coordinates(draft, cells)
    _read_status(draft, cells)
    return draft


def _fill_units_from_sheet(draft: Draft, table: Table) -> None:
    """A sheet named “玄武区” or “梅园街道” declares it for rows that say nothing themselves."""
    name = plain(table.sheet.name)
    if re.fullmatch(r"\S+[区县]", name) and not draft.values["district"]:
        draft.values["district"] = name
    elif re.fullmatch(r"\S+(街道|镇|乡)", name) and not draft.values["street"]:
        draft.values["street"] = name


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
    tier = tier_of_kind(kind) or tier_of_name(draft.values["name"]) or kind.lower()
    draft.values["tier"] = tier
    if tier:
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
            cells.notes.tally(
                "approximate-number",
                text("“{written}” was read as {value:g}.", written=plain(cell), value=reading.value),
                cells.row,
                cells.table.column_of(name),
            )


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
    if status in (CLOSED, PLANNED) and draft.outcome != REFUSED:
        draft.outcome = SET_ASIDE
        cells.note(INFO, f"status-{status}", _STATUS[status], "status" if written else "")


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
