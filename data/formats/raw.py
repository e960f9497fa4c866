"""What any file becomes: sheets of plain cells, in the order and with the row numbers of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

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
    `geometry_kind[k]` names what was not a point ("Polygon": its inner point is given).
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


def to_json(file: RawFile) -> dict[str, Any]:
    """Plain JSON values; dates become {"d": iso}."""
    return {
        "name": file.name,
        "kind": file.kind,
        "sha256": file.sha256,
        "problem": _text_to_json(file.problem),
        "notes": [_text_to_json(note) for note in file.notes],
        "sheets": [
            {
                "name": sheet.name,
                "rows": [[_cell_to_json(cell) for cell in row] for row in sheet.rows],
                "merged": sheet.merged,
                "hidden": sheet.hidden,
                "crs": sheet.crs,
                "points": sheet.points,
                "geometry_kind": sheet.geometry_kind,
                "hidden_rows": sheet.hidden_rows,
                "own": sheet.own,
            }
            for sheet in file.sheets
        ],
    }


def from_json(value: dict[str, Any]) -> RawFile:
    """The inverse of `to_json`."""
    return RawFile(
        name=value["name"],
        kind=value["kind"],
        sha256=value["sha256"],
        problem=_text_from_json(value["problem"]),
        notes=tuple(note for note in map(_text_from_json, value["notes"]) if note),
        sheets=tuple(
            RawSheet(
                name=sheet["name"],
                rows=[[_cell_from_json(cell) for cell in row] for row in sheet["rows"]],
                merged=tuple((r[0], r[1], r[2], r[3]) for r in sheet["merged"]),
                hidden=sheet["hidden"],
                crs=sheet["crs"],
                points=None if sheet["points"] is None else [p and (p[0], p[1]) for p in sheet["points"]],
                geometry_kind=sheet["geometry_kind"],
                hidden_rows=tuple(sheet["hidden_rows"]),
                own=sheet["own"],
            )
            for sheet in value["sheets"]
        ),
    )


def _cell_to_json(cell: Cell | time) -> Any:
    if isinstance(cell, datetime | date | time):
        return {"d": cell.isoformat()}
    return cell


def _cell_from_json(cell: Any) -> Cell:
    if not isinstance(cell, dict):
        return cell  # type: ignore[no-any-return]
    stamp = str(cell["d"])
    if "-" not in stamp:
        return stamp
    moment = datetime.fromisoformat(stamp)
    return moment if "T" in stamp else moment.date()


def _text_to_json(message: Text | None) -> Any:
    if message is None:
        return None
    return [
        message.template,
        {
            key: (value if isinstance(value, int | float) else str(value))
            for key, value in message.values.items()
        },
    ]


def _text_from_json(value: Any) -> Text | None:
    return None if value is None else Text(value[0], value[1])
