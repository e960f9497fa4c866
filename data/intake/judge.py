"""A reading → an intake: rows placed by people, checks, facilities listed twice, decisions applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from core.text import Text, text
from data.intake.checks import Checker
from data.intake.decisions import HAND, PROPOSAL, Decisions, GroupChoice, Place, rows_of
from data.intake.drafts import ACCEPTED
from data.intake.duplicates import DuplicateGroup
from data.intake.findings import INFO, Finding, Notebook, in_order
from data.intake.intake import Intake, Reading
from data.intake.settle import settled
from geo.datum import WGS84

# What is said about the coordinates that a list gives or lacks; it no longer holds once a row is placed.
_ABOUT_COORDINATES: Final = frozenset(
    (
        "to-locate", "missing-coordinates", "unreadable-coordinates", "impossible-coordinates",
        "zero-coordinates", "swapped-coordinates", "coarse-coordinates", "rounded-coordinates",
        "not-a-point", "unknown-projection",
    )
)  # fmt: skip


def judge(reading: Reading, decisions: Decisions | None = None) -> Intake:
    """Check every row against what is known of the area, with what people have decided on.

    Nothing is decided on by itself: without decisions, facilities listed twice are only told.
    """
    decisions = decisions or Decisions()
    placed = rows_of(decisions.placed, reading.frame)
    findings = _without_old_remarks(reading, placed)
    notes = {
        number: Notebook(table.file, table.sheet.name, findings)
        for number, table in enumerate(reading.tables)
    }
    frame = _with_places(reading.frame, placed)
    _tell_places(frame, placed, notes)
    checker = Checker(frame, reading.tables, notes)
    frame, groups = checker.check(reading.context, decided=reading.datum.decided)
    frame = _settle(frame, groups, decisions.groups, checker)
    return Intake(
        frame,
        in_order(findings, reading.files),
        reading.datum,
        reading.files,
        reading.tables,
        groups,
        reading,
    )


def _without_old_remarks(reading: Reading, placed: Mapping[int, Place]) -> list[Finding]:
    rows = list(placed)
    where = reading.frame.iloc[rows]
    keys = set(zip(where["source_file"], where["source_sheet"], where["source_row"], strict=True))
    return [
        found
        for found in reading.findings
        if found.code not in _ABOUT_COORDINATES or (found.file, found.sheet, found.row) not in keys
    ]


def _with_places(frame: pd.DataFrame, placed: Mapping[int, Place]) -> pd.DataFrame:
    """Placed rows are accepted where people say; a row without name or type stays refused."""
    lon, lat = frame["lon"].to_numpy(float).copy(), frame["lat"].to_numpy(float).copy()
    outcome, by = frame["outcome"].to_numpy(object).copy(), frame["located_by"].to_numpy(object).copy()
    system = frame["system"].to_numpy(object).copy()
    for row, place in placed.items():
        if frame["name"].iloc[row] and frame["tier"].iloc[row]:
            lon[row], lat[row], outcome[row], by[row] = place.lon, place.lat, ACCEPTED, place.by
            system[row] = WGS84
    return frame.assign(lon=lon, lat=lat, outcome=outcome, located_by=by, system=system)


def _tell_places(frame: pd.DataFrame, placed: Mapping[int, Place], notes: Mapping[int, Notebook]) -> None:
    for row, place in placed.items():
        code = _CODES.get(place.by, "located-by-address")
        where = int(frame["source_row"].iloc[row])
        notes[int(frame["table"].iloc[row])].note(INFO, code, _placed_message(place), row=where)


_CODES: Final = {HAND: "placed-by-hand", PROPOSAL: "proposal-accepted"}


def _placed_message(place: Place) -> Text:
    if place.by == PROPOSAL:
        return text(
            "The proposed coordinates were accepted: longitude {lon:.6f}, latitude {lat:.6f}.",
            lon=place.lon,
            lat=place.lat,
        )
    if place.by == HAND:
        return text(
            "The facility was placed on the map by hand, at longitude {lon:.6f}, latitude {lat:.6f}.",
            lon=place.lon,
            lat=place.lat,
        )
    return text(
        "The address “{address}” was found as “{found}”, at longitude {lon:.6f}, latitude {lat:.6f}; "
        "this is a proposal: look at it on the map.",
        address=place.address,
        found=place.found,
        lon=place.lon,
        lat=place.lat,
    )


def _settle(
    frame: pd.DataFrame,
    groups: Sequence[DuplicateGroup],
    choices: Mapping[str, GroupChoice],
    checker: Checker,
) -> pd.DataFrame:
    """Apply the choices and tell what became of every row of a decided group; warn about the others."""
    open_groups = [group for group in groups if group.id not in choices]
    checker.tell_twice(open_groups)
    for group in groups:
        choice = choices.get(group.id)
        if choice is not None:
            frame, told = settled(frame, group, choice)
            for row, code, message in told:
                checker.report(row, INFO, code, message, "name")
    return frame
