"""Equity on the tiny town."""

from __future__ import annotations

import numpy as np
import pytest

from core.text import Bilingual
from coverage.assessment import assess
from coverage.equity.equity import Area, Equity, equity, statements
from tests.coverage.tiny_town import RADIUS_500, WALK_5, standard, study

AREAS = (Area(Bilingual("老城", "the old town"), (2,)), Area(Bilingual("新城", "the new town"), (3,)))


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
