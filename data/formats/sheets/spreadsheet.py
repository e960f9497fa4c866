"""Workbooks: Excel and WPS by calamine, those of before 1997 by xlrd, OpenDocument's merged ranges and
“XML Spreadsheet 2003” from their XML."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from datetime import time, timedelta
from typing import Any, Final
from xml.etree import ElementTree as ET

import python_calamine as calamine
import xlrd  # type: ignore[import-untyped]
from xlrd.compdoc import CompDocError  # type: ignore[import-untyped]

from core.text import text
from data.formats.archive import open_archive, read_member
from data.formats.limits import Limits
from data.formats.raw import Cell, Range, RawSheet, Row, UnreadableError
from data.formats.sheets.kml import parse_xml

PROTECTED: Final = text("The workbook is protected by a password. Save it without one and send it again.")


def read_workbook(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """Every sheet of an .xlsx, .xls, .et or .ods workbook; formulas give their stored values.

    UnreadableError if it is protected, damaged, or larger than the limits.
    """
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except calamine.PasswordError as error:
        raise UnreadableError(PROTECTED) from error
    except calamine.CalamineError as error:
        raise UnreadableError(
            text("The workbook is damaged. Open it in Excel or WPS, save it anew and send it again.")
        ) from error
    sheets = [meta for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
    if len(sheets) > limits.sheets:
        raise UnreadableError(
            text(
                "The workbook has {count} sheets; at most {most} are read.",
                count=len(sheets),
                most=limits.sheets,
            )
        )
    return tuple(_sheet(book, meta, limits) for meta in sheets)


def _sheet(book: Any, meta: Any, limits: Limits) -> RawSheet:
    hidden = meta.visible != calamine.SheetVisibleEnum.Visible
    try:
        sheet = book.get_sheet_by_name(meta.name)
    except calamine.CalamineError as error:
        raise UnreadableError(
            text("The sheet {sheet} is damaged. Save the workbook anew and send it again.", sheet=meta.name)
        ) from error
    if sheet.end is None:
        return RawSheet(meta.name, [], hidden=hidden)
    require_size(meta.name, sheet.end[0] + 1, sheet.end[1] + 1, limits)
    rows = [[_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    merged = tuple(
        (top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    )
    return RawSheet(meta.name, rows, merged, hidden)


def require_size(sheet: str, rows: int, columns: int, limits: Limits) -> None:
    """UnreadableError for a used rectangle beyond the limits."""
    if rows > limits.rows or columns > limits.columns or rows * columns > limits.cells:
        raise UnreadableError(
            text(
                "The sheet {sheet} reaches to row {rows} and column {columns}; at most {most_rows} rows and "
                "{most_columns} columns are read. Delete stray cells far from the table, or split the list.",
                sheet=sheet,
                rows=rows,
                columns=columns,
                most_rows=limits.rows,
                most_columns=limits.columns,
            )
        )


def _cell(cell: Any) -> Any:
    if cell == "" or cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    if isinstance(cell, time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        # As the cell shows it: 118:47:20.26 is no time of day, but an angle.
        seconds = round(cell.total_seconds(), 6)
        hours, rest = divmod(abs(seconds), 3600)
        minutes, rest = divmod(rest, 60)
        shown = f"{rest:09.6f}".rstrip("0").rstrip(".")
        return f"{'-' * (seconds < 0)}{hours:.0f}:{minutes:02.0f}:{shown}"
    return cell


# xlrd has no one error for damaged files; these are what it raises on them.
_BROKEN: Final = (
    xlrd.XLRDError, CompDocError, struct.error, AssertionError, LookupError, ValueError, TypeError,
    OverflowError,
)  # fmt: skip


def read_old_workbook(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """Its sheets in order; UnreadableError if it is damaged or too large."""
    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO())
    except _BROKEN as error:
        if "encrypted" in str(error).lower():
            raise UnreadableError(PROTECTED) from error
        raise UnreadableError(
            text("The workbook is damaged. Open it in Excel or WPS, save it anew and send it again.")
        ) from error
    sheets = []
    for sheet in book.sheets():
        require_size(sheet.name, sheet.nrows, sheet.ncols, limits)
        rows: list[Row] = [
            [_old_cell(cell, book.datemode) for cell in sheet.row(number)] for number in range(sheet.nrows)
        ]
        merged = tuple((top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells)
        sheets.append(RawSheet(sheet.name, rows, merged, hidden=sheet.visibility != 0))
    return tuple(sheets)


def _old_cell(cell: Any, datemode: int) -> Any:
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        return int(cell.value) if float(cell.value).is_integer() else cell.value
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError):
            return cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return str(cell.value).strip() or None if cell.ctype == xlrd.XL_CELL_TEXT else None


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
        # A few repeated cells can stand for millions: counted before the reader spreads them out.
        cells = 0
        for row in table.iter(f"{_TABLE}table-row"):
            filled = sum(_repeat(cell, "columns") for cell in row if f"{_OFFICE}value-type" in cell.attrib)
            cells += filled * _repeat(row, "rows")
        if cells > limits.cells:
            raise UnreadableError(
                text("The sheet {sheet} holds {cells} cells, more than are read.", sheet=name, cells=cells)
            )
    return tuple(
        replace(sheet, merged=_merged(tables[sheet.name]) if sheet.name in tables else ())
        for sheet in read_workbook(content, limits)
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


_NS: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"


def read_xml_workbook(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """Its sheets in order; UnreadableError if it is broken or too large."""
    sheets = parse_xml(content).findall(f"{_NS}Worksheet")
    if not sheets:
        raise UnreadableError(text("The XML workbook holds no sheets."))
    read = []
    for sheet in sheets:
        name = sheet.get(f"{_NS}Name", "")
        rows: list[Row] = []
        merged: list[Range] = []
        for element in sheet.iterfind(f"{_NS}Table/{_NS}Row"):
            number = _number(element, "Index", len(rows) + 1)
            require_size(name, number, 1, limits)
            rows.extend([] for _ in range(number - 1 - len(rows)))
            rows.append(_row(element, len(rows), merged, name, limits))
        read.append(RawSheet(name, rows, tuple(merged)))
    return tuple(read)


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
