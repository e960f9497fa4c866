"""Radius coverage as a shape to look at. Residents are counted by distance, never by this shape."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from geo.crs import project, unproject
from maps.model import MapModel, RadiusRule

# A circle of 12 sides a quarter lies within 0.22 % of its radius of the true one: 2.7 m of 1,250.
_SIDES_PER_QUARTER: Final = 12


def radius_union(model: MapModel, rule: RadiusRule) -> shapely.Geometry:
    """The union of the rule's circles, in degrees."""
    near = model.facilities.iloc[rule.facilities]
    xy = project(near["lon"], near["lat"], model.cells.crs)
    disks = shapely.buffer(shapely.points(xy), rule.figure_m, quad_segs=_SIDES_PER_QUARTER)
    return shapely.transform(
        shapely.disjoint_subset_union_all(disks),
        lambda points: np.column_stack(unproject(points, model.cells.crs)),
    )
