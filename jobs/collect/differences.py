"""Two versions of one office's list: what is new, gone, moved and changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_integer_dtype
from scipy.spatial import KDTree

from data.intake.facility_numbers import is_facility_id
from geo.crs import metric_crs, project
from jobs.collect.kept_lists import EXTENTS, is_stated

Floats = NDArray[np.float64]

# Nearer than this, a facility of the same type under another name is the same one, renamed.
SAME_PLACE_M: Final = 50.0
# Farther than this, a facility of the same name and type may be another one.
SAME_NAME_M: Final = 300.0
# A shorter way is the rounding of a coordinate.
MOVED_M: Final = 1.0
COMPARED: Final = (
    *("name", "tier", "status", "places", "capacity", "services", "area_m2", "address"),
    *("district", "street", "community", "opened", *EXTENTS),
)


@dataclass(frozen=True)
class Differences:
    """`pairs` are (row before, row after) of the same facility; `moved` (row after → metres) and `changed`
    (row after → columns) are among them; `new` are rows after, `gone` rows before. `unsure` are rows after
    that were recognised by place and type alone, or by name and type while the place is another one."""

    pairs: tuple[tuple[int, int], ...]
    new: tuple[int, ...]
    gone: tuple[int, ...]
    moved: Mapping[int, float]
    changed: Mapping[int, tuple[str, ...]]
    unsure: tuple[int, ...]


def differences(before: pd.DataFrame, after: pd.DataFrame, *, apart: Collection[str] = ()) -> Differences:
    """Which row is which facility: by its number, else by name and type (the nearest of several), else by
    type within 50 m, the nearest first. Both tables have `ACCEPTED_COLUMNS`. A column that the new list does
    not have at all is no change (`carried`). `apart` are numbers of facilities of which somebody has said
    that the row taken for them is another one."""
    xy_before, xy_after = _metric(before, after)
    pair_of: dict[int, int] = {}  # row after → row before

    def pair(candidates: Iterable[tuple[int, int]]) -> list[int]:
        """Pair what is free, nearest first; those without a place last, in their order."""
        taken, found = set(pair_of.values()), []
        way = [(_way_m(xy_before[old], xy_after[new]), old, new) for old, new in candidates]
        for _, old, new in sorted(way):
            if old not in taken and new not in pair_of:
                pair_of[new] = old
                taken.add(old)
                found.append(new)
        return found

    numbers = {str(number): row for row, number in enumerate(before["facility_id"])}
    own = after["facility_id"].astype(str).str.strip().str.upper()
    pair((numbers[word], row) for row, word in enumerate(own) if is_facility_id(word) and word in numbers)
    named: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(_names(before)):
        named.setdefault(key, []).append(row)
    free = {row for number, row in numbers.items() if number not in apart}
    by_name = pair(
        (old, row) for row, key in enumerate(_names(after)) for old in named.get(key, ()) if old in free
    )
    unsure = pair(pair_ for pair_ in _near(before, after, xy_before, xy_after) if pair_[0] in free)
    pairs = tuple(sorted((old, row) for row, old in pair_of.items()))
    ways = {row: _way_m(xy_before[old], xy_after[row]) for old, row in pairs}
    unsure += [row for row in by_name if SAME_NAME_M < ways[row] < np.inf]
    stated = [column for column in COMPARED if is_stated(after[column])]
    changed = {row: _changed(before.iloc[old], after.iloc[row], stated) for old, row in pairs}
    kept = set(pair_of.values())
    return Differences(
        pairs,
        tuple(row for row in range(len(after)) if row not in pair_of),
        tuple(row for row in range(len(before)) if row not in kept),
        {row: way for row, way in ways.items() if MOVED_M < way < np.inf},
        {row: columns for row, columns in changed.items() if columns},
        tuple(sorted(unsure)),
    )


def carried(
    before: pd.DataFrame,
    after: pd.DataFrame,
    found: Differences,
    *,
    numbers: Sequence[str],
    left: Collection[str] = (),
) -> pd.DataFrame:
    """The list that acceptance keeps: the rows after under `numbers` (one a row), with what was known of them
    in columns that the new list does not have at all: a list without opening dates takes none away.

    Facilities `left` (by number) stay as they were: new ones stay out, those gone or changed stay. Known
    facilities stand where they stood, new ones at the end.
    """
    old, new = ([pair[side] for pair in found.pairs] for side in (0, 1))
    filled = {}
    for column in (column for column in COMPARED if not is_stated(after[column])):
        values = after[column].to_numpy(object).copy()
        values[new] = before[column].to_numpy(object)[old]
        if column == EXTENTS[0]:  # doors and outlines stay where they were, a facility that moved has others
            values[list(found.moved)] = ""
        # A facility that is new has nothing there: whole numbers then stand beside a gap.
        has_gap = is_integer_dtype(before[column].dtype) and pd.isna(values).any()
        filled[column] = pd.Series(values, index=after.index).astype(
            float if has_gap else before[column].dtype
        )
    changed = after.assign(**filled, facility_id=list(numbers))
    row_of = dict(found.pairs)
    keeps = [str(number) in left for number in before["facility_id"]]
    both = pd.concat([before, changed], ignore_index=True) if len(before) else changed
    chosen = [
        row if keeps[row] else len(before) + row_of[row]
        for row in range(len(before))
        if keeps[row] or row in row_of
    ]
    chosen += [len(before) + row for row in found.new if numbers[row] not in left]
    return both.iloc[chosen].reset_index(drop=True)


def _names(rows: pd.DataFrame) -> Iterable[tuple[str, str]]:
    return zip(rows["name"].astype(str).str.strip(), rows["tier"].astype(str), strict=True)


def _metric(before: pd.DataFrame, after: pd.DataFrame) -> tuple[Floats, Floats]:
    """(rows, 2) metres of both in one system; NaN without a place."""
    sides = [side[["lon", "lat"]].to_numpy(float) for side in (before, after)]
    known = np.concatenate(sides)
    known = known[np.isfinite(known).all(axis=1)]
    if not len(known):
        return sides[0], sides[1]
    crs = metric_crs(float(known[:, 0].mean()), float(known[:, 1].mean()))
    found = []
    for side in sides:
        placed = np.isfinite(side).all(axis=1)
        xy = np.full(side.shape, np.nan)
        xy[placed] = project(side[placed, 0], side[placed, 1], crs)
        found.append(xy)
    return found[0], found[1]


def _way_m(one: Floats, other: Floats) -> float:
    way = float(np.hypot(*(one - other)))
    return way if np.isfinite(way) else np.inf


def _near(before: pd.DataFrame, after: pd.DataFrame, old_xy: Floats, new_xy: Floats) -> list[tuple[int, int]]:
    old, new = (np.flatnonzero(np.isfinite(xy).all(axis=1)) for xy in (old_xy, new_xy))
    if not len(old) or not len(new):
        return []
    found = KDTree(new_xy[new]).query_ball_point(old_xy[old], SAME_PLACE_M)
    tiers = before["tier"].to_numpy(object), after["tier"].to_numpy(object)
    pairs = [(int(row), int(new[at])) for row, near in zip(old, found, strict=True) for at in near]
    return [(row, other) for row, other in pairs if tiers[0][row] == tiers[1][other]]


def _changed(before: pd.Series[Any], after: pd.Series[Any], stated: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in stated if not _same(before[name], after[name]))


def _same(one: object, other: object) -> bool:
    return one == other or (pd.isna(one) and pd.isna(other))  # type: ignore[call-overload]
