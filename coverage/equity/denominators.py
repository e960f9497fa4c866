"""By what a share divides: residents, residential land, all ground, compounds, communities, side by side.

One list of facilities gives very different “coverage”, each citable, depending on the whole it is a share of.
For every radius and walk rule the reached ground is the same shape: the union of the circles, or the isochrone
with its stated half street; what lies in it is counted in five ways:

    residents          at the cells' centres, as the rule itself
    residential_land   m² of residential land (居住用地) inside the communities the rule speaks of
    area               m² of all ground of those communities, water included
    compounds          residential compounds (小区), by several bases
    communities        communities and villages, by several bases

Ground is cut to the lowest level of units in which somebody lives; ground that two polygons share counts once.
A basis says when a compound or a community counts as covered: by its inner point, by the share of its area
(wholly ≤ at least 80 % ≤ at least 50 % ≤ touched), or, for communities, when every resident is covered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from coverage.checks.by_unit import parent_rows, sum_by, units_of
from coverage.checks.measured import Measured
from coverage.checks.reach import limit_m
from coverage.equity.areas import CITY, area_levels
from coverage.model.results import RuleResult, ratio
from coverage.model.standard import Check, Rule
from coverage.model.study import Study
from coverage.model.tables import Bools, Floats, Ints
from geo.csr_ranges import ranges
from geo.isochrone.isochrones import Kind, reached, segments_of
from geo.isochrone.street_buffer import HALF_STREET_M, skin
from geo.network.snapping import take

Shapes = NDArray[np.object_]

COLUMNS: Final = ("rule", "level", "unit_id", "name", "denominator", "covered", "total", "share", "basis")
# A quarter of a circle is drawn with so many corners, on a radius that gives the polygon the circle's own area.
_QUARTER_CORNERS: Final = 32
# The reached ground is cut into squares of this side: a unit then meets only what lies near it.
_TILE_M: Final = 2000.0
# Shares by area are met up to rounding of coordinates; below this they are not told from whole.
_WHOLE: Final = 1.0 - 1e-9


@dataclass(frozen=True)
class Compounds:
    """Residential compounds: `shape` (k,) polygons or points in metres, `name` (k,)."""

    shape: Shapes
    name: tuple[str, ...]


@dataclass(frozen=True)
class Grounds:
    """What a share may divide by, beside residents and units; None where no file was given."""

    residential: Shapes | None = None
    compounds: Compounds | None = None


@dataclass(frozen=True)
class _Pieces:
    """Reached ground as disjoint pieces, with an index."""

    shape: Shapes
    tree: shapely.STRtree = field(repr=False)

    def area_in(self, shapes: Shapes) -> Floats:
        """(k,) m² of each polygon that lie in the pieces."""
        of, piece = self.tree.query(shapes, predicate="intersects")
        areas = shapely.area(shapely.intersection(shapes[of], self.shape[piece]))
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
    measured: Measured, results: tuple[RuleResult, ...], grounds: Grounds | None = None
) -> pd.DataFrame:
    """Columns `rule, level, unit_id, name, denominator, covered, total, share, basis`.

    A row for the whole city (level `city`, an empty `unit_id`) and for every unit; residents, m², or
    numbers. `share` is empty where the total is 0. Denominators whose input is missing have no row.
    """
    given = grounds or Grounds()
    ground = _Ground.of(measured.study, given)
    pieces: dict[tuple[Check, tuple[str, ...], float], _Pieces] = {}
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    for result in results:
        rule = result.rule
        if rule.check not in (Check.RADIUS, Check.WALK) or result.cells_met is None:
            continue
        key = rule.check, rule.serves, limit_m(rule, measured.standard)
        if ground is not None and key not in pieces:
            pieces[key] = reached_ground(rule, measured)
        rows = list(_residents(measured, result))
        if ground is not None:
            rows += ground.rows(measured, result, pieces[key])
        parts.append(pd.DataFrame(rows).assign(rule=rule.id))
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return table[list(COLUMNS)]


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
    return _indexed(every[shapely.get_dimensions(every) == 2])


def _indexed(shapes: Shapes) -> _Pieces:
    return _Pieces(shapes, shapely.STRtree(shapes))


def circles(centres: Floats, radius_m: float) -> Shapes:
    """(k,) polygons with the area of the circle; their rim is within 0.03 % of the radius of it."""
    angle = np.pi / (2 * _QUARTER_CORNERS)
    drawn = radius_m * np.sqrt(angle / np.sin(angle))
    made: Shapes = shapely.buffer(shapely.points(centres), drawn, quad_segs=_QUARTER_CORNERS)
    return made


def pieces_of(shape: Shapes) -> _Pieces:
    """The polygons of a shape, cut along a square net where they are larger than its meshes."""
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
    return _indexed(np.concatenate(done) if done else np.empty(0, object))


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
    assert_known = result.cells_subject, result.cells_met
    subject, met = (np.asarray(cells, bool) for cells in assert_known)
    for level in area_levels(measured.study):
        sums = level.histogram(np.where(met, 1, np.where(subject, 0, -1)), measured.residents, 2)
        for i, total in enumerate(sums.sum(axis=1)):
            place = {"level": level.level, "unit_id": level.ids[i], "name": level.names[i]}
            yield place | _figures("residents", float(sums[i, 1]), float(total), "cell centres")


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

    def rows(self, measured: Measured, result: RuleResult, pieces: _Pieces) -> list[dict[str, object]]:
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
        bases = _bases(outlines, reached, pieces) | {
            "every resident": self._every_resident(measured, result, judged)
        }
        for name, met in bases.items():
            found += self._summed("communities", judged, met.astype(float), np.ones(len(judged)), name)
        return found

    def _every_resident(self, measured: Measured, result: RuleResult, judged: Ints) -> Bools:
        subject, met = (np.asarray(cells, bool) for cells in (result.cells_subject, result.cells_met))
        missed = measured.residents * (subject & ~met)
        count = 0 if self.study.units is None else len(self.study.units)
        return np.asarray(sum_by(self.study.cells_in.rows[self.level], missed, count)[judged] == 0)

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
    """Basis → (k,) which shapes are covered by it; `reached` (k,) m² of each are. A point is covered or not, whatever the basis."""
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
