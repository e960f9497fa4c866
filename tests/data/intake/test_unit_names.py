"""Names of units in a list that the units do not have, and columns that contradict each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.text import Text
from coverage.model.tables import UnitTable
from data.intake.unit_names import report_unit_names
from tests.data.units.layouts import city, frame

Found = list[tuple[int, str, str, str]]


def findings(*rows: tuple[str, str, str]) -> Found:
    """(row, code, field, sentence) for rows of (district, street, community)."""
    units = city()
    code_of = {unit.name: unit.code for unit in units}
    table = frame(
        units,
        lambda unit: {
            "unit_id": unit.code,
            "name": unit.name,
            "level": unit.level,
            "settlement": unit.settlement,
            "parent_id": code_of.get(unit.parent, ""),
        },
    )
    listed = pd.DataFrame(rows, columns=["district", "street", "community"])
    found: Found = []

    def report(row: int, _level: str, code: str, message: Text, field: str) -> None:
        found.append((row, code, field, str(message)))

    report_unit_names(listed, np.arange(len(listed)), UnitTable(table), report)
    return found


def test_names_that_the_units_have_in_any_spelling_are_not_reported() -> None:
    assert (
        findings(
            ("玄武区", "梅园新村街道办事处", "梅园甲社区居委会"),
            ("秦淮", "红花镇人民政府", "红花村村民委员会"),
            ("", "", ""),
            ("玄武区", "梅园新村街道", "梅园甲社区、梅园乙社区"),
        )
        == []
    )


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        (("白下区", "洪武路街道", ""), "district", "no district called “白下区”, which 1 row names"),
        (("玄武区", "玄武门街道", ""), "street", "“玄武门街道”"),
        (("玄武区", "梅园新村街道", "梅园已社区"), "community", "the nearest name is 梅园"),
        (("秦淮区", "红花镇", "红花社区"), "community", "the nearest name is 红花村"),
        (("秦淮区", "红花街道", ""), "street", "the nearest name is 红花镇"),
        (("玄武区", "", "梅园甲社区、北京社区"), "community", "“北京社区”"),
    ],
)
def test_a_name_that_no_unit_has_is_a_finding(row: tuple[str, str, str], field: str, said: str) -> None:
    found = [one for one in findings(row) if one[1] == "unit-name"]
    assert [one[2] for one in found] == [field]
    assert said in found[0][3]


def test_a_name_in_many_rows_is_one_finding_at_the_first() -> None:
    found = findings(*[("白下区", "洪武路街道", "")] * 5)
    assert [(row, code) for row, code, _, _ in found] == [(0, "unit-name")]
    assert "5 rows name" in found[0][3]


def test_a_street_of_another_district_is_a_contradiction() -> None:
    found = findings(("玄武区", "洪武路街道", "洪武甲社区"), ("秦淮区", "洪武路街道", ""))
    assert [(row, code, field) for row, code, field, _ in found] == [(0, "unit-contradiction", "district")]
    assert "洪武路街道 belongs to 玄武区; by the units it belongs to 秦淮区" in found[0][3]
