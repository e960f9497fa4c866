from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from geo.crs import project
from maps.circles import radius_union
from tests.maps.sample_maps import CRS, tiny_model


def test_two_circles_that_meet_become_one_shape_within_their_radius() -> None:
    model = tiny_model()
    shape = radius_union(model, model.radius_rules[0])
    assert isinstance(shape, shapely.Polygon)
    rim = project(*shapely.get_coordinates(shape).T, CRS)
    centres = project(model.facilities["lon"], model.facilities["lat"], CRS)
    nearest = np.min([np.hypot(*(rim - c).T) for c in centres], axis=0)
    assert nearest.max() <= 500.01
    assert nearest.min() >= 497.0


def test_circles_apart_stay_apart() -> None:
    model = tiny_model()
    apart = replace(model.radius_rules[0], figure_m=200.0)
    assert len(shapely.get_parts(radius_union(model, apart))) == 2
