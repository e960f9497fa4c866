"""Service centres and stations, as unevenly placed as real ones. Local metres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.demo.centres import CENTRE, place_centres, table_of
from data.demo.people import RURAL, Land
from data.demo.shapes import Points
from data.demo.sites import Sites
from data.demo.units import Divisions
from data.demo.zones import Zone

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


def place_facilities(
    zones: tuple[Zone, ...], land: Land, parts: Divisions, sites: Sites, rng: np.random.Generator
) -> pd.DataFrame:
    """One row each: name, tier, community (number), x, y, area_m2, beds, served; centres first."""
    centres = place_centres(land, parts, sites, rng)
    stations = _stations(_kinds(zones, land, parts), land, parts, sites, rng)
    table = pd.concat([centres, stations], ignore_index=True)
    table["beds"] = _beds(table, land, parts, rng)
    table["served"] = _served(table, land, parts, rng)
    return table


def _kinds(zones: tuple[Zone, ...], land: Land, parts: Divisions) -> NDArray[np.object_]:
    """What kind of place each community is: a key of the station shares, "" if nobody can live there."""
    count = np.zeros((len(parts.name), len(zones)))
    town = land.zone != RURAL
    np.add.at(count, (parts.of_cell[town], land.zone[town]), land.residents[town] + 1e-6)
    keys = np.array([zone.key.split("-")[0] for zone in zones], dtype=object)
    empty = np.bincount(parts.of_cell, minlength=len(parts.name)) == 0
    return np.where(empty, "", np.where(parts.rural, "rural", keys[count.argmax(axis=1)]))


def _stations(
    kind: NDArray[np.object_], land: Land, parts: Divisions, sites: Sites, rng: np.random.Generator
) -> pd.DataFrame:
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
    return table_of(names, STATION, communities, xy, area)


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
