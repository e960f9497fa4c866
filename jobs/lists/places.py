"""Where the rows of a check lie against the units they declare: what its maps show. All in degrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely

from coverage.model.tables import Bools, Floats, UnitTable
from data.intake.datum.likelihood import declared_units
from data.intake.datum.projection import candidates, to_degrees
from data.intake.drafts import ACCEPTED
from data.intake.tables.notation import parse_pair
from geo.crs import metric_crs, project, unproject
from geo.datum import WGS84, convert
from jobs.lists.check import CheckReport

# Drawing errors of borders: a point as near as this still counts as inside (as the findings have it).
NEAR_M: Final = 100.0
_CODE: Final = "unit-conflict"


@dataclass(frozen=True)
class Conflict:
    """A facility that lies outside the unit it declares: `away_m` from the nearest spot of its border,
    `nearest` (lon, lat); `outline` is that unit."""

    row_id: str
    name: str
    said: str
    file: str
    sheet: str
    row: int
    lon: float
    lat: float
    away_m: float
    nearest: tuple[float, float]
    outline: shapely.Geometry


def conflicts(report: CheckReport) -> tuple[Conflict, ...]:
    """The facilities that the findings name for lying outside their declared unit, the farthest first."""
    units = _units(report)
    told = {(f.file, f.sheet, f.row) for f in report.intake.findings if f.code == _CODE}
    frame = report.intake.frame
    accepted = frame[frame["outcome"] == ACCEPTED]
    where = zip(accepted["source_file"], accepted["source_sheet"], accepted["source_row"], strict=True)
    rows = accepted[[place in told for place in where]]
    if units is None or rows.empty:
        return ()
    unit = declared_units(rows, units)
    found = [_conflict(rows.iloc[k], units, int(unit[k])) for k in np.flatnonzero(unit >= 0).tolist()]
    return tuple(sorted(found, key=lambda conflict: -conflict.away_m))


def declared_outline(report: CheckReport, row_id: str) -> shapely.Geometry | None:
    """The outline of the finest unit that a row declares; None if it declares none that is known."""
    units, frame = _units(report), report.intake.frame
    rows = frame[frame["facility_id"] == row_id].head(1)
    if units is None or rows.empty:
        return None
    unit = int(declared_units(rows, units)[0])
    return None if unit < 0 else _in_degrees(units, unit)


def away_from_declared(report: CheckReport, places: Mapping[str, tuple[float, float]]) -> Mapping[str, float]:
    """Row id → metres from a place (lon, lat) to the unit that the row declares, 0 inside; rows that
    declare no known unit are left out."""
    units, frame = _units(report), report.intake.frame
    rows = frame[frame["facility_id"].isin(list(places))].drop_duplicates("facility_id")
    if units is None or rows.empty:
        return {}
    unit = declared_units(rows, units)
    known = rows[unit >= 0]
    lon, lat = np.array([places[row] for row in known["facility_id"]], float).reshape(-1, 2).T
    outlines = np.asarray(units.frame.geometry.array, object)[unit[unit >= 0]]
    away_m = shapely.distance(outlines, shapely.points(project(lon, lat, units.crs)))
    return dict(zip(known["facility_id"], away_m.tolist(), strict=True))


def inside_declared(report: CheckReport, rows: pd.DataFrame, lon: Floats, lat: Floats) -> tuple[Bools, Bools]:
    """For places (degrees) of some rows of the frame: whether each declares a known unit, and whether it
    lies in that unit or within 100 m of it (the boundary counts as within)."""
    units = _units(report)
    if units is None or not len(rows):
        return np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    unit = declared_units(rows, units)
    known = np.asarray((unit >= 0) & np.isfinite(lon) & np.isfinite(lat), bool)
    outlines = np.asarray(units.frame.geometry.array, object)[unit[known]]
    places = shapely.points(project(lon[known], lat[known], units.crs))
    near = np.zeros(len(rows), bool)
    near[known] = shapely.dwithin(outlines, places, NEAR_M)
    return known, near


def sampled_rows(report: CheckReport, count: int) -> pd.DataFrame:
    """The rows behind the points of `CheckReport.systems` when it gives `count` of them."""
    frame = report.intake.frame
    given = frame[np.isfinite(frame["given_lon"].to_numpy(float)) & ~frame["metres"].to_numpy(bool)]
    chosen = np.unique(np.linspace(0, len(given) - 1, min(count, len(given))).round().astype(int))
    return pd.DataFrame(given.iloc[chosen])


def known_buildings(report: CheckReport) -> tuple[shapely.Geometry, ...]:
    """The buildings of the reference layer, if one was given."""
    reading = report.intake.reading
    reference = reading.context.reference if reading else None
    return tuple(reference.buildings) if reference is not None else ()


def _units(report: CheckReport) -> UnitTable | None:
    return report.intake.reading.context.units if report.intake.reading else None


def _conflict(row: pd.Series, units: UnitTable, unit: int) -> Conflict:
    lon, lat = float(row["lon"]), float(row["lat"])
    place = shapely.points(project(np.array([lon]), np.array([lat]), units.crs))[0]
    outline = units.frame.geometry.iloc[unit]
    nearest = shapely.get_coordinates(shapely.shortest_line(outline, place))[:1]
    x, y = unproject(nearest, units.crs)
    return Conflict(
        str(row["facility_id"]), str(row["name"]), str(units.frame["name"].iloc[unit]),
        str(row["source_file"]), str(row["source_sheet"]), int(row["source_row"]),
        lon, lat, float(shapely.distance(outline, place)), (float(x[0]), float(y[0])),
        _in_degrees(units, unit),
    )  # fmt: skip


def _in_degrees(units: UnitTable, unit: int) -> shapely.Geometry:
    def turned(xy: Floats) -> Floats:
        return np.column_stack(unproject(xy, units.crs))

    return shapely.transform(units.frame.geometry.iloc[unit], turned)


@dataclass(frozen=True)
class MetreSystem:
    """A projected system that the metres of a list may be in, and where its rows would lie."""

    option: str
    lon: Floats
    lat: Floats


def metre_rows(report: CheckReport, most: int) -> pd.DataFrame:
    """At most so many of the rows given as metres, evenly from the whole list."""
    rows = report.intake.frame[report.intake.frame["metres"].to_numpy(bool)]
    return pd.DataFrame(rows.iloc[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))])


def metre_systems(rows: pd.DataFrame) -> tuple[MetreSystem, ...]:
    """The systems that the size of the numbers allows."""
    east, north = rows["given_lon"].to_numpy(float), rows["given_lat"].to_numpy(float)
    found = candidates(east, north) if len(rows) else ()
    return tuple(MetreSystem(crs.lower(), *to_degrees(east, north, crs)) for crs in found)


def place_of(written: str, system: str) -> tuple[float, float] | None:
    """A pair of coordinates that somebody typed or pasted, as (lon, lat) in WGS-84; None if it is none.

    `system` is wgs84, gcj02 or bd09. Latitude first is understood where the numbers or letters say so.
    """
    pair = parse_pair(written)
    if pair is None:
        return None
    first, second = pair
    swapped = first.axis == "lat" or (abs(first.value) <= 90 < abs(second.value))
    lon, lat = (second.value, first.value) if swapped else (first.value, second.value)
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return None
    x, y = convert(np.array([lon]), np.array([lat]), system, WGS84)
    return float(x[0]), float(y[0])


def away_from(outline: shapely.Geometry, lon: float, lat: float) -> float:
    """Metres from a place to an outline (both in degrees); 0 inside."""
    crs = metric_crs(lon, lat)

    def turned(degrees: Floats) -> Floats:
        return project(degrees[:, 0], degrees[:, 1], crs)

    here = shapely.points(turned(np.array([[lon, lat]])))[0]
    return float(shapely.distance(shapely.transform(outline, turned), here))
