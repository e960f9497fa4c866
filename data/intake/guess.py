"""Columns recognised by what they hold, for lists whose titles say nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from data.formats.raw import Cell, RawSheet
from data.intake.headers import Header, cell_at
from data.intake.notation import parse_angle, parse_pair
from data.intake.numbers import plain
from data.intake.tiers import tier_of_kind, tier_of_name

_SAMPLE: Final = 200
_MOSTLY: Final = 0.8
_CHINA_LON: Final = (73.0, 136.0)
_CHINA_LAT: Final = (3.0, 54.0)


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
    if not _places(guessed):
        return None
    titled = not any(_is_lonlat(cell) for cell in sheet.rows[first])
    titles = tuple(
        (plain(cell_at(sheet.rows, first, c)),)
        if titled and cell_at(sheet.rows, first, c) is not None
        else ()
        for c in range(width)
    )
    return Header(first, first if titled else first - 1, titles, guessed)


def _places(guessed: dict[int, str]) -> bool:
    fields = set(guessed.values())
    return "name" in fields and ("lonlat" in fields or {"lon", "lat"} <= fields)


def _fields(columns: Sequence[Sequence[Cell]]) -> dict[int, str]:
    tests: tuple[tuple[str, Callable[[Cell], bool]], ...] = (
        ("lonlat", lambda cell: parse_pair(cell) is not None),
        ("lon", lambda cell: _between(cell, _CHINA_LON)),
        ("lat", lambda cell: _between(cell, _CHINA_LAT) and _decimals(cell)),
        ("tier", lambda cell: isinstance(cell, str) and tier_of_kind(cell) is not None),
        ("name", lambda cell: isinstance(cell, str) and tier_of_name(cell) is not None),
    )
    guessed: dict[int, str] = {}
    for field, test in tests:
        for column, cells in enumerate(columns):
            filled = [cell for cell in cells if cell is not None]
            fits = sum(1 for cell in filled if test(cell))
            if column not in guessed and filled and fits >= _MOSTLY * len(filled):
                guessed[column] = field
                break
    return guessed


def _between(cell: Cell, bounds: tuple[float, float]) -> bool:
    angle = parse_angle(cell)
    return angle is not None and bounds[0] <= angle.value <= bounds[1]


def _decimals(cell: Cell) -> bool:
    angle = parse_angle(cell)
    return angle is not None and angle.decimals >= 3


def _is_lonlat(cell: Cell) -> bool:
    return parse_pair(cell) is not None or (_between(cell, _CHINA_LON) and _decimals(cell))
