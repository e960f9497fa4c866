"""Where the fictional city lies: its outline, river, lakes, hills and parks. Local metres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.shapes import Field, Points, Warp, blob, closed_curve, curve, inside

CRS: Final = "EPSG:4549"
# South-west corner of the local frame in `CRS`: about 119.71°E 31.97°N, a multiple of the cell side.
ORIGIN_M: Final = (473_000.0, 3_538_000.0)
SIZE_M: Final = (35_000.0, 30_000.0)
RIVER: Final = "云江"

_OUTLINE_KM: Final = (
    (1.2, 16.0), (0.7, 19.5), (1.6, 22.6), (1.1, 26.0), (3.4, 28.9), (7.6, 29.3), (11.6, 27.9), (15.6, 28.6),
    (19.4, 29.3), (23.2, 28.2), (27.0, 28.4), (30.6, 29.2), (32.8, 26.6), (34.2, 23.0), (33.2, 19.2),
    (34.0, 15.4),
    (34.3, 11.8), (32.8, 8.6), (33.6, 4.9), (31.2, 2.4), (27.6, 1.0), (24.0, 1.7), (20.4, 1.0), (16.6, 0.7),
    (13.0, 1.5), (9.2, 0.8), (5.6, 1.9), (3.0, 3.4), (1.6, 6.6), (0.8, 9.8), (1.7, 12.9),
)  # fmt: skip
_RIVER_KM: Final = (
    (-3, 17.4), (0.5, 18.4), (3.2, 19.0), (6.2, 17.9), (8.6, 16.3), (11.2, 15.95), (13.6, 16.3),
    (15.6, 16.95),
    (18, 17.4), (20.4, 17.0), (22.4, 15.9), (24.4, 14.95), (27, 14.8), (29.6, 16.2), (32, 17.9), (35, 18.1),
    (38, 17.3),
)  # fmt: skip
_RIVER_WIDTH_M: Final = 370.0
# The river widens round its island; centre, radii (km) and angle.
_ISLAND: Final = ("芦洲", (28.5, 15.52), (0.75, 0.115), 29)
_LAKES: Final = (
    ("云湖", (18.9, 14.75), (1.15, 0.8), 15),
    ("镜湖", (4.6, 11.3), (1.5, 0.85), -20),
    ("鹭湖", (30.0, 5.8), (1.7, 0.75), 35),
    ("藕塘", (21.0, 25.6), (0.9, 0.5), -10),
)
_HILLS: Final = (
    ("凤栖山", (20.9, 11.5), (2.0, 0.95), 20),
    ("南屏岭", (11.4, 4.5), (4.4, 1.2), 14),
    ("卧牛山", (4.4, 25.3), (3.4, 1.9), -32),
    ("石梁山", (30.4, 24.6), (2.9, 1.6), 25),
    ("小青山", (26.6, 3.3), (1.5, 0.9), -40),
)
_PARKS: Final = (
    ("鼓台公园", (14.55, 12.75), (0.26, 0.2)),
    ("南园", (16.45, 12.35), (0.2, 0.16)),
    ("西苑", (11.7, 14.5), (0.42, 0.3)),
    ("竹里公园", (13.4, 10.4), (0.4, 0.28)),
    ("江心滩公园", (18.0, 16.75), (0.75, 0.2)),
    ("东郊公园", (25.9, 12.9), (0.36, 0.3)),
    ("北岸公园", (13.9, 17.1), (0.8, 0.22)),
    ("昭文公园", (15.6, 20.6), (0.3, 0.36)),
    ("湖心公园", (8.4, 9.4), (0.34, 0.28)),
)


@dataclass(frozen=True)
class Terrain:
    """The ground; `water`, `hills` and `parks` by name, `river_line` is the river's middle."""

    outline: shapely.Polygon
    river_line: shapely.LineString
    water: Mapping[str, shapely.Geometry]
    hills: Mapping[str, shapely.Geometry]
    parks: Mapping[str, shapely.Geometry] = field(default_factory=dict)

    @cached_property
    def wet(self) -> shapely.Geometry:
        """All water."""
        return shapely.union_all(list(self.water.values()))

    @cached_property
    def green(self) -> shapely.Geometry:
        """All hills and parks."""
        return shapely.union_all([*self.hills.values(), *self.parks.values()])

    @cached_property
    def forbidden(self) -> shapely.Geometry:
        """Water and green with a strip beside them."""
        return shapely.union_all([self.wet.buffer(14), self.green.buffer(10)])

    @cached_property
    def banks(self) -> tuple[shapely.Polygon, shapely.Polygon]:
        """The outline south and north of the river's middle line; they share that line."""
        cut = shapely.union_all([self.outline.exterior, self.river_line])
        halves = shapely.get_parts(shapely.polygonize([cut]))
        south, north = sorted(halves, key=lambda half: half.centroid.y)
        return south, north

    def north(self, xy: Points) -> NDArray[np.bool_]:
        """Which points lie on the north bank."""
        return inside(self.banks[1], xy)

    def free(self, xy: Points) -> NDArray[np.bool_]:
        """Which points lie inside the outline and on neither water nor green."""
        return inside(self.outline, xy) & ~inside(self.wet, xy) & ~inside(self.green, xy)


def make_terrain(rng: np.random.Generator) -> Terrain:
    """Lay out the ground without its parks; `rng` shapes the shores, the places are given."""
    ragged = Warp(rng, wavelength_m=1_500)
    smooth = closed_curve(np.array(_OUTLINE_KM), step_m=160)
    outline = shapely.Polygon(ragged(shapely.get_coordinates(smooth), 70))
    middle = curve(np.array(_RIVER_KM), step_m=140)
    name, centre, radii, angle = _ISLAND
    island = blob(centre, radii, angle_deg=angle, wobble=0.05, rng=rng)
    lakes = {n: blob(c, r, angle_deg=a, wobble=0.13, rng=rng) for n, c, r, a in _LAKES}
    hills = {n: blob(c, r, angle_deg=a, wobble=0.2, rng=rng) for n, c, r, a in _HILLS}
    river = shapely.difference(_river(middle, rng), island)
    water = {RIVER: river, **lakes}
    return Terrain(
        outline, shapely.LineString(middle), _cut(water, outline), _cut({**hills, name: island}, outline)
    )


def with_parks(terrain: Terrain, roads: shapely.Geometry, rng: np.random.Generator) -> Terrain:
    """Parks fill what the main roads leave of their places."""
    taken = shapely.union_all([roads.buffer(14), terrain.wet.buffer(22)])
    shapes = {
        name: blob(c, r, wobble=0.13, rng=rng).difference(taken).buffer(-12).buffer(12)
        for name, c, r in _PARKS
    }
    largest = {
        name: max(shapely.get_parts(shape), key=lambda part: part.area) for name, shape in shapes.items()
    }
    return replace(terrain, parks=largest)


def _cut(shapes: Mapping[str, shapely.Geometry], outline: shapely.Polygon) -> dict[str, shapely.Geometry]:
    return {name: shapely.intersection(shape, outline) for name, shape in shapes.items()}


def _river(middle: Points, rng: np.random.Generator) -> shapely.Polygon:
    ahead = np.gradient(middle, axis=0)
    side = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T)[:, None]
    half_m = _RIVER_WIDTH_M / 2 * (1 + 0.15 * Field(rng, wavelength_m=3_500)(middle)).clip(0.65, 1.5)
    to_island_km = np.hypot(*(middle / 1000 - _ISLAND[1]).T)
    half_m = half_m + 150 * np.exp(-((to_island_km / 0.85) ** 4))
    banks = [middle + side * half_m[:, None], (middle - side * half_m[:, None])[::-1]]
    return shapely.Polygon(np.vstack(banks)).buffer(0)
