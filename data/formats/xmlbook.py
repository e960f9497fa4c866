"""Workbooks written as one XML file (“XML Spreadsheet 2003”), as older systems export them."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

from core.text import text
from data.formats.kml import parse_xml
from data.formats.limits import Limits
from data.formats.raw import Cell, Range, RawSheet, Row, UnreadableError
from data.formats.spreadsheet import require_size

_NS: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"


def read_xml_workbook(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """Its sheets in order; UnreadableError if it is broken or too large."""
    sheets = parse_xml(content).findall(f"{_NS}Worksheet")
    if not sheets:
        raise UnreadableError(text("The XML workbook holds no sheets."))
    return tuple(_sheet(sheet, limits) for sheet in sheets)


def _sheet(sheet: ET.Element, limits: Limits) -> RawSheet:
    name = sheet.get(f"{_NS}Name", "")
    rows: list[Row] = []
    merged: list[Range] = []
    for element in sheet.iterfind(f"{_NS}Table/{_NS}Row"):
        number = _number(element, "Index", len(rows) + 1)
        require_size(name, number, 1, limits)
        rows.extend([] for _ in range(number - 1 - len(rows)))
        rows.append(_row(element, len(rows), merged, name, limits))
    return RawSheet(name, rows, tuple(merged))


def _row(element: ET.Element, top: int, merged: list[Range], name: str, limits: Limits) -> Row:
    row: Row = []
    for cell in element.iterfind(f"{_NS}Cell"):
        left = _number(cell, "Index", len(row) + 1) - 1
        across, down = _number(cell, "MergeAcross", 0), _number(cell, "MergeDown", 0)
        require_size(name, top + down + 1, left + across + 1, limits)
        row.extend([None] * (left - len(row)))
        row.extend([_value(cell), *[None] * across])
        if across or down:
            merged.append((top, left, top + down, left + across))
    return row


def _value(cell: ET.Element) -> Cell:
    data = cell.find(f"{_NS}Data")
    written = "".join(data.itertext()).strip() if data is not None else ""
    if data is not None and data.get(f"{_NS}Type") == "Number":
        try:
            return float(written)
        except ValueError:
            return written or None
    return written or None


def _number(element: ET.Element, attribute: str, otherwise: int) -> int:
    written = element.get(f"{_NS}{attribute}", "")
    return int(written) if written.isdigit() else otherwise
