"""Text tables: comma, semicolon, tab or bar between the fields, in the encodings that occur."""

from __future__ import annotations

import csv
import io
from typing import Final

from core.text import text
from data.files import as_written
from data.formats.limits import Limits
from data.formats.raw import Cell, RawSheet, Row, UnreadableError

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Detectors guess wrong on GBK files that are mostly ASCII, so the strict decoders decide; GB18030
# comes after UTF-8 because hardly any UTF-8 Chinese text is invalid GB18030, but not the reverse.
_STRICT: Final = ("utf-8", "gb18030")
_DELIMITERS: Final = (",", "\t", ";", "|")
_SNIFFED_ROWS: Final = 50


def decode(content: bytes) -> str:
    """By byte order mark, then strict UTF-8, then strict GB18030; UnreadableError otherwise."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                raise _not_text() from error
    if b"\0" in content:
        raise _not_text()
    for encoding in _STRICT:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _not_text()


def read_delimited(content: bytes, limits: Limits) -> RawSheet:
    """One sheet without a name; empty fields are None, every other cell is text."""
    written = decode(content)
    delimiter = delimiter_of(written)
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
    return RawSheet("", rows)


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


def _cell(field: str) -> Cell:
    return as_written(field.strip()) or None


def _not_text() -> UnreadableError:
    return UnreadableError(
        text(
            "The file is neither a workbook nor text in UTF-8 or GB18030. "
            "Save it as .xlsx, or as CSV in UTF-8, and send it again."
        )
    )
