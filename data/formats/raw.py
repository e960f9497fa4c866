"""What any file becomes: sheets of plain cells, in the order and with the row numbers of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from core.text import Text

Cell = str | float | int | bool | date | None
Row = list[Cell]
Range = tuple[int, int, int, int]


@dataclass(frozen=True)
class RawSheet:
    """One sheet, layer or table.

    `rows[k]` is row k + 1 as a spreadsheet counts. `merged` are (top, left, bottom, right), zero
    based, both ends included. Formats with geometry have a header row of field names first and
    `points`, one (x, y) or None for every row, in `crs` ("" where the file does not say);
    `geometry_kind[k]` names what was not a point ("Polygon": its inner point is given, "MultiPoint": its
    first), `extents[k]` is such an area, or several points, as WKB in the same `crs`.
    `hidden_rows` count from 1. `own` sheets were added by an earlier check, as the workbook's own mark says.
    A formula without a stored value stands as its text, "=A1+B1".
    """

    name: str
    rows: list[Row]
    merged: tuple[Range, ...] = ()
    hidden: bool = False
    crs: str = ""
    points: list[tuple[float, float] | None] | None = None
    geometry_kind: list[str] | None = None
    extents: list[bytes | None] | None = None
    hidden_rows: tuple[int, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class RawFile:
    """A file as read: its sheets, or the `problem` that makes it unusable.

    `notes` are remarks that do not prevent reading (an encoding guessed, a member skipped).
    """

    name: str
    kind: str
    sha256: str
    sheets: tuple[RawSheet, ...] = ()
    problem: Text | None = None
    notes: tuple[Text, ...] = ()

    def refused(self, problem: Text) -> RawFile:
        """The same file, unusable."""
        return replace(self, sheets=(), problem=problem)


class UnreadableError(Exception):
    """A format's reader cannot use the file; carries the sentence for the user."""

    def __init__(self, message: Text) -> None:
        self.message = message
        super().__init__(str(message))
