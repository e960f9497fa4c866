"""By what a share divides: residents, residential land, all ground, compounds, communities, side by side.

One list of facilities gives very different “coverage”, each citable, depending on the whole it is a share
of. For every radius and walk rule the reached ground is the union of the circles, or what `isochrones`
draws with its stated half street; what lies in it is counted in five ways:

    residents          at the cells' centres, as the rule itself
    residential_land   m² of residential land (居住用地) inside the communities the rule speaks of
    area               m² of all ground of those communities, water included
    compounds          residential compounds (小区), by several bases
    communities        communities and villages, by several bases

and households beside them, where they are counted. Ground is cut to the lowest level of units in which
somebody lives; ground that two polygons share counts once, but for areas that the land's file declares.
A basis says when a compound or a community counts as covered: by its inner point, by any of its gates, by
the share of its area (wholly ≤ at least 80 % ≤ at least 50 % ≤ touched), or, for communities, when every
resident is covered.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
import shapely

from core.text import Text, text
from coverage.checks.by_unit import judged, parent_rows, sum_by, units_of
from coverage.checks.measured import Measured
from coverage.checks.reach import accepted, limit_m
from coverage.equity.areas import CITY, area_levels
from coverage.equity.reached_ground import circles, pieces_of
from coverage.equity.residential_land import dissolved
from coverage.model.results import RuleResult, judge
from coverage.model.standard import Check, Rule, SizeClass, at_least
from coverage.model.study import Study
from coverage.model.tables import HOUSEHOLDS, Bools, Floats, Ints, Shapes
from geo.isochrone.isochrones import Kind, reached, rising_steps
from geo.isochrone.street_area import Sheet, reached_shares
from geo.isochrone.street_buffer import HALF_STREET_M
from geo.network.snapping import take

COLUMNS: Final = ("rule", "level", "unit_id", "name", "denominator", "covered", "total", "share", "basis")
# Shares by area are met up to rounding of coordinates; below this they are not told from whole.
_WHOLE: Final = 1.0 - 1e-9
# Of an area, that much is enough; a standard may name another share.
_SHARES: Final = (0.8, 0.5)
_COMMUNITY: Final = "community"
POLYGONS: Final = "polygons"
ON_FOOT: Final = f"isochrone ± {HALF_STREET_M:g} m"
INNER, GATE, WHOLLY, TOUCHED = "inner point", "any gate", "wholly", "touched"
CENTRES, EVERY_RESIDENT, DECLARED = "cell centres", "every resident", "declared area"


def denominators(measured: Measured, results: Sequence[RuleResult]) -> pd.DataFrame:
    """Columns `rule, level, unit_id, name, denominator, covered, total, share, basis`.

    A row for the whole city (level `city`, an empty `unit_id`) and for every unit; residents, m², or
    numbers. `share` is empty where the total is 0. Denominators whose input is missing have no row.
    """
    found = [r for r in results if r.rule.check in (Check.RADIUS, Check.WALK) and r.cells_met is not None]
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    ground = _Ground.of(measured.study)
    within = {} if ground is None else ground.reached(measured, [result.rule for result in found])
    for result in found:
        tables = list(_people(measured, result))
        if ground is not None:
            tables += ground.tables(measured, result, within[_key(result.rule, measured)])
        parts += [table.assign(rule=result.rule.id) for table in tables]
    return pd.concat(parts[1:] or parts, ignore_index=True)[list(COLUMNS)]


def judged_by_denominator(result: RuleResult, measured: Measured) -> RuleResult:
    """A rule that does not divide by residents, judged by what it divides by; others as they are.

    Without the input its denominator needs, it is not judged, and the reason says which is missing.
    """
    denominator = result.rule.denominator
    if denominator == "residents":
        return result
    table = denominators(measured, [result])
    table = table[table["denominator"] == denominator]
    basis = basis_of(result.rule)
    table = table[table["basis"] == basis]
    city = table[table["level"] == CITY]
    if city.empty or not city["total"].iloc[0] > 0:
        why = missing_input(denominator, measured.study) or _NOTHING
        if basis == GATE and not city.empty:
            why = text("No compound in the layer has a gate.")
        return replace(result, share=None, verdict=None, reason=why)
    share = float(city["share"].iloc[0])
    return replace(
        result,
        share=share,
        verdict=judge(share, measured.limits),
        covered=float(city["covered"].iloc[0]),
        total=float(city["total"].iloc[0]),
        by_unit=_judged_units(result.by_unit, table, measured),
    )


def basis_of(rule: Rule) -> str:
    """The basis of the row in `denominators` by which a rule is judged."""
    if rule.denominator == "residents":
        return CENTRES
    if rule.denominator in ("compounds", "communities"):
        return rule.basis or INNER
    return POLYGONS if rule.check is Check.RADIUS else ON_FOOT


def _judged_units(by_unit: pd.DataFrame, table: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    units = measured.study.units
    if units is None or by_unit.empty:
        return by_unit
    share_of = dict(zip(table["unit_id"], table["share"], strict=True))
    ids = units.frame["unit_id"].to_numpy(object)[by_unit["unit_row"].to_numpy(int)]
    share = pd.Series([share_of.get(one, np.nan) for one in ids], index=by_unit.index, dtype=float)
    return judged(by_unit, share, pd.Series(share.notna().astype(float), index=by_unit.index), measured)


_NOTHING: Final = text("Inside the units the rule speaks of there is nothing of what it divides by.")


def missing_input(denominator: str, study: Study) -> Text | None:
    """Which file is not there that a denominator is counted from; None where nothing is missing."""
    if denominator == "residential_land" and study.grounds.residential is None:
        return text("The rule divides by residential land; give it with --residential.")
    if denominator == "compounds" and study.grounds.compounds is None:
        return text("The rule divides by residential compounds; give them with --compounds.")
    if denominator != "residents" and study.units is None:
        return text("What the rule divides by is counted inside units; give them with --units.")
    if denominator == "communities" and study.units is not None and study.units.levels[-1] != _COMMUNITY:
        return text("The rule divides by communities; the units have none. Give them with --units.")
    return None


def _people(measured: Measured, result: RuleResult) -> list[pd.DataFrame]:
    """Residents, and households where the population counts them, at the cells' centres."""
    groups = {"residents": measured.residents}
    if HOUSEHOLDS in measured.study.grid.groups:
        groups[HOUSEHOLDS] = measured.study.grid.groups[HOUSEHOLDS]
    subject, met = _cells(result.cells_subject), _cells(result.cells_met)
    found = []
    for name, people in groups.items():
        for level in area_levels(measured.study):
            sums = level.histogram(np.where(met, 1, np.where(subject, 0, -1)), people, 2)
            places = pd.DataFrame({"level": level.level, "unit_id": level.ids, "name": level.names})
            found.append(_figures(places, name, sums[:, 1], sums.sum(axis=1), CENTRES))
    return found


def _cells(mask: Bools | None) -> Bools:
    return np.zeros(0, bool) if mask is None else mask


def _figures(
    places: pd.DataFrame, denominator: str, covered: Floats, total: Floats, basis: str
) -> pd.DataFrame:
    covered = np.where(covered >= _WHOLE * total, total, covered)
    share = np.divide(covered, total, out=np.full(len(total), np.nan), where=total > 0)
    return places.assign(
        denominator=denominator, covered=covered.round(6), total=total.round(6), share=share, basis=basis
    )


@dataclass(frozen=True)
class _Reached:
    """Of a ground's `shapes` the part 0..1 that is reached, of its `points` which are."""

    share: Floats
    inside: Bools

    def of(self, part: slice) -> _Reached:
        return _Reached(self.share[part], self.inside[part])


@dataclass(frozen=True)
class _Ground:
    """What is asked about in one array: units of the lowest level, residential land, compounds.

    `shapes` (k,) polygons or points, each in the unit `unit` (k,; -1: outside all), with `points` (k,)
    inner ones; `units`, `land`, `declared`, `compounds` are where each kind stands. `declared_m2` is what the
    land's file states, for the part of each polygon in a unit. `gates` and `gate_of`: gates of compounds.
    """

    study: Study
    level: str
    shapes: Shapes
    unit: Ints
    points: Shapes
    units: slice
    land: slice
    declared: slice
    compounds: slice
    declared_m2: Floats
    gates: Shapes
    gate_of: Ints

    @classmethod
    def of(cls, study: Study) -> _Ground | None:
        if study.units is None:
            return None
        units, given, level = study.units, study.grounds, study.units.levels[-1]
        rows = units.of_level(level)
        outlines = units.frame.geometry.to_numpy()[rows]
        parts, in_unit = [outlines], [rows]
        declared_m2: Floats = np.empty(0)
        nothing = np.empty(0, object), np.empty(0, np.int64)
        land, stated = nothing, nothing
        if given.residential is not None:
            of, cut = pieces_of(dissolved(given.residential)).cut(outlines)
            land = cut, rows[of]
            if given.declared_m2 is not None:
                of, polygon = shapely.STRtree(given.residential).query(outlines, predicate="intersects")
                cut = shapely.intersection(outlines[of], given.residential[polygon])
                stated = cut, rows[of]
                part = shapely.area(cut) / shapely.area(given.residential[polygon])
                declared_m2 = part * np.nan_to_num(given.declared_m2[polygon])
        compounds, gates, gate_of = nothing, np.empty(0, object), np.empty(0, np.int64)
        if given.compounds is not None:
            inner = shapely.point_on_surface(given.compounds.shape)
            inside = np.full(len(inner), -1, np.int64)
            number, of = shapely.STRtree(outlines).query(inner, predicate="intersects")
            inside[number[::-1]] = rows[of[::-1]]  # on a border the first unit has it
            compounds = given.compounds.shape, inside
            if given.compounds.gates is not None:
                gates, gate_of = shapely.get_parts(given.compounds.gates, return_index=True)
        for shapes, unit in (land, stated, compounds):
            parts.append(shapes)
            in_unit.append(unit)
        ends = np.cumsum([0, *(len(part) for part in parts)]).tolist()
        shapes = np.concatenate(parts)
        units_at, land_at, declared_at, compounds_at = (slice(*pair) for pair in itertools.pairwise(ends))
        return cls(
            study=study,
            level=level,
            shapes=shapes,
            unit=np.concatenate(in_unit),
            points=shapely.point_on_surface(shapes),
            units=units_at,
            land=land_at,
            declared=declared_at,
            compounds=compounds_at,
            declared_m2=declared_m2,
            gates=gates,
            gate_of=gate_of,
        )

    def reached(self, measured: Measured, rules: Sequence[Rule]) -> dict[_Key, _Reached]:
        """What every rule reaches; rules with the same tiers, measure and figure share it."""
        keys = list(dict.fromkeys(_key(rule, measured) for rule in rules))
        asked = np.concatenate([self.points, self.gates])
        entrances, counted = self.study.facilities.entrances, {}
        for rule in rules:
            counted[_key(rule, measured)] = accepted(rule, self.study.facilities, measured.standard)
        found: dict[_Key, _Reached] = {}
        whole = shapely.area(self.shapes)
        for key in keys:
            if key[0] is Check.RADIUS:
                centres = entrances.places_of(counted[key].rows)
                pieces = pieces_of(np.array([shapely.union_all(circles(centres, counted[key].limit_m))]))
                share = np.divide(
                    pieces.area_in(self.shapes), whole, out=np.zeros(len(whole)), where=whole > 0
                )
                found[key] = _Reached(share, pieces.contains(asked))
        sheet: Sheet | None = None
        for tiers in dict.fromkeys((key[1], key[3]) for key in keys if key[0] is Check.WALK):
            alike = sorted(
                (key for key in keys if key[0] is Check.WALK and (key[1], key[3]) == tiers),
                key=lambda key: key[2],
            )
            limits, some = [key[2] for key in alike], counted[alike[-1]]
            at, owner = entrances.of_rows(some.rows)
            doors = take(measured.distances.entrances, at)
            if alike[-1][3]:  # a shorter figure is a longer way from the door
                doors = replace(doors, snap_m=doors.snap_m + (limits[-1] - some.limit_m)[owner])
            sheet = sheet or Sheet.ruled(self.shapes, shapely.get_coordinates(asked))
            network = self.study.network
            # What was searched is let go of before its ground is counted: 70 MB of a large city.
            steps = rising_steps(
                network, reached(network, doors, limit_m=limits[-1], kind=Kind.DISSOLVED), limits
            )[1]
            for key, (share, inside) in zip(alike, reached_shares(steps, sheet), strict=True):
                found[key] = _Reached(share, inside)
        return {key: self._with_points(reach) for key, reach in found.items()}

    def _with_points(self, reach: _Reached) -> _Reached:
        """A point, and a polygon too small for the raster, is reached or not as its inner point is."""
        inner = reach.inside[: len(self.points)]
        flat = (shapely.area(self.shapes) == 0) | np.isnan(reach.share)
        return _Reached(np.where(flat, inner, reach.share), reach.inside)

    def tables(self, measured: Measured, result: RuleResult, reach: _Reached) -> list[pd.DataFrame]:
        units = units_of(self.study, self.level, result.rule.settlement)
        if self.study.units is None or not len(units):
            return []
        places = _Places.above(self.study, units)
        number = np.full(len(self.study.units), -1, np.int64)
        number[units] = np.arange(len(units))
        mine = number[self.unit]
        mine[self.unit < 0] = -1
        straight = result.rule.check is Check.RADIUS
        basis = POLYGONS if straight else ON_FOOT
        found: list[pd.DataFrame] = []

        def counted(denominator: str, part: slice, weight: Floats, share: Floats, basis: str) -> None:
            covered, total = (sum_by(mine[part], values, len(units)) for values in (weight * share, weight))
            found.append(places.figures(denominator, covered, total, basis))

        given, whole = self.study.grounds, shapely.area(self.shapes)
        counted("area", self.units, whole[self.units], reach.share[self.units], basis)
        if given.residential is not None:
            counted("residential_land", self.land, whole[self.land], reach.share[self.land], basis)
        if len(self.declared_m2):
            counted("residential_land", self.declared, self.declared_m2, reach.share[self.declared], DECLARED)
        if given.compounds is not None:
            one = np.ones(len(given.compounds.name))
            bases = self._bases(reach.of(self.compounds), result.rule)
            if given.compounds.gates is not None:
                reached_gates = reach.inside[len(self.points) :]
                at_gate = sum_by(self.gate_of, reached_gates.astype(float), len(one)) > 0
                has_gate = sum_by(self.gate_of, np.ones(len(self.gate_of)), len(one)) > 0
                counted("compounds", self.compounds, has_gate.astype(float), at_gate.astype(float), GATE)
            for name, met in bases.items():
                counted("compounds", self.compounds, one, met, name)
            if given.compounds.households is not None:
                homes = np.nan_to_num(given.compounds.households)
                counted(HOUSEHOLDS, self.compounds, homes, bases[INNER], "compounds by inner point")
        if self.level != _COMMUNITY:
            return found
        for name, met in self._bases(reach.of(self.units), result.rule).items():
            counted("communities", self.units, np.ones(len(met)), met, name)
        missed = measured.residents * (_cells(result.cells_subject) & ~_cells(result.cells_met))
        left_out = sum_by(self.study.cells_in.rows[self.level], missed, len(self.study.units))[units]
        every = (left_out == 0).astype(float)
        found.append(places.figures("communities", every, np.ones(len(units)), EVERY_RESIDENT))
        return found

    @staticmethod
    def _bases(reach: _Reached, rule: Rule) -> Mapping[str, Floats]:
        """Basis → (k,) 1 for the shapes covered by it, else 0."""
        shares = sorted({*_SHARES, *([rule.basis_share] if rule.basis_share else [])}, reverse=True)
        met = {INNER: reach.inside, WHOLLY: reach.share >= _WHOLE}
        met |= {at_least(share): reach.share >= share - 1e-12 for share in shares}
        met[TOUCHED] = reach.share > 0
        return {basis: mask.astype(float) for basis, mask in met.items()}


_Key = tuple[Check, tuple[str, ...], float, tuple[SizeClass, ...]]


def _key(rule: Rule, measured: Measured) -> _Key:
    return rule.check, rule.serves, limit_m(rule, measured.standard), rule.classes


@dataclass(frozen=True)
class _Places:
    """The city, then every unit that some units (u,) lie in, themselves last: `table` has level, unit_id and
    name; unit `unit[i]` counts for place `place[i]`."""

    table: pd.DataFrame
    place: Ints
    unit: Ints

    @classmethod
    def above(cls, study: Study, rows: Ints) -> _Places:
        if study.units is None:
            return cls(pd.DataFrame(columns=["level", "unit_id", "name"]), rows, rows)
        frame, parents = study.units.frame, parent_rows(study)
        unit, above = np.arange(len(rows)), rows
        pairs = []
        while len(unit):
            pairs.append((unit, above))
            up = parents[above]
            unit, above = unit[up >= 0], up[up >= 0]
        units, aboves = (np.concatenate(side) for side in zip(*pairs, strict=True))
        depth = {level: number for number, level in enumerate(study.units.levels)}
        order = np.array([depth[level] for level in frame["level"]], np.int64) * len(frame)
        keys, place = np.unique(order[aboves] + aboves, return_inverse=True)
        chosen = frame.iloc[keys % len(frame)]
        table = pd.DataFrame(
            {
                "level": [CITY, *chosen["level"]],
                "unit_id": ["", *chosen["unit_id"]],
                "name": [study.name, *chosen["name"]],
            }
        )
        everywhere = np.arange(len(rows))
        return cls(
            table,
            np.concatenate([np.zeros(len(rows), np.int64), place + 1]),
            np.concatenate([everywhere, units]),
        )

    def figures(self, denominator: str, covered: Floats, total: Floats, basis: str) -> pd.DataFrame:
        """Figures (u,) of the units, summed for every place."""
        met, whole = (sum_by(self.place, values[self.unit], len(self.table)) for values in (covered, total))
        return _figures(self.table, denominator, met, whole, basis)
