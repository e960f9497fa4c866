from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.network.build import build_network, merge_close
from geo.network.close_gaps import heal

CRS = "EPSG:4549"


def raw(*lines):
    xy = np.concatenate([np.asarray(line, float) for line in lines])
    numbers, places = merge_close(xy, 0.001)
    return places, numbers, np.concatenate([[0], np.cumsum([len(line) for line in lines])])


def healed(*lines, tolerance_m):
    return heal(*raw(*lines), tolerance_m=tolerance_m)


def network(done):
    return build_network(done.xy, done.vertices, done.start, np.zeros(len(done.way), np.int8), crs=CRS)


def test_two_dead_ends_that_face_each_other_are_joined_once():
    done = healed([(0, 0), (100, 0)], [(102, 0), (200, 0)], tolerance_m=2.0)
    assert done.gap_m.tolist() == [2.0]
    assert network(done).edge_length_m.tolist() == [200.0]


def test_a_dead_end_short_of_a_street_meets_it_at_the_nearest_place():
    done = healed([(0, 0), (100, 0)], [(40, 30), (40, 1)], tolerance_m=1.5)
    assert done.gap_xy.tolist() == [[40, 1]]
    assert sorted(network(done).edge_length_m) == [30.0, 40.0, 60.0]


def test_a_dead_end_that_lies_on_a_street_without_a_shared_vertex_is_joined():
    done = healed([(0, 0), (100, 0)], [(40, 30), (40, 0)], tolerance_m=0.5)
    assert done.gap_m.tolist() == [0.0]
    assert sorted(network(done).edge_length_m) == [30.0, 40.0, 60.0]


def test_several_dead_ends_meet_one_street_each_at_its_place():
    teeth = [[(x, 30), (x, 1)] for x in (80, 20, 50)]
    done = healed([(0, 0), (100, 0)], *teeth, tolerance_m=1.0)
    assert sorted(network(done).edge_length_m) == [20, 20, 30, 30, 30, 30, 30]
    assert len(done.gap_m) == 3


def test_a_bridge_that_crosses_without_a_junction_is_not_joined():
    done = healed([(0, 0), (100, 0)], [(50, -50), (50, 50)], tolerance_m=5.0)
    assert len(done.gap_m) == 0
    assert network(done).islands.count == 1


def test_a_gap_wider_than_the_tolerance_stays():
    assert len(healed([(0, 0), (100, 0)], [(102.01, 0), (200, 0)], tolerance_m=2.0).gap_m) == 0


def test_a_hairpin_does_not_meet_its_own_last_stretches():
    done = healed([(0, 0), (100, 0), (60, 1)], tolerance_m=1.0)
    assert len(done.gap_m) == 0


def test_nothing_to_heal_changes_nothing():
    done = healed([(0, 0), (100, 0)], tolerance_m=1.0)
    assert done.way.tolist() == [0]
    assert done.vertices.tolist() == [0, 1]


@given(
    st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=8),
    st.floats(0.5, 6.0),
)
def test_healing_adds_just_the_gaps_and_never_parts_anything(ends, tolerance_m):
    lines = [[(a, b), (c, d)] for a, b, c, d in ends if (a, b) != (c, d)]
    if not lines:
        return
    places, vertices, start = raw(*lines)
    done = heal(places, vertices, start, tolerance_m=tolerance_m)
    total = shapely.length(shapely.linestrings(done.xy[done.vertices], indices=_way(done.start))).sum()
    before = shapely.length(shapely.linestrings(places[vertices], indices=_way(start))).sum()
    assert total == pytest.approx(before + done.gap_m.sum())
    assert (done.gap_m <= tolerance_m + 1e-9).all()
    assert len(done.way) == len(start) - 1 + len(done.gap_m)


def _way(start):
    return np.repeat(np.arange(len(start) - 1), np.diff(start))
