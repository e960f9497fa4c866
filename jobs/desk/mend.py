"""Single rows of a list mended on the page, in the file that the office brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.text import printable
from data.formats.office.cells import Place, can_set_cells, with_cells
from data.formats.office.package import letters
from data.intake.intake import Intake
from data.intake.tables.columns import PERSONAL
from data.intake.tables.numbers import as_written
from data.intake.tables.sheets import Table


@dataclass(frozen=True)
class Mendable:
    """A table of a list as it stands in its file: `columns` are (number from 1, title), `rows` row number →
    what its cells say. `last_row` is the last of the sheet; new rows stand below it."""

    file: str
    sheet: str
    columns: tuple[tuple[int, str], ...]
    rows: Mapping[int, tuple[str, ...]]
    last_row: int

    @property
    def titles(self) -> tuple[str, ...]:
        """The columns as they are called in an editor: each once."""
        said = [title or letters(number) for number, title in self.columns]
        return tuple(
            f"{title} ({letters(number)})" if said.count(title) > 1 else title
            for title, (number, _) in zip(said, self.columns, strict=True)
        )


def mendable(intake: Intake, paths: Sequence[Path]) -> tuple[Mendable, ...]:
    """The tables of lists whose cells can be set, in their order. A table that was read in another shape
    than it stands in its file (turned on its side) is left out."""
    able = {printable(path.name) for path in paths if can_set_cells(path.name, path.read_bytes())}
    own = {file.name: file.sheets for file in intake.files if file.name in able}
    return tuple(
        _mendable(table)
        for table in intake.tables
        if any(table.sheet is sheet or table.sheet == sheet for sheet in own.get(table.file, ()))
    )


def mended(path: Path, content: bytes, cells: Mapping[Place, str]) -> bytes:
    """The list with some cells set."""
    return with_cells(path.name, content, cells)


def changes(
    table: Mendable,
    edited: Mapping[int, Mapping[str, str]],
    added: Sequence[Mapping[str, str]],
    removed: Sequence[int],
) -> dict[Place, str]:
    """What an editor's words set: row number → title → what it says now, rows that are new, and rows that
    are to go, which are emptied: readers pass over empty rows."""
    column = {title: number for title, (number, _) in zip(table.titles, table.columns, strict=True)}
    cells: dict[Place, str] = {}
    for row, said in edited.items():
        cells |= {(table.sheet, row, column[title]): word for title, word in said.items()}
    for number, said in enumerate(added, table.last_row + 1):
        cells |= {(table.sheet, number, column[title]): word for title, word in said.items()}
    for row in removed:
        cells |= {(table.sheet, row, number): "" for number, _ in table.columns}
    return cells


def _mendable(table: Table) -> Mendable:
    there = [number for number in table.columns if number < len(table.titles)] or range(len(table.titles))
    # Data on persons are not shown; they stay as they are in the file.
    shown = [number for number in there if table.fields.get(number) != PERSONAL]
    columns = tuple((number + 1, table.titles[number]) for number in shown)
    rows = {}
    for row, _ in table.rows:
        cells = table.sheet.rows[row - 1]
        rows[row] = tuple(
            "" if number > len(cells) or cells[number - 1] is None else as_written(cells[number - 1])
            for number, _ in columns
        )
    return Mendable(table.file, table.sheet.name, columns, rows, len(table.sheet.rows))
