"""OpenDocument spreadsheets: cells by the usual reader, merged ranges from the XML."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from xml.etree import ElementTree as ET

from core.text import text
from data.formats.archive import open_archive, read_member
from data.formats.kml import parse_xml
from data.formats.limits import Limits
from data.formats.raw import Range, RawSheet, UnreadableError
from data.formats.spreadsheet import PROTECTED, read_workbook

_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


def read_open_document(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """Its sheets in order; UnreadableError if it is damaged, too large or no spreadsheet."""
    with open_archive(content, limits) as archive:
        if "META-INF/manifest.xml" in archive.namelist():
            manifest = read_member(archive, archive.getinfo("META-INF/manifest.xml"))
            if b"encryption-data" in manifest:
                raise UnreadableError(PROTECTED)
        root = parse_xml(read_member(archive, archive.getinfo("content.xml")))
    tables = {table.get(f"{_TABLE}name", ""): table for table in root.iter(f"{_TABLE}table")}
    if not tables:
        raise UnreadableError(text("The document holds no sheets; a spreadsheet is needed."))
    for name, table in tables.items():
        _require_cells(name, table, limits)
    return tuple(
        replace(sheet, merged=_merged(tables[sheet.name]) if sheet.name in tables else ())
        for sheet in read_workbook(content, limits)
    )


def _require_cells(name: str, table: ET.Element, limits: Limits) -> None:
    """A few repeated cells can stand for millions: counted before the reader spreads them out."""
    cells = 0
    for row in table.iter(f"{_TABLE}table-row"):
        filled = sum(_repeat(cell, "columns") for cell in row if f"{_OFFICE}value-type" in cell.attrib)
        cells += filled * _repeat(row, "rows")
    if cells > limits.cells:
        raise UnreadableError(
            text("The sheet {sheet} holds {cells} cells, more than are read.", sheet=name, cells=cells)
        )


def _merged(table: ET.Element) -> tuple[Range, ...]:
    ranges: list[Range] = []
    top = 0
    for row in table.iter(f"{_TABLE}table-row"):
        left = 0
        for cell in row:
            height = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
            width = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
            if height > 1 or width > 1:
                ranges.append((top, left, top + height - 1, left + width - 1))
            left += _repeat(cell, "columns")
        top += _repeat(row, "rows")
    return tuple(ranges)


def _repeat(element: ET.Element, what: str) -> int:
    written = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return int(written) if written.isdigit() else 1
