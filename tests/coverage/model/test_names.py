"""Unit names as lists write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.model.names import match_units, unit_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("中华门街道", "中华门街道办"),
        ("中华门街道", "中华门（原双塘）街道"),
        ("横溪街道", "横溪街道党工委"),
        ("东山镇", "东山镇人民政府"),
        ("上峰村", "上峰行政村"),
        ("马群·花园社区", "马群花园社区居民委员会"),
        ("ＡＢ社区", "ab 社区"),
    ],
)
def test_two_spellings_are_one_unit(one: str, other: str) -> None:
    assert unit_key(one) == unit_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("东区", "东村"), ("第一社区", "第二社区"), ("江宁区", "江北新区")]
)
def test_two_units_stay_two(one: str, other: str) -> None:
    assert unit_key(one) != unit_key(other)


@pytest.mark.parametrize(
    ("declared", "row"),
    [
        ("南京市秦淮区中华门街道", 0),
        ("秦淮区中华门", 0),
        ("江苏省南京市江宁区东山街道办事处", 1),
        ("东山街道", 1),
        ("市镇村", 2),
        ("小市街道", 3),
        ("高乡村", 4),
        ("镇", -1),
        (" ", -1),
        ("秦淮区", -1),
    ],
)
def test_what_stands_above_a_unit_may_stand_before_its_name(declared: str, row: int) -> None:
    names = ["中华门街道", "东山街道", "市镇村", "小市街道", "高乡村"]
    assert match_units([declared], names, parents_declared=[""], parents=[""] * 5) == [row]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.text("东西南北中和平街道镇乡村社区市县 ", min_size=1, max_size=7), max_size=6))
def test_a_name_that_is_there_once_is_found(names: list[str]) -> None:
    found = match_units(names, names, parents_declared=[""] * len(names), parents=[""] * len(names))
    keys = [unit_key(name) for name in names]
    for row, name in enumerate(names):
        if name.strip() and keys.count(keys[row]) == 1:
            assert found[row] == row
