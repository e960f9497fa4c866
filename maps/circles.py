"""Radius coverage as a shape to look at. Residents are counted by distance, never by this shape."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from geo.crs import project, unproject
from maps.model import MapModel, RadiusRule

# A circle of 32 sides a quarter lies within 0.1 % of its radius of the true one.
_SIDES_PER_QUARTER: Final = 32
_TOLERANCE_SHARE: Final = 1 / 500

Rings = list[list[list[list[float]]]]


def radius_rings(model: MapModel, rule: RadiusRule) -> Rings:
    """The union of the rule's circles: per polygon its rings, per ring [lat, lon] to 1e-5 degrees."""
    near = model.facilities.iloc[rule.facilities]
    xy = project(near["lon"], near["lat"], model.cells.crs)
    disks = shapely.buffer(shapely.points(xy), rule.figure_m, quad_segs=_SIDES_PER_QUARTER)
    union = shapely.simplify(shapely.union_all(disks), rule.figure_m * _TOLERANCE_SHARE)
    degrees = shapely.transform(union, lambda points: np.column_stack(unproject(points, model.cells.crs)))
    return rings_of(degrees)


def rings_of(area: shapely.Geometry) -> Rings:
    """Polygons in degrees as nested [lat, lon] lists, the outer ring of each first."""
    polygons = [part for part in shapely.get_parts(area) if isinstance(part, shapely.Polygon)]
    return [[_latlon(ring) for ring in (p.exterior, *p.interiors)] for p in polygons if not p.is_empty]


def _latlon(ring: shapely.LinearRing) -> list[list[float]]:
    return [[round(y, 5), round(x, 5)] for x, y in shapely.get_coordinates(ring)[:-1].tolist()]
