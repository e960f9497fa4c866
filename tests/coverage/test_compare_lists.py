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


@given(st.lists(st.tuples(st.sampled_from("甲乙丙丁"), st.integers(0, 5000)), max_size=8), st.integers(0, 7))
def test_every_facility_is_in_one_row(rows, cut):
    listed, known = rows[:cut], rows[cut:]
    table = compare_lists(names(*listed), names(*known), alike=Alike(similarity=0.9))
    assert (table["facility_id"] != "").sum() == len(listed)
    assert (table["map_id"] != "").sum() == len(known)
