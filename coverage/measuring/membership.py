"""Which unit each point belongs to, at every level, and which settlement it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from coverage.measuring.inside import first_outline_at
from coverage.model.names import match_units
from coverage.model.tables import UNKNOWN, FacilityTable, Floats, Ints, UnitTable

# A cell whose centre falls into a sliver between outlines belongs to the nearest one, up to here.
SLIVER_M = 200.0


@dataclass(frozen=True)
class Membership:
    """For each point and level the row of its unit in the unit table, or -1 outside all of them.

    `rows` level → (n,); `settlement` (n,) "urban", "rural" or "" where no unit says.
    Every point belongs to at most one unit per level, and to the parent of its unit.
    """

    rows: Mapping[str, Ints]
    settlement: np.ndarray[tuple[int], np.dtype[np.str_]]


def locate(units: UnitTable | None, xy: Floats) -> Membership:
    """Find the units that points (n, 2) lie in.

    From the finest level upward: a point takes the parents of its unit, where the table names
    them; else the outline it lies in. A point on a common border belongs to the first in table
    order; one outside all outlines but within SLIVER_M of one belongs to the nearest.
    """
    if units is None:
        return Membership({}, np.full(len(xy), UNKNOWN, dtype="U5"))
    rows: dict[str, Ints] = {}
    parents = _parent_rows(units)
    finer: Ints | None = None
    for level in reversed(units.levels):
        own = np.full(len(xy), -1, dtype=np.int64)
        if finer is not None:
            own = _parents_at(units, level, finer, parents)
        open_points = np.flatnonzero(own < 0)
        own[open_points] = _outline_rows(units, level, xy[open_points])
        rows[level] = finer = own
    return Membership({level: rows[level] for level in units.levels}, _settlements(units, rows, len(xy)))


def locate_facilities(units: UnitTable | None, facilities: FacilityTable) -> Membership:
    """The units facilities stand for: the declared one where the list names it, else where they lie.

    A street's centre may stand across the border; it is the declared street that “has” it.
    """
    lying = locate(units, facilities.xy)
    if units is None:
        return lying
    frame = facilities.frame
    rows = {level: _declared_rows(units, frame, level, lying.rows[level]) for level in units.levels}
    return Membership(rows, lying.settlement)


def locate_declared(units: UnitTable | None, frame: pd.DataFrame) -> Mapping[str, Ints]:
    """The units that a list declares for facilities without coordinates, level → (n,) rows of the unit
    table, -1 where it names none that is known; a unit above is that of the unit below it."""
    if units is None:
        return {}
    nowhere = np.full(len(frame), -1, np.int64)
    rows: dict[str, Ints] = {}
    parents, finer = _parent_rows(units), None
    for level in reversed(units.levels):
        above = nowhere if finer is None else _parents_at(units, level, finer, parents)
        rows[level] = finer = _declared_rows(units, frame, level, above)
    return rows


def _declared_rows(units: UnitTable, frame: pd.DataFrame, level: str, lying: Ints) -> Ints:
    if level not in frame.columns:
        return lying
    of_level = units.of_level(level)
    names = units.frame["name"].to_numpy(str)
    parents = _parent_rows(units)
    parent_names = [names[parents[row]] if parents[row] >= 0 else "" for row in of_level]
    above = {"community": "street", "street": "district"}.get(level, "")
    declared_parents = frame[above].fillna("").tolist() if above in frame.columns else [""] * len(frame)
    found = match_units(
        frame[level].fillna("").tolist(),
        names[of_level].tolist(),
        parents_declared=declared_parents,
        parents=parent_names,
    )
    matched = np.asarray(found, dtype=np.int64)
    return np.where(matched >= 0, of_level[np.maximum(matched, 0)], lying) if len(of_level) else lying


def _parent_rows(units: UnitTable) -> Ints:
    row_of = {unit_id: row for row, unit_id in enumerate(units.frame["unit_id"])}
    return np.asarray([row_of.get(parent, -1) for parent in units.frame["parent_id"]], dtype=np.int64)


def _parents_at(units: UnitTable, level: str, finer: Ints, parents: Ints) -> Ints:
    above = np.where(finer >= 0, parents[np.maximum(finer, 0)], -1)
    is_level = (units.frame["level"] == level).to_numpy()
    return np.where((above >= 0) & is_level[np.maximum(above, 0)], above, -1)


def _outline_rows(units: UnitTable, level: str, xy: Floats) -> Ints:
    of_level = units.of_level(level)
    found = np.full(len(xy), -1, dtype=np.int64)
    if not len(xy):
        return found
    outlines = units.frame.geometry.to_numpy()[of_level]
    first = first_outline_at(outlines, xy)
    inside = first >= 0
    found[inside] = of_level[first[inside]]
    outside = np.flatnonzero(~inside)
    if len(outside):
        near_point, near_unit = shapely.STRtree(outlines).query_nearest(
            shapely.points(xy[outside]), max_distance=SLIVER_M, all_matches=False
        )
        found[outside[near_point]] = of_level[near_unit]
    return found


def _settlements(
    units: UnitTable, rows: Mapping[str, Ints], n: int
) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    # Classes as numbers, the unknown one 0; the row -1 finds it at the end.
    names, known = np.unique([UNKNOWN, *units.frame["settlement"]], return_inverse=True)
    known = np.append(known[1:], known[0])
    settlement = np.full(n, known[-1])
    for level in reversed(units.levels):
        settlement = np.where(settlement == known[-1], known[rows[level]], settlement)
    words: np.ndarray[tuple[int], np.dtype[np.str_]] = names.astype("U5")[settlement]
    return words
