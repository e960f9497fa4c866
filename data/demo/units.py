"""Districts, streets and towns, communities and villages: who belongs where. Local metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data.demo import names
from data.demo.people import RURAL, Land
from data.demo.shapes import Points
from data.demo.terrain import Terrain
from data.demo.tessellation import spread_seeds, tile
from data.demo.zones import Zone

COMMUNITIES: Final = 500
# Where the districts gather (km); the fourth is the whole north bank.
_DISTRICT_KM: Final = ((14.0, 13.0), (19.2, 13.9), (27.5, 12.4), (15.0, 22.5), (6.0, 9.5), (19.5, 4.8))
_NORTH: Final = 3


@dataclass(frozen=True)
class Divisions:
    """The tessellation and its hierarchy; communities are numbered in the order of `polygons`.

    `street` and `district` give each community its parents' numbers; `of_cell` the community of
    each land cell, -1 where none. `streets` has `name`, `zone`, `district`, `town` (bool).
    """

    polygons: list[shapely.Geometry]
    name: list[str]
    code: NDArray[np.object_]
    street: NDArray[np.int64]
    streets: pd.DataFrame
    of_cell: NDArray[np.int64]

    @property
    def district(self) -> NDArray[np.int64]:
        return np.asarray(self.streets["district"].to_numpy()[self.street])

    @property
    def rural(self) -> NDArray[np.bool_]:
        return np.asarray([str(code).startswith("2") for code in self.code])


def divide(terrain: Terrain, zones: tuple[Zone, ...], land: Land, rng: np.random.Generator) -> Divisions:
    """Small communities where many live, large ones in the country; none spans the river."""
    seeds = _seeds(land, rng)
    polygons = tile(terrain.banks, seeds, rng)
    of_cell = _cells_within(land.xy, polygons)
    code = _codes(land, of_cell, zones, rng)
    streets = _street_anchors(zones, land, rng)
    street = _grouped(polygons, np.vstack(seeds), len(seeds[0]), streets)
    rural = np.array([str(c).startswith("2") for c in code])
    return Divisions(polygons, names.community_names(rural, rng), code, street, streets, of_cell)


def _seeds(land: Land, rng: np.random.Generator) -> tuple[Points, Points]:
    weights = (land.residents + 1.3) ** 0.86
    south = np.sqrt(weights[~land.north]).sum() / np.sqrt(weights).sum()
    counts = (round(COMMUNITIES * south), COMMUNITIES - round(COMMUNITIES * south))
    return (
        spread_seeds(land.xy[~land.north], weights[~land.north], counts[0], rng),
        spread_seeds(land.xy[land.north], weights[land.north], counts[1], rng),
    )


def _cells_within(xy: Points, polygons: list[shapely.Geometry]) -> NDArray[np.int64]:
    found = np.full(len(xy), -1)
    tree = shapely.STRtree(shapely.points(xy))
    polygon, cell = tree.query(polygons, predicate="contains")
    found[cell] = polygon
    return found


def _codes(
    land: Land, of_cell: NDArray[np.int64], zones: tuple[Zone, ...], rng: np.random.Generator
) -> NDArray[np.object_]:
    """The statistical class of each community, by the zone in which most of its residents live."""
    table = np.zeros((COMMUNITIES, len(zones) + 1))
    lived = of_cell >= 0
    np.add.at(table, (of_cell[lived], land.zone[lived]), land.residents[lived])
    urban = table[:, :-1].sum(axis=1) > table[:, RURAL]
    codes = np.full(COMMUNITIES, "220", object)
    codes[rng.random(COMMUNITIES) < 0.03] = "210"
    for k in np.flatnonzero(urban):
        choices = zones[int(table[k, :-1].argmax())].codes
        thin = len(choices) > 1 and table[k].max() < 0.8 * table[k].sum()
        codes[k] = choices[1] if thin else choices[0]
    return codes


def _street_anchors(zones: tuple[Zone, ...], land: Land, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    towns = iter(names.TOWNS)
    for number, zone in enumerate(zones):
        mine = land.zone == number
        anchors = spread_seeds(land.xy[mine], land.residents[mine] + 0.1, zone.streets, rng)
        anchors = anchors[np.lexsort((anchors[:, 1], anchors[:, 0]))]
        labels = [name + "街道" for name in names.STREETS.get(zone.key, ())] or [next(towns) + "镇"]
        rows += [(label, zone.key, *xy) for label, xy in zip(labels, anchors, strict=True)]
    table = pd.DataFrame(rows, columns=["name", "zone", "x", "y"])
    seats = cKDTree(np.array(_DISTRICT_KM) * 1000)
    table["north"] = table["zone"].isin(["riverside", "new-north"]) | table["zone"].isin(
        [f"seat-{i}" for i in range(8)]
    )
    table["district"] = np.where(table["north"], _NORTH, _south_district(seats, table[["x", "y"]].to_numpy()))
    table["town"] = table["name"].str.endswith("镇")
    return table


def _south_district(seats: cKDTree, xy: Points) -> NDArray[np.int64]:
    ranked = seats.query(xy, k=2)[1]
    return np.where(ranked[:, 0] == _NORTH, ranked[:, 1], ranked[:, 0])


def _grouped(
    polygons: list[shapely.Geometry], seeds: Points, south: int, streets: pd.DataFrame
) -> NDArray[np.int64]:
    """Each community's street: the nearest anchor on its bank, then detached ones join a neighbour."""
    street = np.empty(len(seeds), np.int64)
    for north, rows in ((False, slice(0, south)), (True, slice(south, None))):
        anchors = np.flatnonzero((streets["north"] == north).to_numpy())
        tree = cKDTree(streets.loc[anchors, ["x", "y"]].to_numpy())
        street[rows] = anchors[tree.query(seeds[rows])[1]]
    return street
