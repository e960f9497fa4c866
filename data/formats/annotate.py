"""Notes put into somebody's workbook: columns beside the data, comments at cells, one sheet in front.

The package is edited part by part. What is not ours stays as it was, byte for byte or element for element:
number formats, widths, hidden sheets and rows, validation, conditional formats, filters, colours, comments,
links, print set-up, names, pictures, macros. A workbook that was annotated before is cleared of that first.
"""

from __future__ import annotations

import io
import json
import posixpath
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from data.formats.worksheets import OWN_SHEETS

COLOURS: Final = {"error": "F8B4A6", "warning": "FFE699", "info": "DDEBF7"}
_AUTHOR: Final = "service-circle"
_STRICT: Final = "http://purl.oclc.org/ooxml/"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/"
_TYPES: Final = f"{_PACKAGE}content-types"
_LINKS: Final = f"{_PACKAGE}relationships"
_SHEET_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_CUSTOM_TYPE: Final = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_CUSTOM: Final = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VTYPES: Final = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_FORMAT_ID: Final = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
_WIDTH: Final = 60.0
# Excel's greatest height of a row, and how many lines of the usual height that is.
_MOST_LINES: Final = 26
_LINE_PT: Final = 15.0
_LONGEST: Final = 32_000
_LAST_COLUMN: Final = 16_384
_MOST_LINKS: Final = 5_000
# Elements of a worksheet that stand after the one we may have to add, in the order of the schema.
_AFTER_COLS: Final = ("sheetData",)
_AFTER_DRAWING: Final = (
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts",
    "extLst",
)  # fmt: skip
_SHAPE: Final = re.compile(rb"<(\w+:)?shape\b(?:(?!</(?:\w+:)?shape>).)*</(?:\w+:)?shape>", re.DOTALL)
_PLACE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_LINE: Final = re.compile(r"\r\n?|\n")

Place = tuple[int, int]


@dataclass(frozen=True)
class Note:
    """One message; `level` is a key of COLOURS."""

    level: str
    said: str


@dataclass(frozen=True)
class SheetNotes:
    """What is added to one sheet; rows and columns count from 1, as the spreadsheet does.

    `beside` are the notes in the added columns by row, `at` those in a comment by cell. `title` stands over
    the added columns in `header_rows`; columns under one of `earlier` titles are of an earlier check.
    """

    title: str
    header_rows: tuple[int, ...]
    beside: Mapping[int, Sequence[Note]] = field(default_factory=dict)
    at: Mapping[Place, Sequence[Note]] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True)
class Front:
    """The sheet in front: lines, then a table of `head` and `rows`; a row's place is (sheet, row, column),
    with column 0 and row 0 where it has none."""

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
    except zipfile.BadZipFile:
        return False


def annotated(content: bytes, notes: Mapping[str, SheetNotes], front: Front) -> bytes:
    """The workbook with notes by sheet name and the sheet in front, which a property of it names as ours.

    The same input gives the same bytes. KeyError for a package whose parts are not there.
    """
    book = _Book(content)
    book.forget_earlier_check()
    looks = _Looks(book)
    for name, part in book.sheet_parts().items():
        if name in notes:
            _annotate_sheet(book, part, notes[name], looks)
    _put_in_front(book, front, looks)
    return book.saved()


class _Book:
    """The parts of a workbook by name; those that were parsed are written anew."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            self.parts = {name: archive.read(name) for name in self.infos}
        self._trees: dict[str, Any] = {}
        self.workbook = next(
            target for kind, target in self.links("").values() if kind.endswith("/officeDocument")
        )
        self.main = etree.QName(self.tree(self.workbook)).namespace or ""
        self.strict = self.main.startswith(_STRICT)
        office = (
            f"{_STRICT}officeDocument"
            if self.strict
            else "http://schemas.openxmlformats.org/officeDocument/2006"
        )
        self.relationship = f"{office}/relationships"

    def tree(self, name: str) -> Any:
        """The parsed part; entities are not expanded, nothing is fetched."""
        if name not in self._trees:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
            self._trees[name] = etree.fromstring(self.parts[name], parser)
        return self._trees[name]

    def add(self, name: str, root: Any, content_type: str) -> None:
        self.parts[name] = b""
        self._trees[name] = root
        types = self.tree("[Content_Types].xml")
        etree.SubElement(types, f"{{{_TYPES}}}Override", PartName=f"/{name}", ContentType=content_type)

    def drop(self, name: str) -> None:
        self.parts.pop(name, None)
        self._trees.pop(name, None)
        types = self.tree("[Content_Types].xml")
        for override in types.findall(f"{{{_TYPES}}}Override"):
            if override.get("PartName") == f"/{name}":
                types.remove(override)

    def unused(self, pattern: str) -> str:
        """The first name of the pattern with a number that no part has."""
        number = 1
        while pattern.format(number) in self.parts:
            number += 1
        return pattern.format(number)

    def tag(self, name: str) -> str:
        return f"{{{self.main}}}{name}"

    def links(self, part: str) -> dict[str, tuple[str, str]]:
        """Id → (type, target part) of what a part refers to; "" is the package."""
        name = _links_of(part)
        if name not in self.parts:
            return {}
        folder = posixpath.dirname(part)
        return {
            one.get("Id"): (one.get("Type"), _joined(folder, one.get("Target")))
            for one in self.tree(name)
            if isinstance(one.tag, str) and one.get("TargetMode") != "External"
        }

    def link(self, part: str, kind: str, target: str) -> str:
        """Refer from a part to another; returns the relationship's id."""
        name = _links_of(part)
        if name not in self.parts:
            root = etree.Element(f"{{{_LINKS}}}Relationships", nsmap={None: _LINKS})
            self.parts[name], self._trees[name] = b"", root
        known = {one.get("Id") for one in self.tree(name)}
        number = 1
        while f"rId{number}" in known:
            number += 1
        folder = posixpath.dirname(part)
        path = posixpath.relpath(target, folder) if folder else target
        etree.SubElement(
            self.tree(name), f"{{{_LINKS}}}Relationship", Id=f"rId{number}", Type=kind, Target=path
        )
        return f"rId{number}"

    def sheet_parts(self) -> dict[str, str]:
        """Sheet name → its part, in the order of the tabs; charts on sheets of their own are left out."""
        links = self.links(self.workbook)
        found = {}
        for sheet in self.tree(self.workbook).find(self.tag("sheets")):
            kind, target = links.get(sheet.get(f"{{{self.relationship}}}id"), ("", ""))
            if kind.endswith("/worksheet") and target in self.parts:
                found[sheet.get("name")] = target
        return found

    def strings(self) -> list[str]:
        """The shared strings."""
        for kind, target in self.links(self.workbook).values():
            if kind.endswith("/sharedStrings") and target in self.parts:
                return [_text_of(item) for item in self.tree(target).findall(self.tag("si"))]
        return []

    def properties(self) -> str:
        """The part of custom properties, "" where there is none; the strict form writes the word otherwise."""
        kinds = ("custom-properties", "customProperties")
        return next((part for kind, part in self.links("").values() if kind.endswith(kinds)), "")

    def forget_earlier_check(self) -> None:
        """Take away the sheets that the workbook's property names as ours."""
        custom = self.properties()
        if custom not in self.parts:
            return
        names: Collection[str] = ()
        for one in self.tree(custom):
            if one.get("name") == OWN_SHEETS:
                try:
                    names = set(json.loads(_text_of(one)))
                except ValueError:
                    names = ()
                self.tree(custom).remove(one)
        book, parts = self.tree(self.workbook), self.sheet_parts()
        sheets = book.find(self.tag("sheets"))
        ours = [sheet for sheet in sheets if sheet.get("name") in names]
        if len(ours) == len(sheets):
            return
        kept = [sheet for sheet in sheets if sheet not in ours]
        self.move_sheets({list(sheets).index(sheet): place for place, sheet in enumerate(kept)})
        for sheet in ours:
            sheets.remove(sheet)
            target = parts.get(sheet.get("name"), "")
            links = self.tree(_links_of(self.workbook))
            for link in links:
                if link.get("Id") == sheet.get(f"{{{self.relationship}}}id"):
                    links.remove(link)
            self.drop(target)
            self.parts.pop(_links_of(target), None)

    def move_sheets(self, places: Mapping[int, int]) -> None:
        """Names and views count the sheets: old place → new one; names of a sheet that goes go with it."""
        book = self.tree(self.workbook)
        names = book.find(self.tag("definedNames"))
        for name in list(names) if names is not None else ():
            place = name.get("localSheetId")
            if place is not None and int(place) not in places:
                names.remove(name)
            elif place is not None:
                name.set("localSheetId", str(places[int(place)]))
        for view in book.iter(self.tag("workbookView")):
            for attribute in ("activeTab", "firstSheet"):
                if view.get(attribute) is not None:
                    view.set(attribute, str(places.get(int(view.get(attribute)), 0)))

    def saved(self) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.parts.items():
                if name in self._trees:
                    content = etree.tostring(
                        self._trees[name], xml_declaration=True, encoding="UTF-8", standalone=True
                    )
                old = self.infos.get(name)
                info = zipfile.ZipInfo(name, old.date_time if old else (1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, content)
        return out.getvalue()


class _Looks:
    """Our cell formats at the end of the workbook's own: their numbers by name."""

    def __init__(self, book: _Book) -> None:
        self.of: dict[str, str] = {}
        part = next(target for kind, target in book.links(book.workbook).values() if kind.endswith("/styles"))
        styles = book.tree(part)
        fonts, fills, formats = (styles.find(book.tag(name)) for name in ("fonts", "fills", "cellXfs"))
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


def _annotate_sheet(book: _Book, part: str, notes: SheetNotes, looks: _Looks) -> None:
    root = book.tree(part)
    data = root.find(book.tag("sheetData"))
    rows = _numbered_rows(book, data)
    _forget_columns(book, rows, notes)
    width = _used_columns(book, root, rows)
    beside = {
        number: _cells_of(said) for number, said in notes.beside.items() if number not in notes.header_rows
    }
    columns = max((len(cells) for cells in beside.values()), default=1)
    if width + columns > _LAST_COLUMN:
        return
    for number in notes.header_rows:
        for column in range(width + 1, width + columns + 1):
            _put(book, _row(book, data, rows, number), column, notes.title, looks.of["bold"])
    for number, cells in sorted(beside.items()):
        row = _row(book, data, rows, number)
        for offset, (level, said) in enumerate(cells, start=1):
            _put(book, row, width + offset, said, looks.of[level])
        _heighten(book, root, row, max(_lines(said, _WIDTH) for _, said in cells))
    _widen(book, root, width + 1, width + columns)
    dimension = root.find(book.tag("dimension"))
    if dimension is not None:
        root.remove(dimension)
    _comment(book, part, notes)


def _numbered_rows(book: _Book, data: Any) -> dict[int, Any]:
    """Row number → element; rows and cells that leave their place to the order get it written down."""
    rows, last = {}, 0
    for row in data.findall(book.tag("row")):
        last = int(row.get("r") or last + 1)
        row.set("r", str(last))
        row.attrib.pop("spans", None)
        rows[last] = row
        column = 0
        for cell in row.findall(book.tag("c")):
            column = _column_of(cell.get("r")) if cell.get("r") else column + 1
            cell.set("r", f"{letters(column)}{last}")
    return rows


def _forget_columns(book: _Book, rows: Mapping[int, Any], notes: SheetNotes) -> None:
    """Empty the columns that an earlier check added: they stand under its title."""
    titles, strings = {notes.title, *notes.earlier}, None
    columns: set[int] = set()
    for number in notes.header_rows:
        for cell in rows[number].findall(book.tag("c")) if number in rows else ():
            said = _text_of(cell)
            if cell.get("t") == "s":
                strings = strings if strings is not None else book.strings()
                said = strings[int(said)] if said.isdigit() and int(said) < len(strings) else ""
            if said in titles:
                columns.add(_column_of(cell.get("r")))
    if columns:
        for row in rows.values():
            for cell in row.findall(book.tag("c")):
                if _column_of(cell.get("r")) in columns:
                    row.remove(cell)


def _used_columns(book: _Book, root: Any, rows: Mapping[int, Any]) -> int:
    """The last column that holds something, or lies in a merged cell or a table."""
    last = 0
    for row in rows.values():
        for cell in row.findall(book.tag("c")):
            if len(cell):
                last = max(last, _column_of(cell.get("r")))
    merged = [cell.get("ref") for cell in root.iter(book.tag("mergeCell"))]
    filters = [one.get("ref") for one in root.findall(book.tag("autoFilter"))]
    return max([last, *(_column_of(ref.rpartition(":")[2]) for ref in (*merged, *filters) if ref)])


def _cells_of(notes: Sequence[Note]) -> list[tuple[str, str]]:
    """The notes of a row in as few cells as their lines fit in: (worst level, text) of each."""
    cells: list[list[Note]] = [[]]
    for note in notes:
        said = "\n".join(one.said for one in (*cells[-1], note))
        if cells[-1] and (_lines(said, _WIDTH) > _MOST_LINES or len(said) > _LONGEST):
            cells.append([])
        cells[-1].append(note)
    order = list(COLOURS)
    return [
        (min((n.level for n in cell), key=order.index), "\n".join(n.said for n in cell)[:_LONGEST])
        for cell in cells
        if cell
    ]


def _row(book: _Book, data: Any, rows: dict[int, Any], number: int) -> Any:
    """The row of that number, put in its place where it is not there yet."""
    if number not in rows:
        row = etree.Element(book.tag("row"), r=str(number))
        after = [element for known, element in sorted(rows.items()) if known > number]
        if after:
            after[0].addprevious(row)
        else:
            data.append(row)
        rows[number] = row
    return rows[number]


def _put(book: _Book, row: Any, column: int, said: str, look: str) -> None:
    """A text in a cell of a row, in its place; a formatted but empty cell there becomes ours."""
    place = f"{letters(column)}{row.get('r')}"
    cell = etree.Element(book.tag("c"), r=place, s=look, t="inlineStr")
    item = etree.SubElement(etree.SubElement(cell, book.tag("is")), book.tag("t"))
    item.text = _speakable(said)
    item.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    for other in row.findall(book.tag("c")):
        if other.get("r") == place:
            row.replace(other, cell)
            return
        if _column_of(other.get("r")) > column:
            other.addprevious(cell)
            return
    row.insert(len(row.findall(book.tag("c"))), cell)


def _heighten(book: _Book, root: Any, row: Any, lines: int) -> None:
    """Room for every line: programs open a row no higher than it is written. Hidden rows stay so."""
    default = root.find(book.tag("sheetFormatPr"))
    usual = float(default.get("defaultRowHeight", _LINE_PT)) if default is not None else _LINE_PT
    wanted = min(lines, _MOST_LINES) * _LINE_PT
    if row.get("hidden") not in ("1", "true") and wanted > float(row.get("ht", usual)):
        row.set("ht", f"{wanted:g}")
        row.set("customHeight", "1")


def _widen(book: _Book, root: Any, first: int, last: int) -> None:
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


def _comment(book: _Book, part: str, notes: SheetNotes) -> None:
    """Comments at the cells meant. A cell that has somebody's comment keeps it: the column says the same."""
    found = next(((k, t) for k, t in book.links(part).values() if k.endswith("/comments")), None)
    if found is None and not notes.at:
        return
    root = book.tree(part)
    if found is None:
        name = book.unused("xl/comments{}.xml")
        tree = etree.Element(book.tag("comments"), nsmap={None: book.main})
        etree.SubElement(tree, book.tag("authors"))
        etree.SubElement(tree, book.tag("commentList"))
        book.add(name, tree, f"{_SHEET_TYPE}comments+xml")
        book.link(part, f"{book.relationship}/comments", name)
    else:
        name = found[1]
    tree = book.tree(name)
    authors, listed = tree.find(book.tag("authors")), tree.find(book.tag("commentList"))
    names = [author.text for author in authors]
    gone = set()
    for comment in listed.findall(book.tag("comment")):
        ours = names[int(comment.get("authorId", 0))] == _AUTHOR if names else False
        if ours or _text_of(comment).startswith(tuple(f"{one}\n" for one in (notes.title, *notes.earlier))):
            gone.add(comment.get("ref"))
            listed.remove(comment)
    taken = {comment.get("ref") for comment in listed}
    if _AUTHOR not in names:
        etree.SubElement(authors, book.tag("author")).text = _AUTHOR
        names.append(_AUTHOR)
    shapes = []
    for (row, column), said in sorted(notes.at.items()):
        place = f"{letters(column)}{row}"
        if place in taken:
            continue
        words = "\n".join((notes.title, *(note.said for note in said)))[:_LONGEST]
        comment = etree.SubElement(listed, book.tag("comment"), ref=place, authorId=str(names.index(_AUTHOR)))
        run = etree.SubElement(etree.SubElement(comment, book.tag("text")), book.tag("r"))
        item = etree.SubElement(run, book.tag("t"))
        item.text = _speakable(words)
        item.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        shapes.append(_shape(row, column, _lines(words, 40.0)))
    _draw(book, part, root, shapes, gone)


def _draw(book: _Book, part: str, root: Any, shapes: Sequence[str], gone: Collection[str]) -> None:
    """The boxes of the comments in the sheet's legacy drawing: ours are added, those of `gone` removed."""
    drawing = root.find(book.tag("legacyDrawing"))
    links = book.links(part)
    name = links.get(drawing.get(f"{{{book.relationship}}}id"), ("", ""))[1] if drawing is not None else ""
    if name not in book.parts:
        name = book.unused("xl/drawings/vmlDrawing{}.vml")
        book.parts[name] = _VML.encode()
        types = book.tree("[Content_Types].xml")
        kinds = {one.get("Extension") for one in types.findall(f"{{{_TYPES}}}Default")}
        if "vml" not in kinds:
            kind = "application/vnd.openxmlformats-officedocument.vmlDrawing"
            types.insert(0, etree.Element(f"{{{_TYPES}}}Default", Extension="vml", ContentType=kind))
        drawing = etree.Element(book.tag("legacyDrawing"))
        drawing.set(f"{{{book.relationship}}}id", book.link(part, f"{book.relationship}/vmlDrawing", name))
        later = [child for child in root if etree.QName(child).localname in _AFTER_DRAWING]
        if later:
            later[0].addprevious(drawing)
        else:
            root.append(drawing)
    content = book.parts[name]
    places = {_place(ref) for ref in gone}

    def kept(shape: re.Match[bytes]) -> bytes:
        row, column = (re.search(rb"<\w+:%s>(\d+)<" % key, shape[0]) for key in (b"Row", b"Column"))
        known = row and column and (int(row[1]) + 1, int(column[1]) + 1)
        return b"" if known in places else shape[0]

    content = _SHAPE.sub(kept, content) if places else content
    end = content.rfind(b"</xml>")
    book.parts[name] = content[:end] + "".join(shapes).encode() + content[end:]


_SPACES: Final = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_VML: Final = (
    f'<xml {_SPACES}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)


def _shape(row: int, column: int, lines: int) -> str:
    """The box of one comment, beside its cell and as high as its lines."""
    high = min(max(lines, 3), _MOST_LINES) + 1
    top = max(row - 2, 0)
    anchor = f"{column}, 15, {top}, 2, {column + 5}, 15, {top + high}, 4"
    return (
        f'<v:shape {_SPACES} id="_x0000_s{row}_{column}" type="#_x0000_t202" '
        f'style="position:absolute;margin-left:60pt;margin-top:1pt;width:300pt;height:{high * _LINE_PT:g}pt;'
        'z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column>"
        "</x:ClientData></v:shape>"
    )


def _put_in_front(book: _Book, front: Front, looks: _Looks) -> None:
    """Our sheet as the first and the one that is seen; the property that names it as ours."""
    workbook = book.tree(book.workbook)
    sheets = workbook.find(book.tag("sheets"))
    book.move_sheets({place: place + 1 for place in range(len(sheets))})
    for part in book.sheet_parts().values():
        for view in book.tree(part).iter(book.tag("sheetView")) if b"tabSelected" in book.parts[part] else ():
            view.attrib.pop("tabSelected", None)
    taken = {sheet.get("name").casefold() for sheet in sheets}
    name, count = front.name, 2
    while name.casefold() in taken:
        name, count = f"{front.name}-{count}", count + 1
    part = book.unused("xl/worksheets/check{}.xml")
    book.add(part, _front_sheet(book, front, looks), f"{_SHEET_TYPE}worksheet+xml")
    number = 1 + max(int(sheet.get("sheetId")) for sheet in sheets)
    ours = etree.Element(book.tag("sheet"), name=name, sheetId=str(number))
    ours.set(f"{{{book.relationship}}}id", book.link(book.workbook, f"{book.relationship}/worksheet", part))
    sheets.insert(0, ours)
    for view in workbook.iter(book.tag("workbookView")):
        view.set("activeTab", "0")
        view.attrib.pop("firstSheet", None)
    _name_as_ours(book, name)


def _front_sheet(book: _Book, front: Front, looks: _Looks) -> Any:
    root = etree.Element(book.tag("worksheet"), nsmap={None: book.main})
    views = etree.SubElement(root, book.tag("sheetViews"))
    etree.SubElement(views, book.tag("sheetView"), tabSelected="1", workbookViewId="0")
    cols = etree.SubElement(root, book.tag("cols"))
    for number, width in enumerate(front.widths, start=1):
        size = {"min": str(number), "max": str(number), "width": f"{width:g}", "customWidth": "1"}
        etree.SubElement(cols, book.tag("col"), size)
    data = etree.SubElement(root, book.tag("sheetData"))
    rows: dict[int, Any] = {}
    links, across = [], letters(max(len(front.widths), 1))
    merged = etree.Element(book.tag("mergeCells"))
    for number, (look, said) in enumerate(front.lines, start=1):
        row = _row(book, data, rows, number)
        _put(book, row, 1, said, looks.of[look])
        etree.SubElement(merged, book.tag("mergeCell"), ref=f"A{number}:{across}{number}")
        row.set("ht", f"{_LINE_PT * _lines(said, sum(front.widths)):g}")
        row.set("customHeight", "1")
    head = len(front.lines) + 2
    for column, title in enumerate(front.head, start=1):
        _put(book, _row(book, data, rows, head), column, title, looks.of["bold"])
    for number, ((sheet, at_row, at_column), cells) in enumerate(front.rows, start=head + 1):
        row = _row(book, data, rows, number)
        for column, cell in enumerate(cells, start=1):
            _put(book, row, column, "" if cell is None else str(cell)[:_LONGEST], looks.of["wrapped"])
        high = max(_lines(str(c), w) for c, w in zip(cells, front.widths, strict=False))
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
    etree.SubElement(root, book.tag("pageSetup"), paperSize="9", orientation="landscape")
    return root


def _name_as_ours(book: _Book, name: str) -> None:
    kind = f"{_STRICT if book.strict else 'http://schemas.openxmlformats.org/'}officeDocument/"
    kind += "relationships/customProperties" if book.strict else "2006/relationships/custom-properties"
    part = book.properties()
    if part not in book.parts:
        part = "docProps/custom.xml"
        book.add(part, etree.Element(f"{{{_CUSTOM}}}Properties", nsmap={None: _CUSTOM, "vt": _VTYPES}),
                 _CUSTOM_TYPE)  # fmt: skip
        book.link("", kind, part)
    root = book.tree(part)
    numbers = [int(one.get("pid", 1)) for one in root]
    ours = etree.SubElement(
        root, f"{{{etree.QName(root).namespace}}}property", fmtid=_FORMAT_ID,
        pid=str(max(numbers, default=1) + 1), name=OWN_SHEETS,
    )  # fmt: skip
    etree.SubElement(ours, f"{{{_VTYPES}}}lpwstr").text = json.dumps([name], ensure_ascii=False)


def letters(column: int) -> str:
    """The letters of a column that counts from 1.

    >>> letters(1), letters(27), letters(16384)
    ('A', 'AA', 'XFD')
    """
    said = ""
    while column:
        column, rest = divmod(column - 1, 26)
        said = chr(65 + rest) + said
    return said


def _column_of(place: str) -> int:
    column = 0
    for letter in place.replace("$", "").rstrip("0123456789"):
        column = column * 26 + ord(letter.upper()) - 64
    return column


def _place(ref: str) -> Place:
    found = _PLACE.fullmatch(ref)
    return (int(found[2]), _column_of(found[1])) if found else (0, 0)


def _lines(said: str, width: float) -> int:
    """How many lines a text takes in a column so many characters wide; a Chinese one takes the room of two."""
    lines = 0
    for line in _LINE.split(said):
        room = sum(2 if ord(letter) > 0x2E7F else 1 for letter in line)
        lines += max(1, -(-room // max(int(width) - 2, 1)))
    return lines


def _speakable(said: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c for c in said if c in "\t\n\r" or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF
                                                        and ord(c) not in (0xFFFE, 0xFFFF)))  # fmt: skip


def _text_of(element: Any) -> str:
    """All text inside, phonetic guides left out."""
    return "".join(
        part.text or ""
        for part in element.iter()
        if isinstance(part.tag, str) and not any(_is_guide(one) for one in part.iterancestors())
    )


def _is_guide(element: Any) -> bool:
    return isinstance(element.tag, str) and etree.QName(element).localname == "rPh"


def _links_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _joined(folder: str, target: str) -> str:
    return (
        target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
    )
