"""Complete communities of the tiny town: W holds x = 0 … 900, E the rest, 100 residents every 100 m."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from coverage.assessment import assess
from coverage.equity.complete_community import community_table, need_states, need_table
from coverage.publish.measures import measures_of
from data.parse_standard import parse_standard
from tests.coverage.tiny_town import RADIUS_500, study

HEAD = f'id = "t"\n[walking]\nspeed_kmh = 6.0\n[[rule]]\n{RADIUS_500}\n'
SHOP = '[[need]]\nid = "shop"\nzh = "超市"\nserves = ["shop"]\nleast_m2 = 300\nfigure_m = 500\n'
HALL = '[[need]]\nid = "hall"\nserves = ["hall"]\nleast_m2 = 300\n'


def tables(needs: str, *rows: tuple[str, float, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    city = study([(tier, x) for tier, x, _ in rows], area_m2=[size for _, _, size in rows])
    measured = assess(city, parse_standard(HEAD + needs, source="t.toml")).measured
    found = need_states(measured)
    return need_table(found, measured), community_table(found, measured)


def states(needs: str, *rows: tuple[str, float, float]) -> dict[str, str]:
    table, _ = tables(needs, *rows)
    return dict(zip(table["unit_id"], table["state"], strict=True))


@pytest.mark.parametrize(
    ("rows", "west", "east"),
    [
        ([("shop", 450.0, 300.0)], "met", "absent"),  # 0 … 950: the boundary of size counts
        ([("shop", 450.0, 299.0)], "too small", "absent"),
        ([("shop", 450.0, np.nan)], "not stated", "absent"),
        ([("shop", 300.0, 300.0)], "too far", "absent"),  # 900 is 600 m away
        ([("shop", 0.0, 300.0)], "too far", "absent"),
        ([("shop", 500.0, 300.0)], "met", "too far"),  # 1000 is 500 m away, 1100 is not
        ([("shop", 450.0, 299.0), ("shop", 450.0, np.nan)], "not stated", "absent"),
        ([("station", 450.0, 300.0)], "absent", "absent"),
    ],
)
def test_states_of_a_need_with_a_walk(rows: list[tuple[str, float, float]], west: str, east: str) -> None:
    found = states(SHOP, *rows)
    assert (found["W"], found["E"]) == (west, east)


@pytest.mark.parametrize(
    ("size", "west"), [(300.0, "met"), (299.0, "too small"), (np.nan, "not stated")]
)  # fmt: skip
def test_without_a_walk_it_stands_in_the_community(size: float, west: str) -> None:
    found = states(HALL, ("hall", 0.0, size))
    assert (found["W"], found["E"]) == (west, "absent")


def test_a_share_of_the_residents_may_be_enough() -> None:
    assert states(SHOP + "least_share = 0.9\n", ("shop", 300.0, 300.0))["W"] == "met"  # nine of ten cells
    assert states(SHOP + "least_share = 0.91\n", ("shop", 300.0, 300.0))["W"] == "too far"


def test_the_share_of_complete_communities_adds_up_over_the_levels() -> None:
    needs, units = tables(SHOP + HALL, ("shop", 450.0, 400.0), ("hall", 0.0, 400.0))
    by_id = units.set_index("unit_id")
    assert by_id.loc["W", "complete"] == 1
    assert by_id.loc["E", "missing"] == "shop: absent; hall: absent"
    for unit in ("", "D", "S"):
        assert (by_id.loc[unit, "communities"], by_id.loc[unit, "complete"]) == (2, 1)
    assert set(needs["state"]) == {"met", "absent", "too far"}
    assert by_id.loc["", "missing"] == "shop: too far"  # the whole as one: it has a hall somewhere


def test_without_units_the_whole_is_judged_as_one() -> None:
    city = study([("shop", 1_000.0)], with_units=False, area_m2=[500.0])
    done = assess(city, parse_standard(HEAD + SHOP.replace("500", "1000"), source="t.toml"))
    made = measures_of(done)
    assert made["complete_needs"]["state"].tolist() == ["met"]
    assert made["complete_communities"]["needs_met"].tolist() == [1]


def test_a_standard_without_needs_has_no_such_tables() -> None:
    done = assess(study([("station", 500.0)]), parse_standard(HEAD, source="t.toml"))
    assert "complete_needs" not in measures_of(done)


@pytest.mark.parametrize("wrong", ["figure = 3", 'least_m2 = "x"', 'size = "roof"', "figure_m = 0"])
def test_a_wrong_need_is_refused_with_its_key(wrong: str) -> None:
    with pytest.raises(InputError, match=wrong.split(" ")[0]):
        parse_standard(HEAD + HALL.replace("least_m2 = 300\n", "") + wrong, source="t.toml")
