"""Excel workbooks of before 1997, which the usual reader does not know, by xlrd."""

from __future__ import annotations

import io
from typing import Any, Final

import xlrd  # type: ignore[import-untyped]

from core.text import text
from data.formats.limits import Limits
from data.formats.raw import RawSheet, Row, UnreadableError
from data.formats.spreadsheet import PROTECTED, require_size

# xlrd has no one error for damaged files; these are what it raises on them.
_BROKEN: Final = (xlrd.XLRDError, AssertionError, IndexError, KeyError, ValueError, TypeError, OverflowError)


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
    return tuple(_sheet(sheet, book.datemode, limits) for sheet in book.sheets())


def _sheet(sheet: Any, datemode: int, limits: Limits) -> RawSheet:
    require_size(sheet.name, sheet.nrows, sheet.ncols, limits)
    rows: list[Row] = [[_cell(cell, datemode) for cell in sheet.row(number)] for number in range(sheet.nrows)]
    merged = tuple((top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells)
    return RawSheet(sheet.name, rows, merged, hidden=sheet.visibility != 0)


def _cell(cell: Any, datemode: int) -> Any:
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
