"""Choices written as JSON and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import InputError
from coverage.model.edits import AddStreet, Close, Open
from jobs.siting.request import PlanConditions, SitingRequest, UnitQuota
from jobs.study.cases import OwnLists, StudyFiles
from ui.shell.choices import Choices, ListInUse
from ui.shell.session import from_plain, to_plain

PLAIN = (
    some.none()
    | some.booleans()
    | some.integers(-(2**53), 2**53)
    | some.floats(allow_nan=False)
    | some.text()
)


def again(value: object) -> object:
    return from_plain(json.loads(json.dumps(to_plain(value))))


@given(some.recursive(PLAIN, lambda part: some.lists(part) | some.tuples(part, part), max_leaves=8))
def test_what_is_written_is_read_again(value: object) -> None:
    assert again(value) == value


def test_choices_come_back_whole(tmp_path: Path) -> None:
    a, b = tmp_path / "甲.csv", tmp_path / "乙.tif"
    a.touch()
    b.touch()
    wish = SitingRequest("station", 3, conditions=PlanConditions(quotas=(UnitQuota("street", most=1),)))
    lists = ListInUse(OwnLists((a,), "wgs84", True), ("甲.csv",), 12)
    chosen = Choices("zh", city=StudyFiles((a,), b, a, name="某市"), lists=lists, wish=wish, wish_is_own=True)
    assert again(chosen) == chosen


def test_edits_come_back_whole() -> None:
    edits = (Open("new-1", "甲", "station", 1.5, 2.5), Close("f1"), AddStreet(((0.0, 1.0), (2.0, 3.0))))
    assert again({"city": edits}) == {"city": edits}


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone"):
        again(tmp_path / "gone.csv")


@pytest.mark.parametrize("name", ["os:system", "ui.shell.choices:choices", "ui.nothing:Class", "None"])
def test_only_our_own_dataclasses_are_made(name: str) -> None:
    with pytest.raises(InputError):
        from_plain({"class": name, "fields": {}})


def test_a_field_of_another_version_is_left_out() -> None:
    plain = to_plain(Choices("en"))
    plain["fields"]["of another version"] = 1
    assert from_plain(plain) == Choices("en")
