"""The same place twice."""

import time

import numpy as np
import pandas as pd

from data.intake.duplicates import find_duplicates

DEGREE_M = 111_320.0


def facilities(*rows):
    """(name, tier, metres east, metres north) around a place in Nanjing."""
    return pd.DataFrame(
        {
            "name": [row[0] for row in rows],
            "tier": [row[1] for row in rows],
            "lon": [118.78 + row[2] / DEGREE_M / np.cos(np.radians(32.05)) for row in rows],
            "lat": [32.05 + row[3] / DEGREE_M for row in rows],
        }
    )


def groups(*rows):
    return [(group.rows, group.reason) for group in find_duplicates(facilities(*rows))]


def test_one_name_within_300_metres_is_one_place():
    assert groups(("甲站", "station", 0, 0), ("甲站", "station", 290, 0)) == [((0, 1), "name")]
    assert groups(("甲站", "station", 0, 0), ("甲站", "station", 320, 0)) == []


def test_spelling_and_brackets_do_not_matter():
    assert groups(("甲社区公共服务站", "station", 0, 0), ("甲社区 公共服务站（新）", "station", 50, 0))
    assert groups(("大行宫社区公共服务站", "station", 0, 0), ("大行宫社区公共服务点", "station", 50, 0))


def test_numbers_and_tiers_tell_places_apart():
    assert groups(("甲社区第一服务站", "station", 0, 0), ("甲社区第二服务站", "station", 50, 0)) == []
    assert groups(("甲服务", "station", 0, 0), ("甲服务", "centre", 0, 0)) == []
    for one, other in (("东", "西"), ("南区", "北区"), ("1", "2"), ("（东）", "（西）"), ("A", "B")):
        rows = [(f"阳光花园小区{sign}社区公共服务站", "station", x, 0) for x, sign in ((0, one), (50, other))]
        assert groups(*rows) == []
        rows = [(f"梅园社区公共服务站{sign}", "station", x, 0) for x, sign in ((0, one), (50, other))]
        assert groups(*rows) == []


def test_different_names_at_one_spot_are_told():
    assert groups(("甲站", "station", 0, 0), ("乙丙丁站", "station", 1, 0)) == [((0, 1), "spot")]


def test_a_chain_is_one_group_and_its_width_is_said():
    (group,) = find_duplicates(facilities(*[("甲站", "station", 200 * k, 0) for k in range(3)]))
    assert group.rows == (0, 1, 2) and abs(group.apart_m - 400) < 2


def test_against_what_is_stored_only_new_rows_count():
    new = facilities(("甲站", "station", 0, 0), ("新站", "station", 900, 0))
    stored = facilities(("甲站", "station", 40, 0), ("旧站", "station", 0, 900), ("旧站", "station", 0, 950))
    assert [(group.rows, group.stored) for group in find_duplicates(new, stored)] == [((0,), ("甲站",))]


def test_rows_without_a_place_are_passed_over():
    frame = facilities(("甲站", "station", 0, 0), ("甲站", "station", 0, 0))
    frame.loc[1, "lon"] = np.nan
    assert find_duplicates(frame) == ()


def test_thousands_of_rows_at_one_point_are_one_finding_and_cost_little():
    count = 20_000
    names = [f"第{k}社区服务站" for k in range(count // 2)] + ["某社区服务站"] * (count // 2)
    jitter = np.random.default_rng(1).uniform(0, 5e-6, (count, 2))
    frame = pd.DataFrame(
        {"name": names, "tier": "station", "lon": 118.78 + jitter[:, 0], "lat": 32.05 + jitter[:, 1]}
    )
    begun = time.process_time()
    groups = find_duplicates(frame)
    assert time.process_time() - begun < 10  # about one second of its own; quadratic work would take minutes
    assert {group.reason: len(group.rows) for group in groups} == {"name": count // 2, "spot": count // 2 + 1}
