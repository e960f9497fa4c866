"""Sheets → tables: which sheets count, where their rows are, which rows are not facilities."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final

from core.text import Text, text
from data.formats.raw import Cell, RawFile, RawSheet, Row
from data.intake.columns import OWN, choose_columns, confirmed, join_title, title_field
from data.intake.findings import ERROR, INFO, WARNING, Notebook
from data.intake.guess import guess_columns
from data.intake.headers import Header, filled_down, find_header
from data.intake.notation import parse_angle, parse_pair
from data.intake.numbers import plain
from data.intake.tiers import tier_of_kind
from data.intake.words import any_of, begins_with

_TIER_SAMPLE: Final = 200
_HEADS: Final = 3
_TOTAL: Final = begins_with("row", "total", r"([:：(（\d\s].*)?$")
_SUBTOTAL: Final = re.compile(r"^.{0,12}(合计|小计|总计)[:：]?$")
_NOTE: Final = begins_with("row", "note", r"\s*\d*\s*[:：.、]")
_SIGNATURE: Final = begins_with("row", "signature", r"\s*(\(?(盖章|签字|签章|公章)\)?)?\s*([:(].*)?$")


@dataclass(frozen=True)
class Table:
    """The facility table of one sheet.

    `fields` maps column numbers (zero based) to fields, `titles` are all joined titles; `rows` are
    (row number as the spreadsheet counts, cells), empty rows and set-aside rows left out.
    `set_aside` are (row number, code). `first_row`..`last_header_row` as the spreadsheet counts.
    """

    file: str
    sheet: RawSheet
    fields: Mapping[int, str]
    titles: tuple[str, ...]
    rows: tuple[tuple[int, Row], ...]
    set_aside: tuple[tuple[int, str], ...]
    header_row: int

    def column_of(self, field: str) -> tuple[str, int]:
        """Title and number from 1 of the column that holds `field`; ("", 0) if none does."""
        for column, named in self.fields.items():
            if named == field:
                return self.titles[column], column + 1
        return "", 0


def tables_of(file: RawFile, mapping: Mapping[str, str], book: Notebook) -> list[Table]:
    """Every facility table of a file; sheets that hold none are named in `book`."""
    found = []
    lone = sum(1 for sheet in file.sheets if not sheet.hidden) == 1
    for sheet in file.sheets:
        notes = Notebook(file.name, sheet.name, book.findings)
        if _is_skipped(sheet, notes, lone=lone):
            continue
        table = _table(file, sheet, mapping, notes)
        if table is None:
            level = ERROR if len(file.sheets) == 1 else WARNING
            notes.note(level, "no-table", _no_table(sheet))
        else:
            found.append(table)
    return found


def _is_skipped(sheet: RawSheet, notes: Notebook, *, lone: bool) -> bool:
    if sheet.hidden:
        notes.note(INFO, "hidden-sheet", text("The sheet is hidden and was not read."))
    elif not any(cell is not None for row in sheet.rows for cell in row):
        notes.note(INFO, "empty-sheet", text("The sheet is empty."))
    elif not lone and any_of("sheet", "returned").search(sheet.name.strip().lower()):
        notes.note(INFO, "own-sheet", text("The sheet was added by an earlier check; it was not read."))
    elif not lone and any_of("sheet", "explanation").search(sheet.name.strip().lower()):
        notes.note(
            INFO, "explanation-sheet", text("The sheet explains how to fill in the list; it was not read.")
        )
    else:
        return False
    return True


def _no_table(sheet: RawSheet) -> Text:
    first = next((row for row in sheet.rows if any(cell is not None for cell in row)), [])
    seen = ", ".join(plain(cell) for cell in first if cell is not None)[:120]
    return text(
        "No facility table was found: no row names at least a name and a place, such as 名称, 经度, 纬度 "
        "or name, lon, lat. The sheet begins with: {seen}",
        seen=seen,
    )


def _table(file: RawFile, sheet: RawSheet, mapping: Mapping[str, str], notes: Notebook) -> Table | None:
    header = _geometry_header(sheet) if sheet.points is not None else find_header(sheet)
    header = header or guess_columns(sheet)
    if header is None:
        return None
    fields = choose_columns(header.titles)
    fields = {**_with_telling_tier(fields, header, sheet), **header.guessed}
    fields = confirmed(fields, header.titles, mapping)
    ours = [column for column, field in fields.items() if field == OWN]
    body = list(enumerate(_without(filled_down(sheet, header.last + 1), ours), start=header.last + 2))
    said = {plain(part) for parts in header.titles for part in parts}
    kept: list[tuple[int, Row]] = []
    aside: list[tuple[int, str]] = []
    for number, row in body:
        placed = sheet.points is not None and sheet.points[number - 1] is not None
        if not placed and all(_is_blank(cell) for cell in row):
            continue
        code = _aside_code(row, said, fields) if sheet.points is None else ""
        if code:
            aside.append((number, code))
            notes.note(INFO, code, _ASIDE[code], row=number)
        else:
            kept.append((number, row))
    titles = tuple(join_title(parts) for parts in header.titles)
    return Table(file.name, sheet, fields, titles, tuple(kept), tuple(aside), header.last + 1)


def _with_telling_tier(fields: dict[int, str], header: Header, sheet: RawSheet) -> dict[int, str]:
    """Of several columns called type, level or category the one whose words name tiers, else any words."""
    rivals = [c for c, parts in enumerate(header.titles) if (title_field(parts) or ("",))[0] == "tier"]
    if len(rivals) < 2:
        return fields
    body = sheet.rows[header.last + 1 : header.last + 1 + _TIER_SAMPLE]

    def telling(column: int) -> tuple[int, int]:
        cells = [row[column] for row in body if column < len(row) and isinstance(row[column], str)]
        return sum(tier_of_kind(str(cell)) is not None for cell in cells), len(cells)

    best = max(rivals, key=telling)
    return {**{c: field for c, field in fields.items() if field != "tier"}, best: "tier"}


def _without(rows: list[Row], columns: list[int]) -> list[Row]:
    """The rows with the cells of some columns emptied."""
    for row in rows:
        for column in columns:
            if column < len(row):
                row[column] = None
    return rows


def _geometry_header(sheet: RawSheet) -> Header | None:
    """The first row of a format with geometry holds the field names, whatever they are."""
    return Header(0, 0, tuple((plain(cell),) if cell is not None else () for cell in sheet.rows[0]))


_ASIDE: Final = {
    "total-row": text("This row is a total, not a facility; it was set aside."),
    "note-row": text("This row is a note, not a facility; it was set aside."),
    "signature-row": text("This row names who filled in the list; it was set aside."),
    "repeated-header": text("This row repeats the column titles; it was set aside."),
    "heading-row": text("This row is a heading within the table; it was set aside."),
}


def _aside_code(row: Row, titles: Container[str], fields: Mapping[int, str]) -> str:
    """Why a row is not a facility, or ""; `titles` are all that stands in the header."""
    filled = [column for column, cell in enumerate(row) if not _is_blank(cell)]
    values = [plain(row[column]) for column in filled[:_HEADS]]
    first = values[0].replace(" ", "").lower()
    heads = (first, *(value.replace(" ", "").lower() for value in values[1:]))
    if any(_TOTAL.match(head) or _SUBTOTAL.match(head) for head in heads):
        return "total-row"
    if _NOTE.match(first):
        return "note-row"
    if _SIGNATURE.match(first) and not _has_place(row, fields):
        return "signature-row"
    if len(filled) >= 2 and values[0] in titles and all(plain(row[column]) in titles for column in filled):
        return "repeated-header"
    if len(filled) == 1 and len(fields) > 2 and _is_heading((filled[0], values[0]), fields):
        return "heading-row"
    return ""


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _has_place(row: Row, fields: Mapping[int, str]) -> bool:
    """Whether a row holds both coordinates."""
    by_field = {field: row[column] for column, field in fields.items() if column < len(row)}
    if parse_pair(by_field.get("lonlat")) is not None:
        return True
    return parse_angle(by_field.get("lon")) is not None and parse_angle(by_field.get("lat")) is not None


def _is_heading(cell: tuple[int, str], fields: Mapping[int, str]) -> bool:
    """“一、玄武区”, or a lone text in a column that is not the name's."""
    column, value = cell
    return bool(re.match(r"^[(（]?[一二三四五六七八九十]+[)）]?[、.．]", value)) or (
        fields.get(column) != "name" and not value.replace(".", "").isdigit()
    )
