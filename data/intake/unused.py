"""Columns that look like a place, a system or a type and are not used, and places that contradict each
other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.text import Text, text
from coverage.model.tables import Floats
from data.intake.datum.coordinates import named_systems
from data.intake.drafts import REFUSED, Draft
from data.intake.findings import ERROR, INFO, WARNING, Notebook
from data.intake.tables.columns import title_field
from data.intake.tables.disguises import notation_of
from data.intake.tables.numbers import is_missing
from data.intake.tables.sheets import Table
from geo.datum import BD09, GCJ02, WGS84, convert

# No coordinate system moves a place farther than this.
FARTHEST_SHIFT_M: Final = 1_300.0
_SAME_M: Final = 100.0
_NEAR_M: Final = 5.0
_METRES_A_DEGREE: Final = 111_320.0
_SAMPLE: Final = 200
_MOSTLY: Final = 0.8
_TOLD: Final = ("tier", "system")


def tell_columns(drafts: Sequence[Draft], table: Table, notes: Notebook) -> None:
    """One finding for each column, or pair of columns, that is not used although it looks as if it should be;
    rows whose places cannot be the same are refused."""
    for number in range(len(table.places)):
        if number == 0 and table.sheet.points is None:
            continue
        _tell_place(number, drafts, table, notes)
    used = {c for place in table.places for c in place.columns} | set(table.fields)
    for column in table.columns:
        title = table.titles[column] if column < len(table.titles) else ""
        if not title or column in used:
            continue
        found = title_field(tuple(title.split(" / ")))
        if found is not None and (found[0] in _TOLD or named_systems(title)):
            message = text("The column was not used; another one says the same.")
            notes.note(INFO, "unused-column", message, row=table.header_row, column=table.column(column))
            continue
        cells = [row[column] for _, row in table.rows[:_SAMPLE] if column < len(row)]
        cells = [cell for cell in cells if not is_missing(cell)]
        names = [notation_of(cell, title) for cell in cells]
        known = [name for name in names if name is not None]
        if cells and len(known) >= _MOSTLY * len(cells):
            message = text(
                "The column holds {notation}, which are not read. Write longitude and latitude in decimal "
                "degrees.",
                notation=known[0],
            )
            notes.note(WARNING, "unread-notation", message, row=table.header_row, column=table.column(column))
        if "\ufffd" in title:
            message = text(
                "The title holds a character that is damaged in the file (a broken byte). Write it anew."
            )
            notes.note(
                WARNING, "broken-character", message, row=table.header_row, column=table.column(column)
            )


def _tell_place(number: int, drafts: Sequence[Draft], table: Table, notes: Notebook) -> None:
    place = table.places[number]
    both = [
        (draft, first.value, second.value)
        for draft in drafts
        for k, first, second in draft.others
        if k == number and first is not None and second is not None and draft.first and draft.second
    ]
    if not both:
        return
    here = np.array([(d.first.value, d.second.value) for d, _, _ in both if d.first and d.second]).T
    there = np.array([(lon, lat) for _, lon, lat in both]).T
    own = table.places[both[0][0].place or 0] if table.sheet.points is None else None
    title = "" if own is None else own.title
    systems = (_one_system(title), _one_system(place.title))
    known = bool(systems[0] and systems[1])
    away_m = _apart_m(_true(here, systems[0]), _true(there, systems[1])) if known else _apart_m(here, there)
    limit_m = _SAME_M if known else FARTHEST_SHIFT_M
    settled = own is not None and own.age > place.age
    lost = np.zeros(len(both), bool) if settled else away_m > limit_m
    for k in np.flatnonzero(lost).tolist():
        draft = both[k][0]
        if draft.outcome != REFUSED:
            draft.lose_place()
            message = text(
                "The row gives two places {metres:,.0f} m apart: {used} and {other}. Leave only the right "
                "one.",
                metres=float(away_m[k]),
                used=title or text("its geometry"),
                other=place.title,
            )
            notes.note(
                ERROR, "places-disagree", message, row=draft.row, column=table.column(place.columns[0])
            )
        draft.first = draft.second = None
    if lost.all():
        return
    near = float(np.median(away_m[~lost]))
    level = INFO if near <= _NEAR_M else WARNING
    notes.note(
        level, "unused-column", _unused(here, there, near, known=known), row=table.header_row,
        column=table.column(place.columns[0]),
    )  # fmt: skip


def _unused(here: Floats, there: Floats, near_m: float, *, known: bool) -> Text:
    if near_m <= _NEAR_M:
        return text("These coordinates were not used; they give the same places as those that were.")
    for system, name in ((GCJ02, "GCJ-02"), (BD09, "BD-09")):
        moved = np.array(convert(there[0], there[1], system, WGS84))
        if not known and float(np.median(_apart_m(here, moved))) <= _NEAR_M:
            return text(
                "These coordinates were not used; they are those that were, as {system} gives them.",
                system=name,
            )
    return text(
        "These coordinates were not used; half of them lie more than {metres:,.0f} m from those that were. "
        "Leave only the right ones, or say which count.",
        metres=near_m,
    )


def _one_system(title: str) -> str:
    named = named_systems(title)
    return next(iter(named)) if len(named) == 1 else ""


def _true(lonlat: Floats, system: str) -> Floats:
    if system in (GCJ02, BD09):
        return np.array(convert(lonlat[0], lonlat[1], system, WGS84))
    return lonlat


def _apart_m(one: Floats, other: Floats) -> Floats:
    """Metres between degrees, or between metres where they are too large to be degrees."""
    scale = _METRES_A_DEGREE if max(np.abs(one).max(), np.abs(other).max()) <= 180 else 1.0
    east = (one[0] - other[0]) * (np.cos(np.radians(one[1])) if scale > 1 else 1.0)
    return np.asarray(np.hypot(east, one[1] - other[1]) * scale, float)
