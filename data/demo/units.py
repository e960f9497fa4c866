"""Districts, streets and towns, communities and villages: who belongs where. Local metres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi, cKDTree

from data.demo import names
from data.demo.people import RURAL, Land
from data.demo.shapes import Floats, Points
from data.demo.terrain import Terrain
from data.demo.zones import SEATS_NORTH, Zone

COMMUNITIES: Final = 500
# Where the districts gather (km); the fourth is the whole north bank.
_DISTRICT_KM: Final = ((12.4, 13.2), (18.3, 13.6), (27.9, 12.6), (15.0, 22.5), (6.4, 8.6), (19.8, 5.0))
_NORTH: Final = 3
_NORTH_ZONES: Final = ("riverside", "new-north", *(f"seat-{i}" for i in range(SEATS_NORTH)))
# Borders that should meet the river's middle or the outline end within rounding of it: this joins them.
_GRID_M: Final = 0.01


@dataclass(frozen=True)
class Divisions:
    """The tessellation and its hierarchy; communities are numbered in the order of `polygons`.

    `street` and `district` give each community its parents' numbers; `of_cell` the community of
    each land cell, -1 where none. `streets` has `name`, `zone`, `district`, `town` (bool).
    """

    polygons: NDArray[np.object_]
    name: list[str]
    code: NDArray[np.object_]
    street: NDArray[np.int64]
    streets: pd.DataFrame
    of_cell: NDArray[np.int64]

    @property
    def district(self) -> NDArray[np.int64]:
        return np.asarray(self.streets["district"].to_numpy()[self.street])

    @cached_property
    def rural(self) -> NDArray[np.bool_]:
        return np.asarray([str(code).startswith("2") for code in self.code])


def divide(terrain: Terrain, zones: tuple[Zone, ...], land: Land, rng: np.random.Generator) -> Divisions:
    """Small communities where many live, large ones in the country; none spans the river."""
    weights = np.asarray((land.residents + 1.3) ** 0.86)
    south = np.sqrt(weights[~land.north]).sum() / np.sqrt(weights).sum()
    counts = (round(COMMUNITIES * south), COMMUNITIES - round(COMMUNITIES * south))
    seeds = (
        spread_seeds(land.xy[~land.north], weights[~land.north], counts[0], rng),
        spread_seeds(land.xy[land.north], weights[land.north], counts[1], rng),
    )
    polygons = np.array(tile(terrain.banks, seeds, rng), dtype=object)
    of_cell = np.full(len(land.xy), -1)
    tree = shapely.STRtree(shapely.points(land.xy))
    polygon, cell = tree.query(polygons, predicate="contains")
    of_cell[cell] = polygon
    # A cell centre within rounding of the outline belongs to the nearest community.
    missing = np.flatnonzero(of_cell < 0)
    nearest = shapely.STRtree(polygons).query_nearest(shapely.points(land.xy[missing]), all_matches=False)[1]
    of_cell[missing] = nearest
    # The statistical class of each community, by the zone in which most of its residents live.
    table = np.zeros((COMMUNITIES, len(zones) + 1))
    lived = of_cell >= 0
    np.add.at(table, (of_cell[lived], land.zone[lived]), land.residents[lived])
    urban = table[:, :-1].sum(axis=1) > table[:, RURAL]
    code = np.full(COMMUNITIES, "220", object)
    code[rng.random(COMMUNITIES) < 0.03] = "210"
    for k in np.flatnonzero(urban):
        choices = zones[int(table[k, :-1].argmax())].people.codes
        thin = len(choices) > 1 and table[k].max() < 0.8 * table[k].sum()
        code[k] = choices[1] if thin else choices[0]
    streets = _street_anchors(zones, land, rng)
    street = _grouped(polygons, np.vstack(seeds), len(seeds[0]), streets)
    rural = np.array([str(c).startswith("2") for c in code])
    return Divisions(polygons, names.community_names(rural, rng), code, street, streets, of_cell)


def _street_anchors(zones: tuple[Zone, ...], land: Land, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    towns = iter(names.TOWNS)
    for number, zone in enumerate(zones):
        mine = land.zone == number
        anchors = _anchors(land.xy[mine], land.residents[mine] + 0.1, zone.people.streets, rng)
        labels = [name + "街道" for name in names.STREETS.get(zone.key, ())] or [
            next(towns) + ("乡" if zone.people.codes[0] == "210" else "镇")
        ]
        rows += [(label, zone.key, *xy) for label, xy in zip(labels, anchors, strict=True)]
    table = pd.DataFrame(rows, columns=["name", "zone", "x", "y"])
    seats = cKDTree(np.array(_DISTRICT_KM) * 1000)
    table["north"] = table["zone"].isin(_NORTH_ZONES)
    ranked = seats.query(table[["x", "y"]].to_numpy(), k=2)[1]
    south = np.where(ranked[:, 0] == _NORTH, ranked[:, 1], ranked[:, 0])
    table["district"] = np.where(table["north"], _NORTH, south)
    table["town"] = table["name"].str[-1].isin(["镇", "乡"])
    return table


def _anchors(xy: Points, weights: Floats, count: int, rng: np.random.Generator) -> Points:
    """The best of several spreads, from west to east."""
    tries = [spread_seeds(xy, weights, count, rng) for _ in range(1 if count == 1 else 6)]
    cost = [float(weights @ cKDTree(seeds).query(xy)[0] ** 2) for seeds in tries]
    best = tries[int(np.argmin(cost))]
    return np.asarray(best[np.lexsort((best[:, 1], best[:, 0]))])


def _grouped(
    polygons: NDArray[np.object_], seeds: Points, south: int, streets: pd.DataFrame
) -> NDArray[np.int64]:
    """Each community's street: the nearest anchor on its bank, then detached ones join a neighbour."""
    street = np.empty(len(seeds), np.int64)
    # Pairs of communities with a common border of more than a point.
    pairs = shapely.STRtree(polygons).query(polygons, predicate="touches").T
    shared_m = shapely.length(shapely.intersection(polygons[pairs[:, 0]], polygons[pairs[:, 1]]))
    neighbours = pairs[shared_m > 1.0]
    for north, rows in ((False, np.arange(south)), (True, np.arange(south, len(seeds)))):
        anchors = np.flatnonzero((streets["north"] == north).to_numpy())
        tree = cKDTree(streets.loc[anchors, ["x", "y"]].to_numpy())
        street[rows] = anchors[tree.query(seeds[rows])[1]]
        same_bank = np.isin(neighbours, rows).all(axis=1)
        _attach(street, rows, neighbours[same_bank])
    return street


def _attach(street: NDArray[np.int64], rows: NDArray[np.int64], neighbours: NDArray[np.int64]) -> None:
    """Lets every community that its street does not touch join the street of a neighbour, in place."""
    for _ in range(20):
        inner = neighbours[street[neighbours[:, 0]] == street[neighbours[:, 1]]]
        graph = coo_array((np.ones(len(inner)), inner.T), shape=(len(street), len(street)))
        part = connected_components(graph, directed=False)[1]
        size = np.bincount(part)
        main = {
            s: int(part[rows][street[rows] == s][size[part[rows][street[rows] == s]].argmax()])
            for s in np.unique(street[rows])
        }
        loose = [k for k in rows if part[k] != main[street[k]]]
        if not loose:
            return
        for k in loose:
            others = neighbours[neighbours[:, 0] == k, 1]
            settled = [o for o in others if part[o] == main[street[o]]]
            street[k] = street[settled[0]] if settled else street[k]


def spread_seeds(xy: Points, weights: Floats, count: int, rng: np.random.Generator) -> Points:
    """`count` seeds, closer together where the weights are dense (k-means by Lloyd's steps)."""
    chance = weights**0.68 / (weights**0.68).sum()
    seeds = xy[rng.choice(len(xy), count, replace=False, p=chance)]
    for _ in range(11):
        nearest = cKDTree(seeds).query(xy)[1]
        mass = np.bincount(nearest, weights, minlength=count)
        moved = [np.bincount(nearest, weights * xy[:, axis], minlength=count) for axis in (0, 1)]
        seeds = np.where(mass[:, None] > 0, np.column_stack(moved) / np.maximum(mass, 1e-9)[:, None], seeds)
    return seeds


def tile(
    banks: tuple[shapely.Polygon, ...], seeds: tuple[Points, ...], rng: np.random.Generator
) -> list[shapely.Geometry]:
    """One polygon a seed, bank after bank: together exactly the banks, sharing every vertex.

    Borders are the Voronoi edges of each bank, bent at random; faces cut off from their seed go
    to the neighbour with whom they share the longest border.
    """
    borders = [
        shapely.intersection(shapely.MultiLineString(_bent_edges(points, rng)), bank)
        for bank, points in zip(banks, seeds, strict=True)
    ]
    rims = [bank.exterior for bank in banks]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([*rims, *borders], grid_size=_GRID_M)]))
    tree = shapely.STRtree(faces)
    seed, face = tree.query(shapely.points(np.vstack(seeds)), predicate="within")
    owner = np.full(len(faces), -1)
    owner[face] = seed
    while (owner < 0).any():
        for stray in np.flatnonzero(owner < 0):
            near = tree.query(faces[stray], predicate="intersects")
            near = near[owner[near] >= 0]
            if len(near) == 0:
                owner[stray] = -1
            else:
                shared_m = shapely.length(shapely.intersection(faces[stray], faces[near]))
                owner[stray] = int(owner[near[shared_m.argmax()]])
    return [shapely.coverage_union_all(faces[owner == k]) for k in range(len(np.vstack(seeds)))]


def _bent_edges(seeds: Points, rng: np.random.Generator) -> list[Points]:
    centre, far = seeds.mean(axis=0), 200_000.0
    guard = centre + far * np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, 1], [1, -1], [-1, -1]])
    diagram = Voronoi(np.vstack([seeds, guard]))
    whole = np.array([-1 not in pair for pair in diagram.ridge_vertices])
    ridges = np.array(diagram.ridge_vertices, dtype=object)[whole].tolist()
    pairs = diagram.points[diagram.ridge_points[whole]]
    apart_m = np.hypot(*(pairs[:, 0] - pairs[:, 1]).T)
    near = shapely.MultiPoint(seeds).envelope.buffer(9_000).bounds
    edges = shapely.clip_by_rect(shapely.linestrings(diagram.vertices[ridges]), *near)
    kept = np.flatnonzero(~shapely.is_empty(edges))
    return [_bent(shapely.get_coordinates(edges[k]), apart_m[k], rng) for k in kept]


def _bent(ends: Points, apart_m: float, rng: np.random.Generator) -> Points:
    """Midpoints moved sideways, down to stretches of about 150 m.

    By at most a ninth of the stretch, and so little that no border comes past a seed: the moves
    halve from step to step, so together they stay below half the way to the seeds.
    """
    line = ends
    length_m = np.hypot(*(ends[1] - ends[0]))
    most = min(0.11, 0.12 * apart_m / length_m)
    for _ in range(int(np.clip(np.log2(length_m / 110), 1, 5))):
        along = line[1:] - line[:-1]
        side = np.column_stack([-along[:, 1], along[:, 0]])
        middle = (line[1:] + line[:-1]) / 2 + side * rng.uniform(-most, most, (len(side), 1))
        merged = np.empty((2 * len(line) - 1, 2))
        merged[::2], merged[1::2] = line, middle
        line = merged
    return line
