"""Sheets → tables: which sheets count, where their tables are, which rows are not facilities."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from core.text import Text, listed, text
from data.formats.raw import Cell, RawFile, RawSheet, Row
from data.formats.sheets import detect
from data.intake.findings import ERROR, INFO, WARNING, Notebook
from data.intake.tables.blocks import fold_blocks
from data.intake.tables.columns import OWN, PERSONAL, SERIAL, confirmed_columns, join_title, title_field
from data.intake.tables.headers import Header, Region, filled_down, find_header, geometry_header, regions
from data.intake.tables.notation import parse_angle, parse_pair
from data.intake.tables.numbers import plain, quoted
from data.intake.tables.place_columns import PlaceColumns, place_columns
from data.intake.tables.tiers import tier_of_kind
from data.intake.tables.words import any_of, begins_with

_TIER_SAMPLE: Final = 200
_HEADS: Final = 3
_LEAST_TITLES: Final = 3
_TOTAL: Final = begins_with("row", "total", r"([:：(（\d\s].*)?$")
_SUBTOTAL: Final = re.compile(r"^.{0,12}(合计|小计|总计)[:：]?$")
_NOTE: Final = begins_with("row", "note", r"\s*\d*\s*[:：.、]")
_SIGNATURE: Final = begins_with("row", "signature", r"\s*(\(?(盖章|签字|签章|公章)\)?)?\s*([:(].*)?$")
_PLACE_FIELDS: Final = ("lon", "lat", "lonlat")
_NAMED_ROWS: Final = 10


@dataclass(frozen=True)
class Table:
    """One facility table of a sheet.

    `fields` maps column numbers (zero based) to fields, `titles` are the joined titles of all columns of the
    sheet, "" for those of other tables; `places` are the ways in which it says where, best first. `rows` are
    (row number as the spreadsheet counts, cells), empty rows and set-aside rows left out; `set_aside` are
    (row number, code), `refused` (row number, code, message). `above` are the texts over the table,
    `headings` (row number, text) those within it.
    """

    file: str
    sheet: RawSheet
    fields: Mapping[int, str]
    titles: tuple[str, ...]
    rows: tuple[tuple[int, Row], ...]
    set_aside: tuple[tuple[int, str], ...]
    header_row: int
    places: tuple[PlaceColumns, ...] = ()
    above: tuple[str, ...] = ()
    headings: tuple[tuple[int, str], ...] = ()
    columns: range = range(0)
    refused: Mapping[int, Text] | None = None

    def column_of(self, field: str) -> tuple[str, int]:
        """Title and number from 1 of the column that holds `field`; ("", 0) if none does."""
        for column, named in self.fields.items():
            if named == field:
                return self.titles[column], column + 1
        return "", 0

    def column(self, number: int) -> tuple[str, int]:
        """Title and number from 1 of a column counted from 0."""
        return (self.titles[number] if number < len(self.titles) else "", number + 1)

    @property
    def place_column(self) -> tuple[str, int]:
        """The column to name where coordinates are meant; ("", 0) if no column holds any."""
        return self.column(self.places[0].columns[0]) if self.places else ("", 0)


def tables_of(file: RawFile, mapping: Mapping[str, str], book: Notebook) -> list[Table]:
    """Every facility table of a file; sheets that hold none are named in `book`."""
    found: list[Table] = []
    lone = sum(1 for sheet in file.sheets if not sheet.hidden) == 1
    for sheet in file.sheets:
        notes = Notebook(file.name, sheet.name, book.findings)
        if _is_skipped(sheet, notes, lone=lone):
            continue
        # A sheet that explains how to fill in the list names its titles below each other, too.
        may_turn = lone or not _explains(sheet)
        if may_turn and _lies_on_its_side(sheet) and find_header(sheet) is None:
            sheet = _turned(sheet)
            notes.note(WARNING, "transposed-table", _TURNED)
        tables = list(_tables(file, sheet, mapping, notes))
        if tables and not lone and _explains(sheet) and not any(table.rows for table in tables):
            tables = []
        if tables:
            found.extend(tables)
        elif not lone and _explains(sheet):
            message = text("The sheet explains how to fill in the list; it was not read.")
            notes.note(INFO, "explanation-sheet", message)
        else:
            level = ERROR if len(file.sheets) == 1 else WARNING
            notes.note(level, *_no_table(sheet))
    return found


def _is_skipped(sheet: RawSheet, notes: Notebook, *, lone: bool) -> bool:
    name = sheet.name.strip().lower()
    filled = sum(1 for row in sheet.rows if any(not _is_blank(cell) for cell in row))
    if sheet.own:
        notes.note(INFO, "own-sheet", text("The sheet was added by an earlier check; it was not read."))
    elif sheet.hidden:
        message = text(
            "The sheet is hidden and was not read; it has {count} filled {count:row|rows}.", count=filled
        )
        notes.note(INFO, "hidden-sheet", message)
    elif not filled:
        notes.note(INFO, "empty-sheet", text("The sheet is empty."))
    elif not lone and any_of("sheet", "example").search(name):
        notes.note(
            INFO, "explanation-sheet", text("The sheet explains how to fill in the list; it was not read.")
        )
    else:
        return False
    return True


def _explains(sheet: RawSheet) -> bool:
    return any_of("sheet", "explanation").search(sheet.name.strip().lower()) is not None


def _lies_on_its_side(sheet: RawSheet) -> bool:
    """Whether titles stand below each other in the first column: one facility a column."""
    down = [title_field((plain(row[0]),)) for row in sheet.rows[:40] if row and isinstance(row[0], str)]
    fields = {found[0] for found in down if found is not None} - {SERIAL, PERSONAL, OWN}
    return sheet.points is None and "name" in fields and len(fields) >= _LEAST_TITLES


def _turned(sheet: RawSheet) -> RawSheet:
    """The sheet with its columns as rows."""
    rows = [list(column) for column in zip_longest(*sheet.rows)]
    merged = tuple((left, top, right, bottom) for top, left, bottom, right in sheet.merged)
    return replace(sheet, rows=rows, merged=merged, hidden_rows=())


_TURNED: Final = text(
    "The table lies on its side, one facility a column; it was read turned: row 2 here is the second column "
    "of the sheet. Better send it with one facility a row."
)


def _no_table(sheet: RawSheet) -> tuple[str, Text]:
    """The code and the message of a sheet in which no table was found."""
    first = next((row for row in sheet.rows if any(cell is not None for cell in row)), [])
    seen = ", ".join(quoted(cell) for cell in first if cell is not None)[:120]
    return "no-table", text(
        "No facility table was found: no row names at least a name and a place, such as 名称, 经度, 纬度 "
        "or name, lon, lat. The sheet begins with: {seen}",
        seen=seen,
    )


def _tables(file: RawFile, sheet: RawSheet, mapping: Mapping[str, str], notes: Notebook) -> Iterator[Table]:
    if sheet.points is not None:
        named = geometry_header(sheet)
        whole = Region(named, range(len(named.titles)), len(sheet.rows), 0)
        yield _table(file, sheet, whole, mapping, notes)
        return
    header = find_header(sheet)
    for region in regions(sheet, header) if header is not None else ():
        yield _table(file, sheet, region, mapping, notes)


def _table(
    file: RawFile, sheet: RawSheet, region: Region, mapping: Mapping[str, str], notes: Notebook
) -> Table:
    header, columns = region.header, region.columns
    body = _body(sheet, region)
    said = {**header.guessed, **confirmed_columns(header.titles, mapping)}
    places = place_columns(header.titles, columns, [row for _, row in body], said)
    fields = _fields(header, columns, places, said, [row for _, row in body[:_TIER_SAMPLE]])
    ours = [column for column, field in fields.items() if field == OWN]
    for _, row in body:
        for column in ours:
            if column < len(row):
                row[column] = None
    titles = tuple(
        join_title(parts) if number in columns else "" for number, parts in enumerate(header.titles)
    )
    kept, aside, headings = _sorted(sheet, body, header, fields, notes)
    titled = max((number for number, title in enumerate(titles, start=1) if title), default=len(titles))
    refused = _too_wide(kept, titled) if file.kind == detect.TEXT else {}
    kept = fold_blocks(sheet, kept, fields, places, notes) if sheet.points is None else kept
    if hidden := sorted(set(sheet.hidden_rows) & {number for number, _ in kept}):
        message = text(
            "{count} hidden {count:row was|rows were} read too: {rows}.",
            count=len(hidden),
            rows=listed(hidden, most=_NAMED_ROWS),
        )
        notes.note(INFO, "hidden-rows", message, row=hidden[0])
    for number, message in refused.items():
        notes.note(ERROR, "extra-field", message, row=number)
    return Table(
        file.name, sheet, fields, titles, tuple(kept), tuple(aside), header.last + 1, places,
        _above(sheet, region), tuple(headings), columns, refused,
    )  # fmt: skip


def _body(sheet: RawSheet, region: Region) -> list[tuple[int, Row]]:
    """Row numbers and cells below the header, without those of tables beside it."""
    start, columns = region.header.last + 1, region.columns
    rows = filled_down(sheet, start)[: region.end - start]
    width = max((len(row) for row in rows), default=0)
    if columns.start or region.beside:
        rows = [
            [cell if number in columns else None for number, cell in enumerate(row[: columns.stop])]
            for row in rows
        ]
    return list(enumerate(rows, start=start + 1)) if width else []


def _sorted(
    sheet: RawSheet,
    body: Sequence[tuple[int, Row]],
    header: Header,
    fields: Mapping[int, str],
    notes: Notebook,
) -> tuple[list[tuple[int, Row]], list[tuple[int, str]], list[tuple[int, str]]]:
    """The rows that are facilities, those that are not with why, and the headings among these."""
    titles = {plain(part) for parts in header.titles for part in parts}
    kept: list[tuple[int, Row]] = []
    aside: list[tuple[int, str]] = []
    headings: list[tuple[int, str]] = []
    for number, row in body:
        placed = sheet.points is not None and sheet.points[number - 1] is not None
        if not placed and all(_is_blank(cell) for cell in row):
            continue
        code = _aside_code(row, titles, fields) if sheet.points is None else ""
        if not code:
            kept.append((number, row))
            continue
        aside.append((number, code))
        notes.note(INFO, code, _ASIDE[code], row=number)
        if code == "heading-row":
            headings.append((number, next(plain(cell) for cell in row if not _is_blank(cell))))
    return kept, aside, headings


def _fields(
    header: Header,
    columns: range,
    places: Sequence[PlaceColumns],
    said: Mapping[int, str],
    sample: Sequence[Row],
) -> dict[int, str]:
    """Column → field: the place that is preferred, what somebody confirmed, and else the best-named
    column."""
    best = places[0] if places else None
    fields = {column: field for column, field in header.fields.items() if field not in _PLACE_FIELDS}
    fields = {column: field for column, field in fields.items() if column in columns}
    fields = _with_telling_tier(fields, header, columns, sample)
    taken = {field for field in said.values() if field not in (PERSONAL, SERIAL)}
    fields = {c: field for c, field in fields.items() if c not in said and field not in taken}
    fields |= {c: field for c, field in said.items() if field and field not in _PLACE_FIELDS and c in columns}
    if best is not None and best.pair is not None:
        # An address column may also hold the place: “秦淮区…路1号[118.79,32.03]”.
        cells = (str(row[best.pair]) for row in sample if best.pair < len(row))
        if fields.get(best.pair) != "address" or not any(re.search(r"[\u4e00-\u9fff]", c) for c in cells):
            fields[best.pair] = "lonlat"
    elif best is not None:
        fields |= {best.lon[0]: "lon", best.lat[0]: "lat"}
    return dict(sorted(fields.items()))


def _with_telling_tier(
    fields: dict[int, str], header: Header, columns: range, sample: Sequence[Row]
) -> dict[int, str]:
    """Of several columns called type, level or category the one whose words name tiers, else any words."""
    rivals = [c for c in columns if (title_field(header.titles[c]) or ("",))[0] == "tier"]
    if len(rivals) < 2:
        return fields

    def telling(column: int) -> tuple[int, int]:
        cells = [row[column] for row in sample if column < len(row) and isinstance(row[column], str)]
        return sum(tier_of_kind(str(cell)) is not None for cell in cells), len(cells)

    best = max(rivals, key=telling)
    return {**{c: field for c, field in fields.items() if field != "tier"}, best: "tier"}


def _above(sheet: RawSheet, region: Region) -> tuple[str, ...]:
    """The texts over a table: of all rows above the first header of the sheet, or since the table before."""
    rows = sheet.rows[region.top : max(region.header.first, region.top)]
    inside = (
        cell
        for row in rows
        for number, cell in enumerate(row)
        if cell is not None and (number in region.columns or not region.beside)
    )
    return tuple(str(cell) for cell in inside)


def _too_wide(kept: Sequence[tuple[int, Row]], width: int) -> dict[int, Text]:
    """Rows of a text table with more fields than titles, where most rows have not: what was left unquoted
    moves all that follows into the wrong columns."""
    wide = [(number, row) for number, row in kept if any(not _is_blank(c) for c in row[width:])]
    if 2 * len(wide) > len(kept):
        return {}
    return {
        number: text(
            "{count} {count:field|fields} too many in row {row}: a comma or another separator stands "
            "within a field. Put the field into quotation marks, or save the list as .xlsx.",
            count=max(n for n, cell in enumerate(row, start=1) if not _is_blank(cell)) - width,
            row=number,
        )
        for number, row in wide
    }


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


# What may stand alone in a row that goes on with the facility above.
_GOES_ON: Final = ("services", "remark", PERSONAL)


def _is_heading(cell: tuple[int, str], fields: Mapping[int, str]) -> bool:
    """“一、玄武区”, a unit with how many follow, or a lone text in a column that is not the name's."""
    column, value = cell
    if fields.get(column) in _GOES_ON:
        return False
    if re.match(r"^[(（]?[一二三四五六七八九十]+[)）]?[、.．]", value) or _UNIT_ALONE.match(value):
        return True
    return fields.get(column) != "name" and not value.replace(".", "").isdigit()


# “玄武区（4处）”, “梅园街道：”: a unit alone in a row, perhaps with how many follow.
_UNIT_ALONE: Final = re.compile(
    r"^[\u4e00-\u9fff]{1,10}(?:(?<![小社园校])区|县|市|街道|街道办事处|镇|乡)\s*"
    r"(?:[（(【\[]?共?\s*\d+\s*[处个家所]?[)）】\]]?)?\s*[:：]?$"
)
