"""Service centres and stations, as unevenly placed as real ones. Local metres."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from data.demo.people import RURAL, Land
from data.demo.shapes import Points, inside
from data.demo.strokes import Strokes
from data.demo.terrain import Terrain
from data.demo.units import Divisions
from data.demo.zones import Zone

CENTRE: Final = "公共服务中心"
STATION: Final = "公共服务站"
# Two streets have no centre of their own: the town across the river, and half of the new town.
WITHOUT_CENTRE: Final = ("新渡街道", "锦澜街道")
# Share of communities with a station, and how many of them have two; new towns lag behind.
_STATION_SHARE: Final = {
    "old": 0.93,
    "belt": 0.86,
    "riverside": 0.5,
    "new": 0.52,
    "seat": 0.82,
    "rural": 0.72,
}
_SECOND_SHARE: Final = {"old": 0.16, "belt": 0.06}
_BEDS_PER_1000: Final = (37.2, 36.1, 39.4, 41.8, 40.6, 44.3)
_CENTRE_NAMES: Final = ("公共服务中心", "便民服务中心", "党群服务中心", "公共服务中心")
_STATION_NAMES: Final = ("公共服务站", "便民服务站", "服务站", "公共服务站")


def place_facilities(
    terrain: Terrain,
    zones: tuple[Zone, ...],
    streets: Strokes,
    land: Land,
    parts: Divisions,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One row each: name, tier, community (number), x, y, area_m2, beds, served; centres first."""
    sites = Sites(terrain, streets, rng)
    centres = _centres(land, parts, sites, rng)
    stations = _stations(_kinds(zones, land, parts), land, parts, sites, rng)
    table = pd.concat([centres, stations], ignore_index=True)
    table["beds"] = _beds(table, land, parts, rng)
    table["served"] = _served(table, land, parts, rng)
    return table


class Sites:
    """Finds building ground near a wanted place: 6 to 45 m off a street, dry and not in a park."""

    def __init__(self, terrain: Terrain, streets: Strokes, rng: np.random.Generator) -> None:
        self._barred = shapely.union_all([terrain.wet.buffer(15), terrain.green.buffer(5)])
        self._tree = shapely.STRtree(streets.lines[~streets.bridge])
        self._lines = streets.lines[~streets.bridge]
        self._rng = rng

    def near(self, wanted: Points) -> Points:
        """A site for each wanted place."""
        found = wanted.copy()
        open_ = np.arange(len(wanted))
        for attempt in range(40):
            tried = self._beside_street(wanted[open_] + self._rng.normal(0, 12 * attempt, (len(open_), 2)))
            street_m = self._street_m(tried)
            good = (street_m >= 5) & (street_m <= 60) & ~inside(self._barred, tried)
            found[open_[good]] = tried[good]
            open_ = open_[~good]
            if len(open_) == 0:
                return found
        raise RuntimeError(f"{len(open_)} facilities of the demo city found no ground")

    def _beside_street(self, xy: Points) -> Points:
        points = shapely.points(xy)
        nearest = self._lines[self._tree.query_nearest(points, all_matches=False)[1]]
        foot = shapely.get_coordinates(shapely.shortest_line(nearest, points)).reshape(-1, 2, 2)[:, 0]
        away = xy - foot
        away = away / np.maximum(np.hypot(*away.T), 1e-9)[:, None]
        return foot + away * self._rng.uniform(7, 34, (len(xy), 1))

    def _street_m(self, xy: Points) -> NDArray[np.float64]:
        return np.asarray(
            self._tree.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)[1]
        )


def _centres(land: Land, parts: Divisions, sites: Sites, rng: np.random.Generator) -> pd.DataFrame:
    chosen = [k for k, name in enumerate(parts.streets["name"]) if name not in WITHOUT_CENTRE]
    # The two most crowded streets of the old town have a second one.
    chosen += [0, 2]
    of_street = parts.street[parts.of_cell]
    wanted = np.empty((len(chosen), 2))
    for row, street in enumerate(chosen):
        mine = (of_street == street) & (land.zone != RURAL)
        weight = land.residents[mine] + 1e-9
        wanted[row] = np.average(land.xy[mine], axis=0, weights=weight)
    spread_m = np.where(parts.streets["town"].to_numpy()[chosen], 150, 330)
    xy = sites.near(wanted + rng.normal(0, 1, wanted.shape) * spread_m[:, None])
    kind = rng.permutation(np.resize(_CENTRE_NAMES, len(chosen)))
    names = [parts.streets["name"][k] + str(word) for k, word in zip(chosen, kind, strict=True)]
    names[-2:] = [parts.streets["name"][k] + "第二便民服务中心" for k in chosen[-2:]]
    return _table(names, CENTRE, _community_at(xy, parts), xy, rng.integers(9, 42, len(chosen)) * 100)


def _kinds(zones: tuple[Zone, ...], land: Land, parts: Divisions) -> NDArray[np.object_]:
    """What kind of place each community is: a key of the station shares."""
    count = np.zeros((len(parts.name), len(zones)))
    town = land.zone != RURAL
    np.add.at(count, (parts.of_cell[town], land.zone[town]), land.residents[town] + 1e-6)
    keys = np.array([zone.key.split("-")[0] for zone in zones], dtype=object)
    return np.where(parts.rural, "rural", keys[count.argmax(axis=1)])


def _stations(
    kind: NDArray[np.object_], land: Land, parts: Divisions, sites: Sites, rng: np.random.Generator
) -> pd.DataFrame:
    share = np.array([_STATION_SHARE[k] for k in kind])
    second = np.array([_SECOND_SHARE.get(k, 0.0) for k in kind])
    first = np.flatnonzero(rng.random(len(kind)) < share)
    extra = np.flatnonzero(rng.random(len(kind)) < second * share)
    communities = np.r_[first, extra]
    wanted = np.array([_heart(k, land, parts, rng) for k in communities])
    xy = sites.near(wanted)
    word = rng.permutation(np.resize(_STATION_NAMES, len(communities)))
    names = [parts.name[k] + str(w) for k, w in zip(communities, word, strict=True)]
    names[len(first) :] = [parts.name[k] + "第二服务站" for k in extra]
    area = (
        np.where(parts.rural[communities], rng.integers(10, 36, len(xy)), rng.integers(18, 82, len(xy))) * 10
    )
    return _table(names, STATION, communities, xy, area)


def _heart(community: int, land: Land, parts: Divisions, rng: np.random.Generator) -> Points:
    """Where a station would be wanted: a well-peopled cell, in towns drawn towards the middle."""
    mine = np.flatnonzero(parts.of_cell == community)
    weight = (land.residents[mine] + 0.01) ** (2.2 if parts.rural[community] else 1.0)
    cell = land.xy[rng.choice(mine, p=weight / weight.sum())]
    pull = 0.2 if parts.rural[community] else 0.65
    middle = np.average(land.xy[mine], axis=0, weights=weight)
    return np.asarray(cell + pull * (middle - cell))


def _community_at(xy: Points, parts: Divisions) -> NDArray[np.int64]:
    tree = shapely.STRtree(parts.polygons)
    return np.asarray(tree.query_nearest(shapely.points(xy), all_matches=False)[1])


def _table(
    names: list[str], tier: str, community: NDArray[np.int64], xy: Points, area_m2: NDArray[np.int64]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": names,
            "tier": tier,
            "community": community,
            "x": xy[:, 0],
            "y": xy[:, 1],
            "area_m2": area_m2,
        }
    )


def _beds(table: pd.DataFrame, land: Land, parts: Divisions, rng: np.random.Generator) -> NDArray[np.int64]:
    """Beds so that each district comes to its figure per 1,000 elderly; every fifth station has none."""
    district = parts.district[table["community"]]
    elderly = np.bincount(parts.district[parts.of_cell], land.elderly, minlength=6)
    centre = (table["tier"] == CENTRE).to_numpy()
    weight = np.where(centre, 6.0, (rng.random(len(table)) > 0.2).astype(float)) * rng.uniform(
        0.6, 1.4, len(table)
    )
    per_weight = elderly * np.array(_BEDS_PER_1000) / 1000 / np.bincount(district, weight, minlength=6)
    return np.round(weight * per_weight[district]).astype(np.int64)


def _served(table: pd.DataFrame, land: Land, parts: Divisions, rng: np.random.Generator) -> NDArray[np.int64]:
    """The residents an office would write down: those of the unit, rounded, not quite right."""
    by_community = np.bincount(parts.of_cell, land.residents, minlength=len(parts.name))
    by_street = np.bincount(parts.street, by_community, minlength=len(parts.streets))
    centre = (table["tier"] == CENTRE).to_numpy()
    people = np.where(centre, by_street[parts.street[table["community"]]], by_community[table["community"]])
    return (np.round(people * rng.uniform(0.9, 1.1, len(table)) / 10) * 10).astype(np.int64)
