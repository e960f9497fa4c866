"""Equity on the tiny town."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import Bilingual
from coverage.assessment import assess
from coverage.equity.equity import Area, Equity, equity, fifths, gini, lorenz, quantile, statements
from tests.coverage.tiny_town import RADIUS_500, WALK_5, standard, study

AREAS = (Area(Bilingual("老城", "the old town"), (2,)), Area(Bilingual("新城", "the new town"), (3,)))
TEN = np.arange(1.0, 11.0)
ONE = np.ones(10)


def measured(rows: list[tuple[str, float]], rule: str = WALK_5, areas: tuple[Area, ...] = ()) -> Equity:
    done = assess(study(rows), standard(rule))
    return equity(done.standard.rules[0], done.measured, areas=areas)


def said(rows: list[tuple[str, float]], rule: str = WALK_5, areas: tuple[Area, ...] = ()) -> list[str]:
    done = assess(study(rows), standard(rule))
    found = equity(done.standard.rules[0], done.measured, areas=areas)
    return [str(sentence) for sentence in statements(found, done.standard)]


def test_medians_and_nine_tenths_of_the_town() -> None:
    # From a station at x = 0: 21 cells at 0, 100, …, 2000 m; half are the first 11, nine tenths the first 19.
    spread = measured([("station", 0)]).rows[0].spread
    assert (spread.people, spread.median_m, spread.p90_m, spread.mean_m) == (2100.0, 1000.0, 1800.0, 1000.0)
    assert spread.beyond == 1500.0
    # A fifth is 420 residents: 4.2 cells.
    assert spread.nearest_fifth_m == pytest.approx((0 + 100 + 200 + 300 + 0.2 * 400) / 4.2)
    assert spread.farthest_fifth_m == pytest.approx((2000 + 1900 + 1800 + 1700 + 0.2 * 1600) / 4.2)


def test_old_town_and_new_town_are_lists_of_units() -> None:
    old, new = measured([("station", 0)], areas=AREAS).areas()
    # W: 0 … 900, its fifth cell is at 400; E: 1000 … 2000, its sixth at 1500.
    assert (old.spread.median_m, new.spread.median_m) == (400.0, 1500.0)


def test_urban_and_rural_residents_have_their_own_rows() -> None:
    found = measured([("station", 0)])
    rows = {row.id: row.spread.people for row in found.rows}
    assert rows == {"all": 2100.0, "elderly": 420.0, "urban": 1000.0, "rural": 1100.0}


def test_a_rule_for_urban_residents_has_no_row_for_rural_ones() -> None:
    found = measured([("station", 0)], RADIUS_500 + '\nsettlement = "urban"')
    assert [row.id for row in found.rows] == ["all", "elderly"]
    assert found.rows[0].spread.people == 1000.0


def test_the_elderly_walk_at_their_own_speed() -> None:
    everybody, elderly = measured([("station", 0)]).rows[:2]
    # 6 km/h are 100 m a minute, 3 km/h are 50.
    assert everybody.minutes(1000) == pytest.approx(10.0)
    assert elderly.minutes(1000) == pytest.approx(20.0)


def test_who_cannot_reach_any_is_beyond_and_in_no_mean() -> None:
    spread = measured([("clinic", 0)]).rows[0].spread
    assert (spread.unreachable, spread.beyond, spread.median_m) == (2100.0, 2100.0, np.inf)
    assert np.isnan(spread.mean_m)


def test_sentences_name_the_figures() -> None:
    sentences = said([("station", 0)], areas=AREAS)
    assert sentences[0] == (
        "Half of the residents walk at most 1,000 m (10 min) to a service point, "
        "nine in ten at most 1,800 m (18 min)."
    )
    assert "Half of elderly residents have about as far to go as half of all residents." in sentences
    assert sentences[-1] == (
        "Half of residents of the old town have at most 400 m to go, "
        "half of residents of the new town at most 1,500 m."
    )


def test_sentences_do_not_hide_who_cannot_walk_anywhere() -> None:
    sentences = said([("clinic", 0)])
    assert sentences[:2] == [
        "More than half of the residents cannot reach a service point on foot.",
        "Residents who cannot reach one at all: 2,100.",
    ]


def test_nobody_to_speak_of_says_nothing() -> None:
    done = assess(study([("station", 0)], with_units=False), standard(RADIUS_500 + '\nsettlement = "rural"'))
    assert statements(equity(done.standard.rules[0], done.measured), done.standard) == ()


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
