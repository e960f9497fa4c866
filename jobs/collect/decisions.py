"""What an office decided about its list, carried into its next one and asked again only where a row changed.

A row is known again by what it says (name, type, address and place), not by where it stands: so the answer
holds for the same facility in another order, another file, and under the number it got since.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from data.intake.decisions import Decisions, GroupChoice, Place
from data.intake.groups import Part
from data.intake.intake import Intake
from data.intake.judge import judge
from data.store.engine import canonical

FORMAT: Final = 1
# A place is the same to so many decimals of a degree: about a metre.
_DECIMALS: Final = 5

Row = tuple[str, ...]


@dataclass(frozen=True)
class GroupAnswer:
    """Rows that seemed to be one facility, what became of them, and which of them stays."""

    rows: frozenset[Row]
    action: str
    stays: Row = ()


@dataclass(frozen=True)
class OfficeDecisions:
    """`datum`: the system its coordinates are in, where nothing else decides it; `columns`: title → field;
    `placed`: row → place; `groups`: what is listed twice; `parts`: systems of parts of a mixed list."""

    datum: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    placed: Mapping[Row, Place] = field(default_factory=dict)
    groups: tuple[GroupAnswer, ...] = ()
    parts: Mapping[Part, str] = field(default_factory=dict)

    def without(self, rows: Collection[Row]) -> OfficeDecisions:
        """These but for what they say of some rows: on those the page has the last word."""
        said, unplaced = set(rows), {_unplaced(row) for row in rows}
        placed = {row: place for row, place in self.placed.items() if row not in unplaced}
        groups = tuple(answer for answer in self.groups if not answer.rows <= said)
        return replace(self, placed=placed, groups=groups)

    def with_earlier(self, earlier: OfficeDecisions) -> OfficeDecisions:
        """These, and of the earlier ones what they say nothing of."""
        own = {answer.rows for answer in self.groups}
        return OfficeDecisions(
            earlier.datum if self.datum == "auto" else self.datum,
            {**earlier.columns, **self.columns},
            {**earlier.placed, **self.placed},
            (*self.groups, *(answer for answer in earlier.groups if answer.rows not in own)),
            {**earlier.parts, **self.parts},
        )

    def content(self) -> bytes:
        """As JSON, the same bytes for the same decisions."""
        return canonical(
            {
                "format": FORMAT,
                "datum": self.datum,
                "columns": dict(self.columns),
                "placed": sorted(
                    [list(row), {"lon": one.lon, "lat": one.lat, "by": one.by, "found": one.found}]
                    for row, one in self.placed.items()
                ),
                "groups": sorted(
                    [sorted(map(list, one.rows)), one.action, list(one.stays)] for one in self.groups
                ),
                "parts": sorted([list(part), system] for part, system in self.parts.items()),
            }
        ).encode()


def decisions_from(content: bytes) -> OfficeDecisions:
    """What `content` wrote. InputError for anything else."""
    try:
        said = json.loads(content)
        return OfficeDecisions(
            str(said["datum"]),
            {str(title): str(name) for title, name in said["columns"].items()},
            {tuple(row): Place(**one) for row, one in said["placed"]},
            tuple(
                GroupAnswer(frozenset(map(tuple, rows)), action, tuple(stays))
                for rows, action, stays in said["groups"]
            ),
            {tuple(part): str(system) for part, system in said.get("parts", ())},
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise InputError("What the office decided about its list cannot be read.") from problem


def made_of(intake: Intake, decisions: Decisions, *, datum: str = "auto") -> OfficeDecisions:
    """What was decided about a list that was read, in words that hold for the next one."""
    rows = rows_of(intake.frame)
    row_at = dict(zip(intake.frame["facility_id"], rows, strict=True))
    answers = []
    for group in intake.groups:
        choice = decisions.groups.get(group.id)
        if choice is not None:
            stays = row_at.get(choice.stays, ())
            answers.append(GroupAnswer(frozenset(rows[row] for row in group.rows), choice.action, stays))
    placed = {_unplaced(row_at[row]): place for row, place in decisions.placed.items() if row in row_at}
    return OfficeDecisions(datum, dict(decisions.columns), placed, tuple(answers))


def judged_with(intake: Intake, kept: OfficeDecisions) -> tuple[Intake, Decisions]:
    """A list judged with what the office decided about earlier ones, and what of that concerns it."""
    if intake.reading is None or kept == OfficeDecisions():
        return intake, Decisions()
    decisions = Decisions(kept.columns, _placed_in(intake.frame, kept), {})
    again = judge(intake.reading, decisions)
    rows = rows_of(again.frame)
    answers = {answer.rows: answer for answer in kept.groups}
    groups = {}
    for group in again.groups:
        answer = answers.get(frozenset(rows[row] for row in group.rows))
        if answer is not None:
            ids = {rows[row]: str(again.frame["facility_id"].iloc[row]) for row in group.rows}
            groups[group.id] = GroupChoice(answer.action, ids.get(answer.stays, ""))
    if groups:
        decisions = replace(decisions, groups=groups)
        again = judge(intake.reading, decisions)
    return again, decisions


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """What each row says of itself."""
    places = frame[["lon", "lat"]].to_numpy(float)
    words = (frame[name].astype(str).str.strip().tolist() for name in ("name", "tier", "address"))
    return [
        (*said, _place(lon), _place(lat)) for *said, (lon, lat) in zip(*words, places.tolist(), strict=True)
    ]


def _place(degrees: float) -> str:
    return f"{degrees:.{_DECIMALS}f}" if np.isfinite(degrees) else ""


def _unplaced(row: Row) -> Row:
    """What a row says without its place: a place that somebody chose is not part of the list."""
    return row[:3]


def _placed_in(frame: pd.DataFrame, kept: OfficeDecisions) -> dict[str, Place]:
    """Row id → place, for rows that still have none of their own."""
    found: dict[str, Place] = {}
    said = [_unplaced(row) for row in rows_of(frame)]
    for number, row, lon in zip(frame["facility_id"], said, frame["lon"], strict=True):
        if row in kept.placed and said.count(row) == 1 and not np.isfinite(lon):
            found[str(number)] = kept.placed[row]
    return found
