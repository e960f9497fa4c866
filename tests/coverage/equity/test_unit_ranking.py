"""The league table on the tiny town."""

from __future__ import annotations

import pandas as pd
import pytest

from coverage.assessment import assess
from coverage.equity.unit_ranking import league
from tests.coverage.tiny_town import RADIUS_500, WALK_5, standard, study

PRESENCE = 'id = "p"\ncheck = "presence"\ntier = "station"\nserves = ["station"]\nunit = "community"'


def table(rows: list[tuple[str, float]], *rules: str, level: str = "community") -> pd.DataFrame:
    done = assess(study(rows), standard(*rules))
    return league(done.results, done.measured, level=level)


def test_units_are_ranked_by_the_share_of_residents_who_miss_nothing() -> None:
    found = table([("station", 500)], RADIUS_500)
    assert found["name"].tolist() == ["西苑社区", "东庄村"]
    assert found["rank"].tolist() == [1, 2]
    assert found["residents_missed"].tolist() == [0.0, 1000.0]
    assert found["share"].tolist() == pytest.approx([1.0, 1 / 11])


def test_a_resident_who_misses_two_rules_is_missed_once() -> None:
    assert table([("station", 500)], RADIUS_500, WALK_5)["residents_missed"].tolist() == [0.0, 1000.0]


def test_rules_are_counted_by_verdict() -> None:
    found = table([("station", 500)], RADIUS_500, PRESENCE).set_index("name")
    assert found.loc["西苑社区", ["rules_met", "rules_nearly", "rules_not"]].tolist() == [2, 0, 0]
    assert found.loc["东庄村", ["rules_met", "rules_nearly", "rules_not"]].tolist() == [0, 0, 2]


def test_equal_units_share_the_rank() -> None:
    found = table([("clinic", 0)], RADIUS_500)
    assert found["rank"].tolist() == [1, 1]
    assert found["residents_missed"].tolist() == [1000.0, 1100.0]


def test_districts_sum_to_the_city() -> None:
    found = table([("station", 500)], RADIUS_500, level="district")
    assert found[["residents", "residents_missed"]].to_numpy().tolist() == [[2100.0, 1000.0]]


def test_without_such_units_the_table_is_empty() -> None:
    done = assess(study([("station", 500)], with_units=False), standard(RADIUS_500))
    assert league(done.results, done.measured).empty
