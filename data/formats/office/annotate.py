"""Notes put into somebody's workbook: columns beside the data, comments at cells, one sheet in front.

The package is edited part by part. What is not ours stays as it was, byte for byte or element for element:
number formats, widths, hidden sheets and rows, validation, conditional formats, filters, colours, comments,
links, print set-up, names, pictures, macros. A workbook that was annotated before is cleared of that first.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from core.text import printable
from data.formats.office.comments import Note, Place, put_comments
from data.formats.office.package import (
    BROKEN_ZIP,
    OWN_COLUMNS,
    SHEET_TYPE,
    Book,
    PackageError,
    column_of,
    letters,
    lines_of,
    speakable,
    text_of,
)
from data.formats.sheets.worksheets import OWN_SHEETS

COLOURS: Final = {"error": "F8B4A6", "warning": "FFE699", "info": "DDEBF7"}
_WIDTH: Final = 60.0
# Excel's greatest height of a row, and how many lines of the usual height that is.
_MOST_LINES: Final = 26
_LINE_PT: Final = 15.0
_LONGEST: Final = 32_000
_LAST_COLUMN: Final = 16_384
_MOST_LINKS: Final = 5_000


@dataclass(frozen=True)
class SheetNotes:
    """What is added to one sheet; rows and columns count from 1, as the spreadsheet does.

    `beside` are the notes in the added columns by row, `at` those in a comment by cell. `title` stands over
    the added columns in `header_rows`, with a number where the sender has a column of that name.
    `earlier` are the titles of earlier checks, `begins` how each of their notes begins.
    `numbers` of rows stand in a column under the first of `numbers_titles`: one that is there and holds
    nothing else (`is_number`) is filled, else one is added, under the last title where the sender has numbers
    of another kind. Unlike the notes it is part of the list, and is read when the list comes back.
    """

    title: str
    header_rows: tuple[int, ...]
    beside: Mapping[int, Sequence[Note]] = field(default_factory=dict)
    at: Mapping[Place, Sequence[Note]] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    numbers: Mapping[int, str] = field(default_factory=dict)
    numbers_titles: tuple[str, ...] = ()
    is_number: Callable[[str], bool] = bool


@dataclass(frozen=True)
class Front:
    """The sheet in front: lines as (look, text), a look being "wrapped" or a level; then a table of `head`
    and `rows`. A row's place is (sheet, row, column), with column 0 and row 0 where it has none."""

    name: str
    lines: Sequence[tuple[str, str]]
    head: Sequence[str] = ()
    rows: Sequence[tuple[tuple[str, int, int], Sequence[object]]] = ()
    widths: Sequence[float] = ()


def is_package(content: bytes) -> bool:
    """Whether this is a workbook whose parts can be edited: a zip with the parts of a spreadsheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {"[Content_Types].xml", "_rels/.rels"} <= set(archive.namelist()) and any(
                name.startswith("xl/worksheets/") for name in archive.namelist()
            )
    except BROKEN_ZIP:
        return False


def has_macros(content: bytes) -> bool:
    """Whether this is a workbook that programs open only when it is called .xlsm."""
    if not is_package(content):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b".macroEnabled.main+xml" in archive.read("[Content_Types].xml")
    except BROKEN_ZIP:
        return False


def annotated(content: bytes, notes: Mapping[str, SheetNotes], front: Front) -> bytes:
    """The workbook with notes by sheet name and the sheet in front, which a property of it names as ours.

    The same input gives the same bytes. PackageError for one whose parts are not there or not XML.
    """
    try:
        return _annotated(content, notes, front)
    except (KeyError, StopIteration) as error:  # a part that is named and not there
        raise PackageError from error


def _annotated(content: bytes, notes: Mapping[str, SheetNotes], front: Front) -> bytes:
    book = Book(content)
    looks = _Looks(book)
    sheets = [book.tree(part).find(book.tag("sheetData")) for part in book.sheet_parts().values()]
    if not sheets or any(sheet is None for sheet in sheets):
        raise PackageError
    marked = book.marked(OWN_COLUMNS)
    if marked is None and book.marked(OWN_SHEETS) is not None:  # of a version that marked its sheet only
        marked = tuple({title for one in notes.values() for title in (one.title, *one.earlier)})
    book.forget_earlier_check()
    titles: dict[str, None] = {}
    for name, part in book.sheet_parts().items():
        if printable(name) in notes:
            titles[_annotate_sheet(book, part, notes[printable(name)], looks, marked or ())] = None
    name = _put_in_front(book, front, looks)
    book.mark(OWN_SHEETS, (name,))
    book.mark(OWN_COLUMNS, tuple(titles))
    return book.saved()


class _Looks:
    """Our cell formats at the end of the workbook's own: their numbers by name."""

    def __init__(self, book: Book) -> None:
        self.of: dict[str, str] = {}
        part = next(target for kind, target in book.links(book.workbook).values() if kind.endswith("/styles"))
        styles = book.edit(part)
        fonts, fills, formats = (styles.find(book.tag(name)) for name in ("fonts", "fills", "cellXfs"))
        if fills is None or formats is None or fonts is None or not len(fonts):
            raise PackageError
        bold = etree.fromstring(etree.tostring(fonts[0]))
        if bold.find(book.tag("b")) is None:
            bold.insert(0, etree.Element(book.tag("b")))
        fonts.append(bold)
        filled = {"wrapped": "0", "bold": "0"}
        for level, colour in COLOURS.items():
            fill = etree.SubElement(fills, book.tag("fill"))
            pattern = etree.SubElement(fill, book.tag("patternFill"), patternType="solid")
            etree.SubElement(pattern, book.tag("fgColor"), rgb=f"FF{colour}")
            etree.SubElement(pattern, book.tag("bgColor"), indexed="64")
            filled[level] = str(len(fills) - 1)
        for name, fill_id in filled.items():
            font = str(len(fonts) - 1) if name == "bold" else "0"
            look = etree.SubElement(
                formats, book.tag("xf"), numFmtId="0", fontId=font, fillId=fill_id, borderId="0", xfId="0",
                applyFont="1", applyFill="1", applyAlignment="1",
            )  # fmt: skip
            etree.SubElement(look, book.tag("alignment"), vertical="top", wrapText="1")
            self.of[name] = str(len(formats) - 1)
        for counted in (fonts, fills, formats):
            counted.set("count", str(len(counted)))


def _annotate_sheet(book: Book, part: str, notes: SheetNotes, looks: _Looks, marked: Sequence[str]) -> str:
    """Put the notes of a sheet in; returns the title over our columns."""
    root = book.edit(part)
    data = root.find(book.tag("sheetData"))
    rows = _numbered_rows(book, data)
    title = _forget_columns(book, rows, notes, marked)
    width = _used_columns(book, root, rows)
    if notes.numbers and width < _LAST_COLUMN:
        width = max(width, _put_numbers(book, data, rows, (notes, width + 1), looks))
    beside = {
        number: _cells_of(said) for number, said in notes.beside.items() if number not in notes.header_rows
    }
    columns = max((len(cells) for cells in beside.values()), default=1)
    if width + columns > _LAST_COLUMN:
        return title
    for number in notes.header_rows:
        for column in range(width + 1, width + columns + 1):
            _put(book, _row(book, data, rows, number), column, title, looks.of["bold"])
    for number, cells in sorted(beside.items()):
        row = _row(book, data, rows, number)
        for offset, (level, said) in enumerate(cells, start=1):
            _put(book, row, width + offset, said, looks.of[level])
        _heighten(book, root, row, max(lines_of(said, _WIDTH) for _, said in cells))
    _widen(book, root, width + 1, width + columns)
    dimension = root.find(book.tag("dimension"))
    if dimension is not None:
        first = dimension.get("ref", "A1").partition(":")[0]
        dimension.set("ref", f"{first}:{letters(width + columns)}{max(rows)}")
    put_comments(book, part, notes.at, (notes.title, *notes.earlier))
    return title


def _numbered_rows(book: Book, data: Any) -> dict[int, Any]:
    """Row number → element; rows and cells that leave their place to the order get it written down."""
    rows, last = {}, 0
    for row in data.findall(book.tag("row")):
        last = int(row.get("r") or last + 1)
        row.set("r", str(last))
        row.attrib.pop("spans", None)
        rows[last] = row
        column = 0
        for cell in row.findall(book.tag("c")):
            column = column_of(cell.get("r")) if cell.get("r") else column + 1
            cell.set("r", f"{letters(column)}{last}")
    return rows


def _put_numbers(
    book: Book, data: Any, rows: dict[int, Any], where: tuple[SheetNotes, int], looks: _Looks
) -> int:
    """Write the rows' numbers into the column under their title, else into a new one at the given column;
    returns the column. A column with numbers of the sender's own stays as it is."""
    notes, new = where
    there = _columns_under(book, rows, notes.header_rows, notes.numbers_titles)
    ours = [
        column
        for column in sorted(there)
        if all(notes.is_number(said) for said in _filled(book, rows, notes, column))
    ]
    column = ours[0] if ours else new
    if not ours:
        title = notes.numbers_titles[-1 if there else 0]
        for number in notes.header_rows:
            _put(book, _row(book, data, rows, number), column, title, looks.of["bold"])
    for number, said in sorted(notes.numbers.items()):
        if number not in notes.header_rows:
            _put(book, _row(book, data, rows, number), column, said, looks.of["wrapped"])
    return column


def _filled(book: Book, rows: Mapping[int, Any], notes: SheetNotes, column: int) -> list[str]:
    """What stands in the cells of a column, its header left out."""
    cells = (
        cell
        for number, row in rows.items()
        if number not in notes.header_rows
        for cell in row.findall(book.tag("c"))
        if column_of(cell.get("r")) == column
    )
    return [said for said in (_said(book, cell) for cell in cells) if said]


def _columns_under(
    book: Book, rows: Mapping[int, Any], header_rows: Sequence[int], titles: Sequence[str]
) -> set[int]:
    """The columns with one of the titles in a header row."""
    cells = (cell for number in header_rows if number in rows for cell in rows[number].findall(book.tag("c")))
    return {column_of(cell.get("r")) for cell in cells if _said(book, cell) in titles}


def _said(book: Book, cell: Any) -> str:
    said = text_of(cell)
    if cell.get("t") != "s":
        return said
    strings = book.strings()
    return strings[int(said)] if said.isdigit() and int(said) < len(strings) else ""


def _forget_columns(book: Book, rows: Mapping[int, Any], notes: SheetNotes, marked: Sequence[str]) -> str:
    """Empty the columns that an earlier check added: those under a title that the workbook's mark names, and
    where the mark was lost on the way those that hold our notes alone. A column of the sender's own under
    that title stays. Returns the title for the new columns."""
    columns = _columns_under(book, rows, notes.header_rows, marked)
    likely = _columns_under(book, rows, notes.header_rows, (notes.title, *notes.earlier))
    for column in likely - columns if notes.begins else ():
        filled = _filled(book, rows, notes, column)
        if filled and all(said.startswith(notes.begins) for said in filled):
            columns.add(column)
    if columns:
        for row in rows.values():
            for cell in row.findall(book.tag("c")):
                if column_of(cell.get("r")) in columns:
                    row.remove(cell)
    title, count = notes.title, 2
    while _columns_under(book, rows, notes.header_rows, (title,)):
        title, count = f"{notes.title} ({count})", count + 1
    return title


def _used_columns(book: Book, root: Any, rows: Mapping[int, Any]) -> int:
    """The last column that holds something, or lies in a merged cell or a table."""
    last = 0
    for row in rows.values():
        for cell in row.findall(book.tag("c")):
            if len(cell):
                last = max(last, column_of(cell.get("r")))
    merged = [cell.get("ref") for cell in root.iter(book.tag("mergeCell"))]
    filters = [one.get("ref") for one in root.findall(book.tag("autoFilter"))]
    return max([last, *(column_of(ref.rpartition(":")[2]) for ref in (*merged, *filters) if ref)])


def _cells_of(notes: Sequence[Note]) -> list[tuple[str, str]]:
    """The notes of a row in as few cells as their lines fit in: (worst level, text) of each."""
    cells: list[list[Note]] = [[]]
    for note in notes:
        said = "\n".join(one.said for one in (*cells[-1], note))
        if cells[-1] and (lines_of(said, _WIDTH) > _MOST_LINES or len(said) > _LONGEST):
            cells.append([])
        cells[-1].append(note)
    order = list(COLOURS)
    return [
        (min((n.level for n in cell), key=order.index), "\n".join(n.said for n in cell)[:_LONGEST])
        for cell in cells
        if cell
    ]


def _row(book: Book, data: Any, rows: dict[int, Any], number: int) -> Any:
    """The row of that number, put in its place where it is not there yet."""
    if number not in rows:
        row = etree.Element(book.tag("row"), r=str(number))
        if not len(data) or number > int(data[-1].get("r")):  # as a rule: rows are written downwards
            data.append(row)
        else:
            rows[min(known for known in rows if known > number)].addprevious(row)
        rows[number] = row
    return rows[number]


def _put(book: Book, row: Any, column: int, said: str, look: str) -> None:
    """A text in a cell of a row, in its place; a formatted but empty cell there becomes ours."""
    place = f"{letters(column)}{row.get('r')}"
    cell = etree.Element(book.tag("c"), r=place, s=look, t="inlineStr")
    item = etree.SubElement(etree.SubElement(cell, book.tag("is")), book.tag("t"))
    item.text = speakable(said)
    item.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    for other in row.findall(book.tag("c")):
        if other.get("r") == place:
            row.replace(other, cell)
            return
        if column_of(other.get("r")) > column:
            other.addprevious(cell)
            return
    row.insert(len(row.findall(book.tag("c"))), cell)


def _heighten(book: Book, root: Any, row: Any, lines: int) -> None:
    """Room for every line: programs open a row no higher than it is written. Hidden rows stay so."""
    default = root.find(book.tag("sheetFormatPr"))
    usual = float(default.get("defaultRowHeight", _LINE_PT)) if default is not None else _LINE_PT
    wanted = min(lines, _MOST_LINES) * _LINE_PT
    if row.get("hidden") not in ("1", "true") and wanted > float(row.get("ht", usual)):
        row.set("ht", f"{wanted:g}")
        row.set("customHeight", "1")


def _widen(book: Book, root: Any, first: int, last: int) -> None:
    """The width of our columns; a range of the sheet's own that covers them is split around them."""
    cols = root.find(book.tag("cols"))
    if cols is None:
        cols = etree.Element(book.tag("cols"))
        root.find(book.tag("sheetData")).addprevious(cols)
    for col in cols.findall(book.tag("col")):
        low, high = int(col.get("min")), int(col.get("max"))
        if high < first or low > last:
            continue
        cols.remove(col)
        for begin, end in ((low, first - 1), (last + 1, high)):
            if begin <= end:
                part = etree.SubElement(cols, book.tag("col"), dict(col.attrib))
                part.set("min", str(begin))
                part.set("max", str(end))
    ours = {"min": str(first), "max": str(last), "width": f"{_WIDTH:g}", "customWidth": "1"}
    etree.SubElement(cols, book.tag("col"), ours)
    cols[:] = sorted(cols, key=lambda col: int(col.get("min")))


def _put_in_front(book: Book, front: Front, looks: _Looks) -> str:
    """Our sheet as the first and the one that is seen; returns its name."""
    workbook = book.edit(book.workbook)
    sheets = workbook.find(book.tag("sheets"))
    book.move_sheets({place: place + 1 for place in range(len(sheets))})
    for part in book.sheet_parts().values():
        if any(view.get("tabSelected") for view in book.tree(part).iter(book.tag("sheetView"))):
            for view in book.edit(part).iter(book.tag("sheetView")):
                view.attrib.pop("tabSelected", None)
    taken = {sheet.get("name").casefold() for sheet in sheets}
    name, count = front.name, 2
    while name.casefold() in taken:
        name, count = f"{front.name}-{count}", count + 1
    part = book.unused("xl/worksheets/sheet{}.xml")  # ExcelJS knows no other name
    book.add(part, _front_sheet(book, front, looks), f"{SHEET_TYPE}worksheet+xml")
    number = 1 + max(int(sheet.get("sheetId")) for sheet in sheets)
    ours = etree.Element(book.tag("sheet"), name=name, sheetId=str(number))
    ours.set(f"{{{book.relationship}}}id", book.link(book.workbook, f"{book.relationship}/worksheet", part))
    sheets.insert(0, ours)
    for view in workbook.iter(book.tag("workbookView")):
        view.set("activeTab", "0")
        view.attrib.pop("firstSheet", None)
    return name


def _front_sheet(book: Book, front: Front, looks: _Looks) -> Any:
    root = etree.Element(book.tag("worksheet"), nsmap={None: book.main})
    page = etree.SubElement(root, book.tag("sheetPr"))
    etree.SubElement(page, book.tag("pageSetUpPr"), fitToPage="1")
    views = etree.SubElement(root, book.tag("sheetViews"))
    etree.SubElement(views, book.tag("sheetView"), tabSelected="1", workbookViewId="0")
    cols = etree.SubElement(root, book.tag("cols"))
    for number, width in enumerate(front.widths, start=1):
        size = {"min": str(number), "max": str(number), "width": f"{width:g}", "customWidth": "1"}
        etree.SubElement(cols, book.tag("col"), size)
    data = etree.SubElement(root, book.tag("sheetData"))
    rows: dict[int, Any] = {}
    links: list[tuple[str, str]] = []
    across = letters(max(len(front.widths), 1))
    merged = etree.Element(book.tag("mergeCells"))
    for number, (look, said) in enumerate(front.lines, start=1):
        row = _row(book, data, rows, number)
        _put(book, row, 1, said, looks.of[look])
        etree.SubElement(merged, book.tag("mergeCell"), ref=f"A{number}:{across}{number}")
        row.set("ht", f"{_LINE_PT * lines_of(said, sum(front.widths)):g}")
        row.set("customHeight", "1")
    head = len(front.lines) + 2
    for column, title in enumerate(front.head, start=1):
        _put(book, _row(book, data, rows, head), column, title, looks.of["bold"])
    for number, ((sheet, at_row, at_column), cells) in enumerate(front.rows, start=head + 1):
        row = _row(book, data, rows, number)
        for column, cell in enumerate(cells, start=1):
            _put(book, row, column, "" if cell is None else str(cell)[:_LONGEST], looks.of["wrapped"])
        high = max(lines_of(str(c), w) for c, w in zip(cells, front.widths, strict=False))
        row.set("ht", f"{_LINE_PT * min(high, _MOST_LINES):g}")
        row.set("customHeight", "1")
        if at_row and len(links) < _MOST_LINKS:
            quoted = sheet.replace("'", "''")
            where = f"'{quoted}'!{letters(max(at_column, 1))}{at_row}"
            links.append((f"A{number}", where))
    if len(merged):
        merged.set("count", str(len(merged)))
        root.append(merged)
    if links:
        holder = etree.SubElement(root, book.tag("hyperlinks"))
        for ref, where in links:
            etree.SubElement(holder, book.tag("hyperlink"), ref=ref, location=where, display=where)
    etree.SubElement(
        root, book.tag("pageMargins"), left="0.7", right="0.7", top="0.75", bottom="0.75", header="0.3",
        footer="0.3",
    )  # fmt: skip
    etree.SubElement(root, book.tag("pageSetup"), paperSize="9", orientation="landscape", fitToHeight="0")
    return root
