"""A reading → an intake: rows placed by people, checks, facilities listed twice, decisions applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from core.text import Text, text
from data.intake.checks import Checker
from data.intake.decisions import HAND, KEEP, MERGE, PROPOSAL, Decisions, GroupChoice, Place, rows_of
from data.intake.drafts import ACCEPTED, SET_ASIDE
from data.intake.duplicates import DuplicateGroup
from data.intake.findings import INFO, Notebook, in_order
from data.intake.intake import Intake, Reading
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
    own = reading.frame.iloc[list(placed)]
    keys = set(zip(own["source_file"], own["source_sheet"], own["source_row"], strict=True))
    findings = [
        found
        for found in reading.findings
        if found.code not in _ABOUT_COORDINATES or (found.file, found.sheet, found.row) not in keys
    ]
    notes = {
        number: Notebook(table.file, table.sheet.name, findings)
        for number, table in enumerate(reading.tables)
    }
    frame = _with_places(reading.frame, placed)
    for row, place in placed.items():
        code = _CODES.get(place.by, "located-by-address")
        where = int(frame["source_row"].iloc[row])
        notes[int(frame["table"].iloc[row])].note(INFO, code, _placed_message(place), row=where)
    checker = Checker(frame, reading.tables, notes)
    frame, groups = checker.check(reading.context, decided=reading.datum.decided)
    checker.tell_twice([group for group in groups if group.id not in decisions.groups])
    for group in groups:
        if group.id in decisions.groups:
            frame, told = settled(frame, group, decisions.groups[group.id])
            for row, code, message in told:
                checker.report(row, INFO, code, message, "name")
    return Intake(
        frame,
        in_order(findings, reading.files),
        reading.datum,
        reading.files,
        reading.tables,
        groups,
        reading,
        reading.handed_over,
    )


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


_FILLED_TEXTS: Final = ("district", "street", "community", "address", "services", "opened", "remark")
_FILLED_NUMBERS: Final = ("places", "capacity", "area_m2", "residents_declared")

Told = list[tuple[int, str, Text]]


def settled(frame: pd.DataFrame, group: DuplicateGroup, choice: GroupChoice) -> tuple[pd.DataFrame, Told]:
    """The frame after a choice on one group, and (row, code, message) for each of its rows.

    One row stays: the one that the choice names, a stored facility before others, else the first.
    Merged, it takes what it lacks from the others in their order; its place stays its own.
    """
    if choice.action == KEEP:
        return frame, [(row, "kept-apart", _KEPT) for row in group.rows]
    # The row that stays; None if a facility stored before stands for all.
    named = [row for row in group.rows if frame["facility_id"].iloc[row] == choice.stays]
    stays = named[0] if named else None if group.stored else group.rows[0]
    gone = [row for row in group.rows if row != stays]
    if choice.action == MERGE and stays is not None:
        frame = _filled(frame, stays, gone)
    frame = frame.assign(outcome=frame["outcome"].mask(frame.index.isin(frame.index[gone]), SET_ASIDE))
    name = group.stored[0] if stays is None else str(frame["name"].iloc[stays])
    code, message = ("merged", _MERGED) if choice.action == MERGE else ("dropped", _DROPPED)
    told: Told = [(row, code, Text(message.template, {"name": name})) for row in gone]
    if stays is not None:
        told.append(
            (
                stays,
                code,
                text("{count} other {count:row was|rows were} taken as this facility.", count=len(gone)),
            )
        )
    return frame, told


def _filled(frame: pd.DataFrame, stays: int, others: list[int]) -> pd.DataFrame:
    """What the staying row lacks is taken from the first of the others that has it."""
    here = frame.index == frame.index[stays]
    for column in (*_FILLED_TEXTS, *_FILLED_NUMBERS):
        values = frame[column].iloc[[stays, *others]]
        known = values[(values != "") & values.notna()]
        if len(known):
            frame = frame.assign(**{column: frame[column].mask(here, known.iloc[0])})
    return frame


_KEPT: Final = text("Somebody looked at it: these are different facilities, and all stay.")
_MERGED: Final = text("By decision this row is the same facility as “{name}” and was merged into it.")
_DROPPED: Final = text("By decision this row was left out; “{name}” stays.")
