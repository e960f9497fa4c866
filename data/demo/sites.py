"""Ground on which a facility of the demo city can stand."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.shapes import Points, inside
from data.demo.strokes import Strokes
from data.demo.terrain import Terrain


class Sites:
    """Finds building ground near a wanted place: 6 to 45 m off a street, dry and not in a park."""

    def __init__(self, terrain: Terrain, streets: Strokes, rng: np.random.Generator) -> None:
        self._barred = shapely.union_all([terrain.wet.buffer(15), terrain.green.buffer(5)])
        self._tree = shapely.STRtree(streets.lines[~streets.bridge])
        self._lines = streets.lines[~streets.bridge]
        self._rng = rng

    def near(self, wanted: Points) -> Points:
        """A site for each wanted place."""
        found = wanted.copy()
        open_ = np.arange(len(wanted))
        for attempt in range(40):
            tried = self._beside_street(wanted[open_] + self._rng.normal(0, 12 * attempt, (len(open_), 2)))
            street_m = self._street_m(tried)
            good = (street_m >= 5) & (street_m <= 60) & ~inside(self._barred, tried)
            found[open_[good]] = tried[good]
            open_ = open_[~good]
            if len(open_) == 0:
                return found
        raise RuntimeError(f"{len(open_)} facilities of the demo city found no ground")

    def _beside_street(self, xy: Points) -> Points:
        points = shapely.points(xy)
        nearest = self._lines[self._tree.query_nearest(points, all_matches=False)[1]]
        foot = shapely.get_coordinates(shapely.shortest_line(nearest, points)).reshape(-1, 2, 2)[:, 0]
        away = xy - foot
        away = away / np.maximum(np.hypot(*away.T), 1e-9)[:, None]
        return np.asarray(foot + away * self._rng.uniform(7, 34, (len(xy), 1)))

    def _street_m(self, xy: Points) -> NDArray[np.float64]:
        return np.asarray(
            self._tree.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)[1]
        )
