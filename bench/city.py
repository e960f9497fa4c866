"""A generated city for benchmarks: streets, residents, facilities and units from a seed, numpy only.

At size 1 it has about 500,000 junctions (average degree 3.2, as after contraction), 660,000 populated
cells of 100 m and 1,400 facilities on the area of Nanjing. A river with few bridges runs through it.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from coverage.model.study import Study
from coverage.model.tables import FacilityTable, PopulationGrid, UnitTable
from geo.network.network import WalkNetwork

CRS = "EPSG:4549"
EAST, NORTH = 350_000.0, 3_500_000.0
CORNER = np.array([EAST, NORTH])
CELL_M = 100.0
SIDE_M = 81_250.0
JUNCTIONS_A_SIDE = 725
FACILITIES = 1_400
BRIDGE_EVERY_M = 4_000.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """How large: `size` 1 is the whole city; half of it has half the junctions, cells and facilities."""

    size: float = 1.0
    seed: int = 7

    @property
    def side_m(self) -> float:
        return SIDE_M * float(np.sqrt(self.size))

    @property
    def junctions_a_side(self) -> int:
        return round(JUNCTIONS_A_SIDE * float(np.sqrt(self.size)))


def make_city(size: float = 1.0, seed: int = 7) -> Study:
    """The whole study; the same size and seed give the same city."""
    shape = Shape(size, seed)
    return Study("bench", make_grid(shape), make_facilities(shape), make_network(shape), make_units(shape))


def make_network(shape: Shape) -> WalkNetwork:
    """A lattice of streets pulled out of shape, a fifth of them missing, half with a bend."""
    dice = np.random.default_rng(shape.seed)
    n, step = shape.junctions_a_side, shape.side_m / shape.junctions_a_side
    column, row = np.meshgrid(np.arange(n), np.arange(n))
    xy = np.column_stack([column.ravel(), row.ravel()]) * step + dice.uniform(-0.3, 0.3, (n * n, 2)) * step
    number = np.arange(n * n).reshape(n, n)
    pairs = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    over_water = _west_of_river(xy[pairs[:, 0]], shape) != _west_of_river(xy[pairs[:, 1]], shape)
    bridge = over_water & (np.abs(xy[pairs[:, 0], 1] % BRIDGE_EVERY_M) < step)
    pairs = pairs[bridge | ~over_water & (dice.random(len(pairs)) < 0.81)]
    return _network(xy + CORNER, pairs, dice)


def _west_of_river(xy: Floats, shape: Shape) -> NDArray[np.bool_]:
    bends = 0.06 * np.sin(xy[:, 1] / shape.side_m * 9.0)
    return np.asarray(xy[:, 0] < (0.4 + bends) * shape.side_m)


def _network(xy: Floats, pairs: Ints, dice: np.random.Generator) -> WalkNetwork:
    used, ends = np.unique(pairs, return_inverse=True)
    xy, ends = xy[used], ends.reshape(-1, 2)
    bent = dice.random(len(ends)) < 0.5
    count = np.where(bent, 3, 2)
    start = np.concatenate([[0], np.cumsum(count)])
    vertex_xy = np.empty((start[-1], 2))
    vertex_xy[start[:-1]], vertex_xy[start[1:] - 1] = xy[ends[:, 0]], xy[ends[:, 1]]
    middle = (xy[ends[bent, 0]] + xy[ends[bent, 1]]) / 2
    vertex_xy[start[:-1][bent] + 1] = middle + dice.uniform(-15, 15, middle.shape)
    steps = np.hypot(*np.diff(vertex_xy, axis=0, append=vertex_xy[-1:]).T)
    steps[start[1:] - 1] = 0.0
    return WalkNetwork(
        node_xy=xy,
        edge_nodes=ends.astype(np.int32),
        edge_length_m=np.add.reduceat(steps, start[:-1]),
        vertex_xy=vertex_xy,
        vertex_start=start,
        edge_class=(dice.random(len(ends)) < 0.1).astype(np.int8),
        crs=CRS,
    )


def make_grid(shape: Shape) -> PopulationGrid:
    """Every cell has residents: many in the core and in new towns, few between; a fifth are elderly."""
    dice = np.random.default_rng(shape.seed + 1)
    n = int(shape.side_m / CELL_M)
    column, row = np.meshgrid(np.arange(n), np.arange(n))
    xy = (np.column_stack([column.ravel(), row.ravel()]) + 0.5) * CELL_M
    residents = np.round(density(xy, shape) * dice.gamma(2.0, 0.5, len(xy)), 2)
    elderly = np.round(residents * dice.uniform(0.1, 0.3, len(xy)), 2)
    return PopulationGrid(
        cell_id=np.arange(len(xy)),
        xy=xy + CORNER,
        residents=residents,
        area_m2=np.full(len(xy), CELL_M**2),
        spacing_m=CELL_M,
        crs=CRS,
        groups={"elderly": elderly},
    )


def density(xy: Floats, shape: Shape) -> Floats:
    """Residents a cell, before chance: 2 in the country, up to 200 in the core."""
    dice = np.random.default_rng(shape.seed + 2)
    density = np.full(len(xy), 2.0)
    for spread_m, peak, count in ((6_000.0, 200.0, 1), (2_500.0, 90.0, round(12 * shape.size))):
        for centre in dice.uniform(0.3, 0.7, (count, 2)) * shape.side_m:
            density += peak * np.exp(-((xy - centre) ** 2).sum(axis=1) / (2 * spread_m**2))
    return density


def make_facilities(shape: Shape) -> FacilityTable:
    """One centre for six stations, more of them where more people live."""
    dice = np.random.default_rng(shape.seed + 3)
    n = round(FACILITIES * shape.size)
    tries = dice.uniform(0, shape.side_m, (40 * n, 2))
    weight = np.sqrt(density(tries, shape))
    xy = tries[dice.choice(len(tries), n, replace=False, p=weight / weight.sum())]
    tier = np.where(np.arange(n) % 7 == 0, "centre", "station")
    frame = pd.DataFrame({"facility_id": [f"f{i}" for i in range(n)], "tier": tier})
    frame["name"] = frame["tier"] + " " + frame["facility_id"]
    frame["x"], frame["y"] = (xy + CORNER).T
    frame["places"] = dice.integers(0, 200, n).astype(float)
    return FacilityTable(frame, CRS)


def make_units(shape: Shape) -> UnitTable:
    """Square districts, streets and communities: about 12, 100 and 1,200 of them at size 1."""
    rows: list[tuple[str, str, str, str, str, shapely.Geometry]] = []
    districts = max(round(3.5 * float(np.sqrt(shape.size))), 1)
    for level, a_side, above in (
        ("district", districts, 0),
        ("street", districts * 3, districts),
        ("community", districts * 9, districts * 3),
    ):
        step = shape.side_m / a_side
        for i in range(a_side):
            for j in range(a_side):
                parent = f"{above}-{i * above // a_side}-{j * above // a_side}" if above else ""
                box = shapely.box(
                    EAST + i * step, NORTH + j * step, EAST + (i + 1) * step, NORTH + (j + 1) * step
                )
                settlement = ("urban", "rural")[(i + j) % 2] if level == "community" else ""
                rows.append((f"{a_side}-{i}-{j}", f"{level} {i}-{j}", level, settlement, parent, box))
    columns = ["unit_id", "name", "level", "settlement", "parent_id", "geometry"]
    return UnitTable(gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=CRS))
