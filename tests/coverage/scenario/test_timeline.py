"""Coverage year by year on the tiny town."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.assessment import assess
from coverage.model.standard import Verdict
from coverage.scenario.timeline import Timeline, timeline
from tests.coverage.tiny_town import RADIUS_500, WALK_5, standard, study

# x = 0 … 500 is 6 cells, 500 … 1500 (around 1000) 11, 1500 … 2000 6.
ROWS = [("station", 0), ("station", 1000), ("station", 2000)]


def years(opened: list[str], status: list[str] | None = None, **wanted: object) -> Timeline:
    columns = {"opened": opened, "status": status or ["open"] * len(opened)}
    return timeline(study(ROWS, **columns), standard(RADIUS_500, WALK_5), **wanted)


@pytest.mark.parametrize("rule", ["r", "w"])
def test_coverage_grows_with_every_opening(rule: str) -> None:
    found = years(["2018-03", "2020", "2019-12-31"]).of_rule(rule)
    assert [(y.year, y.facilities, y.residents_met) for y in found] == [
        (2018, 1, 600.0),
        (2019, 2, 1200.0),
        (2020, 3, 2100.0),
    ]
    assert found[-1].verdict is Verdict.MEETS


def test_the_plan_is_shown_beside_what_is_reached() -> None:
    found = years(["2019", "2020", "2021"], ["open", "planned", "open"]).of_rule("r")
    assert [(y.facilities, y.planned) for y in found] == [(1, 0), (1, 1), (2, 1)]
    assert [(y.residents_met, y.met_planned) for y in found] == [
        (600.0, 600.0),
        (600.0, 1600.0),
        (1200.0, 2100.0),
    ]


def test_an_open_facility_without_a_date_counts_from_the_start() -> None:
    found = years(["", "2020", "2021"])
    assert (found.undated, found.of_rule("r")[0].residents_met) == (1, 1600.0)


def test_a_planned_facility_without_a_date_counts_in_the_last_year() -> None:
    found = years(["2019", "", "2021"], ["open", "planned", "open"])
    assert found.planned_undated == 1
    assert [y.planned for y in found.of_rule("r")] == [0, 0, 1]


def test_closed_facilities_are_left_out() -> None:
    found = years(["2019", "2020", "2021"], ["open", "closed", "open"])
    assert [y.facilities for y in found.of_rule("r")] == [1, 1, 2]
    assert found.years[-1] == 2021


def test_years_can_be_chosen() -> None:
    found = years(["2018", "2019", "2020"], years=[2019])
    assert [(y.year, y.facilities) for y in found.of_rule("r")] == [(2019, 2)]


def test_without_any_date_there_is_no_year() -> None:
    assert timeline(study(ROWS), standard(RADIUS_500)).results == ()


@given(st.lists(st.integers(2015, 2020), min_size=3, max_size=3))
def test_no_year_covers_fewer_and_the_last_is_the_assessment(dates: list[int]) -> None:
    found = years([str(date) for date in dates]).of_rule("w")
    met = [y.residents_met for y in found]
    assert met == sorted(met)
    assert met[-1] == assess(study(ROWS), standard(WALK_5)).result("w").residents_met
