"""One row as understood so far, and the cells it is understood from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.text import Text
from data.formats.raw import Cell, Row
from data.intake.findings import ERROR, WARNING, Notebook
from data.intake.tables.numbers import Angle, as_written, is_missing
from data.intake.tables.sheets import Table

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
SET_ASIDE: Final = "set_aside"
TO_LOCATE: Final = "to_locate"


@dataclass
class Draft:
    """One row as understood so far. `first`, `second` are what the list gives as longitude and
    latitude, in its own units and order; None where missing or unreadable.

    `place` is which of the table's places they are from (None: the geometry), `others` what the other places
    give, `said` the words by which the row names its system, `mend` the degrees (in the list's own system)
    that were probably meant where they cannot be used as they stand.
    """

    table: int
    row: int
    values: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    first: Angle | None = None
    second: Angle | None = None
    outcome: str = ACCEPTED
    placeless: bool = False
    place: int | None = None
    others: list[tuple[int, Angle | None, Angle | None]] = field(default_factory=list)
    said: str = ""
    mend: tuple[float, float] | None = None

    def refuse(self) -> None:
        """A facility that is planned or closed stays set aside: nobody need mend it."""
        if self.outcome != SET_ASIDE:
            self.outcome = REFUSED

    def lose_place(self) -> None:
        """Refuse it for its coordinates, which cannot be used."""
        self.placeless = True
        self.refuse()


@dataclass(frozen=True)
class RowCells:
    """The cells of one row by field, and where findings about them go."""

    table: Table
    row: int
    by_field: Mapping[str, Cell]
    notes: Notebook
    cells: Row = field(default_factory=list)
    set_aside: bool = False

    def note(self, level: str, code: str, message: Text, field_name: str = "") -> None:
        """A remark on this row; what would refuse it is only a warning where it is set aside anyway."""
        column = self.table.column_of(field_name) if field_name else ("", 0)
        level = WARNING if self.set_aside and level == ERROR else level
        self.notes.note(level, code, message, row=self.row, column=column)  # type: ignore[arg-type]

    def note_at(self, level: str, code: str, message: Text, column: int | None) -> None:
        """A remark on a column counted from 0; on the row for None."""
        level = WARNING if self.set_aside and level == ERROR else level
        where = ("", 0) if column is None else self.table.column(column)
        self.notes.note(level, code, message, row=self.row, column=where)  # type: ignore[arg-type]

    def said(self, name: str) -> str:
        cell = self.by_field.get(name)
        return "" if is_missing(cell) else as_written(cell)

    def tally(self, code: str, example: Text, field_name: str) -> None:
        """A remark that is told once a column, however many rows it is true of."""
        self.notes.tally(code, example, self.row, self.table.column_of(field_name))
