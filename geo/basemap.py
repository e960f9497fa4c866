"""What a map shows beneath the results, besides the streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.crs import require_metric

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Basemap:
    """Water and green as arrays of shapely geometries in a metric CRS.

    `water` holds polygons (lakes, river areas) and lines (rivers); `green` holds polygons (parks,
    woods). Streets are not here: draw the network's edges by `edge_class`.
    """

    water: Shapes
    green: Shapes
    crs: str

    def __post_init__(self) -> None:
        require_metric(self.crs)


def no_basemap(crs: str) -> Basemap:
    """A basemap with neither water nor green."""
    return Basemap(np.empty(0, object), np.empty(0, object), crs)
