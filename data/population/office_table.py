"""Tables of an office (census figures by unit) in any spreadsheet format, with titles above the header."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from core.errors import InputError
from data.formats.raw import Cell, RawSheet
from data.formats.read import read_files
from data.population.columns import find_column

# A header stands below a title and the name of the office, not deep in the table.
_HEADER_ROWS: Final = 12


def read_office_table(path: Path, wanted: Sequence[Sequence[str]]) -> pd.DataFrame:
    """The first table with a column for each of `wanted` (several names each), all cells as texts.

    The index holds the rows' numbers as the spreadsheet counts. InputError that names the columns
    of the first row, where no header has them all.
    """
    file = read_files([path])[0]
    if file.problem is not None:
        raise InputError("{file}: {problem}", file=path.name, problem=file.problem)
    for sheet in file.sheets:
        for number, row in enumerate(sheet.rows[:_HEADER_ROWS]):
            titles = [_word(cell) for cell in row]
            if all(find_column(titles, aliases) for aliases in wanted):
                return _frame(sheet, number, titles)
    raise _no_header(path, file.sheets, wanted)


def _frame(sheet: RawSheet, header: int, titles: list[str]) -> pd.DataFrame:
    named = [column for column, title in enumerate(titles) if title and titles.index(title) == column]
    rows = [
        [_word(row[column]) if column < len(row) else "" for column in named]
        for row in sheet.rows[header + 1 :]
    ]
    frame = pd.DataFrame(
        rows, columns=[titles[column] for column in named], index=range(header + 2, len(sheet.rows) + 1)
    )
    return frame[(frame != "").any(axis=1)]


def _word(cell: Cell) -> str:
    """A code that a spreadsheet holds as a number is 320102, not 320102.0."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _no_header(path: Path, sheets: tuple[RawSheet, ...], wanted: Sequence[Sequence[str]]) -> InputError:
    first = [_word(cell) for sheet in sheets[:1] for row in sheet.rows[:1] for cell in row]
    return InputError(
        "{file}: no table has columns named {wanted}. The first row says: {columns}.",
        file=path.name,
        wanted=" + ".join(" / ".join(aliases[:3]) for aliases in wanted),
        columns=", ".join(first[:20]),
    )
