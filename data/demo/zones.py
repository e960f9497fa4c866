"""The built-up zones: where they lie, how their streets are woven and how densely people live."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely

from data.demo.shapes import Warp, blob, closed_curve
from data.demo.terrain import Terrain


@dataclass(frozen=True)
class Weave:
    """How the streets of a zone are woven.

    `block_m` width and depth of a block; every `arteries`-th line is a secondary street; `brick`
    0 gives crossroads, 1 staggered lanes; `warp_m` bends the whole; `keep` is the share of local
    segments that exist, `gate` of those that meet an artery; `paths`: local ways are footpaths.
    """

    block_m: tuple[float, float]
    arteries: int
    brick: float
    warp_m: float
    keep: float
    gate: float
    angle_deg: float
    paths: bool = False


@dataclass(frozen=True)
class Character:
    """Who lives in a zone: residents per hectare, shares of 60 and over and of 0 to 14.

    `streets` is into how many streets (街道) or towns it is divided, `codes` the statistical
    classes of its communities: of the common ones, and of those with many villagers.
    """

    density_ha: float
    elderly: float
    children: float
    streets: int
    codes: tuple[str, str]


@dataclass(frozen=True)
class Zone:
    """A built-up zone; its streets are woven quarter by quarter."""

    key: str
    polygon: shapely.Geometry
    weave: Weave
    people: Character
    quarters: tuple[tuple[shapely.Geometry, Weave], ...]


_OLD: Final = Weave((68, 58), 6, 0.95, 24, 0.84, 0.9, 8)
_BELT: Final = Weave((104, 90), 5, 0.75, 34, 0.83, 0.75, 4)
_NEW: Final = Weave((94, 86), 6, 0.25, 9, 0.79, 0.42, 0, paths=True)
_SEAT: Final = Weave((80, 68), 4, 0.6, 20, 0.82, 0.85, 0)

# The outlines run round their zone; where two overlap, the earlier one wins.
_TOWN_KM: Final = {
    "old": ((13.0, 12.2), (12.9, 13.6), (13.35, 14.9), (14.4, 15.45), (15.6, 15.3), (16.6, 15.5),
        (17.2, 14.8),
            (17.15, 13.6), (17.45, 12.5), (16.8, 11.65), (15.4, 11.4), (14.1, 11.6)),
    "riverside": ((19.7, 18.1), (20.3, 18.8), (21.5, 18.85), (22.6, 18.2), (22.7, 17.1), (22.0, 16.4),
        (20.6, 17.2)),
    "new-east": ((23.3, 13.3), (24.9, 13.8), (26.7, 13.5), (27.7, 12.6), (27.5, 10.9), (26.6, 10.1),
        (24.9, 10.3),
                 (23.7, 10.9)),
    "new-north": ((12.6, 20.3), (13.2, 21.1), (15.0, 21.3), (16.4, 20.8), (16.7, 19.5), (16.3, 18.3),
                  (15.9, 17.3), (14.0, 16.7), (12.8, 17.3), (12.4, 18.9)),
    "new-west": ((7.0, 9.0), (7.6, 10.3), (9.2, 10.8), (10.6, 9.8), (10.8, 8.5), (9.9, 7.3), (8.2, 7.1),
        (7.1, 7.9)),
    "belt": ((10.8, 11.5), (9.7, 12.7), (9.6, 14.0), (10.6, 15.2), (12.5, 16.6), (15.5, 17.3), (18.5, 17.9),
             (20.9, 17.0), (22.4, 15.8), (23.0, 14.6), (22.9, 13.4), (22.6, 12.4), (20.6, 10.4),
             (19.7, 9.1), (18.4, 8.5),
             (17.1, 9.4), (16.4, 8.1), (15.2, 8.0), (14.5, 9.3), (12.9, 9.2), (11.4, 9.7)),
}  # fmt: skip
_WEAVE: Final = {
    "old": _OLD,
    "riverside": replace(_BELT, angle_deg=-22.0),
    "new-east": replace(_NEW, angle_deg=-14.0),
    "new-north": replace(_NEW, angle_deg=3.0),
    "new-west": replace(_NEW, angle_deg=32.0),
    "belt": _BELT,
}
_PEOPLE: Final = {
    "old": Character(208, 0.285, 0.085, 4, ("111", "111")),
    "riverside": Character(88, 0.19, 0.13, 1, ("112", "112")),
    "new-east": Character(92, 0.095, 0.19, 3, ("111", "112")),
    "new-north": Character(90, 0.12, 0.175, 3, ("111", "112")),
    "new-west": Character(80, 0.11, 0.18, 2, ("123", "112")),
    "belt": Character(112, 0.20, 0.12, 11, ("111", "112")),
}
# The belt grew in quarters, each along its own old road: a place in each (km), and its angle.
_QUARTERS_KM: Final = {
    "belt": (((11.6, 13.2), 2), ((12.6, 15.9), 12), ((16.4, 16.6), 14), ((20.6, 15.7), -24), ((21.4, 13.6),
            -8),
             ((18.6, 10.7), -38), ((15.6, 9.6), 6), ((12.3, 10.6), 40)),
    "old": (((14.2, 14.4), 13), ((16.3, 14.4), -5), ((14.2, 12.3), -2), ((16.3, 12.3), 9)),
}  # fmt: skip
# Seats of towns and townships: centre and radius (km), the north bank's first.
SEATS_KM: Final = (
    (3.6, 21.4, 0.7), (9.3, 24.6, 0.75), (13.3, 26.3, 0.5), (18.4, 23.4, 0.74), (24.6, 26.6, 0.66),
    (26.3, 21.2, 0.8), (31.0, 19.8, 0.52),
    (3.0, 14.7, 0.5), (7.2, 14.4, 0.64), (4.0, 5.6, 0.72), (17.1, 5.4, 0.8), (14.8, 2.6, 0.48),
    (21.6, 7.4, 0.84), (25.4, 6.3, 0.52), (30.2, 9.9, 0.78), (31.5, 13.0, 0.5),
)  # fmt: skip
# A seat this small is a township's, which counts as rural.
_TOWNSHIP_KM: Final = 0.55
SEATS_NORTH: Final = 7


def make_zones(terrain: Terrain, rng: np.random.Generator) -> tuple[Zone, ...]:
    """All zones: the old town, the new towns, the belt between, and the seats of the towns."""
    ragged = Warp(rng, wavelength_m=1_300)
    taken: shapely.Geometry = shapely.Polygon()
    zones = []
    for key, points in _TOWN_KM.items():
        smooth = shapely.get_coordinates(closed_curve(np.array(points), step_m=110))
        shape = shapely.Polygon(ragged(smooth, 38)).buffer(0)
        on_one_bank = max((shape.intersection(bank) for bank in terrain.banks), key=lambda part: part.area)
        polygon = on_one_bank.difference(taken)
        taken = taken.union(polygon)
        zones.append(Zone(key, polygon, _WEAVE[key], _PEOPLE[key], _quarters(key, polygon)))
    return (*zones, *_seats(terrain, taken, rng))


def _quarters(key: str, polygon: shapely.Geometry) -> tuple[tuple[shapely.Geometry, Weave], ...]:
    weave = _WEAVE[key]
    if key not in _QUARTERS_KM:
        return ((polygon, weave),)
    hearts = [shapely.Point(x * 1000, y * 1000) for (x, y), _ in _QUARTERS_KM[key]]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(hearts), extend_to=polygon))
    quarters = []
    for heart, (_, angle) in zip(hearts, _QUARTERS_KM[key], strict=True):
        cell = next(cell for cell in cells if cell.covers(heart))
        quarters.append((cell.intersection(polygon), replace(weave, angle_deg=float(angle))))
    return tuple(quarters)


def _seats(terrain: Terrain, taken: shapely.Geometry, rng: np.random.Generator) -> list[Zone]:
    zones = []
    for i, (x, y, radius) in enumerate(SEATS_KM):
        shape = blob((x, y), (radius * rng.uniform(1.0, 1.35), radius * 0.85), wobble=0.13, rng=rng)
        polygon = shape.intersection(terrain.outline).difference(taken)
        weave = replace(_SEAT, angle_deg=float(rng.uniform(-40, 40)))
        density_ha = float(rng.uniform(42, 68))
        town = Character(density_ha, 0.21, 0.125, 1, ("121", "122"))
        township = Character(0.45 * density_ha, 0.27, 0.11, 1, ("210", "210"))
        people = township if radius < _TOWNSHIP_KM else town
        zones.append(Zone(f"seat-{i}", polygon, weave, people, ((polygon, weave),)))
    return zones
