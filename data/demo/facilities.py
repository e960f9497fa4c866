"""Service centres and stations, as unevenly placed as real ones. Local metres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data.demo.people import RURAL, Land
from data.demo.shapes import Points, Strokes, inside
from data.demo.terrain import Terrain
from data.demo.units import Divisions
from data.demo.zones import Zone

CENTRE: Final = "公共服务中心"
# Two streets have no centre of their own: the town across the river, and half of the new town.
WITHOUT_CENTRE: Final = ("新渡街道", "锦澜街道")
# How far centres stand from the best place, typically (m); new towns lag behind here too.
_OFF_M: Final = {"old": 90, "belt": 90, "new": 130, "seat": 120}
_SERVED_M: Final = 1_250.0
_DOUBLED: Final = 3
_NEW_VILLAGES: Final = 5
_NEW_VILLAGE_REACH_M: Final = 2_200.0
_SQUARE_M: Final = 500.0
_WORDS: Final = ("公共服务中心", "便民服务中心", "党群服务中心", "公共服务中心")
STATION: Final = "公共服务站"
# Share of communities with a station, and how many of them have two; new towns lag behind.
_STATION_SHARE: Final = {
    "old": 0.92,
    "belt": 0.78,
    "riverside": 0.5,
    "new": 0.5,
    "seat": 0.82,
    "rural": 0.76,
}
_SECOND_SHARE: Final = {"old": 0.16, "belt": 0.06}
# Above 40 in every district: the one rule that the city meets.
_BEDS_PER_1000: Final = (42.6, 42.0, 43.1, 43.8, 42.4, 44.6)
_STATION_NAMES: Final = ("公共服务站", "便民服务站", "服务站", "公共服务站")


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
            street_m = np.asarray(
                self._tree.query_nearest(shapely.points(tried), return_distance=True, all_matches=False)[1]
            )
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
        return np.asarray(foot + away * self._rng.uniform(7, 34, (len(xy), 1)))


def place_centres(land: Land, parts: Divisions, sites: Sites, rng: np.random.Generator) -> pd.DataFrame:
    """A centre in each street but two, roughly in the right place; more where most people lack one."""
    street, wanted = _wanted(land, parts)
    off_m = np.array([_OFF_M[zone.split("-")[0]] for zone in parts.streets["zone"].iloc[street]])
    xy = sites.near(wanted + rng.normal(0, 0.7, wanted.shape) * off_m[:, None])
    village_xy = sites.near(_new_villages(land, parts, xy, rng))
    word = rng.permutation(np.resize(_WORDS, len(street)))
    word[-_DOUBLED:] = "第二便民服务中心"
    home = community_at(village_xy, parts)
    name = parts.streets["name"]
    names = [f"{name[k]}{w}" for k, w in zip(street, word, strict=True)]
    names += [f"{name[parts.street[k]]}{parts.name[k][:-1]}新社区公共服务中心" for k in home]
    xy = np.vstack([xy, village_xy])
    return table_of(names, CENTRE, community_at(xy, parts), xy, rng.integers(9, 42, len(xy)) * 100)


def _wanted(land: Land, parts: Divisions) -> tuple[list[int], Points]:
    """Streets, some of them twice at the end, and the best place for a centre in each."""
    street = [k for k, name in enumerate(parts.streets["name"]) if name not in WITHOUT_CENTRE]
    cells = [np.flatnonzero((parts.street[parts.of_cell] == k) & (land.zone != RURAL)) for k in street]
    wanted = [_seat(mine, land) for mine in cells]
    opposite = _opposite(parts.streets, street)
    wanted[opposite] = _towards_the_town_across(wanted[opposite], street[opposite], land, parts)
    beyond = [
        mine[np.hypot(*(land.xy[mine] - seat).T) > _SERVED_M]
        for mine, seat in zip(cells, wanted, strict=True)
    ]
    doubled = np.argsort([-land.residents[far].sum() for far in beyond], kind="stable")[:_DOUBLED]
    wanted += [_seat(beyond[k], land) for k in doubled]
    return street + [street[k] for k in doubled], np.array(wanted)


def _opposite(streets: pd.DataFrame, chosen: list[int]) -> int:
    """Which of the chosen streets lies across the river from the town without a centre."""
    home = streets.loc[streets["zone"] == "riverside", ["x", "y"]].to_numpy()[0]
    across = ~streets["north"].to_numpy()[chosen]
    far_m = np.hypot(*(streets[["x", "y"]].to_numpy()[chosen] - home).T)
    return int(np.where(across, far_m, np.inf).argmin())


def _towards_the_town_across(seat: Points, street: int, land: Land, parts: Divisions) -> Points:
    """Most of the way from the seat to the bank: near the town across as the crow flies."""
    home = parts.streets.loc[parts.streets["zone"] == "riverside", ["x", "y"]].to_numpy()[0]
    mine = land.xy[parts.street[parts.of_cell] == street]
    bank = mine[np.hypot(*(mine - home).T).argmin()]
    return np.asarray(0.25 * seat + 0.75 * bank)


def _new_villages(land: Land, parts: Divisions, centres: Points, rng: np.random.Generator) -> Points:
    """Where many rural people live far from any centre: there stand those of new rural communities."""
    rural = parts.rural[parts.of_cell] & (land.residents > 0)
    square = (land.xy[rural] // _SQUARE_M).astype(np.int64)
    corners, of_cell = np.unique(square, axis=0, return_inverse=True)
    residents = np.bincount(of_cell.ravel(), land.residents[rural])
    xy = (corners + 0.5) * _SQUARE_M
    candidates = xy[rng.choice(len(xy), 250, replace=False, p=residents / residents.sum())]
    within = np.hypot(*(candidates[:, None] - xy).transpose(2, 0, 1)) < _NEW_VILLAGE_REACH_M
    placed = centres
    for _ in range(_NEW_VILLAGES):
        lacking = np.where(cKDTree(placed).query(xy)[0] > 1.5 * _NEW_VILLAGE_REACH_M, residents, 0.0)
        placed = np.vstack([placed, candidates[(within @ lacking).argmax()]])
    return np.asarray(placed[len(centres) :])


def _seat(mine: NDArray[np.int64], land: Land) -> Points:
    """The cell of these within `_SERVED_M` of which most of their residents live."""
    far_m = np.hypot(*(land.xy[mine][:, None] - land.xy[mine]).transpose(2, 0, 1))
    # The second term decides between equals: nearer to all.
    served = (far_m <= _SERVED_M) @ land.residents[mine] - 0.02 * far_m @ land.residents[mine] / _SERVED_M
    return np.asarray(land.xy[mine[served.argmax()]])


def community_at(xy: Points, parts: Divisions) -> NDArray[np.int64]:
    """The community each point lies in."""
    tree = shapely.STRtree(parts.polygons)
    return np.asarray(tree.query_nearest(shapely.points(xy), all_matches=False)[1])


def table_of(
    names: list[str], tier: str, community: NDArray[np.int64], xy: Points, area_m2: NDArray[np.int64]
) -> pd.DataFrame:
    """Facilities of one tier, without beds and residents served."""
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


def place_facilities(
    zones: tuple[Zone, ...], land: Land, parts: Divisions, sites: Sites, rng: np.random.Generator
) -> pd.DataFrame:
    """One row each: name, tier, community (number), x, y, area_m2, beds, served; centres first."""
    centres = place_centres(land, parts, sites, rng)
    count = np.zeros((len(parts.name), len(zones)))
    town = land.zone != RURAL
    np.add.at(count, (parts.of_cell[town], land.zone[town]), land.residents[town] + 1e-6)
    keys = np.array([zone.key.split("-")[0] for zone in zones], dtype=object)
    empty = np.bincount(parts.of_cell, minlength=len(parts.name)) == 0
    # What kind of place each community is: a key of the station shares, "" if nobody can live there.
    kind = np.where(empty, "", np.where(parts.rural, "rural", keys[count.argmax(axis=1)]))
    first = _drawn(kind, _STATION_SHARE, rng)
    extra = np.intersect1d(_drawn(kind, _SECOND_SHARE, rng), first)
    communities = np.r_[first, extra]
    cells = np.split(np.argsort(parts.of_cell, kind="stable"), np.cumsum(np.bincount(parts.of_cell))[:-1])
    wanted = np.array([_heart(cells[k], land, parts.rural[k], rng) for k in communities])
    xy = sites.near(wanted)
    word = rng.permutation(np.resize(_STATION_NAMES, len(communities)))
    names = [parts.name[k] + str(w) for k, w in zip(communities, word, strict=True)]
    names[len(first) :] = [parts.name[k] + "第二服务站" for k in extra]
    area = (
        np.where(parts.rural[communities], rng.integers(10, 36, len(xy)), rng.integers(18, 82, len(xy))) * 10
    )
    stations = table_of(names, STATION, communities, xy, area)
    table = pd.concat([centres, stations], ignore_index=True)
    table["beds"] = _beds(table, land, parts, rng)
    table["served"] = _served(table, land, parts, rng)
    return table


def _drawn(
    kind: NDArray[np.object_], share: Mapping[str, float], rng: np.random.Generator
) -> NDArray[np.int64]:
    """The given share of the communities of each kind, drawn at random, in ascending order."""
    order = rng.permutation(len(kind))
    of_kind = {k: order[kind[order] == k] for k in share}
    return np.sort(np.concatenate([of_kind[k][: round(share[k] * len(of_kind[k]))] for k in share]))


def _heart(mine: NDArray[np.int64], land: Land, rural: bool, rng: np.random.Generator) -> Points:
    """Where a station would be wanted: a well-peopled cell, in towns drawn towards the middle."""
    weight = (land.residents[mine] + 0.01) ** (2.2 if rural else 1.0)
    cell = land.xy[rng.choice(mine, p=weight / weight.sum())]
    middle = np.average(land.xy[mine], axis=0, weights=weight)
    return np.asarray(cell + (0.2 if rural else 0.45) * (middle - cell))


def _beds(table: pd.DataFrame, land: Land, parts: Divisions, rng: np.random.Generator) -> NDArray[np.int64]:
    """Beds so that each district comes to its figure per 1,000 elderly; every fifth station has none."""
    district = parts.district[table["community"]]
    elderly = np.bincount(parts.district[parts.of_cell], land.elderly, minlength=6)
    centre = (table["tier"] == CENTRE).to_numpy()
    size = rng.uniform(0.6, 1.4, len(table))
    weight = size * np.where(centre, 6.0, (rng.random(len(table)) > 0.2).astype(float))
    per_weight = elderly * np.array(_BEDS_PER_1000) / 1000 / np.bincount(district, weight, minlength=6)
    return np.asarray(np.round(weight * per_weight[district]).astype(np.int64))


def _served(table: pd.DataFrame, land: Land, parts: Divisions, rng: np.random.Generator) -> NDArray[np.int64]:
    """The residents an office would write down: those of the unit, rounded, not quite right."""
    new_village = table["name"].str.contains("新社区").to_numpy()
    by_community = np.bincount(parts.of_cell, land.residents, minlength=len(parts.name))
    by_street = np.bincount(parts.street, by_community, minlength=len(parts.streets))
    centre = (table["tier"] == CENTRE).to_numpy()
    people = np.where(centre, by_street[parts.street[table["community"]]], by_community[table["community"]])
    people = np.where(new_village, rng.integers(2_000, 6_000, len(table)), people)
    return np.asarray((np.round(people * rng.uniform(0.9, 1.1, len(table)) / 10) * 10).astype(np.int64))
