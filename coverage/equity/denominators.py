"""By what a share divides: residents, residential land, all ground, compounds, communities, side by side.

One list of facilities gives very different “coverage”, each citable, depending on the whole it is a share
of. For every radius and walk rule the reached ground is one shape: the union of the circles, or the
isochrone with its stated half street; what lies in it is counted in five ways:

    residents          at the cells' centres, as the rule itself
    residential_land   m² of residential land (居住用地) inside the communities the rule speaks of
    area               m² of all ground of those communities, water included
    compounds          residential compounds (小区), by several bases
    communities        communities and villages, by several bases

Ground is cut to the lowest level of units in which somebody lives; ground that two polygons share counts
once.
A basis says when a compound or a community counts as covered: by its inner point, by the share of its area
(wholly ≤ at least 80 % ≤ at least 50 % ≤ touched), or, for communities, when every resident is covered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.text import Text, text
from coverage.checks.by_unit import judged, parent_rows, sum_by, units_of
from coverage.checks.measured import Measured
from coverage.checks.reach import limit_m
from coverage.equity.areas import CITY, area_levels
from coverage.model.results import RuleResult, judge, ratio
from coverage.model.standard import Check, Rule
from coverage.model.study import Study
from coverage.model.tables import Bools, Compounds, Floats, Grounds, Ints
from geo.csr_ranges import ranges
from geo.isochrone.isochrones import Kind, reached, segments_of
from geo.isochrone.street_buffer import HALF_STREET_M, skin
from geo.network.snapping import take

Shapes = NDArray[np.object_]

COLUMNS: Final = ("rule", "level", "unit_id", "name", "denominator", "covered", "total", "share", "basis")
# A quarter of a circle is drawn with so many corners, on a radius that gives the circle's area.
_QUARTER_CORNERS: Final = 32
# The reached ground is cut into squares of this side: a unit then meets only what lies near it.
_TILE_M: Final = 2000.0
# Shares by area are met up to rounding of coordinates; below this they are not told from whole.
_WHOLE: Final = 1.0 - 1e-9


@dataclass(frozen=True)
class _Pieces:
    """Polygons with an index; the pieces of reached ground are disjoint."""

    shape: Shapes
    tree: shapely.STRtree = field(repr=False)

    def area_in(self, shapes: Shapes) -> Floats:
        """(k,) m² of each polygon that lie in the pieces. Only pieces on a rim are cut."""
        shapely.prepare(shapes)
        of, piece = self.tree.query(shapes, predicate="intersects")
        areas = shapely.area(self.shape[piece])
        rim = np.flatnonzero(~shapely.contains(shapes[of], self.shape[piece]))
        areas[rim] = shapely.area(shapely.intersection(shapes[of[rim]], self.shape[piece[rim]]))
        return sum_by(of, areas, len(shapes))

    def cut(self, shapes: Shapes) -> tuple[Ints, Shapes]:
        """What of each polygon lies in the pieces: the polygon's number, and the part."""
        of, piece = self.tree.query(shapes, predicate="intersects")
        return of, shapely.intersection(shapes[of], self.shape[piece])

    def contains(self, points: Shapes) -> Bools:
        """(k,) which points lie in the pieces or on their rim."""
        found = np.zeros(len(points), bool)
        found[self.tree.query(points, predicate="intersects")[0]] = True
        return found


def denominators(
    measured: Measured,
    results: Sequence[RuleResult],
    *,
    ground_on_foot: bool = False,
) -> pd.DataFrame:
    """Columns `rule, level, unit_id, name, denominator, covered, total, share, basis`.

    A row for the whole city (level `city`, an empty `unit_id`) and for every unit; residents, m², or
    numbers. `share` is empty where the total is 0. Denominators whose input is missing have no row. To
    draw what is reached on foot takes longer than all the rest, so of walk rules it is done where
    `ground_on_foot` asks for it, where land or compounds were given, and for a rule that divides by
    ground itself.
    """
    given = measured.study.grounds
    drawn = ground_on_foot or given.residential is not None or given.compounds is not None
    ground = _Ground.of(measured.study, given)
    pieces: dict[tuple[Check, tuple[str, ...], float], _Pieces] = {}
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    for result in results:
        rule = result.rule
        if rule.check not in (Check.RADIUS, Check.WALK) or result.cells_met is None:
            continue
        rows = list(_residents(measured, result))
        if ground is not None:
            rows += ground.every_resident(measured, result)
            if rule.check is Check.RADIUS or drawn or rule.denominator != "residents":
                key = rule.check, rule.serves, limit_m(rule, measured.standard)
                if key not in pieces:
                    pieces[key] = reached_ground(rule, measured)
                rows += ground.rows(result, pieces[key])
        parts.append(pd.DataFrame(rows).assign(rule=rule.id))
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return table[list(COLUMNS)]


# Of the denominators that know several bases, the one a rule is judged by.
JUDGED_BY: Final = {"compounds": "inner point", "communities": "inner point"}


def judged_by_denominator(result: RuleResult, measured: Measured) -> RuleResult:
    """A rule that does not divide by residents, judged by what it divides by; others as they are.

    Without the input its denominator needs, it is not judged, and the reason says which is missing.
    """
    denominator = result.rule.denominator
    if denominator == "residents":
        return result
    table = denominators(measured, [result])
    table = table[table["denominator"] == denominator]
    if denominator in JUDGED_BY:
        table = table[table["basis"] == JUDGED_BY[denominator]]
    city = table[table["level"] == CITY]
    if city.empty or not city["total"].iloc[0] > 0:
        return replace(result, share=None, verdict=None, reason=_why_not(denominator, measured.study))
    share = float(city["share"].iloc[0])
    by_unit = _judged_units(result.by_unit, table, measured)
    return replace(
        result,
        share=share,
        verdict=judge(share, measured.limits),
        covered=float(city["covered"].iloc[0]),
        total=float(city["total"].iloc[0]),
        by_unit=by_unit,
    )


def _judged_units(by_unit: pd.DataFrame, table: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    units = measured.study.units
    if units is None or by_unit.empty:
        return by_unit
    share_of = dict(zip(table["unit_id"], table["share"], strict=True))
    ids = units.frame["unit_id"].to_numpy(object)[by_unit["unit_row"].to_numpy(int)]
    share = pd.Series([share_of.get(one, np.nan) for one in ids], index=by_unit.index, dtype=float)
    return judged(by_unit, share, pd.Series(share.notna().astype(float), index=by_unit.index), measured)


_MISSING: Final = {
    "residential_land": text("The rule divides by residential land; give it with --residential."),
    "compounds": text("The rule divides by residential compounds; give them with --compounds."),
}
_NO_UNITS: Final = text("What the rule divides by is counted inside units; give them with --units.")
_NOTHING: Final = text("Inside the units the rule speaks of there is nothing of what it divides by.")


def _why_not(denominator: str, study: Study) -> Text:
    given = {"residential_land": study.grounds.residential, "compounds": study.grounds.compounds}
    if denominator in given and given[denominator] is None:
        return _MISSING[denominator]
    return _NO_UNITS if study.units is None else _NOTHING


def reached_ground(rule: Rule, measured: Measured) -> _Pieces:
    """The ground within the rule's figure, in squares of a net: the union of circles, or the isochrone."""
    study, limit = measured.study, limit_m(rule, measured.standard)
    rows = np.flatnonzero(study.facilities.frame["tier"].isin(rule.serves).to_numpy(bool))
    if rule.check is Check.RADIUS:
        return pieces_of(np.array([shapely.union_all(circles(study.facilities.xy[rows], limit))]))
    doors = take(measured.distances.facilities, rows)
    found = reached(study.network, doors, limit_m=limit, kind=Kind.DISSOLVED)
    start, end, _ = segments_of(study.network, found.within(limit))
    return _street_pieces(start, end)


def _street_pieces(start: Floats, end: Floats) -> _Pieces:
    """What `isochrones` draws, square by square: a whole city's outline is too large to cut afterwards."""
    low, high = np.minimum(start, end) - HALF_STREET_M, np.maximum(start, end) + HALF_STREET_M
    first, last = (np.floor(corner / _TILE_M).astype(np.int64) for corner in (low, high))
    across, up = (last - first + 1).T
    row = np.repeat(np.arange(len(start)), across * up)
    nth = ranges(np.zeros(len(start), np.int64), across * up)
    square = first[row] + np.column_stack([nth % across[row], nth // across[row]])
    squares, of = np.unique(square, axis=0, return_inverse=True)
    order = np.argsort(of, kind="stable")
    parts = []
    for (column, line), mine in zip(
        squares, np.split(row[order], np.cumsum(np.bincount(of))[:-1]), strict=True
    ):
        west, south = column * _TILE_M, line * _TILE_M
        drawn = shapely.clip_by_rect(
            skin(start[mine], end[mine]), west, south, west + _TILE_M, south + _TILE_M
        )
        whole = drawn if shapely.is_valid(drawn) else shapely.make_valid(drawn)
        parts.append(shapely.get_parts(whole))
    every = np.concatenate(parts) if parts else np.empty(0, object)
    return indexed(every[shapely.get_dimensions(every) == 2])


def indexed(shapes: Shapes) -> _Pieces:
    """Polygons that may overlap, with their index."""
    return _Pieces(shapes, shapely.STRtree(shapes))


def circles(centres: Floats, radius_m: float) -> Shapes:
    """(k,) polygons with the area of the circle; their rim is within 0.03 % of the radius of it."""
    angle = np.pi / (2 * _QUARTER_CORNERS)
    drawn = radius_m * np.sqrt(angle / np.sin(angle))
    made: Shapes = shapely.buffer(shapely.points(centres), drawn, quad_segs=_QUARTER_CORNERS)
    return made


def pieces_of(shape: Shapes) -> _Pieces:
    """The polygons of a shape, halved until none is wider than the net's meshes."""
    parts = shapely.get_parts(shape)
    done: list[Shapes] = []
    while len(parts):
        west, south, east, north = shapely.bounds(parts).T
        wide = np.maximum(east - west, north - south) > _TILE_M
        done.append(parts[~wide])
        halves = [
            half
            for part, box in zip(parts[wide], shapely.bounds(parts[wide]), strict=True)
            for half in _halves(part, box)
        ]
        parts = shapely.get_parts(np.array(halves, dtype=object)) if halves else parts[:0]
        parts = parts[shapely.get_dimensions(parts) == 2]
    return indexed(np.concatenate(done) if done else np.empty(0, object))


def _halves(part: shapely.Polygon, box: Floats) -> Iterator[shapely.Geometry]:
    """Both sides of the middle of the longer side. Clipping is linear; the rare invalid half is repaired."""
    west, south, east, north = box
    if east - west >= north - south:
        middle = (west + east) / 2
        halves = [(west, south, middle, north), (middle, south, east, north)]
    else:
        middle = (south + north) / 2
        halves = [(west, south, east, middle), (west, middle, east, north)]
    for corners in halves:
        half = shapely.clip_by_rect(part, *corners)
        yield half if shapely.is_valid(half) else shapely.make_valid(half)


def _residents(measured: Measured, result: RuleResult) -> Iterator[dict[str, object]]:
    subject, met = _cells(result.cells_subject), _cells(result.cells_met)
    for level in area_levels(measured.study):
        sums = level.histogram(np.where(met, 1, np.where(subject, 0, -1)), measured.residents, 2)
        for i, total in enumerate(sums.sum(axis=1)):
            place = {"level": level.level, "unit_id": level.ids[i], "name": level.names[i]}
            yield place | _figures("residents", float(sums[i, 1]), float(total), "cell centres")


def _cells(mask: Bools | None) -> Bools:
    return np.zeros(0, bool) if mask is None else mask


def _figures(denominator: str, covered: float, total: float, basis: str) -> dict[str, object]:
    covered = min(covered, total)
    share = ratio(covered, total)
    return {
        "denominator": denominator,
        "covered": round(covered, 6),
        "total": round(total, 6),
        "share": np.nan if share is None else share,
        "basis": basis,
    }


@dataclass(frozen=True)
class _Ground:
    """The units of the lowest level, and what of residential land and compounds lies in each."""

    study: Study
    level: str
    land_of: Ints
    land: Shapes
    compounds: Compounds | None
    compound_in: Ints
    has_land: bool

    @classmethod
    def of(cls, study: Study, given: Grounds) -> _Ground | None:
        if study.units is None:
            return None
        units, level = study.units, study.units.levels[-1]
        outlines = units.frame.geometry.to_numpy()
        rows = units.of_level(level)
        nowhere: Ints = np.empty(0, np.int64)
        land_of, land = nowhere, np.empty(0, object)
        if given.residential is not None:
            of, land = pieces_of(np.array([shapely.union_all(given.residential)])).cut(outlines[rows])
            land_of = rows[of]
        inside = nowhere
        if given.compounds is not None:
            inner = shapely.point_on_surface(given.compounds.shape)
            inside = np.full(len(inner), -1, np.int64)
            number, of = shapely.STRtree(outlines[rows]).query(inner, predicate="intersects")
            inside[number[::-1]] = rows[of[::-1]]  # on a border the first unit has it
        return cls(study, level, land_of, land, given.compounds, inside, given.residential is not None)

    def rows(self, result: RuleResult, pieces: _Pieces) -> list[dict[str, object]]:
        units = self.study.units
        if units is None:
            return []
        judged = units_of(self.study, self.level, result.rule.settlement)
        outlines = units.frame.geometry.to_numpy()[judged]
        whole, reached = shapely.area(outlines), pieces.area_in(outlines)
        straight = result.rule.check is Check.RADIUS
        basis = "polygons" if straight else f"isochrone ± {HALF_STREET_M:g} m"
        found = list(self._summed("area", judged, reached, whole, basis))
        if self.has_land:
            mine = np.isin(self.land_of, judged)
            land = self.land[mine]
            place = np.searchsorted(judged, self.land_of[mine])
            within = sum_by(place, pieces.area_in(land), len(judged))
            total = sum_by(place, shapely.area(land), len(judged))
            found += self._summed("residential_land", judged, within, total, basis)
        if self.compounds is not None:
            mine = np.isin(self.compound_in, judged)
            place = np.searchsorted(judged, self.compound_in[mine])
            shapes = self.compounds.shape[mine]
            for name, met in _bases(shapes, pieces.area_in(shapes), pieces).items():
                counted = sum_by(place, met.astype(float), len(judged))
                total = sum_by(place, np.ones(len(place)), len(judged))
                found += self._summed("compounds", judged, counted, total, name)
        bases = _bases(outlines, reached, pieces)
        for name, met in bases.items():
            found += self._summed("communities", judged, met.astype(float), np.ones(len(judged)), name)
        return found

    def every_resident(self, measured: Measured, result: RuleResult) -> list[dict[str, object]]:
        """Communities in which nobody whom the rule speaks of is left out."""
        units = self.study.units
        if units is None:
            return []
        judged = units_of(self.study, self.level, result.rule.settlement)
        missed = measured.residents * (_cells(result.cells_subject) & ~_cells(result.cells_met))
        left_out = sum_by(self.study.cells_in.rows[self.level], missed, len(units))[judged]
        met = (left_out == 0).astype(float)
        return list(self._summed("communities", judged, met, np.ones(len(judged)), "every resident"))

    def _summed(
        self, denominator: str, judged: Ints, covered: Floats, total: Floats, basis: str
    ) -> Iterator[dict[str, object]]:
        """The figures of the lowest units, of all units above them, and of the city."""
        units = self.study.units
        if units is None:
            return
        parents, frame = parent_rows(self.study), units.frame
        ids, names, levels = (frame[column].to_numpy(object) for column in ("unit_id", "name", "level"))
        yield {"level": CITY, "unit_id": "", "name": self.study.name} | _figures(
            denominator, float(covered.sum()), float(total.sum()), basis
        )
        above, part, whole = judged, covered, total
        rising = []
        while len(above):
            part, whole = sum_by(above, part, len(frame)), sum_by(above, whole, len(frame))
            rows = np.unique(above)
            rising.append((rows, part[rows], whole[rows]))
            known = parents[rows] >= 0
            above, part, whole = parents[rows][known], part[rows][known], whole[rows][known]
        for rows, met_of, all_of in reversed(rising):
            for row, met, of in zip(rows, met_of, all_of, strict=True):
                yield {"level": levels[row], "unit_id": ids[row], "name": names[row]} | _figures(
                    denominator, float(met), float(of), basis
                )


def _bases(shapes: Shapes, reached: Floats, pieces: _Pieces) -> dict[str, Bools]:
    """Basis → (k,) which shapes are covered by it; `reached` (k,) are the m² of each.

    A point is covered or not, whatever the basis.
    """
    inner = pieces.contains(shapely.point_on_surface(shapes))
    whole = shapely.area(shapes)
    share = np.where(inner, 1.0, 0.0)
    np.divide(reached, whole, out=share, where=whole > 0)
    return {
        "inner point": inner,
        "wholly": share >= _WHOLE,
        "at least 80 % of its area": share >= 0.8,
        "at least 50 % of its area": share >= 0.5,
        "touched": share > 0,
    }
