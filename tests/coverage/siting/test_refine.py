"""Places that matter among very many, against weighing all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.measuring.focal_sums import disc_sums
from coverage.siting import Goal, choose_sites
from coverage.siting.candidates import thinned
from coverage.siting.model.highs import Limits
from coverage.siting.refine import Places, refine
from geo.distance.reach import reach_straight
from tests.coverage.measuring.test_outlines import grid_of_degrees

REACH_M = 350.0


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
