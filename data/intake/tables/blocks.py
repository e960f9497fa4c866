"""Facilities that take several rows: merged cells, or rows that only go on with the one above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from core.text import text
from data.formats.raw import Cell, RawSheet, Row
from data.intake.findings import Notebook
from data.intake.tables.columns import PERSONAL, SERIAL
from data.intake.tables.numbers import as_written, is_missing
from data.intake.tables.place_columns import PlaceColumns

# Of these a facility may have several, one a row; all else is its own once.
_MANIFOLD: Final = ("services", "remark", PERSONAL, "")

Numbered = tuple[int, Row]


def fold_blocks(
    sheet: RawSheet,
    rows: Sequence[Numbered],
    fields: Mapping[int, str],
    places: Sequence[PlaceColumns],
    notes: Notebook,
) -> list[Numbered]:
    """One row for each facility, under the number of its first; services and remarks one after the other.

    Rows are one facility where their name is one merged cell and they do not lie in different places, and
    where a row has nothing but services, remarks or persons to add to the one above.
    """
    name = next((column for column, field in fields.items() if field == "name"), None)
    if name is None:
        return list(rows)
    block_of: dict[int, int] = {}
    for top, left, bottom, right in sheet.merged:
        if left <= name <= right and bottom > top:
            block_of.update(dict.fromkeys(range(top + 1, bottom + 2), top + 1))
    kept: list[Numbered] = []
    for number, row in rows:
        above = kept[-1] if kept else None
        merged = above is not None and number in block_of and block_of[number] == block_of.get(above[0])
        if above is not None and (
            _one_place(above[1], row, fields, places) if merged else _goes_on(above, row, fields)
        ):
            kept[-1] = (above[0], _folded(above[1], row, fields))
            block_of.setdefault(above[0], above[0])
            block_of[number] = block_of[above[0]]
            notes.tally(
                "merged-rows",
                text("Row {row} was read as part of the facility above.", row=number),
                number,
            )
        else:
            kept.append((number, row))
    notes.flush()
    return kept


def _one_place(above: Row, row: Row, fields: Mapping[int, str], places: Sequence[PlaceColumns]) -> bool:
    """Whether nothing that a facility has but once is given twice, differently."""
    own = {column for place in places for column in place.columns}
    own |= {
        column for column, field in fields.items() if field in ("tier", "facility_id", "address", "status")
    }
    return not any(
        not is_missing(_at(row, column)) and not is_missing(_at(above, column))
        and _at(row, column) != _at(above, column)
        for column in own
    )  # fmt: skip


def _goes_on(above: Numbered, row: Row, fields: Mapping[int, str]) -> bool:
    """Whether a row adds services, remarks or persons to the one right above it, and is no facility of its
    own."""
    own = [c for c, field in fields.items() if field not in (*_MANIFOLD, SERIAL)]
    numbered = any(field == SERIAL and not is_missing(_at(row, c)) for c, field in fields.items())
    # Written out again for another service: all else is the same.
    again = not numbered and all(_at(row, c) == _at(above[1], c) for c in own)
    filled = [c for c in range(len(row)) if not is_missing(row[c]) and not (again and c in own)]
    several = [c for c in filled if fields.get(c, "") in ("services", "remark", PERSONAL)]
    return (
        any(_at(row, c) != _at(above[1], c) for c in several)
        and all(fields.get(c, "") in _MANIFOLD for c in filled)
        and not is_missing(next((_at(above[1], c) for c, f in fields.items() if f == "name"), None))
    )


def _folded(above: Row, row: Row, fields: Mapping[int, str]) -> Row:
    """What the row above lacks, and what both have of what there may be several."""
    folded = [*above, *[None] * (len(row) - len(above))]
    for column, cell in enumerate(row):
        if is_missing(cell) or fields.get(column) == SERIAL:
            continue
        here = folded[column]
        if is_missing(here):
            folded[column] = cell
        elif fields.get(column, "") in _MANIFOLD and as_written(cell) not in as_written(here).split("、"):
            folded[column] = f"{as_written(here)}、{as_written(cell)}"
    return folded


def _at(row: Row, column: int) -> Cell:
    return row[column] if column < len(row) else None
