"""Outlines of very many corners made lighter."""

from __future__ import annotations

import numpy as np
import shapely

from geo.isochrone.lighter import lighter

M = 1 / 111_320.0


def ring(metres: float, corners: int) -> np.ndarray:
    turn = np.linspace(0.0, 2 * np.pi, corners, endpoint=False)
    wave = metres + 0.4 * np.sin(40 * turn)
    return np.column_stack([wave * np.cos(turn), wave * np.sin(turn)]) * M


def with_courts() -> np.ndarray:
    """A town at the equator of 800 m with a court of 20 m and one of 300 m, and a hamlet far away."""
    town = shapely.Polygon(ring(800, 4000), [ring(20, 400) + 600 * M * np.array([1, 0]), ring(300, 2000)])
    hamlet = shapely.Polygon(ring(4, 300) + 0.05)
    return np.array([shapely.MultiPolygon([town, hamlet])], object)


def test_few_corners_stay_as_they_are() -> None:
    shapes = with_courts()
    found = lighter(shapes, most=10_000)
    assert found.shapes is shapes
    assert found.off_m == found.filled_m2 == 0.0


def test_many_become_few_within_the_metres_that_are_said() -> None:
    shapes = with_courts()
    found = lighter(shapes, most=400)
    (shape,) = found.shapes
    assert 0 < shapely.get_num_coordinates(shape) <= 400
    assert shape.is_valid
    assert shapely.get_num_geometries(shape) == 2
    outer, drawn = (shapely.get_exterior_ring(shapely.get_geometry(s, 0)) for s in (shapes[0], shape))
    assert shapely.hausdorff_distance(outer, drawn) <= found.off_m * M * 1.01


def test_only_small_enclosed_ground_is_filled_and_no_polygon_is_lost() -> None:
    found = lighter(with_courts(), most=60)
    (shape,) = found.shapes
    assert np.pi * 20**2 < found.filled_m2 < np.pi * 300**2
    assert shapely.get_num_interior_rings(shapely.get_geometry(shape, 0)) == 1
    assert shapely.get_num_geometries(shape) == 2
