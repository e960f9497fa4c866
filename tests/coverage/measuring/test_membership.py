"""Who belongs to which unit."""

from __future__ import annotations

import numpy as np
import pytest

from coverage.measuring.membership import SLIVER_M, locate, locate_facilities
from coverage.model.names import match_units, unit_key
from tests.coverage.tiny_town import EAST, NORTH, facilities, grid, units


def test_cells_take_their_community_and_its_parents() -> None:
    members = locate(units(), grid().xy)
    names = units().frame["name"].to_numpy()
    assert names[members.rows["community"][0]] == "西苑社区"
    assert names[members.rows["community"][20]] == "东庄村"
    assert (members.rows["street"] == 1).all()
    assert (members.rows["district"] == 0).all()
    assert members.settlement[[0, 20]].tolist() == ["urban", "rural"]


def test_a_point_on_a_common_border_belongs_to_the_first_unit() -> None:
    members = locate(units(), np.asarray([[EAST + 950.0, NORTH]]))
    assert members.rows["community"].tolist() == [2]


def test_a_point_in_a_sliver_belongs_to_the_nearest_unit_and_far_ones_to_none() -> None:
    near, far = NORTH + 500 + SLIVER_M, NORTH + 501 + SLIVER_M
    members = locate(units(), np.asarray([[EAST, near], [EAST, far]]))
    assert members.rows["community"].tolist() == [2, -1]
    assert members.rows["district"].tolist() == [0, -1]


def test_a_declared_unit_comes_before_the_place() -> None:
    table = facilities([("station", 100), ("station", 100)], community=["东庄", ""])
    assert locate_facilities(units(), table).rows["community"].tolist() == [3, 2]


def test_without_units_nothing_is_known() -> None:
    members = locate(None, grid().xy)
    assert members.rows == {}
    assert set(members.settlement) == {""}


@pytest.mark.parametrize(
    ("one", "other"),
    [("中华门街道", "中华门街道办事处"), ("ＡＢ社区", "AB 社区居委会"), ("东庄村", "东庄村村民委员会")],
)
def test_spellings_of_one_unit_have_one_key(one: str, other: str) -> None:
    assert unit_key(one) == unit_key(other)


def test_units_of_one_name_are_told_apart_by_their_parent() -> None:
    names, parents = ["和平社区", "和平社区"], ["甲街道", "乙街道"]
    assert match_units(["和平"], names, parents_declared=["乙街"], parents=parents) == [-1]
    assert match_units(["和平"], names, parents_declared=["乙街道"], parents=parents) == [1]
    assert match_units(["和平"], names, parents_declared=[""], parents=parents) == [-1]
