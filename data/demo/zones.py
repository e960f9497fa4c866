"""The built-up zones: where they lie, how their streets are woven and how densely people live."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely

from data.demo.shapes import blob
from data.demo.terrain import Terrain


@dataclass(frozen=True)
class Weave:
    """How the streets of a zone are woven.

    `block_m` width and depth of a block; every `arteries`-th line is a secondary street; `brick`
    0 gives crossroads, 1 staggered lanes; `warp_m` bends the whole; `keep` is the share of local
    segments that exist, `gate` of those that meet an artery.
    """

    block_m: tuple[float, float]
    arteries: int
    brick: float
    warp_m: float
    keep: float
    gate: float
    angle_deg: float
    small: str = "residential"


@dataclass(frozen=True)
class Zone:
    """A built-up zone; `density_ha` residents per hectare, `elderly` their share of 60 and over."""

    key: str
    polygon: shapely.Polygon
    weave: Weave
    density_ha: float
    elderly: float
    children: float
    streets: int
    codes: tuple[str, ...]


_OLD: Final = Weave((66, 58), 6, 0.9, 26, 0.87, 0.9, 8)
_BELT: Final = Weave((104, 92), 5, 0.75, 55, 0.84, 0.75, 4)
_NEW: Final = Weave((92, 84), 6, 0.25, 10, 0.80, 0.42, 0, "path")
_SEAT: Final = Weave((78, 66), 4, 0.6, 18, 0.86, 0.85, 0)

# Key, centre and radii (km), wobble, angle, weave, residents per hectare, elderly, children, streets.
_TOWN: Final = (
    ("old", (15.2, 13.4), (2.25, 1.95), 0.06, _OLD, 215, 0.285, 0.085, 4),
    ("riverside", (21.3, 18.75), (1.35, 0.85), 0.06, _BELT, 118, 0.19, 0.13, 1),
    ("new-east", (25.3, 11.9), (2.3, 1.75), 0.05, _NEW, 92, 0.095, 0.19, 3),
    ("new-north", (14.5, 20.2), (2.5, 1.75), 0.05, _NEW, 95, 0.12, 0.175, 3),
    ("new-west", (8.9, 8.9), (2.0, 1.6), 0.05, _NEW, 78, 0.11, 0.18, 2),
    ("belt", (16.0, 13.3), (6.3, 3.9), 0.05, _BELT, 112, 0.20, 0.12, 9),
)
_ANGLES: Final = {"new-east": -14.0, "new-north": 4.0, "new-west": 32.0, "riverside": -12.0}
# Town seats: centre and radius (km).
SEATS_KM: Final = (
    (3.2, 21.6, 0.62), (9.3, 24.6, 0.75), (13.2, 26.6, 0.6), (18.4, 23.4, 0.72), (24.6, 26.9, 0.66),
    (26.3, 21.2, 0.78), (31.2, 19.6, 0.62), (7.2, 20.3, 0.55),
    (2.6, 14.6, 0.62), (8.2, 14.9, 0.6), (3.6, 5.2, 0.7), (6.8, 4.2, 0.5), (17.1, 5.4, 0.8), (14.6, 1.7, 0.52),
    (21.6, 7.4, 0.82), (25.4, 6.3, 0.6), (30.2, 9.9, 0.76), (31.5, 12.8, 0.6),
)  # fmt: skip
_CODES: Final = {"old": ("111",), "belt": ("111",), "riverside": ("112",)}


def make_zones(terrain: Terrain, rng: np.random.Generator) -> tuple[Zone, ...]:
    """All zones; where two overlap the earlier one wins."""
    taken: shapely.Geometry = shapely.Polygon()
    zones = []
    for key, centre, radii, wobble, weave, *people in _TOWN:
        shape = blob(centre, radii, wobble=wobble, rng=rng)
        polygon = _one_bank(shape, terrain, centre).difference(taken)
        taken = taken.union(polygon)
        turned = replace(weave, angle_deg=_ANGLES.get(key, weave.angle_deg))
        zones.append(Zone(key, polygon, turned, *people, _CODES.get(key, ("111", "112"))))
    return (*zones, *_seats(terrain, taken, rng))


def _one_bank(shape: shapely.Polygon, terrain: Terrain, centre: tuple[float, float]) -> shapely.Geometry:
    home = shapely.Point(centre[0] * 1000, centre[1] * 1000)
    return next(shape.intersection(bank) for bank in terrain.banks if bank.contains(home))


def _seats(terrain: Terrain, taken: shapely.Geometry, rng: np.random.Generator) -> list[Zone]:
    zones = []
    for i, (x, y, radius) in enumerate(SEATS_KM):
        shape = blob((x, y), (radius * rng.uniform(1.0, 1.35), radius * 0.85), wobble=0.12, rng=rng)
        polygon = shape.intersection(terrain.outline).difference(taken)
        weave = replace(_SEAT, angle_deg=float(rng.uniform(-40, 40)))
        density_ha = float(rng.uniform(42, 68))
        zones.append(Zone(f"seat-{i}", polygon, weave, density_ha, 0.21, 0.125, 1, ("121", "122")))
    return zones
