"""How far one gets, and what stands in the way, as map layers in WGS-84."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.assessment import Assessment
from coverage.barriers import Crossing
from coverage.membership import locate
from coverage.tables import FacilityTable, Ints
from geo.crs import WGS84, unproject
from geo.isochrones import Isochrone, Kind, isochrones
from geo.network import WalkNetwork
from geo.pieces import piece_lines
from geo.snapping import take

ISOCHRONE_COLUMNS: Final = ("minutes", "limit_m", "speed_kmh", "facility_id", "name", "tier", "km2")
BARRIER_COLUMNS: Final = (
    "rule", "rank", "length_m", "walk_m", "detour", "saved_km", "residents", "lon", "lat", "place",
)  # fmt: skip


@dataclass(frozen=True)
class Reach:
    """What lies within some minutes of `facilities` (rows of the table) on foot.

    `minutes` at `speed_kmh`; `kind` says how the shapes of several go together.
    """

    facilities: Ints
    minutes: tuple[float, ...] = (10.0, 15.0)
    speed_kmh: float = 5.0
    kind: Kind = Kind.DISSOLVED

    def limit_m(self, minutes: float) -> float:
        """Metres that these minutes go."""
        return minutes * self.speed_kmh * 1000.0 / 60.0


@dataclass(frozen=True)
class ReachLayers:
    """`areas`: one shape a limit and facility (facility_id "" where they are dissolved); `streets`:
    the reached pieces of streets, with their metres."""

    areas: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame


def reach_layers(assessment: Assessment, reach: Reach) -> ReachLayers:
    """The isochrones of some facilities, for every limit, widest first so that narrower lie on top."""
    network = assessment.study.network
    doors = take(assessment.measured.distances.facilities, reach.facilities)
    wide_first = sorted(set(reach.minutes), reverse=True)
    limits = [reach.limit_m(minutes) for minutes in wide_first]
    found = isochrones(network, doors, limits_m=limits, kind=reach.kind) if len(reach.facilities) else ()
    areas = [_areas(one, minutes, reach, assessment) for one, minutes in zip(found, wide_first, strict=False)]
    streets = [
        _streets(one, minutes, reach, assessment) for one, minutes in zip(found, wide_first, strict=False)
    ]
    crs = assessment.study.grid.crs
    return ReachLayers(_joined(areas, ISOCHRONE_COLUMNS, crs), _joined(streets, _STREET_COLUMNS, crs))


_STREET_COLUMNS: Final = ("minutes", "facility_id", "metres")


def _areas(found: Isochrone, minutes: float, reach: Reach, assessment: Assessment) -> gpd.GeoDataFrame:
    table = assessment.study.facilities
    frame = pd.DataFrame(_whose(table, reach, found.facility))
    frame = frame.assign(
        minutes=minutes,
        limit_m=found.limit_m,
        speed_kmh=reach.speed_kmh,
        km2=np.round(shapely.area(found.shape) / 1e6, 4) if len(found.shape) else [],
    )
    return gpd.GeoDataFrame(frame[list(ISOCHRONE_COLUMNS)], geometry=list(found.shape))


def _whose(table: FacilityTable, reach: Reach, owners: Ints) -> dict[str, object]:
    """Number, name and tier of the facilities; "" where the shape is everybody's."""
    one = np.where(owners >= 0, owners, 0)
    rows = reach.facilities[one] if len(owners) else owners
    return {
        column: np.where(owners >= 0, table.frame[column].to_numpy(str)[rows], "")
        for column in ("facility_id", "name", "tier")
    }


def _streets(found: Isochrone, minutes: float, reach: Reach, assessment: Assessment) -> gpd.GeoDataFrame:
    pieces = found.pieces
    lines = _lines(assessment.study.network, found)
    numbers = assessment.study.facilities.frame["facility_id"].to_numpy(str)[reach.facilities]
    whose = np.full(len(pieces), "") if reach.kind is Kind.DISSOLVED else numbers[pieces.owner]
    frame = pd.DataFrame(
        {"minutes": minutes, "facility_id": whose, "metres": np.round(pieces.length_m, 2)},
        index=range(len(pieces)),
    )
    return gpd.GeoDataFrame(frame, geometry=list(lines))


def _lines(network: WalkNetwork, found: Isochrone) -> Sequence[shapely.Geometry]:
    return list(piece_lines(network, found.pieces)) if len(found.pieces) else []


def barrier_layer(rule_id: str, crossings: Sequence[Crossing], assessment: Assessment) -> gpd.GeoDataFrame:
    """The worst barriers as the lines of the crossings that would open them; `place` names the units
    at both ends, `lon` and `lat` are the middle."""
    crs = assessment.study.grid.crs
    lines = [shapely.LineString([crossing.start, crossing.end]) for crossing in crossings]
    middles = np.array([shapely.get_coordinates(line).mean(axis=0) for line in lines]).reshape(-1, 2)
    lon, lat = unproject(middles, crs)
    rows = [
        {
            "rule": rule_id,
            "rank": crossing.rank,
            "length_m": round(crossing.length_m, 1),
            "walk_m": round(crossing.walk_m, 1),
            "detour": round(crossing.detour, 2),
            "saved_km": round(crossing.saved_km, 1),
            "residents": crossing.residents,
            "lon": round(float(lon[i]), 7),
            "lat": round(float(lat[i]), 7),
            "place": places_of(assessment, np.array([crossing.start, crossing.end])),
        }
        for i, crossing in enumerate(crossings)
    ]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=list(BARRIER_COLUMNS)), geometry=lines, crs=crs)
    return frame.to_crs(WGS84)


def places_of(assessment: Assessment, xy: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> str:
    """The smallest units that some places (n, 2) lie in, each named once; "" outside all."""
    units = assessment.study.units
    if units is None:
        return ""
    names = units.frame["name"].to_numpy(str)
    rows = locate(units, xy).rows
    smallest = [next((int(rows[level][i]) for level in reversed(units.levels) if rows[level][i] >= 0), -1)
                for i in range(len(xy))]  # fmt: skip
    return " – ".join(dict.fromkeys(str(names[row]) for row in smallest if row >= 0))


def _joined(parts: Sequence[gpd.GeoDataFrame], columns: Sequence[str], crs: str) -> gpd.GeoDataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        empty = pd.DataFrame({column: [] for column in columns})
        return gpd.GeoDataFrame(empty, geometry=[], crs=WGS84)
    frame = pd.concat(filled, ignore_index=True)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=crs).to_crs(WGS84)
