from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.distance.bins import bins

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
