"""conditions.toml: what is understood, and what is refused with line, key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InputError
from jobs.siting.request import FROM_LIST, PlanConditions, UnitQuota, parse_conditions, read_conditions

EVERYTHING = """
required = ["北苑空地", "118.79, 32.06"]
forbidden = ["旧粮站"]
spacing_m = 800
backup = 0.3
capacity = "list"
[money]
budget = 12_000_000
cost = 2_000_000
[money.costs]
"北苑空地" = 3_000_000
[relocate]
close = 2
closable = ["西苑社区服务站"]
[[quota]]
unit = "street"
most = 1
units = ["南街道"]
[[quota]]
unit = "community"
least = 1
most = 3
only_new = true
[weights]
elderly = 2
[load]
band = [1000, 5000]
"""


TWO_QUOTAS = '[[quota]]\nunit = "street"\nmost = 1\n[[quota]]\nunit = "street"\nleast = 3\nmost = 2'


def test_everything_is_understood() -> None:
    assert parse_conditions(EVERYTHING, source="c.toml") == PlanConditions(
        required=("北苑空地", "118.79, 32.06"),
        forbidden=("旧粮站",),
        close=2,
        closable=("西苑社区服务站",),
        budget=12e6,
        cost=2e6,
        costs=(("北苑空地", 3e6),),
        spacing_m=800.0,
        quotas=(
            UnitQuota("street", most=1, units=("南街道",)),
            UnitQuota("community", least=1, most=3, only_new=True),
        ),
        weights=(("elderly", 2.0),),
        backup=0.3,
        capacity=FROM_LIST,
        band=(1000.0, 5000.0),
    )


def test_an_empty_file_asks_for_nothing() -> None:
    assert parse_conditions("", source="c.toml") == PlanConditions()


def test_the_standards_band_can_be_asked_for() -> None:
    assert parse_conditions('[load]\nband = "standard"', source="c.toml").within_band


@pytest.mark.parametrize(
    ("content", "line", "key", "allowed"),
    [
        ("spacing = 5", 1, "spacing", "spacing_m"),
        ('spacing_m = "far"', 1, "spacing_m", "a number from 0 to 100000"),
        ("backup = 2", 1, "backup", "from 0 to 1"),
        ('capacity = "much"', 1, "capacity", '"list"'),
        ("required = [1]", 1, "required", "list of names"),
        ("\n[money]\nbudget = -1", 3, "budget", "from 0"),
        ("[money]\ncosts = 3", 2, "costs", "[money.costs]"),
        ("[money.costs]\na = true", 2, "a", "a number"),
        ("[relocate]\nclose = 1.5", 2, "close", "whole number"),
        ("[relocate]\nmany = 1", 2, "many", "closable, close"),
        ('[[quota]]\nunit = "house"', 2, "unit", "district, street, community"),
        ('[[quota]]\nunit = "street"', 1, "most", "most or least"),
        (TWO_QUOTAS, 7, "most", "(3)"),
        ("quota = 3", 1, "quota", "[[quota]]"),
        ("[weights]\nelderly = 0", 2, "elderly", "from 0.01"),
        ("[load]\nband = [5, 1]", 2, "band", "[1000, 5000]"),
        ("[load]\nband = true", 2, "band", "standard"),
        ("[load]\nlow = 1", 2, "low", "band"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_place_and_what_is_allowed(
    content: str, line: int, key: str, allowed: str
) -> None:
    with pytest.raises(InputError) as refused:
        parse_conditions(content, source="c.toml")
    said = str(refused.value)
    assert said.startswith(f"c.toml, line {line}, key “{key}”")
    assert allowed in said


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml"):
        read_conditions(tmp_path / "none.toml")
    (tmp_path / "gbk.toml").write_bytes("a = '中'".encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        read_conditions(tmp_path / "gbk.toml")
    (tmp_path / "broken.toml").write_text("[money")
    with pytest.raises(InputError, match=r"broken\.toml"):
        read_conditions(tmp_path / "broken.toml")


def test_what_is_said_later_goes_first_and_lists_are_joined() -> None:
    first = PlanConditions(required=("a",), spacing_m=5.0, budget=3.0)
    both = first.with_more(PlanConditions(required=("b",), spacing_m=7.0))
    assert both == PlanConditions(required=("a", "b"), spacing_m=7.0, budget=3.0)
