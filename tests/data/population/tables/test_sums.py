"""Residents where no column holds them all, but several make up everybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from data.population import Reading, read_population
from data.population.tables.heads import everybody, understood
from tests.data.population.test_layouts import ELDERLY, PEOPLE, PLACE, TOTAL, table

FIVE_YEARS = {f"{age}-{age + 4}岁": PEOPLE / 20 for age in range(0, 95, 5)}
SUMS: dict[str, dict[str, np.ndarray]] = {
    "men and women": {"男": PEOPLE * 0.6, "女": PEOPLE * 0.4},
    "with their numbers": {"男性人口": PEOPLE * 0.6, "女性人口": PEOPLE * 0.4, "性别比(女=100)": PEOPLE},
    "letters": {"M": PEOPLE * 0.6, "F": PEOPLE * 0.4},
    "in English": {"pop_male": PEOPLE * 0.6, "pop_female": PEOPLE * 0.4},
    "in ten thousands": {"男（万人）": PEOPLE * 6e-5, "女（万人）": PEOPLE * 4e-5},
    "the later census": {
        "2010年男": PEOPLE, "2010年女": PEOPLE, "2020年男": PEOPLE * 0.6, "2020年女": PEOPLE * 0.4,
    },
    "town and country": {"城镇人口": PEOPLE * 0.6, "农村人口": PEOPLE * 0.4},
    "urban and rural": {"urban_pop": PEOPLE * 0.6, "rural_pop": PEOPLE * 0.4},
    "households and institutions": {
        "家庭户户数": PEOPLE / 3, "集体户户数": PEOPLE, "家庭户人口": PEOPLE * 0.9, "集体户人口": PEOPLE / 10,
    },
    "registered and not": {"常住户籍人口": PEOPLE * 0.7, "常住非户籍人口": PEOPLE * 0.3},
    "three ages": {"0-14岁": PEOPLE * 0.2, "15-64岁": PEOPLE * 0.6, "65岁及以上": PEOPLE * 0.2},
    "ages that overlap": {
        "0-14": PEOPLE * 0.2, "0-17": PEOPLE / 4, "15-59": PEOPLE * 0.6, "60+": PEOPLE / 5, "65+": PEOPLE / 9,
    },
    "the census's ages": {
        "0岁": PEOPLE / 100, "1-4岁": PEOPLE * 0.04, **{k: v for k, v in FIVE_YEARS.items() if k != "0-4岁"},
        "95-99岁": PEOPLE * 0.04, "100岁及以上": PEOPLE / 100,
    },
    "ages by sex": {
        f"{sex}_{age}": PEOPLE / 36 for sex in "mf" for age in (0, 1, *range(5, 85, 5))
    },
    "ages of both ends by sex": {
        f"pop_{sex}_{ages}": PEOPLE / 8 for sex in "mf" for ages in ("0_14", "15_59", "60_79", "80_plus")
    },
    "a density beside": {"人口密度": PEOPLE * 90, "男": PEOPLE * 0.6, "女": PEOPLE * 0.4},
}  # fmt: skip


@pytest.mark.parametrize("layout", SUMS)
def test_columns_that_make_up_everybody_are_added(tmp_path: Path, layout: str) -> None:
    read = read_population(table(tmp_path, PLACE.assign(**SUMS[layout])))
    assert read.grid.total == pytest.approx(TOTAL)
    assert " + " in read.read[0].column
    assert "added up" in str(read.read[0].why)


def test_a_column_of_everybody_goes_before_the_sum_and_a_contradiction_is_reported(tmp_path: Path) -> None:
    frame = PLACE.assign(常住人口=PEOPLE, 男=PEOPLE * 0.6, 女=PEOPLE * 0.6)
    read = read_population(table(tmp_path, frame))
    assert read.grid.total == pytest.approx(TOTAL)
    (said,) = [one for one in read.findings if one.code == "population-parts"]
    assert f"{TOTAL * 1.2:,.0f}" in str(said.message)


def test_an_empty_cell_counts_nobody_and_a_word_leaves_the_row_out(tmp_path: Path) -> None:
    frame = PLACE.assign(男=[f"{p:g}" for p in PEOPLE], 女=["", "-", "不详", *["0"] * 27])
    read = read_population(table(tmp_path, frame))
    assert read.grid.total == pytest.approx(TOTAL - PEOPLE[2])
    assert {one.code for one in read.findings} == {"population-parts", "unusable-value"}


def test_a_sum_is_asked_for_by_its_columns(tmp_path: Path) -> None:
    path = table(tmp_path, PLACE.assign(常住人口=PEOPLE * 3, 甲=PEOPLE * 0.6, 乙=PEOPLE * 0.4))
    assert read_population(path, reading=Reading(column="甲 + 乙")).grid.total == pytest.approx(TOTAL)
    with pytest.raises(InputError, match="there is no column 甲 \\+ 丙"):
        read_population(path, reading=Reading(column="甲 + 丙"))


def test_the_elderly_come_along_with_the_ages(tmp_path: Path) -> None:
    ages = {"0-14岁": PEOPLE * 0.2, "15-59岁": PEOPLE * 0.6, "60岁及以上": PEOPLE * 0.2}
    read = read_population(table(tmp_path, PLACE.assign(**ages)))
    assert read.grid.groups["elderly"].sum() == pytest.approx(ELDERLY)


@pytest.mark.parametrize(
    "titles",
    [
        ("男",),
        ("男", "女", "男"),
        ("男教师", "女教师"),
        ("0-14岁", "60岁及以上"),
        ("城镇化率", "乡村"),
        ("家庭户数", "集体户数"),
    ],
)
def test_columns_that_do_not_make_up_everybody_are_not_added(titles: tuple[str, ...]) -> None:
    assert not everybody(map(understood, titles))
