"""How far one gets, and what stands in the way, as map layers in WGS-84."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array

from core.memory import give_back
from core.progress import Progress, silent
from coverage.assessment import Assessment
from coverage.equity.barriers import Crossing
from coverage.measuring.facility_reach import walking_reach
from coverage.measuring.measure import BOUNDARY_M
from coverage.model.membership import locate
from coverage.model.study import Study
from coverage.model.tables import Floats, Ints
from geo.crs import WGS84, unproject, unprojected
from geo.isochrone.isochrones import Isochrone, Kind, isochrones
from geo.isochrone.reached_segments import Pieces, piece_vertices
from geo.network.snapping import Snapped, take

ISOCHRONE_COLUMNS: Final = (
    "minutes", "limit_m", "speed_kmh", "facility_id", "name", "tier", "km2", "residents",
)  # fmt: skip
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


_STREET_COLUMNS: Final = ("minutes", "facility_id", "metres")
# A line takes 300 bytes as an object, and a city has millions of pieces: so many are made at once.
_AT_ONCE: Final = 50_000


@dataclass(frozen=True)
class ReachLayers:
    """`areas`: one shape a limit and facility (facility_id "" where they are dissolved)."""

    areas: gpd.GeoDataFrame
    _parts: Sequence[_Part]

    @property
    def streets(self) -> gpd.GeoDataFrame:
        """The reached pieces of streets, with their metres."""
        return _joined(list(self.street_parts()), _STREET_COLUMNS)

    def street_parts(self) -> Iterator[gpd.GeoDataFrame]:
        """`streets` in parts that memory can spare, in their order."""
        for part in self._parts:
            yield from part.streets()


def reach_layers(
    study: Study, cells: Snapped, doors: Snapped, reach: Reach, *, progress: Progress = silent
) -> ReachLayers:
    """The isochrones of some facilities, for every limit, widest first so that narrower lie on top.

    `cells` and `doors` are the study's cells and the facilities' entrances on their streets. `residents` of
    an area are counted at the cells, not by its shape.
    """
    wide_first = sorted(set(reach.minutes), reverse=True)
    limits = [reach.limit_m(minutes) for minutes in wide_first]
    if not len(reach.facilities) or not limits:
        return ReachLayers(_joined([], ISOCHRONE_COLUMNS), ())
    walks = walking_reach(
        study.network, study.facilities, doors, reach.facilities, cells, limit_m=max(limits) + BOUNDARY_M
    )
    people = [_people(limit_m, walks, study, reach.kind) for limit_m in limits]
    del walks  # before the outlines, which take as much
    areas, parts = [], []
    found = list(_isochrones(study, doors, reach, limits, progress))
    give_back()
    for minutes, residents in zip(wide_first, people, strict=True):
        part = _Part(study, reach, found.pop(0), minutes)
        areas.append(part.areas(residents[np.maximum(part.found.facility, 0)]))
        # The shapes in metres are not kept beside those in degrees, a city's take 100 MB a limit; a slice of
        # none of them would keep them all.
        parts.append(replace(part, found=replace(part.found, shape=np.empty(0, object))))
    return ReachLayers(_joined(areas, ISOCHRONE_COLUMNS), parts)


def _isochrones(
    study: Study, doors: Snapped, reach: Reach, limits: Sequence[float], progress: Progress
) -> tuple[Isochrone, ...]:
    """One shape a facility, however many entrances it has."""
    at, owner = study.facilities.entrances.of_rows(reach.facilities)
    if reach.kind is Kind.EACH:  # the doors of one facility together, as if it stood alone
        several = np.flatnonzero(np.bincount(owner, minlength=len(reach.facilities)) > 1)
        alone = np.flatnonzero(~np.isin(owner, several))
        found = isochrones(
            study.network, take(doors, at[alone]), limits_m=limits, kind=Kind.EACH, progress=progress
        )
        parts = [tuple(_owned(one, owner[alone]) for one in found)]
        for one in several.tolist():
            own = take(doors, at[owner == one])
            dissolved = isochrones(study.network, own, limits_m=limits, kind=Kind.DISSOLVED)
            parts.append(tuple(_owned(each, np.array([one])) for each in dissolved))
        return tuple(_together(of_limit) for of_limit in zip(*parts, strict=True))
    found = isochrones(study.network, take(doors, at), limits_m=limits, kind=reach.kind, progress=progress)
    if reach.kind is Kind.DISSOLVED or study.facilities.entrances.are_facilities:
        return found
    return tuple(_owned(one, owner) for one in found)


def _owned(found: Isochrone, owner: Ints) -> Isochrone:
    """By facility instead of by entrance: `owner[i]` is the facility of entrance i."""
    facility = owner[np.maximum(found.facility, 0)]
    each, first = np.unique(facility, return_index=True)
    shapes = found.shape[first]
    if len(each) < len(facility):
        shapes = np.array([shapely.union_all(found.shape[facility == one]) for one in each], object)
    pieces = found.pieces
    return replace(found, facility=each, shape=shapes, pieces=replace(pieces, owner=owner[pieces.owner]))


def _together(found: Sequence[Isochrone]) -> Isochrone:
    """Isochrones of one limit in one, facilities ascending."""
    facility = np.concatenate([one.facility for one in found])
    order = np.argsort(facility, kind="stable")
    pieces = Pieces(
        *(
            np.concatenate([getattr(one.pieces, name) for one in found])
            for name in ("edge", "from_m", "to_m", "owner")
        )
    )
    shapes = np.concatenate([one.shape for one in found])
    return replace(found[0], facility=facility[order], shape=shapes[order], pieces=pieces)


@dataclass(frozen=True)
class _Part:
    """One limit."""

    study: Study
    reach: Reach
    found: Isochrone
    minutes: float

    def areas(self, residents: Floats) -> gpd.GeoDataFrame:
        """With the `residents` (areas,) of each."""
        frame = pd.DataFrame(self._whose()).assign(
            minutes=self.minutes,
            limit_m=self.found.limit_m,
            speed_kmh=self.reach.speed_kmh,
            km2=np.round(shapely.area(self.found.shape), -2) / 1e6,
            residents=residents,
        )
        shapes = list(unprojected(self.found.shape, self.study.grid.crs))
        return gpd.GeoDataFrame(frame[list(ISOCHRONE_COLUMNS)], geometry=shapes, crs=WGS84)

    def streets(self) -> Iterator[gpd.GeoDataFrame]:
        numbers = self.study.facilities.frame["facility_id"].to_numpy(str)[self.reach.facilities]
        alone = self.reach.kind is not Kind.DISSOLVED
        for first in range(0, len(self.found.pieces), _AT_ONCE):
            pieces = self.found.pieces.some(slice(first, first + _AT_ONCE))
            xy, piece = piece_vertices(self.study.network, pieces)
            lines = shapely.linestrings(np.column_stack(unproject(xy, self.study.grid.crs)), indices=piece)
            whose = numbers[pieces.owner] if alone else np.full(len(pieces), "")
            frame = pd.DataFrame({"facility_id": whose, "metres": np.round(pieces.length_m, 2)})
            yield gpd.GeoDataFrame(frame.assign(minutes=self.minutes), geometry=list(lines), crs=WGS84)

    def _whose(self) -> dict[str, object]:
        """Number, name and tier of the facilities; "" where the shape is everybody's."""
        owners = self.found.facility
        rows = self.reach.facilities[np.maximum(owners, 0)]
        return {
            column: np.where(owners >= 0, self.study.facilities.frame[column].to_numpy(str)[rows], "")
            for column in ("facility_id", "name", "tier")
        }


def _people(limit_m: float, walks: csr_array, study: Study, kind: Kind) -> Floats:
    """Residents of the cells within the limit: (facilities,) of each, or of the nearest; (1,) of any."""
    near = np.flatnonzero(walks.data <= limit_m + BOUNDARY_M)
    row = np.repeat(np.arange(walks.shape[0]), np.diff(walks.indptr))[near]
    cell = walks.indices[near]
    if kind is not Kind.EACH:
        order = np.lexsort((row, walks.data[near], cell))
        order = order[np.flatnonzero(np.diff(cell[order], prepend=-1))]
        row, cell = row[order], cell[order]
    people = study.grid.residents[cell]
    if kind is Kind.DISSOLVED:
        return np.array([float(people.sum())])
    return np.asarray(np.bincount(row, weights=people, minlength=walks.shape[0]), float)


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


def _joined(parts: Sequence[gpd.GeoDataFrame], columns: Sequence[str]) -> gpd.GeoDataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        empty = pd.DataFrame({column: [] for column in columns})
        return gpd.GeoDataFrame(empty, geometry=[], crs=WGS84)
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry").to_crs(WGS84)
