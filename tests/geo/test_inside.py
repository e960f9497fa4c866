"""Which outline a point lies in."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.inside import bins, first_outline_at, outlines_with_points

spots = st.tuples(st.integers(0, 40), st.integers(0, 40))
discs = st.lists(st.tuples(spots, st.integers(1, 15), st.integers(1, 4)), max_size=6)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(discs, st.lists(spots, max_size=60), st.sampled_from([1.0, 1e-3, 1e5]))
def test_it_is_the_first_that_the_point_lies_in_or_on(
    rounds: list[tuple[tuple[int, int], int, int]], points: list[tuple[int, int]], scale: float
) -> None:
    shapes = np.asarray([shapely.Point(at).buffer(r, quad_segs=q) for at, r, q in rounds], object)
    outlines = shapely.transform(shapes, lambda xy: xy * scale) if len(shapes) else shapes
    xy = np.asarray(points, float).reshape(-1, 2) * scale
    expected = [
        next((k for k, shape in enumerate(outlines) if shapely.intersects_xy(shape, *at)), -1) for at in xy
    ]
    assert first_outline_at(outlines, xy).tolist() == expected
    held = [any(shapely.intersects_xy(shape, *at) for at in xy) for shape in outlines]
    assert outlines_with_points(outlines, xy).tolist() == held


@pytest.mark.parametrize("empty", [shapely.Polygon(), shapely.box(500, 500, 501, 501)])
def test_outlines_without_any_point_hold_nobody(empty: shapely.Geometry) -> None:
    outlines = np.asarray([empty, shapely.box(0, 0, 1, 1)], object)
    assert first_outline_at(outlines, np.asarray([[0.5, 0.5], [9.0, 9.0]])).tolist() == [1, -1]


def test_one_far_point_does_not_slow_the_others_nor_change_them() -> None:
    xy = np.vstack([np.random.default_rng(0).uniform(0, 100, (5_000, 2)), [[1e9, -1e9]]])
    found = first_outline_at(np.asarray([shapely.box(0, 0, 50, 100)], object), xy)
    assert found.tolist() == np.where(xy[:, 0] <= 50, 0, -1).tolist()


COORDINATE = st.floats(-2000, 2000).map(lambda x: round(x, 1))
PLACES = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=30)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    PLACES, st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE), st.sampled_from([1.0, 100.0, 9000.0])
)
def test_a_box_holds_just_the_points_in_it(places, box, side_m):
    xy = np.array(places)
    west, east = sorted(box[:2])
    south, north = sorted(box[2:])
    inside = (xy[:, 0] >= west) & (xy[:, 0] <= east) & (xy[:, 1] >= south) & (xy[:, 1] <= north)
    assert bins(xy, side_m).within((west, south, east, north)).tolist() == np.flatnonzero(inside).tolist()


@pytest.mark.parametrize("far", [1e3, 1e7])
def test_far_flung_points_do_not_need_endless_bins(far):
    found = bins(np.array([[0.0, 0.0], [far, far]]), 0.001)
    assert len(found.start) < 10_000
