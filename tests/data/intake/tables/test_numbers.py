"""Numbers and dates in disguise."""

import datetime
import math

import pytest

from data.intake.tables.numbers import Kind, is_ditto, is_missing, parse_date, parse_number

NUMBERS = [
    (1200, 1200, "exact"),
    ("１，２００", 1200, "exact"),
    ("1,200", 1200, "exact"),
    ("1 200", 1200, "exact"),
    ("12人", 12, "exact"),
    ("300㎡", 300, "exact"),
    ("120张", 120, "exact"),
    ("1.2万人", 12000, "exact"),
    ("约300", 300, "about"),
    ("约 1,200 人", 1200, "about"),
    ("300余", 300, "about"),
    ("近5万", 50000, "about"),
    ("0", 0, "exact"),
    ("-5", -5, "exact"),
    ("1.5e3", 1500, "exact"),
    (0.5, 0.5, "exact"),
]
DATES = [
    ("2019年5月", "2019-05"),
    ("2019", "2019"),
    (2019, "2019"),
    ("2019-05-01", "2019-05-01"),
    (43586, "2019-05-01"),
    ("2019.5.1", "2019-05-01"),
    ("201905", "2019-05"),
    ("2019年5月1日", "2019-05-01"),
    ("", ""),
    ("－", ""),
    (datetime.date(2019, 5, 1), "2019-05-01"),
    (datetime.datetime(2019, 5, 1, 8), "2019-05-01"),
    ("2019-13-01", None),
    ("去年", None),
    (3, None),
]


@pytest.mark.parametrize(("cell", "value", "kind"), NUMBERS)
def test_number(cell, value, kind):
    reading = parse_number(cell)
    assert reading.value == pytest.approx(value) and reading.kind == kind


@pytest.mark.parametrize(
    "cell", [None, "", "－", "-", "——", "无", "暂无", "/", "N/A", float("nan"), "#N/A", "待补"]
)
def test_missing(cell):
    assert parse_number(cell).kind is Kind.MISSING


@pytest.mark.parametrize("cell", ["三百", "100-200", "abc", True, "1,20", "12 34"])
def test_what_is_no_number_is_not_guessed(cell):
    reading = parse_number(cell)
    assert reading.kind is Kind.UNREADABLE and math.isnan(reading.value)


@pytest.mark.parametrize(("cell", "stamp"), DATES)
def test_date(cell, stamp):
    assert parse_date(cell) == stamp


def test_ditto_is_not_missing():
    assert is_ditto("同上") and not is_missing("同上")
