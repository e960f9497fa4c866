"""Who belongs to which unit."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from coverage.model.membership import DECLARED_M, ground_of, locate, locate_facilities
from coverage.model.names import match_units, unit_key
from coverage.model.tables import UnitTable
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


def table(*rows: tuple[str, str, str, shapely.Geometry]) -> UnitTable:
    """Units as (id, level, parent, outline)."""
    ids, levels, parents, shapes = zip(*rows, strict=True)
    frame = {"unit_id": ids, "name": ids, "level": levels, "settlement": "", "parent_id": parents}
    return UnitTable(gpd.GeoDataFrame(frame, geometry=list(shapes), crs="EPSG:32650"))


def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def at(*xy: tuple[float, float]) -> np.ndarray:
    return np.add(xy, [EAST, NORTH])


def names(units: UnitTable, rows: np.ndarray) -> list[str]:
    ids = units.frame["unit_id"].to_numpy(object)
    return ["" if row < 0 else str(ids[row]) for row in rows]


def test_nobody_outside_the_rim_belongs_to_a_unit_however_near() -> None:
    members = locate(units(), np.asarray([[EAST, NORTH + 501.0], [EAST, NORTH + 700.0]]))
    assert [rows.tolist() for rows in members.rows.values()] == [[-1, -1]] * 3
    assert not members.bridged.any()


@pytest.mark.parametrize(("width", "bridged"), [(40.0, True), (199.0, True), (240.0, False)])
def test_a_river_between_districts_is_bridged_up_to_200_m_to_the_nearest_bank(
    width: float, bridged: bool
) -> None:
    city = table(
        ("A", "district", "", box(0, 0, 1000, 3000)),
        ("B", "district", "", box(1000 + width, 0, 2000, 3000)),
    )
    members = locate(city, at((1000 + width * 0.4, 1500), (1000 + width * 0.6, 1500), (1000 + width / 2, -1)))
    assert names(city, members.rows["district"]) == (["A", "B", ""] if bridged else ["", "", ""])
    assert members.bridged.tolist() == [bridged, bridged, False]
    assert ground_of(city).area == pytest.approx(3e6 + (1000 - width) * 3000 + width * 3000 * bridged)


def test_a_concave_corner_of_the_rim_is_no_gap() -> None:
    city = table(
        ("A", "district", "", box(0, 0, 1000, 3000)), ("B", "district", "", box(1000, 0, 3000, 1000))
    )
    assert names(city, locate(city, at((1005, 1005), (1050, 1400))).rows["district"]) == ["", ""]
    assert ground_of(city).area == pytest.approx(5e6)


def test_a_gap_between_communities_never_moves_anybody_out_of_the_street_around_them() -> None:
    city = table(
        ("A", "street", "", box(0, 0, 1000, 1000)),
        ("B", "street", "", box(1000, 0, 2000, 1000)),
        ("a", "community", "A", box(0, 0, 850, 1000)),
        ("b", "community", "B", box(1000, 0, 2000, 1000)),
    )
    members = locate(city, at((990, 500), (860, 500)))
    assert names(city, members.rows["street"]) == ["A", "A"]
    assert names(city, members.rows["community"]) == ["a", "a"]


def test_where_a_community_is_missing_its_residents_stay_with_the_street() -> None:
    city = table(
        ("A", "street", "", box(0, 0, 2000, 1000)),
        ("a", "community", "A", box(0, 0, 1000, 1000)),
    )
    members = locate(city, at((1010, 500), (1900, 500)))
    assert names(city, members.rows["street"]) == ["A", "A"]
    assert names(city, members.rows["community"]) == ["", ""]


def test_a_street_without_communities_keeps_its_residents_beside_one_that_has_them() -> None:
    city = table(
        ("A", "street", "", box(0, 0, 1000, 1000)),
        ("B", "street", "", box(1000, 0, 2000, 1000)),
        ("a", "community", "A", box(0, 0, 1000, 1000)),
    )
    members = locate(city, at((1010, 500)))
    assert (names(city, members.rows["street"]), names(city, members.rows["community"])) == (["B"], [""])


def test_a_declared_unit_comes_before_the_place() -> None:
    table = facilities([("station", 500), ("station", 500)], community=["东庄", ""])
    assert locate_facilities(units(), table).rows["community"].tolist() == [3, 2]


def test_a_facility_far_from_its_declared_unit_stands_where_it_lies() -> None:
    # The village E begins at x = 950.
    xs = [950 - DECLARED_M, 949 - DECLARED_M]
    table = facilities([("station", x) for x in xs], community=["东庄"] * 2)
    assert locate_facilities(units(), table).rows["community"].tolist() == [3, 2]


def test_a_facility_of_two_communities_stands_for_both() -> None:
    table = facilities([("station", 900)], community=["西苑社区、东庄村"])
    members = locate_facilities(units(), table)
    assert members.rows["community"].tolist() == [2]
    assert sorted(members.units_of("community", np.array([True]))) == [2, 3]


def test_names_are_told_apart_by_kind_and_a_stem_shared_by_several_means_none() -> None:
    names, none = ["红花村", "红花社区", "红花"], [""]

    def of(name: str, known: list[str], level: str = "community") -> int:
        return match_units([name], known, parents_declared=none, parents=[""] * len(known), level=level)[0]

    assert [of(name, names) for name in names] == [0, 1, 2]
    assert of("红花村民委员会", names) == 0
    assert of("红花社区居委会", names) == 1
    assert of("红花镇", ["红花村"]) == -1
    assert of("红花镇", ["红花镇"], "street") == 0
    assert of("红花", ["红花村", "红花社区"]) == -1
    assert of("红花", ["红花村"]) == 0
    assert of("秦淮区红花街道办事处", ["红花街道"], "street") == 0


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
