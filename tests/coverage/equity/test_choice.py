"""How many facilities a resident can choose from, and where circles overlap."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.assessment import assess
from coverage.equity.choice import choice_facilities_table, choice_table, choices, overlaps
from coverage.equity.travel_bands import travel_bands
from tests.coverage.test_laws import random_city
from tests.coverage.tiny_town import RADIUS_500, WALK_5, standard, study


def test_counts_and_shares_of_two_stations_by_hand() -> None:
    """Within 500 m: of x = 500 the cells 0 … 1000, of x = 900 the cells 400 … 1400; 7 see both."""
    found = assess(study([("station", 500.0), ("station", 900.0)]), standard(RADIUS_500))
    made = list(choices(found.measured, found.results))
    (city,) = (
        choice_table(made, found.measured).query("level == 'city' and group == 'all'").to_dict("records")
    )
    assert (city["share_0"], city["share_1"], city["share_2"]) == pytest.approx((6 / 21, 8 / 21, 7 / 21))
    assert city["mean"] == pytest.approx(22 / 21)
    assert city["median"] == 1
    table = choice_facilities_table(made, found.measured)
    assert table["residents"].tolist() == [1_100.0, 1_100.0]
    assert table["residents_only"].tolist() == [400.0, 400.0]


@given(st.integers(0, 500))
def test_the_share_with_one_or_more_is_the_rules_share(seed: int) -> None:
    found = assess(random_city(seed), standard(RADIUS_500, WALK_5))
    table = choice_table(list(choices(found.measured, found.results)), found.measured)
    city = table.query("level == 'city' and group == 'all'").set_index("rule")
    for result in found.results:
        if result.share is not None:
            row = city.loc[result.rule.id]
            assert row["share_1"] + row["share_2"] + row["share_3plus"] == pytest.approx(result.share)
            assert row["share_0"] == pytest.approx(1 - result.share)


@given(st.integers(0, 500))
def test_rules_side_by_side_find_what_each_finds_alone(seed: int) -> None:
    """The narrower ones are taken from the search of the wider."""
    texts = [RADIUS_500, WALK_5]
    for rule_id, kind, figure in (("s", "radius", "figure_m = 300"), ("v", "walk", "figure_min = 3")):
        rule = f'id = "{rule_id}"\ncheck = "{kind}"\ntier = "station"\nserves = ["station"]\n{figure}'
        texts += [rule, rule.replace("station", "centre").replace(f'"{rule_id}"', f'"{rule_id}c"')]
    city = random_city(seed)
    found = assess(city, standard(*texts))
    for number, together in enumerate(choices(found.measured, found.results)):
        alone_in = assess(city, standard(texts[number]))
        (alone,) = choices(alone_in.measured, alone_in.results)
        for part in ("subject", "count", "facilities", "residents", "residents_only"):
            assert getattr(together, part).tolist() == getattr(alone, part).tolist()


@given(st.integers(0, 500))
def test_bands_add_up_to_the_residents_and_up_to_a_figure_to_the_rule(seed: int) -> None:
    found = assess(random_city(seed), standard(RADIUS_500, WALK_5))
    bands = travel_bands(found.measured)
    for (_, _, level, group), part in bands.groupby(["tier", "by", "level", "group"]):
        if level == "city" and group == "all":
            assert part["residents"].sum() == pytest.approx(found.study.grid.total)
    everybody = bands.query("tier == 'any' and level == 'city' and group == 'all'")
    for rule, by, figure in (("r", "radius", 500.0), ("w", "walk", 5.0)):
        mine = everybody[everybody["by"] == by]
        met = mine[mine["high"] <= figure]["residents"].sum()
        assert met == pytest.approx(found.result(rule).residents_met)


def overlap_of(*places: float, with_units: bool = False) -> float:
    rows = [("station", x) for x in places]
    return overlaps(assess(study(rows, with_units=with_units), standard(RADIUS_500)).measured)["r"]


def test_circles_that_do_not_touch_overlap_not_at_all_and_two_in_one_place_wholly() -> None:
    assert overlap_of(0.0, 2_000.0) == pytest.approx(0.0, abs=1e-9)
    assert overlap_of(500.0, 500.0) == pytest.approx(1.0)


def test_two_circles_a_radius_apart_overlap_by_the_lens() -> None:
    distance, radius = 500.0, 500.0
    lens = 2 * radius**2 * math.acos(distance / (2 * radius))
    lens -= distance / 2 * math.sqrt(4 * radius**2 - distance**2)
    union = 2 * math.pi * radius**2 - lens
    assert overlap_of(500.0, 1_000.0) == pytest.approx(2 * math.pi * radius**2 / union - 1, rel=1e-3)


def test_ground_outside_the_units_does_not_count_as_overlap() -> None:
    """Both circles around x = 2000 reach 400 m beyond the last unit; all that lies inside lies in both."""
    assert overlap_of(2_000.0, 2_000.0, with_units=True) == pytest.approx(1.0)
    assert overlap_of(1_000.0, 2_050.0, with_units=True) == pytest.approx(0.0, abs=1e-6)
