"""Placed facilities against what is known of the area: outside it, in another unit, on water, twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.text import Listed, Text, listed, remarked, text
from coverage.model.tables import LEVELS, Bools, Floats, UnitTable
from data.intake.datum.likelihood import declared_units
from data.intake.datum.placing import Bounds
from data.intake.drafts import ACCEPTED, REFUSED
from data.intake.duplicates import MOST_NAMED, DuplicateGroup, describe, find_duplicates
from data.intake.findings import ERROR, WARNING, Level, Notebook
from data.intake.groups import Context
from data.intake.tables.sheets import Table
from data.intake.unit_names import report_unit_names
from data.intake.unused import FARTHEST_SHIFT_M
from geo.crs import project

_FAR_M: Final = 20_000.0
_CONFLICT_M: Final = 100.0
_MANY_CONFLICTS: Final = 0.3
_LEAST_TOGETHER: Final = 3
_NAMED_UNITS: Final = 6
_NAMED_ROWS: Final = 20
_FAR_FROM_OTHERS_DEG: Final = 2.0
_METRES_A_DEGREE: Final = 111_320.0
_LEAST_OTHERS: Final = 4


@dataclass(frozen=True)
class Checker:
    """Tells findings on rows of the frame into the notebooks of their tables."""

    frame: pd.DataFrame
    tables: tuple[Table, ...]
    notes: Mapping[int, Notebook]

    def check(self, context: Context, *, decided: bool) -> tuple[pd.DataFrame, tuple[DuplicateGroup, ...]]:
        """The frame with the outcome of rows that lie nowhere near the area turned to refused, and the
        groups of accepted rows that seem to be one place (not told yet).

        Conflicts with declared units are reported one by one where they are few, or where the coordinate
        system is `decided` and could explain them; many are one finding of their list.
        """
        outside = self._outside(context)
        frame = self.frame.assign(outcome=self.frame["outcome"].mask(outside, REFUSED))
        if context.units is not None:
            self._conflicts(frame, context.units, decided=decided)
            report_unit_names(frame, np.flatnonzero(_accepted(frame)), context.units, self.report)
        if context.reference is not None and len(context.reference.water):
            rows = np.flatnonzero(_accepted(frame))
            places = shapely.points(frame[["lon", "lat"]].to_numpy(float)[rows])
            wet = shapely.STRtree(context.reference.water).query(places, predicate="within")[0]
            for k in np.unique(wet).tolist():
                self.report(int(rows[k]), WARNING, "on-water", _ON_WATER, "lon")
        rows = np.flatnonzero(_accepted(frame))
        found = find_duplicates(frame.iloc[rows], context.stored)
        return frame, tuple(replace(g, rows=tuple(rows[list(g.rows)].tolist())) for g in found)

    def report(self, row: int, level: Level, code: str, message: Text, field: str) -> None:
        """A finding on a row's cell of the field, or on the whole row where no column holds it."""
        number = int(self.frame["table"].iloc[row])
        table = self.tables[number]
        column = table.place_column if field == "lon" else table.column_of(field)
        where = int(self.frame["source_row"].iloc[row])
        self.notes[number].note(level, code, message, row=where, column=column)

    def _outside(self, context: Context) -> Bools:
        frame = self.frame
        accepted = _accepted(frame)
        refused = np.zeros(len(frame), bool)
        if context.units is None and context.area is not None:
            away_km = np.where(accepted, _away_from_box(frame, context.area) / 1000, 0.0)
            for row in np.flatnonzero(away_km > _FAR_M / 1000).tolist():
                refused[row] = True
                message = _outside_message(float(away_km[row]), far=True)
                self.report(row, ERROR, "outside-area", message, "lon")
            return refused
        if context.units is None:
            for row in np.flatnonzero(_far_from_others(frame, accepted)).tolist():
                refused[row] = True
                self.report(row, ERROR, "far-from-others", _FAR_FROM_OTHERS, "lon")
            return refused
        away_m = _away_from(context.units, frame, accepted)
        for row in np.flatnonzero(accepted & (away_m > 0)).tolist():
            far = bool(away_m[row] > _FAR_M)
            refused[row] = far
            message = _outside_message(away_m[row] / 1000, far=far)
            self.report(row, ERROR if far else WARNING, "outside-area", message, "lon")
        return refused

    def _conflicts(self, frame: pd.DataFrame, units: UnitTable, *, decided: bool) -> None:
        """Facilities outside the unit that they declare: each for itself where they are few; many of a list
        together, what no coordinate system can explain apart from what one can."""
        rows = np.flatnonzero(_accepted(frame))
        unit = declared_units(frame.iloc[rows], units)
        known = unit >= 0
        places = shapely.points(_xy(frame, rows, units.crs))
        outlines = np.asarray(units.frame.geometry.array, object)
        away_m = np.zeros(len(rows))
        away_m[known] = shapely.distance(outlines[unit[known]], places[known])
        table = frame["table"].to_numpy(int)[rows]
        for number in dict.fromkeys(table.tolist()):
            here = known & (table == number)
            far = here & (away_m > FARTHEST_SHIFT_M)
            near = here & (away_m > _CONFLICT_M) & ~far
            named = _Conflicts(units, unit, away_m, places)
            for chosen, told in ((far, _FAR_FROM_UNITS), (near, _NEAR_UNITS)):
                found = np.flatnonzero(chosen)
                many = len(found) > _MANY_CONFLICTS * max(int(here.sum()), 1)
                together = len(found) >= _LEAST_TOGETHER if chosen is far else many and not decided
                if together:
                    message = named.together(found, int(here.sum()), told, rows_of(frame, rows[found]))
                    self.report(int(rows[found[0]]), WARNING, "unit-conflict", message, named.level(found[0]))
                    continue
                for k in found.tolist():
                    self.report(int(rows[k]), WARNING, "unit-conflict", named.one(k), named.level(k))

    def tell_twice(self, groups: Sequence[DuplicateGroup]) -> None:
        """A warning for every row of a small group, naming the others; one for a large one, at its first
        row."""
        where = self.frame[["name", "source_file", "source_sheet", "source_row"]]
        for group in groups:
            members = where.iloc[list(group.rows[:MOST_NAMED])].itertuples(index=False)
            files = where["source_file"].iloc[list(group.rows)].nunique()
            named = [
                remarked(name, listed(filter(None, [file if files > 1 or not sheet else "", sheet, row])))
                for name, file, sheet, row in members
            ]
            code = "duplicate" if group.reason == "name" else "same-coordinates"
            code = "already-stored" if group.stored else code
            told = group.rows if len(group.rows) <= MOST_NAMED else group.rows[:1]
            for member in told:
                self.report(member, WARNING, code, describe(group, named, member), "name")


@dataclass(frozen=True)
class _Conflicts:
    """Declared units of some rows (-1 for none), the metres outside them, and where the rows lie."""

    units: UnitTable
    unit: NDArray[np.int64]
    away_m: Floats
    places: NDArray[np.object_]

    def level(self, k: int) -> str:
        return str(self.units.frame["level"].iloc[self.unit[k]])

    def one(self, k: int) -> Text:
        lies_in = self._district_at(k)
        values = {"unit": self._name(k), "metres": self.away_m[k], "place": lies_in}
        if lies_in:
            return text(_IN_ANOTHER.template, **values)
        return text("The list says {unit}, but the place lies {metres:,.0f} m outside it.", **values)

    def together(self, found: NDArray[np.intp], declared: int, told: Text, where: Listed) -> Text:
        """Many rows in one sentence: how many, how far, and the districts they declare."""
        districts = Counter(self._district(k) for k in found.tolist())
        named = (remarked(name, count) for name, count in districts.most_common())
        return text(
            told.template,
            count=len(found),
            declared=declared,
            median=float(np.median(self.away_m[found])) / 1000,
            most=float(self.away_m[found].max()) / 1000,
            districts=listed(named, most=_NAMED_UNITS),
            rows=where,
        )

    def _name(self, k: int) -> str:
        """The declared unit, after its district where it is in one."""
        own, district = str(self.units.frame["name"].iloc[self.unit[k]]), self._district(k)
        return own if own == district else f"{district} {own}"

    def _district(self, k: int) -> str:
        """The district of the declared unit; the unit itself where none is known."""
        frame, row = self.units.frame, int(self.unit[k])
        row_of = {unit_id: number for number, unit_id in enumerate(frame["unit_id"])}
        for _ in LEVELS:
            above = row_of.get(frame["parent_id"].iloc[row])
            if frame["level"].iloc[row] == LEVELS[0] or above is None or above == row:
                break
            row = above
        return str(frame["name"].iloc[row])

    def _district_at(self, k: int) -> str:
        """The unit of the widest level in which a row lies, where that is not the declared one's."""
        rows = self.units.of_level(self.units.levels[0])
        shapes = np.asarray(self.units.frame.geometry.array, object)[rows]
        inside = np.flatnonzero(shapely.intersects(shapes, self.places[k]))
        name = str(self.units.frame["name"].iloc[rows[inside[0]]]) if len(inside) else ""
        return "" if name == self._district(k) else name


def rows_of(frame: pd.DataFrame, rows: NDArray[np.intp]) -> Listed:
    """The row numbers of a list, the first twenty of them."""
    return listed(frame["source_row"].iloc[rows].tolist(), most=_NAMED_ROWS)


_IN_ANOTHER: Final = text("The list says {unit}, but the place lies {metres:,.0f} m outside it, in {place}.")
_FAR_FROM_UNITS: Final = text(
    "{count} of {declared} {declared:row|rows} that declare a unit lie far outside it, half of them more "
    "than "
    "{median:.1f} km, at most {most:.1f} km; no coordinate system moves a place so far. Declared are: "
    "{districts}. Rows: {rows}."
)
_NEAR_UNITS: Final = text(
    "{count} of {declared} {declared:row|rows} that declare a unit lie outside it, half of them more than "
    "{median:.1f} km, at most {most:.1f} km; a coordinate system other than the one that was taken can do "
    "that. "
    "Declared are: {districts}. Rows: {rows}."
)


_ON_WATER: Final = text("The place lies on water.")
_FAR_FROM_OTHERS: Final = text(
    "The place lies hundreds of kilometres from the other facilities of the list; a digit may be wrong."
)


def _outside_message(kilometres: float, *, far: bool) -> Text:
    if far:
        return text(
            "The place lies {kilometres:.1f} km outside the study area; a digit may be wrong.",
            kilometres=kilometres,
        )
    return text("The place lies {kilometres:.1f} km outside the study area.", kilometres=kilometres)


def _accepted(frame: pd.DataFrame) -> Bools:
    accepted = (frame["outcome"] == ACCEPTED).to_numpy(bool)
    return np.asarray(accepted & np.isfinite(frame["lon"].to_numpy(float)), bool)


def _xy(frame: pd.DataFrame, rows: np.ndarray[tuple[int], np.dtype[np.intp]], crs: str) -> Floats:
    return project(frame["lon"].to_numpy(float)[rows], frame["lat"].to_numpy(float)[rows], crs)


def _away_from(units: UnitTable, frame: pd.DataFrame, accepted: Bools) -> Floats:
    """Metres to the nearest unit of the widest level; 0 inside and for rows that are not accepted."""
    away = np.zeros(len(frame))
    rows = np.flatnonzero(accepted)
    outlines = np.asarray(units.frame.geometry.array, object)[units.of_level(units.levels[0])]
    xy = _xy(frame, rows, units.crs)
    unusable = np.asarray(~np.isfinite(xy).all(axis=1), bool)
    points = shapely.points(np.where(unusable[:, None], 0.0, xy))
    # The tree holds the points, so that each outline is prepared once; distances only for the few outside.
    outside = np.ones(len(rows), bool)
    outside[shapely.STRtree(points).query(outlines, predicate="intersects")[1]] = False
    lost = np.flatnonzero(outside)
    found = shapely.STRtree(outlines).query_nearest(points[lost], return_distance=True, all_matches=False)
    away[rows[lost]] = np.where(unusable[lost], np.inf, found[1])
    return away


def _away_from_box(frame: pd.DataFrame, area: Bounds) -> Floats:
    """Metres from every row to a box of degrees; 0 inside, NaN places far."""
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    west, south, east, north = area
    x, y = np.clip(lon, west, east), np.clip(lat, south, north)
    away = np.hypot((lon - x) * np.cos(np.radians(y)), lat - y) * _METRES_A_DEGREE
    return np.asarray(np.nan_to_num(away, nan=0.0), float)


def _far_from_others(frame: pd.DataFrame, accepted: Bools) -> Bools:
    """Without an area: degrees away from where the list's rows are."""
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    if accepted.sum() <= _LEAST_OTHERS:
        return np.zeros(len(frame), bool)
    away: Floats = np.maximum(
        np.abs(lon - float(np.median(lon[accepted]))), np.abs(lat - float(np.median(lat[accepted])))
    )
    limit_deg = max(_FAR_FROM_OTHERS_DEG, 10 * float(np.median(np.compress(accepted, away))))
    return np.asarray(accepted & (away > limit_deg), bool)
