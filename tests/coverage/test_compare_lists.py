from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.compare_lists import Alike, Names, compare_lists, similarity


def names(*rows):
    """(name, x) or (name, x, closed)."""
    return Names(
        tuple(f"{name}@{x}" for name, x, *_ in rows),
        tuple(name for name, *_ in rows),
        np.array([(x, 0.0) for _, x, *_ in rows], float).reshape(-1, 2),
        np.array([bool(closed) for _, _, *closed in rows], bool),
    )


def results(listed, known, **options):
    table = compare_lists(names(*listed), names(*known), **options)
    return list(zip(table["result"], table["name"], table["map_name"], strict=True))


@pytest.mark.parametrize(
    ("metres", "result"), [(0, "same"), (150, "same"), (150.1, "elsewhere"), (3000, "elsewhere")]
)
def test_how_far_apart_decides_between_in_place_and_elsewhere(metres, result):
    assert results([("梅园社区服务站", 0)], [("梅园社区服务站", metres)])[0][0] == result


def test_beyond_the_farthest_a_name_is_another_facility():
    found = results([("梅园社区服务站", 0)], [("梅园社区服务站", 3001)])
    assert [result for result, _, _ in found] == ["only_list", "only_map"]


def test_what_the_map_calls_closed_is_said_even_in_place():
    assert results([("老图书馆", 0)], [("老图书馆", 10, True)])[0][0] == "closed"


def test_what_is_closed_on_the_map_and_not_in_the_list_needs_no_word():
    assert results([], [("老图书馆", 0, True)]) == []


def test_the_most_alike_pair_comes_first_and_each_is_used_once():
    listed = [("梅园社区服务站", 0), ("梅园社区服务站二", 0)]
    known = [("梅园社区服务站二", 100)]
    assert results(listed, known) == [
        ("only_list", "梅园社区服务站", ""),
        ("same", "梅园社区服务站二", "梅园社区服务站二"),
    ]


def test_of_equally_alike_names_the_nearest_is_meant():
    table = compare_lists(names(("北站", 0)), names(("北站", 90), ("北站", 40)))
    assert table["metres"].tolist()[0] == 40


def test_spellings_of_one_name_are_alike_and_two_names_are_not():
    assert similarity("梅园社区服务站", "梅园社区服务站（公共）") >= 0.7
    assert similarity("Central Library", "Library Central") == 1.0
    assert similarity("梅园社区服务站", "玄武区图书馆") < 0.5


@pytest.mark.parametrize(
    ("listed", "mapped", "metres"),
    [
        ("戊社区服务站", "己社区服务站", 2500),
        ("和平社区一公共服务站", "和平社区二公共服务站", 30),
        ("阳光花园东区社区服务站", "阳光花园西区社区服务站", 30),
        ("鼓楼区湖南路社区服务站", "鼓楼区云南路社区服务站", 1800),
        ("阳光小区南区社区服务站", "阳光小区北区社区服务站", 400),
        ("梅园第三社区服务站", "梅园第四社区服务站", 30),
        ("梅园公共服务中心", "梅园公共服务站", 30),
        ("North Bridge Library", "South Bridge Library", 30),
        ("Riverside Library 1", "Riverside Library 2", 30),
        ("红花村公共服务站", "红花公共服务站", 900),
    ],
)
def test_names_that_one_sign_tells_apart_are_two_facilities(listed, mapped, metres):
    found = results([(listed, 0)], [(mapped, metres)])
    assert [result for result, _, _ in found] == ["only_list", "only_map"]


@pytest.mark.parametrize(
    ("listed", "mapped"),
    [
        ("秦淮区梅园社区服务站", "梅园社区服务站"),
        ("南京市梅园社区服务站", "梅园社区服务站"),
        ("梅园社区公共服务站", "梅园社区服务站"),
        ("和平第二社区服务站", "和平二社区服务站"),
        ("Central Library", "Library, Central"),
    ],
)
def test_spellings_of_one_name_are_one_facility_far_away_too(listed, mapped):
    assert results([(listed, 0)], [(mapped, 900)])[0][0] == "elsewhere"


def test_a_slip_of_the_pen_is_forgiven_nearby_only():
    written, known = "阳光花园社区服务站", "阳光华园社区服务站"
    assert results([(written, 0)], [(known, 100)])[0][0] == "same"
    assert results([(written, 0)], [(known, 1000)])[0][0] == "only_list"


@given(st.lists(st.tuples(st.sampled_from("甲乙丙丁"), st.integers(0, 5000)), max_size=8), st.integers(0, 7))
def test_every_facility_is_in_one_row(rows, cut):
    listed, known = rows[:cut], rows[cut:]
    table = compare_lists(names(*listed), names(*known), alike=Alike(similarity=0.9))
    assert (table["facility_id"] != "").sum() == len(listed)
    assert (table["map_id"] != "").sum() == len(known)
