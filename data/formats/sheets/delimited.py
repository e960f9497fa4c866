"""Text tables: comma, semicolon, tab, bar or wide gaps between the fields."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from core.text import text
from data.files import as_written
from data.formats.encoding import decode
from data.formats.geometry import EXTENT, extent_wkb
from data.formats.limits import Limits
from data.formats.raw import Cell, RawSheet, Row, UnreadableError

_DELIMITERS: Final = (",", "\t", ";", "|", "，")
# Columns set apart by two spaces or more.
_GAP: Final = re.compile(r"(?<=\S)(?: {2,}|\u3000+)(?=\S)")
_SNIFFED_ROWS: Final = 50


def read_delimited(content: bytes, limits: Limits) -> RawSheet:
    """One sheet without a name; empty fields are None, every other cell is text."""
    written = decode(content)
    delimiter = delimiter_of(written)
    if delimiter not in written:
        written, delimiter = _GAP.sub("\t", written), "\t"
    csv.field_size_limit(1 << 20)
    rows: list[Row] = []
    try:
        for fields in csv.reader(io.StringIO(written, newline=""), delimiter=delimiter):
            rows.append([_cell(field) for field in fields])
            if len(rows) > limits.rows or len(fields) > limits.columns:
                raise UnreadableError(
                    text(
                        "The text table has more than {rows} rows or {columns} columns; split the list.",
                        rows=limits.rows,
                        columns=limits.columns,
                    )
                )
    except csv.Error as error:
        raise UnreadableError(
            text(
                "Line {line} cannot be split into fields; is a quotation mark left open?", line=len(rows) + 1
            )
        ) from error
    return RawSheet("", rows, extents=_extents(rows))


def _extents(rows: list[Row]) -> list[bytes | None] | None:
    """Areas and several points in a column called “extent”, as the store keeps them (WKT)."""
    column = rows[0].index(EXTENT) if rows and EXTENT in rows[0] else -1
    if column < 0:
        return None
    import shapely

    given = [str(row[column] or "") if column < len(row) else "" for row in rows[1:]]
    return [None, *map(extent_wkb, shapely.from_wkt(given, on_invalid="ignore"))]


def delimiter_of(written: str) -> str:
    """The delimiter with which most of the first rows have the same number of fields, above one."""
    head = written[:20_000].splitlines()[:_SNIFFED_ROWS]
    best, best_score = ",", 0
    for delimiter in _DELIMITERS:
        widths = [len(fields) for fields in csv.reader(head, delimiter=delimiter) if fields]
        common = max(set(widths), key=widths.count, default=1)
        score = widths.count(common) * (common > 1)
        if score > best_score:
            best, best_score = delimiter, score
    return best


# How programs keep Excel from making a number or a date of a text.
_GUARDED: Final = re.compile(r'="([^"]*)"')


def _cell(field: str) -> Cell:
    stripped = field.strip()
    guarded = _GUARDED.fullmatch(stripped)
    return (guarded[1].strip() if guarded else as_written(stripped)) or None
