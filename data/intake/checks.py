"""Placed facilities against what is known of the area: outside it, in another unit, on water, twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
import shapely

from core.text import Text, text
from coverage.model.tables import Bools, Floats, UnitTable
from data.intake.drafts import ACCEPTED, REFUSED
from data.intake.duplicates import DuplicateGroup, describe, find_duplicates
from data.intake.findings import ERROR, WARNING, Level, Notebook
from data.intake.groups import Context
from data.intake.likelihood import declared_units
from data.intake.placing import inside
from data.intake.sheets import Table
from data.intake.unit_names import report_unit_names
from geo.crs import project

_FAR_M: Final = 20_000.0
_CONFLICT_M: Final = 100.0
_MANY_CONFLICTS: Final = 0.3
_FAR_FROM_OTHERS_DEG: Final = 2.0
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

        Conflicts with declared units are told one by one only where the coordinate system is
        `decided` or they are few: otherwise the system is what is wrong.
        """
        outside = self._outside(context)
        frame = self.frame.assign(outcome=self.frame["outcome"].mask(outside, REFUSED))
        if context.units is not None:
            self._conflicts(frame, context.units, decided=decided)
            report_unit_names(frame, np.flatnonzero(_accepted(frame)), context.units, self.report)
        if context.reference is not None and len(context.reference.water):
            self._on_water(frame, context.reference.water)
        return frame, _twice(frame, context.stored)

    def report(self, row: int, level: Level, code: str, message: Text, field: str) -> None:
        """A finding on a row's cell of the field, or on the whole row where no column holds it."""
        number = int(self.frame["table"].iloc[row])
        column = self.tables[number].column_of(field)
        if field == "lon" and not column[1]:
            column = self.tables[number].column_of("lonlat")
        where = int(self.frame["source_row"].iloc[row])
        self.notes[number].note(level, code, message, row=where, column=column)

    def _outside(self, context: Context) -> Bools:
        frame = self.frame
        accepted = _accepted(frame)
        refused = np.zeros(len(frame), bool)
        if context.units is None:
            for row in np.flatnonzero(_far_from_others(frame, accepted, context)).tolist():
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
        rows = np.flatnonzero(_accepted(frame))
        unit = declared_units(frame.iloc[rows], units)
        known = unit >= 0
        away_m = np.zeros(len(rows))
        outlines = np.asarray(units.frame.geometry.array, object)
        places = shapely.points(_xy(frame, rows[known], units.crs))
        away_m[known] = shapely.distance(outlines[unit[known]], places)
        conflicts = np.flatnonzero(known & (away_m > _CONFLICT_M))
        if not decided and len(conflicts) > _MANY_CONFLICTS * max(int(known.sum()), 1):
            return
        for k in conflicts.tolist():
            level = str(units.frame["level"].iloc[unit[k]])
            message = text(
                "The list says {unit}, but the place lies {metres:.0f} m outside it.",
                unit=str(units.frame["name"].iloc[unit[k]]),
                metres=away_m[k],
            )
            self.report(int(rows[k]), WARNING, "unit-conflict", message, level)

    def _on_water(self, frame: pd.DataFrame, water: np.ndarray[tuple[int], np.dtype[np.object_]]) -> None:
        rows = np.flatnonzero(_accepted(frame))
        places = shapely.points(frame["lon"].to_numpy(float)[rows], frame["lat"].to_numpy(float)[rows])
        wet = np.unique(shapely.STRtree(water).query(places, predicate="within")[0])
        for k in wet.tolist():
            self.report(int(rows[k]), WARNING, "on-water", _ON_WATER, "lon")

    def tell_twice(self, groups: Sequence[DuplicateGroup]) -> None:
        """A warning for every row of every group, naming the others."""
        places = _places(self.frame) if groups else []
        for group in groups:
            named = [places[member] for member in group.rows]
            code = "duplicate" if group.reason == "name" else "same-coordinates"
            for member in group.rows:
                code = "already-stored" if group.stored else code
                self.report(member, WARNING, code, describe(group, named, member), "name")


def _twice(frame: pd.DataFrame, stored: pd.DataFrame | None) -> tuple[DuplicateGroup, ...]:
    """Groups of accepted rows, as rows of the frame."""
    rows = np.flatnonzero(_accepted(frame))
    return tuple(
        replace(group, rows=tuple(rows[list(group.rows)].tolist()))
        for group in find_duplicates(frame.iloc[rows], stored)
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


def _places(frame: pd.DataFrame) -> list[str]:
    """“name (sheet, row number)” of every row; the file's name where there is no sheet."""
    columns = ("name", "source_file", "source_sheet", "source_row")
    return [
        f"{name} ({sheet or file}, {row})"
        for name, file, sheet, row in frame[list(columns)].itertuples(index=False)
    ]


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


def _far_from_others(frame: pd.DataFrame, accepted: Bools, context: Context) -> Bools:
    """Without units: outside a given area by far, or degrees away from where the list's rows are."""
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    if context.area is not None:
        within = inside(lon, lat, context.area, margin_deg=_FAR_M / 100_000)
        return np.asarray(accepted & ~within, bool)
    if accepted.sum() <= _LEAST_OTHERS:
        return np.zeros(len(frame), bool)
    away: Floats = np.maximum(
        np.abs(lon - float(np.median(lon[accepted]))), np.abs(lat - float(np.median(lat[accepted])))
    )
    limit_deg = max(_FAR_FROM_OTHERS_DEG, 10 * float(np.median(np.compress(accepted, away))))
    return np.asarray(accepted & (away > limit_deg), bool)
