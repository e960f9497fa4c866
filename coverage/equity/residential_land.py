"""Residential land (居住用地) by cell: the weight to ask by where residents are not known well enough.

Land is looked at in points EVERY_M apart. Each point counts for the nearest cell, so that a polygon's area
is shared among the cells around it and adds up to the area; ground that polygons share counts once. Land
farther from any cell than FARTHEST cells' sides is left out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from coverage.checks.by_unit import sum_by
from coverage.checks.measured import Measured
from coverage.checks.reach import cells_within, reach_m
from coverage.equity.equity import gini, quantile
from coverage.model.standard import Check
from coverage.model.study import Study
from coverage.model.tables import Floats, Ints, PopulationGrid, Shapes
from geo.csr_ranges import ranges

EVERY_M: Final = 20.0
FARTHEST: Final = 2.0
# The side of the squares that land is cut into where no residents are known.
SQUARE_M: Final = 100.0
COLUMNS: Final = (
    "rule", "land_m2", "land_within_m2", "share", "land_unreachable_m2", "median_m", "p90_m", "gini",
)  # fmt: skip


def dissolved(polygons: Shapes) -> Shapes:
    """The parts of the union of polygons. Only those that touch each other are joined, which is quick where
    land is many blocks with streets between."""
    shapely.prepare(polygons)
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    n = len(polygons)
    groups, label = connected_components(coo_array((np.ones(len(one), bool), (one, other)), shape=(n, n)))
    alone = np.bincount(label, minlength=groups)[label] == 1
    order = np.argsort(label[~alone], kind="stable")
    together, of = polygons[~alone][order], label[~alone][order]
    starts = np.flatnonzero(np.diff(of, prepend=-1))
    joined = [shapely.union_all(part) for part in np.split(together, starts[1:])] if len(of) else []
    return np.asarray(shapely.get_parts(np.array([*polygons[alone], *joined], object)), object)


def land_by_cell(study: Study) -> tuple[Floats, float]:
    """(n,) m² of residential land of each cell, and the m² left out; zeros without land."""
    land = np.zeros(len(study.grid))
    if study.grounds.residential is None or not len(study.grounds.residential):
        return land, 0.0
    polygons = dissolved(study.grounds.residential)
    area = shapely.area(polygons)
    places, of = _points(polygons)
    count = np.bincount(of, minlength=len(polygons))
    metres, cell = cKDTree(study.grid.xy).query(places)
    near = metres <= FARTHEST * study.grid.spacing_m
    share_m2 = area[of] / count[of]
    land += sum_by(cell[near], share_m2[near], len(land))
    return land, float(share_m2[~near].sum())


def land_grid(polygons: Shapes, crs: str) -> PopulationGrid:
    """Residential land alone as a grid: squares of SQUARE_M with the exact m² of land in each, at its centre,
    in the place of residents; ground that polygons share counts once.

    For studies without residents: whatever is counted on it is m², not people. InputError without land.
    """
    parts = dissolved(polygons)
    shapely.prepare(parts)
    low = np.floor(shapely.bounds(parts)[:, :2] / SQUARE_M).astype(np.int64)
    across, up = (np.ceil(shapely.bounds(parts)[:, 2:] / SQUARE_M).astype(np.int64) - low).T.clip(min=1)
    part = np.repeat(np.arange(len(parts)), across * up)
    nth = ranges(np.zeros(len(parts), np.int64), across * up)
    square: Ints = low[part] + np.column_stack([nth % across[part], nth // across[part]])
    south_west, north_east = square * SQUARE_M, (square + 1) * SQUARE_M
    drawn = shapely.box(*south_west.T, *north_east.T)
    area = np.where(shapely.contains(parts[part], drawn), SQUARE_M**2, 0.0)
    rim = np.flatnonzero(area == 0)
    area[rim] = shapely.area(shapely.intersection(drawn[rim], parts[part[rim]]))
    known, of = np.unique(square[area > 0], axis=0, return_inverse=True)
    return PopulationGrid(
        cell_id=np.arange(1, len(known) + 1),
        xy=np.asarray((known + 0.5) * SQUARE_M, float),
        residents=sum_by(of.reshape(-1), area[area > 0], len(known)),
        area_m2=np.full(len(known), SQUARE_M**2),
        spacing_m=SQUARE_M,
        crs=crs,
    )


def _points(polygons: Shapes) -> tuple[Floats, np.ndarray]:
    """Points of a lattice within each polygon, or its inner point where none is; and the polygon of each."""
    places, of = [], []
    shapely.prepare(polygons)
    for number, (west, south, east, north) in enumerate(shapely.bounds(polygons).tolist()):
        x = np.arange(np.ceil(west / EVERY_M), np.floor(east / EVERY_M) + 1) * EVERY_M
        y = np.arange(np.ceil(south / EVERY_M), np.floor(north / EVERY_M) + 1) * EVERY_M
        xs, ys = (values.ravel() for values in np.meshgrid(x, y))
        inside = shapely.contains_xy(polygons[number], xs, ys)
        found = np.column_stack([xs[inside], ys[inside]])
        if not len(found):
            found = shapely.get_coordinates(shapely.point_on_surface(polygons[number]))
        places.append(found)
        of.append(np.full(len(found), number))
    return np.concatenate(places), np.concatenate(of)


def land_equity(measured: Measured, land: Floats) -> pd.DataFrame:
    """`COLUMNS`: for every radius and walk rule with one figure how far residential land lies from what the
    rule accepts, by m² of `land` (n,) of the cells it speaks of; `inf` where so much reaches none."""
    rows = []
    for rule in measured.standard.rules:
        if rule.check not in (Check.RADIUS, Check.WALK) or rule.classes:
            continue
        own = np.where(measured.study.subject_to(rule.settlement), land, 0.0)
        whole = float(own.sum())
        if not whole > 0:
            continue
        metres = reach_m(rule, measured)[0]
        order = np.argsort(metres, kind="stable")
        within = float(own[cells_within(rule, measured)].sum())
        reached = np.isfinite(metres[order])
        rows.append(
            {
                "rule": rule.id,
                "land_m2": whole,
                "land_within_m2": within,
                "share": within / whole,
                "land_unreachable_m2": float(own[~np.isfinite(metres)].sum()),
                "median_m": quantile(metres[order], own[order], 0.5),
                "p90_m": quantile(metres[order], own[order], 0.9),
                "gini": gini(metres[order][reached], own[order][reached]),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).round(6)
