"""Facilities listed twice: what becomes of the rows of a group once somebody has chosen."""

from __future__ import annotations

from typing import Final

import pandas as pd

from core.text import Text, text
from data.intake.decisions import KEEP, MERGE, GroupChoice
from data.intake.drafts import SET_ASIDE
from data.intake.duplicates import DuplicateGroup

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
    stays = _staying(frame, group, choice)
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


def _staying(frame: pd.DataFrame, group: DuplicateGroup, choice: GroupChoice) -> int | None:
    """The row that stays; None if a facility stored before stands for all."""
    named = [row for row in group.rows if frame["facility_id"].iloc[row] == choice.stays]
    if named:
        return named[0]
    return None if group.stored else group.rows[0]


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
