"""Submissions held against their offices' lists as these stand: who is who, and what accepting would keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from core.errors import InputError, SettingError
from data.store import Connection
from data.store.files import StoredFiles
from data.store.records import Submission, city_named, current_lists, submission_by
from jobs.collect.cities import numbers_for
from jobs.collect.differences import Differences, carried, differences
from jobs.collect.kept_lists import facility_numbers, joined, list_bytes, list_rows
from jobs.collect.standing import OfficeList


@dataclass(frozen=True)
class ByRow:
    """What a planner says of single facilities, by number: `left` ones stay as they were, whatever the new
    list says of them; of those `apart` the row taken for them is another facility."""

    left: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()


WHOLE: Final = ByRow()


@dataclass(frozen=True)
class OfficeChange:
    """One submission held against its office's list: the rows of both, and what differs. `numbers` are those
    that the rows after have or get; `elsewhere` those of them that other offices' lists hold."""

    submission: Submission
    before: pd.DataFrame
    after: pd.DataFrame
    found: Differences
    numbers: tuple[str, ...]
    elsewhere: frozenset[str]
    by_row: ByRow

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The list that accepting the submission keeps."""
        return carried(self.before, self.after, self.found, numbers=self.numbers, left=self.by_row.left)

    @property
    def as_list(self) -> OfficeList:
        return OfficeList(self.submission.office, list_bytes(self.rows), len(self.rows))

    @cached_property
    def told(self) -> tuple[dict[str, Any], ...]:
        """As `told_rows`, with the submission and whether the facility is left as it was."""
        return tuple(
            {
                "submission": self.submission.id,
                "office": self.submission.office,
                **row,
                "left": row["facility_id"] in self.by_row.left,
            }
            for row in told_rows(self.before, self.after, self.found, self.numbers)
        )


def told_rows(
    before: pd.DataFrame, after: pd.DataFrame, found: Differences, numbers: Sequence[str]
) -> list[dict[str, Any]]:
    """A row a facility that is new, gone, moved or changed: with its place before and after. `numbers` are
    those of the rows after."""
    old_of = {new: old for old, new in found.pairs}
    rows = [_told("new", after.iloc[new], numbers[new]) for new in found.new]
    rows += [_told("gone", before.iloc[old], before["facility_id"].iloc[old]) for old in found.gone]
    for new, old in old_of.items():
        if new not in found.moved and new not in found.changed and new not in found.unsure:
            continue
        is_moved = new in found.moved
        row = _told("moved" if is_moved else "changed", after.iloc[new], before["facility_id"].iloc[old])
        row["changed"] = {
            column: [_plain(before[column].iloc[old]), _plain(after[column].iloc[new])]
            for column in found.changed.get(new, ())
        }
        if is_moved:
            row["moved_m"] = round(found.moved[new], 1)
            row["from"] = [_number(before["lon"].iloc[old]), _number(before["lat"].iloc[old])]
        if new in found.unsure:
            row["unsure"] = True
        rows.append(row)
    return rows


def _told(what: str, facility: pd.Series[Any], number: str) -> dict[str, Any]:
    return {
        "what": what,
        "facility_id": str(number),
        "name": facility["name"],
        "tier": facility["tier"],
        "lon": _number(facility["lon"]),
        "lat": _number(facility["lat"]),
    }


def changes_in(
    connection: Connection,
    files: StoredFiles,
    ids: Sequence[str],
    by_row: ByRow = WHOLE,
) -> tuple[OfficeChange, ...]:
    """The submissions against their offices' newest lists. InputError for one that there is not; SettingError
    for submissions of several cities, two of one office, and numbers `by_row` that nothing is said of."""
    found = [submission_by(connection, number) for number in dict.fromkeys(ids)]
    if not found:
        raise SettingError("Name at least one submission.")
    if len({one.city for one in found}) > 1:
        raise SettingError("The submissions are of several cities; preview one city at a time.")
    if len({one.office_id for one in found}) < len(found):
        raise SettingError("Two submissions are of one office; only one of them can be its list.")
    lists = current_lists(connection, city_named(connection, found[0].city))
    taken = {n: office for office, of in lists.items() for n in facility_numbers(files, of.sha256)}
    made = []
    for one in found:
        last = lists.get(one.office_id)
        before = list_rows(files, last.sha256) if last else joined([])
        change = _change(one, before, list_rows(files, one.list_sha256), by_row, taken)
        taken |= dict.fromkeys(change.numbers, one.office_id)
        made.append(change)
    known = {row["facility_id"] for change in made for row in change.told}
    known |= {str(n) for change in made for n in change.before["facility_id"]}
    unknown = sorted((by_row.left | by_row.apart) - known)
    if unknown:
        raise InputError(
            "Nothing is said of a facility “{number}” in these lists; the preview names those that differ.",
            number=unknown[0],
        )
    return tuple(made)


def _change(
    submission: Submission,
    before: pd.DataFrame,
    after: pd.DataFrame,
    by_row: ByRow,
    taken: Mapping[str, int],
) -> OfficeChange:
    found = differences(before, after, apart=by_row.apart)
    known = {new: str(before["facility_id"].iloc[old]) for old, new in found.pairs}
    brought = after["facility_id"].astype(str)
    free = brought.where(~brought.isin(by_row.apart), "")
    numbers = numbers_for(free, known, taken.keys(), seed=f"{submission.id}|{submission.version}")
    elsewhere = {n for n in brought if taken.get(n, submission.office_id) != submission.office_id}
    return OfficeChange(submission, before, after, found, tuple(numbers), frozenset(elsewhere), by_row)


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not np.isfinite(value)) or value is pd.NA:
        return None
    return value.item() if isinstance(value, np.generic) else value


def _number(value: Any) -> float | None:
    found = float(value)
    return found if np.isfinite(found) else None
