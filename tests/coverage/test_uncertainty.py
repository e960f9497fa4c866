"""Bands on the tiny town, and against measuring anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SettingError
from coverage.assessment import Assessment, assess
from coverage.model.tables import FacilityTable
from coverage.uncertainty import Certainty, Dice, Doubts, cells_of, certainty
from tests.coverage.test_laws import random_city
from tests.coverage.tiny_town import CRS, RADIUS_500, WALK_5, standard, study

SURE = Doubts(speed_kmh=(6.0, 6.0), position_m=0.0, redistribution=0.0, draws=20)


def town(*rules: str) -> Assessment:
    return assess(study([("station", 500)]), standard(*rules))


def found(done: Assessment, doubts: Doubts) -> Certainty:
    return certainty(done.results, done.measured, doubts=doubts)


def test_without_a_doubt_the_band_is_the_share() -> None:
    sure = found(town(RADIUS_500, WALK_5), SURE)
    for band in sure.bands:
        assert (band.low, band.share, band.high) == pytest.approx((11 / 21, 11 / 21, 11 / 21))
        assert band.verdicts == {"not": 1.0}
    assert sure.units.empty


def test_speed_moves_walk_rules_only() -> None:
    # 5 min at 3 to 5 km/h are 250 to 416 m: the cells up to 200, 300 or 400 m, 5 to 9 of the 21.
    radius, walk = found(town(RADIUS_500, WALK_5), replace(SURE, speed_kmh=(3.0, 5.0))).bands
    assert (radius.low, radius.high) == pytest.approx((11 / 21, 11 / 21))
    assert (walk.low, walk.high) == pytest.approx((5 / 21, 9 / 21))
    # At the standard's 6 km/h it is 11 of 21.
    assert walk.share == pytest.approx(11 / 21)


def test_units_whose_verdict_hangs_on_the_speed_are_named() -> None:
    # W lies 0 … 500 m from the station: all served at 6 km/h, not at 3 to 5. E is never served whole.
    units = found(town(WALK_5), replace(SURE, speed_kmh=(3.0, 6.0))).units
    row = units.set_index("unit_row").loc[2]
    assert (row["level"], row["verdict"]) == ("community", "meets")
    assert row["agree"] < 1.0
    assert 3 not in units["unit_row"].tolist()


def test_a_station_that_may_stand_elsewhere_gives_up_the_boundary() -> None:
    # Moved east or west, one of the two cells at just 500 m is lost: 10 or 11 of 21.
    band = found(town(RADIUS_500), replace(SURE, position_m=20.0)).bands[0]
    assert (band.low, band.high) == pytest.approx((10 / 21, 10 / 21), abs=1 / 21)
    assert band.low < 11 / 21


def test_redistribution_keeps_every_community() -> None:
    # W is within the rule whole: however its residents lie, all are met.
    done = assess(study([("station", 500)]), standard(RADIUS_500 + '\nsettlement = "urban"'))
    band = found(done, replace(SURE, redistribution=0.5)).bands[0]
    assert (band.low, band.high) == pytest.approx((1.0, 1.0))
    assert band.verdicts == {"meets": 1.0}


def test_one_seed_gives_one_band_and_another_seed_another() -> None:
    done = town(RADIUS_500, WALK_5)
    doubts = Doubts(draws=30)
    assert found(done, doubts).bands == found(done, doubts).bands
    assert found(done, doubts).bands != found(done, replace(doubts, seed=1)).bands


@pytest.mark.parametrize("wrong", [{"speed_kmh": (5.0, 3.0)}, {"position_m": -1.0}, {"draws": 0}])
def test_doubts_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="speed"):
        replace(SURE, **wrong)


@given(st.integers(0, 2**32 - 1), st.floats(0, 200))
def test_a_drawn_radius_is_that_of_measuring_the_moved_facilities(seed: int, position_m: float) -> None:
    city, doubts = random_city(seed), replace(SURE, position_m=position_m)
    done = assess(city, standard(RADIUS_500))
    draw = Dice(done.measured, doubts).draw(0)
    met = cells_of([done.results[0].rule], done.measured, doubts)[0].met(draw)
    frame = city.facilities.frame.assign(
        x=city.facilities.xy[:, 0] + draw.off_m[:, 0], y=city.facilities.xy[:, 1] + draw.off_m[:, 1]
    )
    moved = assess(replace(city, facilities=FacilityTable(frame, CRS)), standard(RADIUS_500))
    assert sorted(met.tolist()) == np.flatnonzero(moved.results[0].cells_met).tolist()


@given(st.integers(0, 2**32 - 1))
def test_bands_lie_in_order_and_shares_between_0_and_1(seed: int) -> None:
    done = assess(random_city(seed), standard(RADIUS_500, WALK_5))
    for band in found(done, Doubts(draws=20)).bands:
        assert -1e-9 <= band.low <= band.high <= 1 + 1e-9
        assert sum(band.verdicts.values()) == pytest.approx(1.0)
