"""Where the table of a sheet begins, and what its columns are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from data.formats.raw import Cell, Range, RawSheet, Row
from data.intake.columns import OWN, PERSONAL, SERIAL, choose_columns, title_field

_SEARCHED_ROWS: Final = 40
_HEADER_ROWS: Final = 3
_PLACING: Final = frozenset(("name", "lon", "lat", "lonlat", "address"))
_LONGEST_TITLE: Final = 40


@dataclass(frozen=True)
class Header:
    """`first`..`last` are the header's rows (zero based, both included; none if last < first);
    `titles` one tuple a column; `guessed` are fields recognised by the columns' contents."""

    first: int
    last: int
    titles: tuple[tuple[str, ...], ...]
    guessed: Mapping[int, str] = field(default_factory=dict)

    @property
    def fields(self) -> dict[int, str]:
        return choose_columns(self.titles)


def find_header(sheet: RawSheet) -> Header | None:
    """The rows that name the most fields of a facility list; the earliest and shortest of equals.

    None if no row names at least two fields of which one is a name, an address or a coordinate.
    """
    merged = Merges(sheet.merged)
    width = max((len(row) for row in sheet.rows[:_SEARCHED_ROWS]), default=0)
    best: tuple[int, Header] | None = None
    for first in range(min(len(sheet.rows), _SEARCHED_ROWS)):
        for last in range(first, min(first + _HEADER_ROWS, len(sheet.rows))):
            if not _may_be_header(sheet.rows[last], last, width, merged):
                break
            header = Header(first, last, _titles(sheet, first, last, width, merged))
            score = _score(header)
            if score and (best is None or score > best[0]):
                best = (score, header)
    return best[1] if best else None


class Merges:
    """Merged ranges by row, to ask what a cell's top left cell is."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        self.ranges = tuple(ranges)

    def origin(self, row: int, column: int) -> tuple[int, int]:
        """The top left cell of the range that holds this cell, or the cell itself."""
        for top, left, bottom, right in self.ranges:
            if top <= row <= bottom and left <= column <= right:
                return top, left
        return row, column

    def widest(self, row: int) -> int:
        """How many columns the widest range in this row spans."""
        return max(
            (right - left + 1 for top, left, bottom, right in self.ranges if top <= row <= bottom), default=1
        )


def filled_down(sheet: RawSheet, first: int) -> list[Row]:
    """The rows from `first` on, each merged range's value repeated down its first column only."""
    rows = [list(row) for row in sheet.rows[first:]]
    for top, left, bottom, _ in sheet.merged:
        value = cell_at(sheet.rows, top, left)
        if top < first or value is None:
            continue
        for row in rows[top - first + 1 : bottom - first + 1]:
            row.extend([None] * (left + 1 - len(row)))
            row[left] = value
    return rows


def cell_at(rows: Sequence[Row], row: int, column: int) -> Cell:
    """None beyond the end of a short row."""
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else None


def _may_be_header(row: Row, number: int, width: int, merged: Merges) -> bool:
    texts = [cell for cell in row if isinstance(cell, str)]
    if len(texts) < 1 or any(isinstance(cell, float) for cell in row):
        return False
    if width > 3 and merged.widest(number) > 0.6 * width:
        return False
    return all(len(cell) <= _LONGEST_TITLE for cell in texts)


def _titles(
    sheet: RawSheet, first: int, last: int, width: int, merged: Merges
) -> tuple[tuple[str, ...], ...]:
    titles = []
    for column in range(width):
        parts: list[str] = []
        for row in range(first, last + 1):
            top, left = merged.origin(row, column)
            cell = cell_at(sheet.rows, top, left) if top >= first else None
            written = "" if cell is None else str(cell).replace("\n", "").strip()
            if written and (not parts or parts[-1] != written):
                parts.append(written)
        titles.append(tuple(parts))
    return tuple(titles)


def _score(header: Header) -> int:
    """Fields named, less titles in the rows below the first that name nothing; 0 if it is no header."""
    fields = set(header.fields.values())
    if not fields & _PLACING or len(fields - {SERIAL, PERSONAL, OWN}) < 2:
        return 0
    strangers = sum(1 for parts in header.titles if len(parts) > 1 and not title_field(parts[-1:]))
    rows = header.last - header.first
    return 100 * len(fields) - 150 * strangers - 10 * rows
