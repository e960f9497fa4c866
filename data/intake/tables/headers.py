"""Where the tables of a sheet are, and what their columns are called or hold."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from data.formats.raw import Cell, Range, RawSheet, Row
from data.intake.tables.columns import (
    OWN,
    PERSONAL,
    SERIAL,
    choose_columns,
    field_of_cut,
    normalise,
    title_field,
)
from data.intake.tables.notation import parse_angle, parse_pair
from data.intake.tables.numbers import plain
from data.intake.tables.place_columns import part_of_angle
from data.intake.tables.tiers import tier_of_kind, tier_of_name

_SEARCHED_ROWS: Final = 40
_HEADER_ROWS: Final = 3
_PLACING: Final = frozenset(("name", "lon", "lat", "lonlat", "address"))
_LONGEST_TITLE: Final = 40
_LEAST_FIELDS: Final = 3
_SAMPLE: Final = 200
_MOSTLY: Final = 0.8
_CHINA_LON: Final = (73.0, 136.0)
_CHINA_LAT: Final = (3.0, 54.0)
_MOST_TITLES: Final = 0.6


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
        return {**choose_columns(self.titles), **self.guessed}


@dataclass(frozen=True)
class Region:
    """Where one table of a sheet stands: its header, its columns, the row (zero based) after its last one,
    and the first row whose texts are about it. `beside`: other tables stand to its left or right."""

    header: Header
    columns: range
    end: int
    top: int
    beside: bool = False


def find_header(sheet: RawSheet) -> Header | None:
    """The rows that name the most fields of a facility list, the earliest and shortest of equals; else what
    the columns hold. None if neither shows a table.
    """
    return _best_header(sheet) or guess_columns(sheet)


def geometry_header(sheet: RawSheet) -> Header:
    """The first row of a format with geometry holds the field names, whatever they are; some formats cut them
    off."""
    titles = tuple((plain(cell),) if cell is not None else () for cell in sheet.rows[0])
    cut = {c: field for c, parts in enumerate(titles) if parts and (field := field_of_cut(parts[0]))}
    named = set(choose_columns(titles).values())
    return Header(0, 0, titles, {c: field for c, field in cut.items() if field not in named})


def regions(sheet: RawSheet, header: Header) -> list[Region]:
    """The tables of a sheet: side by side under one header, and below each other where a further header names
    other columns in other places."""
    found: list[Region] = []
    for columns in _side_by_side(header):
        beside = len(columns) < len(header.titles)
        own = tuple(parts if number in columns else () for number, parts in enumerate(header.titles))
        top, current = 0, replace(header, titles=own)
        for row in range(header.last + 1, len(sheet.rows)):
            titles = _row_titles(sheet, row, columns)
            if titles is None or _same_columns(titles, current, columns):
                continue
            begin = row
            while begin > current.last + 1 and _is_heading_row(sheet.rows[begin - 1], columns):
                begin -= 1
            found.append(Region(current, columns, begin, top, beside))
            top, current = begin, Header(row, row, titles)
        found.append(Region(current, columns, len(sheet.rows), top, beside))
    return sorted(found, key=lambda region: (region.header.first, region.columns.start))


def _row_titles(sheet: RawSheet, row: int, columns: range) -> tuple[tuple[str, ...], ...] | None:
    """The titles of a row that is a header by itself; None for any other row."""
    cells = [sheet.rows[row][c] for c in columns if c < len(sheet.rows[row])]
    texts = [cell for cell in cells if cell is not None]
    if len(texts) < _LEAST_FIELDS or not all(isinstance(c, str) and len(c) <= _LONGEST_TITLE for c in texts):
        return None
    titles = tuple(
        (plain(sheet.rows[row][c]),)
        if c in columns and c < len(sheet.rows[row]) and sheet.rows[row][c]
        else ()
        for c in range(max(len(sheet.rows[row]), columns.stop))
    )
    named = [title_field(parts) for parts in titles if parts]
    fields = {match[0] for match in named if match is not None} - {SERIAL, PERSONAL, OWN}
    known = sum(match is not None for match in named)
    is_header = "name" in fields and fields & _PLACING - {"name"} and known >= _MOST_TITLES * len(named)
    return titles if is_header else None


def _same_columns(titles: tuple[tuple[str, ...], ...], header: Header, columns: range) -> bool:
    """Whether a repeated header puts every field where the first one has it."""

    def fields(parts: Sequence[Sequence[str]]) -> dict[int, str]:
        return {c: (title_field(parts[c]) or ("", 0))[0] for c in columns if c < len(parts) and parts[c]}

    own, here = fields(header.titles), fields(titles)
    return all(own.get(column) == field for column, field in here.items() if field)


def _is_heading_row(row: Row, columns: range) -> bool:
    filled = [row[c] for c in columns if c < len(row) and row[c] is not None]
    return len(filled) <= 1 and all(isinstance(cell, str) for cell in filled)


def _side_by_side(header: Header) -> list[range]:
    """The columns of each table under one header: a new one begins where a field that the table has already
    comes again under the same title, or a further name after a whole place. One table where these parts are
    no tables."""
    width = len(header.titles)
    if header.guessed:
        return [range(width)]
    starts = [0]
    seen: set[str] = set()
    fields: set[str] = set()
    for column, parts in enumerate(header.titles):
        match = title_field(parts)
        if match is None:
            continue
        title, field = normalise("".join(parts)), match[0]
        again = title in seen and field not in (PERSONAL, OWN)
        if again or (field == "name" and "name" in fields and _has_coordinates(fields)):
            starts.append(column)
            seen, fields = set(), set()
        seen.add(title)
        fields.add(field)
    tables = [range(a, b) for a, b in zip(starts, [*starts[1:], width], strict=True)]
    named = [{(title_field(header.titles[c]) or ("",))[0] for c in part} for part in tables]
    coordinates = any(_has_coordinates(fields) for fields in named)
    whole = all(
        "name" in fields and (_has_coordinates(fields) if coordinates else "address" in fields)
        for fields in named
    )
    return tables if whole else [range(width)]


def _has_coordinates(fields: Container[str]) -> bool:
    return "lonlat" in fields or ("lon" in fields and "lat" in fields)


def _best_header(sheet: RawSheet) -> Header | None:
    """None if no row names at least two fields of which one is a name, an address or a coordinate."""
    merged = Merges([found for found in sheet.merged if found[0] <= _SEARCHED_ROWS + _HEADER_ROWS])
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
    titles: list[tuple[str, ...]] = []
    for column in range(width):
        parts: list[str] = []
        for row in range(first, last + 1):
            top, left = merged.origin(row, column)
            cell = cell_at(sheet.rows, top, left) if top >= first else None
            written = "" if cell is None else plain(str(cell).replace("\n", ""))
            if written and (not parts or parts[-1] != written):
                parts.append(written)
        if len(parts) == 1 and part_of_angle(parts[0]) and titles and len(titles[-1]) > 1:
            parts = [*titles[-1][:-1], *parts]  # 分 and 秒 under a title that was not merged
        titles.append(tuple(parts))
    return tuple(titles)


def _score(header: Header) -> int:
    """Fields named, and degrees, minutes and seconds under them, less titles in the rows below the first that
    name nothing; 0 if it is no header."""
    fields = set(header.fields.values())
    if not fields & _PLACING or len(fields - {SERIAL, PERSONAL, OWN}) < 2:
        return 0
    strangers = sum(
        1
        for parts in header.titles
        if len(parts) > 1 and not title_field(parts[-1:]) and part_of_angle(parts[-1]) is None
    )
    rows = header.last - header.first
    parts = sum(1 for titles in header.titles if len(titles) > 1 and part_of_angle(titles[-1]) is not None)
    return 100 * len(fields) + 50 * parts - 150 * strangers - 10 * rows


def guess_columns(sheet: RawSheet) -> Header | None:
    """A header of guessed fields for a sheet whose titles name too little; None if no place is found.

    The titles are those of the first row if it holds no coordinates, else empty. Recognised are
    Chinese longitudes and latitudes, pairs in one column, names and types of centres and stations.
    """
    rows = [row for row in sheet.rows if any(cell is not None for cell in row)]
    if not rows:
        return None
    width = max(len(row) for row in rows)
    first = next(i for i, row in enumerate(sheet.rows) if any(cell is not None for cell in row))
    columns = [[cell_at(rows, r, c) for r in range(1, min(len(rows), _SAMPLE))] for c in range(width)]
    guessed = _fields(columns)
    found = set(guessed.values())
    if "name" not in found or not _has_coordinates(found):
        return None
    titled = not any(
        parse_pair(cell) is not None or (_between(cell, _CHINA_LON) and _decimals(cell))
        for cell in sheet.rows[first]
    )
    titles = tuple(
        (plain(cell_at(sheet.rows, first, c)),)
        if titled and cell_at(sheet.rows, first, c) is not None
        else ()
        for c in range(width)
    )
    return Header(first, first if titled else first - 1, titles, guessed)


def _fields(columns: Sequence[Sequence[Cell]]) -> dict[int, str]:
    tests: tuple[tuple[str, Callable[[Cell], bool]], ...] = (
        ("lonlat", lambda cell: parse_pair(cell) is not None),
        ("lon", lambda cell: _between(cell, _CHINA_LON)),
        ("lat", lambda cell: _between(cell, _CHINA_LAT) and _decimals(cell)),
        ("tier", lambda cell: isinstance(cell, str) and tier_of_kind(cell) is not None),
        ("name", lambda cell: isinstance(cell, str) and tier_of_name(cell) is not None),
    )
    guessed: dict[int, str] = {}
    for name, test in tests:
        for column, cells in enumerate(columns):
            filled = [cell for cell in cells if cell is not None]
            fits = sum(1 for cell in filled if test(cell))
            if column not in guessed and filled and fits >= _MOSTLY * len(filled):
                guessed[column] = name
                break
    return guessed


def _between(cell: Cell, bounds: tuple[float, float]) -> bool:
    angle = parse_angle(cell)
    return angle is not None and bounds[0] <= angle.value <= bounds[1]


def _decimals(cell: Cell) -> bool:
    angle = parse_angle(cell)
    return angle is not None and angle.decimals >= 3
