"""The options of `suggest`, as typed, to a siting request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commands.suggest import SuggestOptions, quota, request_of
from core.errors import SettingError
from jobs.siting.request import FROM_LIST, PlanConditions, UnitQuota

PLAIN = SuggestOptions(tier="station")


def test_without_options_five_sites_are_wanted_and_no_condition() -> None:
    request = request_of(PLAIN)
    assert (request.count, request.conditions, request.candidates) == (5, PlanConditions(), None)


def test_with_a_budget_alone_the_budget_says_how_many() -> None:
    assert request_of(replace(PLAIN, budget=10.0)).count is None
    assert request_of(replace(PLAIN, budget=10.0, count="3")).count == 3


def test_options_go_before_the_file_and_lists_are_joined(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('spacing_m = 300\nrequired = ["a"]\n[money]\nbudget = 5')
    request = request_of(replace(PLAIN, conditions=file, spacing=500.0, require=("b",)))
    assert request.conditions == PlanConditions(required=("a", "b"), spacing_m=500.0, budget=5.0)


def test_a_source_that_is_no_word_is_a_file() -> None:
    assert request_of(replace(PLAIN, candidates_from="crossings")).source == "crossings"
    assert request_of(replace(PLAIN, candidates_from="land.csv")).candidates == Path("land.csv")


def test_two_numbers_belong_to_two_tiers() -> None:
    request = request_of(replace(PLAIN, tier="centre+station", count="2+8"))
    assert (request.tiers, request.count, request.second_count) == (("centre", "station"), 2, 8)
    with pytest.raises(SettingError, match=r"centre\+station"):
        request_of(replace(PLAIN, count="2+8"))


@pytest.mark.parametrize("count", ["0", "-1", "many", "1+2+3", "2.5"])
def test_a_number_that_is_none_is_refused(count: str) -> None:
    with pytest.raises(SettingError, match="is not a number of sites"):
        request_of(replace(PLAIN, count=count))


def test_a_quota_is_one_unless_it_says_more() -> None:
    assert quota("street") == UnitQuota("street", most=1)
    assert quota("community:2") == UnitQuota("community", most=2)
    for wrong in ("street:x", "house"):
        with pytest.raises(SettingError):
            quota(wrong)


def test_new_ones_alone_are_counted_when_asked() -> None:
    assert request_of(replace(PLAIN, new_per_unit="street")).conditions.quotas == (
        UnitQuota("street", most=1, only_new=True),
    )


def test_a_capacity_is_a_number_or_the_lists() -> None:
    assert request_of(replace(PLAIN, capacity="500")).conditions.capacity == 500.0
    assert request_of(replace(PLAIN, capacity="list")).conditions.capacity == FROM_LIST
    with pytest.raises(SettingError, match="neither a number"):
        request_of(replace(PLAIN, capacity="big"))
