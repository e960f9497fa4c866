"""Instances for the siting bench: places made from a seed, with residents on a grid as a city has them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from bench.city import make_city
from coverage.siting.candidates import residents_around
from geo.distance.reach import bounded_reach
from geo.network.snapping import snap

CELL_M = 100.0


@dataclass(frozen=True)
class Instance:
    """Residents, reach (sites × cells, bool or metres) and which rows are open already.

    `already` (cells,) as in `choose_sites`.
    """

    name: str
    residents: NDArray[np.float64]
    reach: sparse.csr_array
    keep: NDArray[np.int64]
    site_xy: NDArray[np.float64]
    cell_xy: NDArray[np.float64]
    already: NDArray[np.float64] | None = None


def city_cells(cells: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(xy, residents) of about `cells` populated cells: a dense core, new towns, many villages, a river.

    The plane is large enough that a third of it is empty; density falls off from each centre.
    """
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(cells * 1.5))
    x, y = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    density = np.zeros((side, side))
    scale = side / 812.0
    for count, spread, peak in ((1, 60.0, 250.0), (8, 25.0, 120.0), (40, 10.0, 60.0), (400, 4.0, 15.0)):
        places = rng.uniform(0.06, 0.94, (count, 2)) * side if count > 1 else np.array([[0.5, 0.5]]) * side
        for centre in places:
            _add_hill(density, centre, spread * scale, peak * rng.uniform(0.5, 1.5))
    density += 0.4
    river = np.abs(y - side * (0.45 + 0.1 * np.sin(x / side * 7.0))) < 6 * scale
    noisy = density * rng.gamma(1.2, 1 / 1.2, density.shape) * ~river
    keep = np.sort(np.argsort(-noisy.ravel(), kind="stable")[:cells])
    xy = np.column_stack((x.ravel()[keep], y.ravel()[keep])) * CELL_M
    return xy, np.round(noisy.ravel()[keep], 1) + 0.1


def _add_hill(density: NDArray[np.float64], centre: NDArray[np.float64], spread: float, peak: float) -> None:
    """Add a Gaussian hill, cut off at five spreads."""
    low = np.maximum(0, np.floor(centre - 5 * spread)).astype(int)
    high = np.minimum(density.shape, np.ceil(centre + 5 * spread)).astype(int)
    x, y = np.ogrid[low[0] : high[0], low[1] : high[1]]
    r2 = (x - centre[0]) ** 2 + (y - centre[1]) ** 2
    density[low[0] : high[0], low[1] : high[1]] += peak * np.exp(-r2 / (2 * spread**2))


def points(count: int, candidates: int, radius: float, seed: int = 5) -> Instance:
    """A classical instance: clustered and scattered points with 1 to 100 residents, candidates among them."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 100, (max(5, count // 60), 2))
    xy = centres[rng.integers(0, len(centres), count)] + rng.normal(0, 4, (count, 2))
    scattered = rng.random(count) < 0.3
    xy[scattered] = rng.uniform(0, 100, (int(scattered.sum()), 2))
    residents = rng.integers(1, 101, count).astype(float)
    sites_xy = xy if candidates == count else xy[rng.choice(count, candidates, replace=False)]
    name = f"{count:,} points, {candidates:,} candidates, reach {radius:g}"
    return Instance(name, residents, within(sites_xy, xy, radius), np.zeros(0, np.int64), sites_xy, xy)


def uniform(count: int, candidates: int, radius: float, seed: int = 6) -> Instance:
    """Demand of 1 to 100 and sites thrown evenly on a square of side 30."""
    rng = np.random.default_rng(seed)
    sites_xy, xy = rng.uniform(0, 30, (candidates, 2)), rng.uniform(0, 30, (count, 2))
    residents = rng.integers(1, 101, count).astype(float)
    name = f"uniform {count:,} points, {candidates:,} candidates, reach {radius:g}"
    return Instance(name, residents, within(sites_xy, xy, radius), np.zeros(0, np.int64), sites_xy, xy)


def within(sites_xy: NDArray[np.float64], cells_xy: NDArray[np.float64], metres: float) -> sparse.csr_array:
    """Bool reach by straight line, the boundary included."""
    shape = (len(sites_xy), len(cells_xy))
    near = cKDTree(sites_xy).sparse_distance_matrix(cKDTree(cells_xy), metres, output_type="ndarray")
    ones = np.ones(len(near), bool)
    return sparse.csr_array(sparse.coo_array((ones, (near["i"], near["j"])), shape=shape))


def city(cells: int, candidates: int, existing: int, radius_m: float, seed: int = 1) -> Instance:
    """Candidates where people live (more where more live), existing ones unevenly among them."""
    xy, residents = city_cells(cells, seed)
    rng = np.random.default_rng(seed + 1)
    chance = np.sqrt(residents)
    places = rng.choice(len(xy), candidates + existing, replace=False, p=chance / chance.sum())
    sites_xy = xy[places] + rng.uniform(-50, 50, (len(places), 2))
    name = f"city {cells:,} cells, {candidates:,} candidates, {existing:,} existing, {radius_m:g} m"
    reach = within(sites_xy, xy, radius_m)
    keep = np.arange(candidates, candidates + existing)
    return Instance(name, residents, reach, keep, sites_xy, xy)


def walked_city(candidates: int, minutes: float = 15.0, kmh: float = 5.0) -> tuple[Instance, float]:
    """(the city of bench/city.py by walking, processor seconds of the candidates' reach).

    Candidates are junctions near people; the existing facilities stay open. Reach is metres.
    """
    town = make_city()
    cells = town.grid
    limit_m = minutes / 60.0 * kmh * 1000.0
    rng = np.random.default_rng(9)
    chance = np.sqrt(residents_around(town.network.node_xy, cells.xy, cells.residents, 500.0))
    nodes = rng.choice(len(chance), candidates, replace=False, p=chance / chance.sum())
    there = town.facilities.frame[["x", "y"]].to_numpy()
    points = snap(town.network, cells.xy, limit_m=500.0)
    sites_xy = np.concatenate((town.network.node_xy[nodes], there))
    sites = snap(town.network, sites_xy, limit_m=500.0)
    started = time.process_time()
    reach = bounded_reach(town.network, sites, points, limit_m=limit_m)
    seconds = time.process_time() - started
    keep = np.arange(candidates, len(sites_xy))
    name = (
        f"city {len(cells.xy):,} cells, {candidates:,} candidates, {len(there):,} existing, {minutes:g} min"
    )
    return Instance(name, cells.residents, reach, keep, sites_xy, cells.xy), seconds
