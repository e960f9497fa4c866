"""Which unit each point belongs to, at every level, and which settlement it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import shapely

from coverage.model.names import match_units, names_in
from coverage.model.tables import UNKNOWN, Bools, FacilityTable, Floats, Ints, UnitTable
from geo.inside import first_outline_at

# A gap between outlines (a river, a street, a border drawn twice) up to so wide is bridged.
GAP_WIDTH_M: Final = 200.0
# A facility farther than this from the unit that its list declares does not stand for that unit.
DECLARED_M: Final = 500.0
# Where a border is drawn in two systems, a point on it may lie a hair outside.
_HAIR_M: Final = 0.05
# A gap is one if outlines run along this share of its rim; a bay of the outer rim is none.
_ENCLOSED: Final = 0.7
_LEAST_M2: Final = 1.0


@dataclass(frozen=True)
class Membership:
    """For each point and level the row of its unit in the unit table, or -1 outside all of them.

    `rows` level → (n,); `settlement` (n,) "urban", "rural" or "" where no unit says; `bridged` (n,) whether
    the point lies in a gap between outlines and counts for the nearest. Every point belongs to at most one
    unit per level, and to the parent of its unit. `also` level → (k, 2) further points and units: a facility
    whose list declares several.
    """

    rows: Mapping[str, Ints]
    settlement: np.ndarray[tuple[int], np.dtype[np.str_]]
    bridged: Bools = field(default_factory=lambda: np.zeros(0, bool))
    also: Mapping[str, Ints] = field(default_factory=dict)

    def units_of(self, level: str, points: Bools) -> Ints:
        """Rows of the units of a level that the marked points (n,) belong to or stand for, -1 among them."""
        also = self.also.get(level, np.empty((0, 2), np.int64))
        found: Ints = np.concatenate([self.rows[level][points], also[points[also[:, 0]], 1]])
        return found


def locate(units: UnitTable | None, xy: Floats) -> Membership:
    """Find the units that points (n, 2) lie in.

    From the finest level upward: a point takes the parents of its unit, where the table names them; else
    the outline it lies in. A point on a common border belongs to the first in table order. Then from the
    coarsest level down: a point in a gap up to GAP_WIDTH_M wide belongs to the nearest unit, but only
    inside the outer rim, and only of the units of the one that it lies in already. Where a unit has no
    finer ones near, its residents stay with it.
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
        of_level = units.of_level(level)
        first = first_outline_at(units.frame.geometry.to_numpy()[of_level], xy[open_points])
        own[open_points[first >= 0]] = of_level[first[first >= 0]]
        rows[level] = finer = own
    before = {level: own.copy() for level, own in rows.items()}
    _bridge(units, xy, rows, parents)
    bridged = np.zeros(len(xy), bool)
    for level, own in rows.items():
        bridged |= own != before[level]
    return Membership(
        {level: rows[level] for level in units.levels}, _settlements(units, rows, len(xy)), bridged
    )


def ground_of(units: UnitTable) -> shapely.Geometry:
    """What the outlines of all levels cover (metric), with the gaps between them that are bridged."""
    return shapely.union_all([_covered(units), *_gaps_between(units)])


def _covered(units: UnitTable) -> shapely.Geometry:
    """The coarsest outlines together, and the finer ones where they reach beyond."""
    shapes = units.frame.geometry.to_numpy()
    ground = shapely.Polygon()
    for level in units.levels:
        own = shapes[units.of_level(level)]
        shapely.prepare(ground)
        beyond = own[~shapely.covers(ground, own)]
        ground = shapely.union_all([ground, *beyond]) if len(beyond) else ground
    return ground


def _gaps_between(units: UnitTable) -> np.ndarray:
    """Ground up to GAP_WIDTH_M wide between the coarsest outlines, or enclosed by all outlines."""
    covered = _covered(units)
    half = GAP_WIDTH_M / 2
    # With pointed corners, so that the outer corners of the ground stay what they are.
    closed = _buffered(_buffered(covered, half), -half)
    parts: np.ndarray = shapely.get_parts(shapely.difference(closed, covered))
    parts = parts[shapely.area(parts) >= _LEAST_M2]
    if not len(parts):
        return parts
    # (n,) which share of the outline of each part runs along `rim`, by the middles of its sides.
    rim = shapely.boundary(covered)
    xy, part = shapely.get_coordinates(shapely.boundary(parts), return_index=True)
    same = part[1:] == part[:-1]
    middle, metres = (xy[1:] + xy[:-1])[same] / 2, np.hypot(*(xy[1:] - xy[:-1])[same].T)
    shapely.prepare(rim)
    beside = shapely.dwithin(shapely.points(middle), rim, 0.01)
    whole = np.bincount(part[1:][same], weights=metres, minlength=len(parts))
    along = np.bincount(part[1:][same], weights=metres * beside, minlength=len(parts))
    share = np.asarray(along / np.maximum(whole, 1e-9))
    top = units.frame.geometry.to_numpy()[units.of_level(units.levels[0])]
    part, _ = shapely.STRtree(top).query(parts, predicate="dwithin", distance=0.01)
    several = np.bincount(part, minlength=len(parts)) > 1
    gaps: np.ndarray = parts[(share > 1 - 1e-6) | (several & (share > _ENCLOSED))]
    return gaps


def _buffered(shape: shapely.Geometry, metres: float) -> shapely.Geometry:
    return shapely.buffer(shape, metres, join_style="mitre")


def _bridge(units: UnitTable, xy: Floats, rows: dict[str, Ints], parents: Ints) -> None:
    """Give the points of gaps to the nearest unit, level by level from the top; `rows` change."""
    shapes = units.frame.geometry.to_numpy()
    for number, level in enumerate(units.levels):
        own, of_level = rows[level], units.of_level(level)
        open_points = np.flatnonzero(own < 0)
        if not len(open_points):
            continue
        if number == 0:
            near = _near(shapes[of_level], xy[open_points], GAP_WIDTH_M)
            inside = _in_gap(units, shapes[of_level], xy[open_points[near]])
            _take_nearest(own, open_points[near[inside]], of_level, shapes, xy)
            continue
        above = rows[units.levels[number - 1]][open_points]
        for parent in np.unique(above[above >= 0]).tolist():
            children = of_level[parents[of_level] == parent]
            points = open_points[above == parent]
            points = points[_near(shapes[children], xy[points], GAP_WIDTH_M)] if len(children) else points[:0]
            if len(points):
                narrow = _in_narrow_ground(shapes[parent], shapes[children], xy[points])
                narrow[_near(shapes[children], xy[points], _HAIR_M)] = True
                _take_nearest(own, points[narrow], children, shapes, xy)


def _near(shapes: np.ndarray, xy: Floats, metres: float) -> Ints:
    """Which points lie within so many metres of any of the shapes."""
    if not len(xy) or not len(shapes):
        return np.empty(0, np.int64)
    return np.unique(
        shapely.STRtree(shapes).query(shapely.points(xy), predicate="dwithin", distance=metres)[0]
    )


def _in_gap(units: UnitTable, top: np.ndarray, xy: Floats) -> Bools:
    """Which points lie in a gap between the coarsest outlines, or a hair outside one of them."""
    inside = np.zeros(len(xy), bool)
    if not len(xy):
        return inside
    inside[_near(top, xy, _HAIR_M)] = True
    gaps = _gaps_between(units)
    return np.asarray(inside | (first_outline_at(gaps, xy) >= 0))


def _in_narrow_ground(parent: shapely.Geometry, children: np.ndarray, xy: Floats) -> Bools:
    """Which points lie where the parent's ground that no child has is at most GAP_WIDTH_M wide; points
    outside the parent's outline count for it by a gap and lie there too."""
    half = GAP_WIDTH_M / 2
    free = shapely.difference(parent, shapely.union_all(children))
    wide = _buffered(_buffered(free, -half), half)
    shapely.prepare(wide)
    shapely.prepare(parent)
    within = shapely.intersects_xy(parent, xy[:, 0], xy[:, 1])
    return np.asarray(~(within & shapely.intersects_xy(wide, xy[:, 0], xy[:, 1])))


def _take_nearest(own: Ints, points: Ints, units: Ints, shapes: np.ndarray, xy: Floats) -> None:
    if len(points):
        point, unit = shapely.STRtree(shapes[units]).query_nearest(
            shapely.points(xy[points]), max_distance=GAP_WIDTH_M, all_matches=False
        )
        own[points[point]] = units[unit]


def locate_facilities(units: UnitTable | None, facilities: FacilityTable) -> Membership:
    """The units facilities stand for: the declared one where the list names it, else where they lie.

    A street's centre may stand across the border; it is the declared street that “has” it, unless the
    facility lies farther than DECLARED_M from it.
    Of several units in one cell the first is the facility's, the others are in `also`.
    """
    lying = locate(units, facilities.xy)
    if units is None:
        return lying
    rows, also = dict[str, Ints](), dict[str, Ints]()
    for level in units.levels:
        rows[level], also[level] = _declared_rows(units, facilities, level, lying.rows[level])
    return Membership(rows, lying.settlement, lying.bridged, also)


def locate_declared(units: UnitTable | None, frame: pd.DataFrame) -> Membership:
    """The units that a list declares for facilities without coordinates, -1 where it names none that is
    known; a unit above is that of the unit below it. Further units in one cell are in `also`."""
    unknown = np.full(len(frame), UNKNOWN, dtype="U5")
    if units is None:
        return Membership({}, unknown)
    rows, also = dict[str, Ints](), dict[str, Ints]()
    parents, finer = _parent_rows(units), None
    for level in reversed(units.levels):
        own = np.full(len(frame), -1, np.int64)
        if finer is not None:
            own = _parents_at(units, level, finer, parents)
        if level in frame.columns:
            cells = [names_in(word) for word in frame[level].fillna("").astype(str)]
            facility = np.repeat(np.arange(len(cells)), [len(names) for names in cells])
            names = [name for of_cell in cells for name in of_cell]
            unit = declared_units(units, level, names, frame.iloc[facility])
            facility, unit = facility[unit >= 0], unit[unit >= 0]
            own[facility[::-1]] = unit[::-1]
            also[level] = np.column_stack([facility, unit])
        rows[level] = finer = own
    return Membership({level: rows[level] for level in units.levels}, unknown, also=also)


def _declared_rows(units: UnitTable, facilities: FacilityTable, level: str, lying: Ints) -> tuple[Ints, Ints]:
    frame, of_level = facilities.frame, units.of_level(level)
    nothing = np.empty((0, 2), np.int64)
    if level not in frame.columns or not len(of_level):
        return lying, nothing
    cells = [names_in(word) for word in frame[level].fillna("").astype(str)]
    facility = np.repeat(np.arange(len(cells)), [len(names) for names in cells])
    matched = declared_units(units, level, [name for names in cells for name in names], frame.iloc[facility])
    known = matched >= 0
    facility, unit = facility[known], matched[known]
    away_m = shapely.distance(units.frame.geometry.to_numpy()[unit], shapely.points(facilities.xy[facility]))
    near = away_m <= DECLARED_M
    facility, unit = facility[near], unit[near]
    found = lying.copy()
    first = np.unique(facility, return_index=True)[1]
    found[facility[first]] = unit[first]
    others = np.setdiff1d(np.arange(len(facility)), first)
    return found, np.column_stack([facility[others], unit[others]]) if len(others) else nothing


def declared_units(units: UnitTable, level: str, names: list[str], rows: object) -> Ints:
    """Rows of the units of a level that `names` mean, -1 for none; `rows` is a frame of the same length
    whose columns of the levels above tell units of one name apart."""
    of_level = units.of_level(level)
    all_names = units.frame["name"].to_numpy(str)
    parents = _parent_rows(units)
    above = {"community": "street", "street": "district"}.get(level, "")
    columns = getattr(rows, "columns", ())
    declared = rows[above].fillna("").astype(str).tolist() if above in columns else [""] * len(names)  # type: ignore[index]
    found = np.asarray(
        match_units(
            names,
            all_names[of_level].tolist(),
            parents_declared=declared,
            parents=[all_names[parents[row]] if parents[row] >= 0 else "" for row in of_level],
            level=level,
        ),
        np.int64,
    )
    return np.where(found >= 0, of_level[np.maximum(found, 0)], -1) if len(of_level) else found


def _parent_rows(units: UnitTable) -> Ints:
    row_of = {unit_id: row for row, unit_id in enumerate(units.frame["unit_id"])}
    return np.asarray([row_of.get(parent, -1) for parent in units.frame["parent_id"]], dtype=np.int64)


def _parents_at(units: UnitTable, level: str, finer: Ints, parents: Ints) -> Ints:
    above = np.where(finer >= 0, parents[np.maximum(finer, 0)], -1)
    is_level = (units.frame["level"] == level).to_numpy()
    return np.where((above >= 0) & is_level[np.maximum(above, 0)], above, -1)


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
