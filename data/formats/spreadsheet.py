"""Excel, WPS and OpenDocument workbooks."""

from __future__ import annotations

import io
from datetime import time, timedelta
from typing import Any, Final

import python_calamine as calamine

from core.text import text
from data.formats.limits import Limits
from data.formats.raw import Range, RawSheet, UnreadableError

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
    merged = tuple(_range(found) for found in sheet.merged_cell_ranges or ())
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
    if isinstance(cell, time | timedelta):
        return _clock(cell)
    return cell


def _clock(cell: time | timedelta) -> str:
    """Hours, minutes and seconds, as the cell shows them: 118:47:20.26 is no time of day, but an angle."""
    if isinstance(cell, time):
        return cell.isoformat()
    seconds = round(cell.total_seconds(), 6)
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    shown = f"{rest:09.6f}".rstrip("0").rstrip(".")
    return f"{'-' * (seconds < 0)}{hours:.0f}:{minutes:02.0f}:{shown}"


def _range(found: Any) -> Range:
    (top, left), (bottom, right) = found
    return top, left, bottom, right
