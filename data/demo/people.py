"""Who lives where: residents, elderly and children on a regular 100 m grid. Local metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from data.demo.local_streets import samples_along
from data.demo.shapes import Field, Floats, Points, Strokes, inside
from data.demo.terrain import SIZE_M, Terrain
from data.demo.zones import Zone

CELL_M: Final = 100.0
# A total as a census would give it, and how many live in the towns.
RESIDENTS: Final = 1_204_318
_TOWNSPEOPLE: Final = 1_058_000
_CELLS: Final = 60_200
_COLUMNS: Final = int(SIZE_M[0] / CELL_M)
_ROWS: Final = int(SIZE_M[1] / CELL_M)
RURAL: Final = -1


@dataclass(frozen=True)
class Land:
    """Every cell of free ground: centre, residents (0 where nobody lives), groups, zone, bank.

    `zone` is the number of the zone or RURAL; `cell_id` counts row by row from the south-west.
    """

    cell_id: NDArray[np.int64]
    xy: Points
    residents: NDArray[np.int64]
    elderly: NDArray[np.int64]
    children: NDArray[np.int64]
    zone: NDArray[np.int64]
    north: NDArray[np.bool_]


def settle(terrain: Terrain, zones: tuple[Zone, ...], streets: Strokes, rng: np.random.Generator) -> Land:
    """People live where local streets are, as densely as their zone; nobody on water or green."""
    cell_id = np.arange(_ROWS * _COLUMNS)
    xy = np.column_stack([cell_id % _COLUMNS + 0.5, cell_id // _COLUMNS + 0.5]) * CELL_M
    free = terrain.free(xy)
    zone = np.full(len(xy), RURAL)
    for number, built_up in enumerate(zones):
        zone[inside(built_up.polygon, xy)] = number
    # Metres of local street per cell; main roads and country roads have few front doors.
    points, line = samples_along(streets.lines, 20)
    front = np.array([0.25, 0.6, 1.0, 1.0, 1.1, 0.12])[streets.rank[line]]
    column, row = (points // CELL_M).astype(int).T
    homes = np.asarray(20.0 * np.bincount(row * _COLUMNS + column, front, minlength=_ROWS * _COLUMNS), float)
    wish = np.where(zone == RURAL, _village_wish(xy, homes, rng), _town_wish(xy, zone, zones, homes, rng))
    wish[~free] = 0
    residents = np.zeros(len(xy), np.int64)
    town = (zone != RURAL) & (wish > 0)
    residents[town] = shared_out(wish[town], _TOWNSPEOPLE, at_least=2)
    strongest = np.argsort(-np.where(zone == RURAL, wish, 0), kind="stable")
    village = np.sort(strongest[: _CELLS - int((residents > 0).sum())])
    residents[village] = shared_out(wish[village] ** 2, RESIDENTS - _TOWNSPEOPLE, at_least=1)
    # Elderly and children in whole numbers, together never more than the residents.
    old = np.array([*(z.people.elderly for z in zones), 0.31])[zone]
    young = np.array([*(z.people.children for z in zones), 0.105])[zone]
    tilt = 1 + 0.13 * Field(rng, wavelength_m=1_800)(xy)
    elderly = np.floor(residents * np.clip(old * tilt, 0.03, 0.6) + rng.random(len(xy))).astype(np.int64)
    children = np.floor(residents * np.clip(young / tilt, 0.03, 0.35) + rng.random(len(xy))).astype(np.int64)
    elderly = np.minimum(elderly, residents)
    children = np.minimum(children, residents - elderly)
    north = terrain.north(xy)
    return Land(
        cell_id[free], xy[free], residents[free], elderly[free], children[free], zone[free], north[free]
    )


def _spread(values: Floats, cells: float) -> Floats:
    return np.asarray(gaussian_filter(values.reshape(_ROWS, _COLUMNS), cells)).ravel()


def _town_wish(
    xy: Points, zone: NDArray[np.int64], zones: tuple[Zone, ...], homes: Floats, rng: np.random.Generator
) -> Floats:
    density_ha = np.array([z.people.density_ha for z in zones])[zone]
    built = np.minimum(_spread(homes, 0.7), 260) / 160
    quarter = np.exp(0.22 * Field(rng, wavelength_m=1_400)(xy) + 0.30 * Field(rng, wavelength_m=380)(xy))
    works = Field(rng, wavelength_m=2_200)(xy) > 1.35
    return density_ha * built * quarter * rng.lognormal(0, 0.18, len(xy)) * np.where(works, 0.12, 1.0)


def _village_wish(xy: Points, homes: Floats, rng: np.random.Generator) -> Floats:
    """A dense kernel on the lanes and a thin cloud about them."""
    size = np.exp(0.35 * Field(rng, wavelength_m=5_000)(xy))
    kernel = _spread(homes, 0.6) * 0.020 + np.sqrt(_spread(homes, 2.2)) * 0.012
    cloud = np.sqrt(_spread(homes, 6.0)) * 0.02 + 0.01
    return np.sqrt(size) * kernel + cloud * rng.uniform(0.75, 1.25, len(xy))


def shared_out(weights: Floats, total: int, *, at_least: int) -> NDArray[np.int64]:
    """`total` people over the weights in whole numbers, `at_least` each; the sum is exact."""
    exact = weights / weights.sum() * (total - at_least * len(weights))
    whole = np.floor(exact).astype(np.int64)
    rest = total - at_least * len(weights) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:rest]] += 1
    return np.asarray(whole + at_least)
