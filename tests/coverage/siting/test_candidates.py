"""Candidate places lie near gaps and keep their distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from coverage.measuring.focal_sums import disc_sums
from coverage.model.tables import PopulationGrid
from coverage.siting import Goal, choose_sites
from coverage.siting.candidates import Places, cell_candidates, near, refine, residents_around, thinned
from coverage.siting.model.highs import Limits
from geo.distance.reach import reach_straight
from tests.coverage.measuring.test_outlines import grid_of_degrees

REACH_M = 350.0


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


def town(seed: int, side: int = 22) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    x, y = (at.ravel() * 100.0 for at in np.meshgrid(np.arange(side), np.arange(side)))
    peaks = dice.uniform(0, side * 100.0, (3, 2))
    xy = np.column_stack([x, y])
    dense = sum(np.exp(-((xy - peak) ** 2).sum(axis=1) / 2 / 400.0**2) for peak in peaks)
    return xy, np.round(100 * dense * dice.gamma(2.0, 0.5, len(xy)), 1)


def places(xy: np.ndarray, weight: np.ndarray) -> Places:
    return Places(
        weight,
        lambda rows: reach_straight(xy[rows], xy, limit_m=REACH_M),
        lambda values: disc_sums(xy, values, radius_m=REACH_M, spacing_m=100.0),
    )


@settings(max_examples=12, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_a_plan_of_all_places_is_among_those_that_are_kept(seed: int, count: int) -> None:
    xy, weight = town(seed)
    coarse = thinned(xy, weight, 300.0)
    found = refine(places(xy, weight), coarse, count, Limits(30.0), most=10_000)
    every = choose_sites(weight, reach_straight(xy, xy, limit_m=REACH_M), goal=Goal(count=count))
    assert every.proven
    assert found.bound >= every.objective * (1 - 1e-9) >= found.value * (1 - 1e-9)
    assert found.complete
    kept = reach_straight(xy[found.rows], xy, limit_m=REACH_M)
    assert choose_sites(weight, kept, goal=Goal(count=count)).objective == pytest.approx(every.objective)


def test_coarse_places_alone_would_have_missed_it() -> None:
    xy, weight = town(3)
    coarse = thinned(xy, weight, 700.0)
    alone = choose_sites(weight, reach_straight(xy[coarse], xy, limit_m=REACH_M), goal=Goal(count=4))
    found = refine(places(xy, weight), coarse, 4, Limits(30.0), most=10_000)
    assert found.value > 1.05 * alone.objective


def test_where_too_many_places_matter_the_bound_still_holds_for_all() -> None:
    xy, weight = town(5)
    found = refine(places(xy, weight), thinned(xy, weight, 300.0), 5, Limits(30.0), most=5)
    every = choose_sites(weight, reach_straight(xy, xy, limit_m=REACH_M), goal=Goal(count=5))
    assert every.objective <= found.bound * (1 + 1e-9)


def test_without_time_there_is_a_bound_and_a_plan() -> None:
    xy, weight = town(7)
    coarse = thinned(xy, weight, 300.0)
    found = refine(places(xy, weight), coarse, 3, Limits(1e-9), most=10_000)
    reach = reach_straight(xy, xy, limit_m=REACH_M)
    assert found.value > 0 and found.bound >= choose_sites(weight, reach, goal=Goal(count=3)).objective * (
        1 - 1e-9
    )


@given(st.integers(0, 10**6))
def test_sums_by_rows_and_columns_of_degrees_are_never_too_small(seed: int) -> None:
    grid, dice = grid_of_degrees(), np.random.default_rng(seed)
    weight = dice.gamma(1.0, 1.0, len(grid))
    reach = reach_straight(grid.xy, grid.xy, limit_m=REACH_M)
    reach.data[:] = 1.0
    exact = reach @ weight
    sums = disc_sums(grid.xy, weight, radius_m=REACH_M, spacing_m=78.6, lattice=grid.lattice)
    assert (sums >= exact * (1 - 1e-9)).all()
    assert sums.sum() <= 1.15 * exact.sum()
