"""Where the fictional city lies: its outline, river, lakes, hills and parks. Local metres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.shapes import Field, Points, blob, curve, inside

CRS: Final = "EPSG:4549"
# South-west corner of the local frame in `CRS`: about 119.72°E 31.96°N, a multiple of the cell side.
ORIGIN_M: Final = (473_000.0, 3_538_000.0)
SIZE_M: Final = (35_000.0, 30_000.0)

_RIVER_KM: Final = (
    (-3, 17.8), (0.5, 18.6), (3.5, 18.9), (7, 17.2), (10.5, 15.9), (13, 16.0), (15.4, 16.7), (18, 17.3),
    (20.5, 17.0), (22.8, 15.9), (25, 14.8), (27.5, 14.5), (30.5, 15.5), (33, 17.1), (38, 18.2),
)  # fmt: skip
_RIVER_WIDTH_M: Final = 380.0
# Centre, radii (km) and angle. The first lake lies beside the old town, below the first hill.
_LAKES: Final = (
    ("云湖", (18.9, 14.75), (1.15, 0.8), 15),
    ("镜湖", (4.6, 11.3), (1.5, 0.85), -20),
    ("鹭湖", (30.6, 5.6), (1.7, 0.75), 35),
    ("藕塘", (21.0, 25.6), (0.9, 0.5), -10),
)
_HILLS: Final = (
    ("凤栖山", (20.9, 11.5), (2.0, 1.0), 20),
    ("南屏岭", (11.6, 4.3), (4.6, 1.25), 14),
    ("卧牛山", (4.6, 25.2), (3.4, 1.9), -32),
    ("石梁山", (29.6, 24.4), (2.7, 1.5), 25),
    ("小青山", (26.5, 3.4), (1.4, 0.9), -40),
)
_PARKS: Final = (
    ("鼓台公园", (14.4, 12.9), (0.24, 0.17)),
    ("南园", (16.3, 12.1), (0.2, 0.14)),
    ("西苑", (12.1, 14.1), (0.42, 0.26)),
    ("竹里公园", (14.2, 9.9), (0.36, 0.3)),
    ("东郊公园", (24.9, 11.3), (0.5, 0.3)),
    ("北岸公园", (14.4, 19.2), (0.6, 0.22)),
    ("湖心公园", (8.6, 8.4), (0.4, 0.28)),
)


@dataclass(frozen=True)
class Terrain:
    """The ground: `water` and `green` by name, the river's middle line, the outline of the area."""

    outline: shapely.Polygon
    river_line: shapely.LineString
    water: dict[str, shapely.Polygon]
    hills: dict[str, shapely.Polygon]
    parks: dict[str, shapely.Polygon]

    @cached_property
    def wet(self) -> shapely.Geometry:
        return shapely.union_all(list(self.water.values()))

    @cached_property
    def green(self) -> shapely.Geometry:
        return shapely.union_all([*self.hills.values(), *self.parks.values()])

    @cached_property
    def forbidden(self) -> shapely.Geometry:
        """Water and green with the strip beside them that no local street enters."""
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
        line = shapely.get_coordinates(self.river_line)
        order = np.argsort(line[:, 0])
        return np.asarray(xy[:, 1] > np.interp(xy[:, 0], line[order, 0], line[order, 1]))

    def free(self, xy: Points) -> NDArray[np.bool_]:
        """Which points lie inside the outline and on neither water nor green."""
        return inside(self.outline, xy) & ~inside(self.wet, xy) & ~inside(self.green, xy)


def make_terrain(rng: np.random.Generator) -> Terrain:
    """Lay out the ground; `rng` shapes its shores, the places themselves are given."""
    outline = blob((17.5, 15.0), (17.3, 14.6), wobble=0.045, rng=rng)
    middle = curve(np.array(_RIVER_KM), step_m=150)
    hills = {name: blob(c, r, angle_deg=a, wobble=0.14, rng=rng) for name, c, r, a in _HILLS}
    lakes = {name: blob(c, r, angle_deg=a, wobble=0.13, rng=rng) for name, c, r, a in _LAKES}
    parks = {name: blob(c, r, wobble=0.06, rng=rng) for name, c, r in _PARKS}
    water = {"云江": _river(middle, outline, rng), **lakes}
    return Terrain(outline, shapely.LineString(middle), water, hills, parks)


def _river(middle: Points, outline: shapely.Polygon, rng: np.random.Generator) -> shapely.Polygon:
    ahead = np.gradient(middle, axis=0)
    side = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T)[:, None]
    half_m = _RIVER_WIDTH_M / 2 * (1 + 0.16 * Field(rng, wavelength_m=3500)(middle)).clip(0.6, 1.5)
    banks = [middle + side * half_m[:, None], (middle - side * half_m[:, None])[::-1]]
    return shapely.intersection(shapely.Polygon(np.vstack(banks)).buffer(0), outline)
