"""Candidate places lie near gaps and keep their distance."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from coverage.model.tables import PopulationGrid
from coverage.siting.candidates import cell_candidates, near, residents_around, thinned


def row_of_cells(residents):
    n = len(residents)
    xy = np.column_stack((100.0 * np.arange(n), np.zeros(n)))
    return PopulationGrid(np.arange(n), xy, np.array(residents, float), np.full(n, 1e4), 100.0, "EPSG:32650")


def test_cells_near_a_gap_are_offered_and_the_boundary_counts():
    cells = row_of_cells([1, 1, 0, 1, 1])
    wanted = np.array([True, False, False, False, False])
    chosen = cell_candidates(cells, wanted=wanted, near_m=300.0, spacing_m=100.0)
    assert chosen.tolist() == [0, 1, 3]


def test_nothing_is_offered_where_nobody_lacks_anything():
    cells = row_of_cells([1, 1])
    assert cell_candidates(cells, wanted=np.zeros(2, bool), near_m=500.0, spacing_m=100.0).size == 0


def test_the_dearer_point_stays_and_equals_go_by_row():
    xy = np.array([[0.0, 0.0], [50.0, 0.0], [120.0, 0.0]])
    assert thinned(xy, np.array([1.0, 5.0, 2.0]), 100.0).tolist() == [1]
    assert thinned(xy, np.ones(3), 100.0).tolist() == [0, 2]


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_thinned_points_keep_their_distance_and_leave_no_room(seed, count):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 1000, (count, 2))
    stay = thinned(xy, rng.integers(0, 5, count).astype(float), 150.0)
    between = cdist(xy[stay], xy[stay])[~np.eye(len(stay), dtype=bool)]
    assert (between >= 150.0).all()
    assert (cdist(xy, xy[stay]).min(axis=1) < 150.0).all()


def test_near_and_around_on_a_line():
    points = np.array([[0.0, 0.0], [500.0, 0.0], [500.1, 0.0]])
    assert near(points, np.zeros((1, 2)), 500.0).tolist() == [True, True, False]
    cells = np.array([[10.0, 10.0], [5000.0, 0.0]])
    assert residents_around(points[:1], cells, np.array([7.0, 9.0]), 200.0).tolist() == [7.0]
