"""Quantiles, Lorenz, Gini and fifths by hand, and their laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.equity.inequality import fifths, gini, lorenz, quantile

TEN = np.arange(1.0, 11.0)
ONE = np.ones(10)


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.51, 6), (0.9, 9), (1.0, 10), (0.0, 1)])
def test_a_quantile_is_the_smallest_value_that_so_many_do_not_exceed(share: float, value: float) -> None:
    assert quantile(TEN, ONE, share) == value


def test_people_weigh_and_those_who_cannot_reach_come_last() -> None:
    metres, people = np.array([np.inf, 100.0, 300.0]), np.array([30.0, 60.0, 10.0])
    assert quantile(metres, people, 0.6) == 100.0
    assert quantile(metres, people, 0.7) == 300.0
    assert quantile(metres, people, 0.9) == np.inf


def test_where_nobody_lives_there_is_no_quantile() -> None:
    assert np.isnan(quantile(np.array([5.0]), np.array([0.0]), 0.5))


def test_gini_of_one_who_has_all_of_four() -> None:
    # The curve stays at 0 for three quarters: the area above it is 3/4 of the half.
    assert gini(np.array([0.0, 0.0, 0.0, 8.0]), np.ones(4)) == pytest.approx(0.75)


def test_gini_of_one_two_three_four() -> None:
    # Σ(2i - n - 1)·x / (n·Σx) = (-3·1 - 1·2 + 1·3 + 3·4) / (4·10)
    assert gini(np.array([3.0, 1.0, 4.0, 2.0]), np.ones(4)) == pytest.approx(10 / 40)


def test_the_lorenz_curve_of_one_and_three() -> None:
    heads, whole = lorenz(np.array([3.0, 1.0]), np.array([1.0, 1.0]))
    assert (heads.tolist(), whole.tolist()) == ([0.0, 0.5, 1.0], [0.0, 0.25, 1.0])


def test_nobody_has_to_go_anywhere_is_equal() -> None:
    assert gini(np.zeros(5), np.ones(5)) == 0.0


def test_fifths_of_one_to_ten() -> None:
    assert fifths(TEN, ONE) == (1.5, 9.5)


def test_a_cell_on_the_border_of_a_fifth_is_split() -> None:
    # A fifth of 10 people are 2: one at 100 m and one of the nine at 200 m.
    assert fifths(np.array([100.0, 200.0]), np.array([1.0, 9.0])) == (150.0, 200.0)


SPREADS = st.lists(st.tuples(st.floats(0, 1e4), st.floats(0.1, 100)), min_size=1, max_size=20)


@given(SPREADS, st.floats(0.1, 10))
def test_gini_is_between_0_and_1_and_knows_no_unit(rows: list[tuple[float, float]], scale: float) -> None:
    values, people = np.array(rows).T
    assert 0.0 <= gini(values, people) <= 1.0
    assert gini(scale * values, people) == pytest.approx(gini(values, people), abs=1e-9)


@given(SPREADS)
def test_the_lorenz_curve_lies_below_the_diagonal_and_rises(rows: list[tuple[float, float]]) -> None:
    heads, whole = lorenz(*np.array(rows).T)
    assert (whole <= heads + 1e-9).all()
    assert (np.diff(whole) >= -1e-12).all()


@given(SPREADS, st.floats(0, 1), st.floats(0, 1))
def test_quantiles_rise_with_the_share(rows: list[tuple[float, float]], one: float, other: float) -> None:
    values, people = np.array(rows).T
    low, high = sorted((one, other))
    assert quantile(values, people, low) <= quantile(values, people, high)


@given(SPREADS)
def test_splitting_a_cell_changes_nothing(rows: list[tuple[float, float]]) -> None:
    values, people = np.array(rows).T
    twice, halves = np.tile(values, 2), np.tile(people / 2, 2)
    assert gini(twice, halves) == pytest.approx(gini(values, people), abs=1e-9)
    assert fifths(twice, halves) == pytest.approx(fifths(values, people))
