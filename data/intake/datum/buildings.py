"""Facilities stand in buildings: what the distance to the nearest one says about each hypothesis.

How near is near depends on how densely the place is built, how completely it is mapped and how
roughly the list was located. The first is measured by moving the list about, the second and third
are unknown and averaged over. Streets would mislead: shifted points fall nearer to streets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from coverage.model.tables import Floats

_BIN_EDGES_M: Final = np.array([0.01, 3, 7, 12, 20, 32, 50, 75, 110, 160, 240, 400])
_NOISES_M: Final = (8.0, 20.0, 40.0, 80.0, 140.0)
_MAPPED_SHARES: Final = (0.95, 0.6, 0.3, 0.12)
_NEAR_M: Final = 2_500.0
_NULL_SHIFTS: Final = (20, 160)
_NULL_POINTS: Final = 2_000
_SHIFT_M: Final = (250.0, 1_500.0)
_SAMPLED_BUILDINGS: Final = 400
_LEAST_BUILDINGS: Final = 30
# Neighbouring rows share their surroundings, so their distances say less than as many strangers would.
_TEMPER: Final = 0.6


@dataclass(frozen=True)
class BuildingScores:
    """`scores` (n, h, k): log-likelihood ratios of each row against a chance position, under k
    assumptions on mapping and noise; `away_m` (n, h) metres to the nearest building."""

    scores: Floats
    away_m: Floats


def building_scores(xy: Floats, buildings: NDArray[np.object_]) -> BuildingScores | None:
    """Judge points (n, h, 2) by metric building outlines; None if too few are near. Seeded."""
    near = buildings
    if len(near):  # within the reach of any shift of any point
        middles = shapely.get_coordinates(shapely.centroid(buildings))
        to_point_m, _ = cKDTree(xy[:, 0]).query(middles, distance_upper_bound=_NEAR_M)
        near = np.asarray(buildings[np.isfinite(to_point_m)], object)
    if len(near) < _LEAST_BUILDINGS:
        return None
    tree = shapely.STRtree(near)
    random = np.random.default_rng(20_110_801)
    away_m = _away(tree, xy)
    by_chance = _shares(_away(tree, _moved(xy[:, 0], random)))
    ratios = []
    for noise_m in _NOISES_M:
        at_home = _shares(_away(tree, _around(near, noise_m, random)))
        ratios.append(at_home / by_chance)
    bins = np.searchsorted(_BIN_EDGES_M, away_m, side="right")
    scores = [np.log(m * ratio[bins] + 1 - m) for ratio in ratios for m in _MAPPED_SHARES]
    return BuildingScores(_TEMPER * np.stack(scores, axis=2), away_m)


def _away(tree: shapely.STRtree, xy: Floats) -> Floats:
    points = shapely.points(xy.reshape(-1, 2))
    (source, _), distance = tree.query_nearest(points, return_distance=True, all_matches=False)
    away = np.full(len(points), np.inf)
    away[source] = distance
    return away.reshape(xy.shape[:-1])


def _moved(xy: Floats, random: np.random.Generator) -> Floats:
    """The list moved about: (shifts, n, 2); the longer the list, the fewer shifts tell enough."""
    shifts = int(np.clip(_NULL_POINTS // len(xy), *_NULL_SHIFTS))
    angle = random.uniform(0, 2 * np.pi, shifts)
    radius = random.uniform(*_SHIFT_M, shifts)
    shift = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return xy[None, :, :] + shift[:, None, :]


def _around(buildings: NDArray[np.object_], noise_m: float, random: np.random.Generator) -> Floats:
    chosen = buildings[random.integers(0, len(buildings), _SAMPLED_BUILDINGS)]
    centres = shapely.get_coordinates(shapely.centroid(chosen))
    moved: Floats = centres + random.normal(0, noise_m / np.sqrt(2), centres.shape)
    return moved


def _shares(away_m: Floats) -> Floats:
    """Share of distances in each bin, with one observation spread over all against empty bins."""
    counts = np.bincount(
        np.searchsorted(_BIN_EDGES_M, away_m.ravel(), side="right"), minlength=len(_BIN_EDGES_M) + 1
    )
    smoothed = counts + 5.0 / len(counts)
    return np.asarray(smoothed / smoothed.sum(), float)
