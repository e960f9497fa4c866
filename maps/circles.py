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


def radius_union(model: MapModel, rule: RadiusRule) -> shapely.Geometry:
    """The union of the rule's circles, in degrees."""
    near = model.facilities.iloc[rule.facilities]
    xy = project(near["lon"], near["lat"], model.cells.crs)
    disks = shapely.buffer(shapely.points(xy), rule.figure_m, quad_segs=_SIDES_PER_QUARTER)
    union = shapely.simplify(shapely.union_all(disks), rule.figure_m * _TOLERANCE_SHARE)
    return shapely.transform(union, lambda points: np.column_stack(unproject(points, model.cells.crs)))
