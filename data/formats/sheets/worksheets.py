"""What a workbook's XML tells beyond the cells' values: formulas without one, errors, hidden rows, our
mark."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import unescape

from data.formats.archive import open_archive, read_member, used_rectangle
from data.formats.limits import Limits
from data.formats.sheets.spreadsheet import require_size

# The custom property in which a workbook that a check wrote names the sheets that are not the list's.
OWN_SHEETS: Final = "service-circle-check-sheets"

_WORKSHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml$")
_FORMULA: Final = re.compile(
    rb"<c\b([^>]*)>\s*<f\b[^>/]*(?:/>|>([^<]*)</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>", re.DOTALL
)
_ERROR: Final = re.compile(rb"<c\b([^>]*\bt=\"e\"[^>]*)>(?:(?!</c>).)*?<v>([^<]*)</v>", re.DOTALL)
_PLACE: Final = re.compile(rb"\br=\"([A-Z]{1,3})(\d{1,7})\"")
_HIDDEN: Final = re.compile(rb"<row\b(?=[^>]*\bhidden=\"(?:1|true)\")[^>]*\br=\"(\d{1,7})\"")
_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION: Final = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_PROPERTY: Final = re.compile(
    rf"<(?:\w+:)?property\b[^>]*\bname=\"{OWN_SHEETS}\"[^>]*>\s*<[^>]*>([^<]*)<", re.DOTALL
)


@dataclass(frozen=True)
class SheetMarks:
    """`cells`: (row, column), zero based → what stands in a cell that has no value: "=A1+B1" or "#REF!"."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class BookMarks:
    """By sheet name; `own` are the names of the sheets that an earlier check added."""

    sheets: dict[str, SheetMarks]
    own: frozenset[str]


def marks_of(content: bytes, limits: Limits) -> BookMarks:
    """UnreadableError for a workbook whose zip is a bomb or whose cells span more than the limits."""
    with open_archive(content, limits) as archive:
        by_part: dict[str, SheetMarks] = {}
        for member in archive.infolist():
            if _WORKSHEET.search(member.filename):
                part = read_member(archive, member)
                rows, columns = used_rectangle(part)
                require_size(member.filename.rpartition("/")[2], rows, columns, limits)
                cells: dict[tuple[int, int], str] = {}
                if b"<f" in part:
                    for attributes, formula in _FORMULA.findall(part):
                        place = _PLACE.search(attributes)
                        if place is not None:
                            cells[_place(place)] = "=" + unescape(
                                formula.decode("utf-8", "replace"), {"&quot;": '"'}
                            )
                if b't="e"' in part:
                    for attributes, value in _ERROR.findall(part):
                        place = _PLACE.search(attributes)
                        if place is not None:
                            cells[_place(place)] = value.decode("utf-8", "replace")
                by_part[member.filename] = SheetMarks(cells, tuple(int(row) for row in _HIDDEN.findall(part)))
        named = {name: by_part[path] for name, path in _sheet_parts(archive).items() if path in by_part}
        return BookMarks(named, _own_sheets(archive))


def _place(found: re.Match[bytes]) -> tuple[int, int]:
    column = 0
    for letter in found[1]:
        column = column * 26 + letter - 64
    return int(found[2]) - 1, column - 1


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → its member of the zip."""
    targets = {}
    for element in _RELATION.findall(_text(archive, "xl/_rels/workbook.xml.rels")):
        target = _attribute(element, "Target").lstrip("/")
        targets[_attribute(element, "Id")] = target if target.startswith("xl/") else f"xl/{target}"
    return {
        _attribute(element, "name"): targets.get(_attribute(element, r"\w+:id"), "")
        for element in _SHEET.findall(_text(archive, "xl/workbook.xml"))
    }


def _own_sheets(archive: zipfile.ZipFile) -> frozenset[str]:
    found = _PROPERTY.search(_text(archive, "docProps/custom.xml"))
    try:
        names = json.loads(unescape(found[1], {"&quot;": '"'})) if found else []
    except ValueError:
        return frozenset()
    return frozenset(str(name) for name in names) if isinstance(names, list) else frozenset()


def _text(archive: zipfile.ZipFile, name: str) -> str:
    try:
        return read_member(archive, archive.getinfo(name)).decode("utf-8", "replace")
    except KeyError:
        return ""


def _attribute(element: str, name: str) -> str:
    found = re.search(rf"\b{name}=\"([^\"]*)\"", element)
    return unescape(found[1], {"&quot;": '"'}) if found else ""
