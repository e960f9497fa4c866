"""Residential land and compounds in the layouts in which offices keep them, each with its truth known."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from core.errors import InputError
from data.population.grounds import GroundFiles, read_grounds

CRS = "EPSG:32650"
EAST, NORTH = 670_000.0, 3_548_000.0


def square(k: int, side: float = 100.0) -> shapely.Polygon:
    return shapely.box(EAST + 300 * k, NORTH, EAST + 300 * k + side, NORTH + side)


def frame(n: int = 3, crs: str = "EPSG:4490", **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[square(k) for k in range(n)], crs=CRS).to_crs(crs)


def land(path: Path) -> GroundFiles:
    return read_grounds(path, None, crs=CRS)


def estates(path: Path) -> GroundFiles:
    return read_grounds(None, path, crs=CRS)


def codes(read: GroundFiles) -> set[str]:
    return {finding.code for finding in read.findings}


NAMES = ["朝阳花园", "东方小区", "河西苑"]


@pytest.mark.parametrize(
    "title", ["小区名称", "小区名", "楼盘名称", "NAME", "name:zh", "XQMC", "compound_name"]
)
def test_names_stand_under_all_usual_titles(tmp_path: Path, title: str) -> None:
    frame(**{"OBJECTID": [1, 2, 3], title: NAMES}).to_file(tmp_path / "c.gpkg")
    assert estates(tmp_path / "c.gpkg").grounds.compounds.name == tuple(NAMES)


def test_a_column_of_chinese_names_goes_before_one_in_pinyin(tmp_path: Path) -> None:
    frame(name=["Chaoyang", "Dongfang", "Hexi"], 名称=NAMES).to_file(tmp_path / "c.gpkg")
    read = estates(tmp_path / "c.gpkg")
    assert read.grounds.compounds.name == tuple(NAMES)
    assert [entry.column for entry in read.read] == ["name", "名称"]
    assert [entry.used for entry in read.read] == [False, True]


def test_an_empty_column_of_names_is_passed_over(tmp_path: Path) -> None:
    frame(name=[None, "", None], 小区名=NAMES).to_file(tmp_path / "c.gpkg")
    assert estates(tmp_path / "c.gpkg").grounds.compounds.name == tuple(NAMES)


@pytest.mark.parametrize(
    ("title", "values", "truth"),
    [
        ("户数", [120, 80, 40], [120, 80, 40]),
        ("总户数（户）", ["1,024户", "约300", "－"], [1024, 300, np.nan]),
        ("households", [1.0, 2.0, None], [1, 2, np.nan]),
        ("规划户数", ["12", "", "7户"], [12, np.nan, 7]),
        ("num_households", [5, 6, -1], [5, 6, np.nan]),
    ],
)
def test_households_as_they_are_written(tmp_path: Path, title: str, values: list, truth: list) -> None:
    frame(**{"小区名称": NAMES, title: values}).to_file(tmp_path / "c.gpkg")
    np.testing.assert_array_equal(estates(tmp_path / "c.gpkg").grounds.compounds.households, truth)


def test_residents_are_no_households(tmp_path: Path) -> None:
    frame(名称=NAMES, 户籍人口=[9, 9, 9], 户均面积=[80, 90, 100]).to_file(tmp_path / "c.gpkg")
    assert estates(tmp_path / "c.gpkg").grounds.compounds.households is None


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("用地面积", 10_000), ("用地面积(公顷)", 1.0), ("占地面积", 1.0), ("面积_亩", 15.0),
        ("area_ha", 1.0), ("净用地面积（万平方米）", "1.0"),
        ("地块面积", "10,000平方米"), ("land_area", 0.01), ("TBMJ", 10_000.0),
    ],
)  # fmt: skip
def test_the_unit_of_a_stated_area_is_said_or_found_by_what_is_drawn(
    tmp_path: Path, title: str, value: object
) -> None:
    frame(**{title: [value, value, value]}).to_file(tmp_path / "l.gpkg")
    np.testing.assert_allclose(land(tmp_path / "l.gpkg").grounds.declared_m2, 10_000.0)


def test_an_area_that_fits_no_unit_is_set_aside_and_said(tmp_path: Path) -> None:
    frame(面积=[123_456.0, 9.0, 77.0]).to_file(tmp_path / "l.gpkg")
    read = land(tmp_path / "l.gpkg")
    assert read.grounds.declared_m2 is None
    assert any(entry.column == "面积" and not entry.used for entry in read.read)


def test_floor_area_is_no_land(tmp_path: Path) -> None:
    frame(建筑面积=[10_000.0] * 3).to_file(tmp_path / "l.gpkg")
    assert land(tmp_path / "l.gpkg").grounds.declared_m2 is None


def test_stated_and_drawn_areas_that_contradict_are_reported_with_both(tmp_path: Path) -> None:
    frame(**{"用地面积(公顷)": [2.0, 2.0, 2.0]}).to_file(tmp_path / "l.gpkg")
    read = land(tmp_path / "l.gpkg")
    said = next(f for f in read.findings if f.code == "declared-area" and f.level == "warning")
    assert "6.00 ha" in str(said.message)
    assert "3.00 ha" in str(said.message)


@pytest.mark.parametrize(
    ("title", "uses"),
    [
        ("用地性质", ["二类居住用地", "工业用地", "居住用地"]), ("YDDM", ["R2", "M1", "R"]),
        ("DLBM", ["0701", "0601", "0702"]), ("landuse", ["residential", "industrial", "residential"]),
        ("fclass", ["residential", "park", "residential"]), ("Level1", [101, 202, 101]),
        ("DLMC", ["城镇住宅用地", "商业服务业设施用地", "农村宅基地"]),
    ],
)  # fmt: skip
def test_of_land_uses_the_residential_ones_count(tmp_path: Path, title: str, uses: list) -> None:
    frame(**{title: uses}).to_file(tmp_path / "l.gpkg")
    read = land(tmp_path / "l.gpkg")
    assert shapely.area(read.grounds.residential).sum() == pytest.approx(20_000, rel=1e-6)
    assert "ground-other-use" in codes(read)
    assert (read.read[-1].rows_read, read.read[-1].rows_left_out) == (2, 1)


def test_land_uses_without_a_residential_one_are_refused_with_their_words(tmp_path: Path) -> None:
    frame(用地性质=["工业用地", "绿地", "水域"]).to_file(tmp_path / "l.gpkg")
    with pytest.raises(InputError, match="工业用地"):
        land(tmp_path / "l.gpkg")


def test_the_layer_is_chosen_by_name_and_content_whichever_comes_first(tmp_path: Path) -> None:
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(118.7, 32.0), (118.8, 32.0)])], crs=4326)
    lines.to_file(tmp_path / "c.gpkg", layer="a_roads")
    frame(n=2, name=["x", "y"]).to_file(tmp_path / "c.gpkg", layer="b_parks")
    frame(小区名称=NAMES).to_file(tmp_path / "c.gpkg", layer="小区")
    read = estates(tmp_path / "c.gpkg")
    assert read.grounds.compounds.name == tuple(NAMES)
    assert {entry.layer: entry.used for entry in read.read} == {
        "a_roads": False,
        "b_parks": False,
        "小区": True,
    }


def test_outlines_go_before_points_of_the_same_compounds(tmp_path: Path) -> None:
    areas = frame(小区名称=NAMES)
    areas.set_geometry(areas.representative_point()).to_file(tmp_path / "c.gpkg", layer="小区点")
    areas.to_file(tmp_path / "c.gpkg", layer="小区面")
    assert set(shapely.get_dimensions(estates(tmp_path / "c.gpkg").grounds.compounds.shape)) == {2}


def test_two_layers_that_could_be_meant_are_refused_with_both_named(tmp_path: Path) -> None:
    for layer in ("小区2019", "小区2023"):
        frame(小区名称=NAMES).to_file(tmp_path / "c.gpkg", layer=layer)
    with pytest.raises(InputError, match="小区2019, 小区2023"):
        estates(tmp_path / "c.gpkg")


def test_gates_in_a_layer_beside_belong_to_the_nearest_compound(tmp_path: Path) -> None:
    frame(小区名称=NAMES).to_file(tmp_path / "c.gpkg", layer="小区")
    gates = [
        shapely.Point(EAST + 50, NORTH - 3),
        shapely.Point(EAST + 100, NORTH + 50),
        shapely.Point(EAST + 650, NORTH),
    ]
    gpd.GeoDataFrame(geometry=gates, crs=CRS).to_file(tmp_path / "c.gpkg", layer="出入口")
    found = estates(tmp_path / "c.gpkg").grounds.compounds.gates
    assert [0 if gate is None else shapely.get_num_geometries(gate) for gate in found] == [2, 0, 1]


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8-sig", ","), ("gb18030", ","), ("utf-16", "\t"), ("gb18030", ";")]
)
def test_a_table_of_compounds_with_coordinates_is_read_in_any_encoding(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    points = frame(小区名称=NAMES).to_crs(4326).representative_point()
    table = pd.DataFrame({"小区名称": NAMES, "经度": points.x, "纬度": points.y, "户数": [1, 2, 3]})
    table.to_csv(tmp_path / "c.csv", index=False, encoding=encoding, sep=separator)
    read = estates(tmp_path / "c.csv").grounds.compounds
    assert read.name == tuple(NAMES)
    assert read.households.tolist() == [1, 2, 3]
    centres = shapely.get_coordinates(read.shape) - [EAST + 50, NORTH + 50]
    np.testing.assert_allclose(centres, [[0, 0], [300, 0], [600, 0]], atol=0.1)


def test_a_workbook_of_compounds_with_a_title_above_its_header(tmp_path: Path) -> None:
    points = frame(小区名称=NAMES).to_crs(4326).representative_point()
    table = pd.DataFrame({"小区名称": NAMES, "lng": points.x, "lat": points.y})
    table.to_excel(tmp_path / "c.xlsx", index=False, startrow=2)
    assert estates(tmp_path / "c.xlsx").grounds.compounds.name == tuple(NAMES)


def test_a_zipped_shapefile_in_gb18030_within_folders(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    frame(小区名称=NAMES).to_file(tmp_path / "s" / "c.shp", encoding="gb18030")
    (tmp_path / "s" / "c.cpg").write_text("UTF-8")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for part in (tmp_path / "s").iterdir():
            archive.write(part, f"数据/小区/{part.name}")
        archive.writestr("__MACOSX/._c.shp", b"x")
    assert estates(tmp_path / "c.zip").grounds.compounds.name == tuple(NAMES)


def test_an_engineering_system_is_refused_with_the_files_name(tmp_path: Path) -> None:
    local = gpd.GeoDataFrame(geometry=[square(0)], crs='LOCAL_CS["工地",UNIT["m",1]]')
    local.to_file(tmp_path / "l.gpkg")
    with pytest.raises(InputError, match=r"l\.gpkg"):
        land(tmp_path / "l.gpkg")


def test_metres_of_cgcs2000_are_brought_to_the_studys_system(tmp_path: Path) -> None:
    frame(crs="EPSG:4549").to_file(tmp_path / "l.gpkg")
    read = land(tmp_path / "l.gpkg")
    assert shapely.area(read.grounds.residential).sum() == pytest.approx(30_000, rel=1e-6)
    assert read.read[-1].system == "EPSG:4549"


def test_repeated_and_empty_shapes_are_reported_and_count_once(tmp_path: Path) -> None:
    shapes = [square(0), square(0), None, shapely.LineString([(EAST, NORTH), (EAST + 9, NORTH)])]
    gpd.GeoDataFrame(geometry=shapes, crs=CRS).to_file(tmp_path / "l.gpkg")
    read = land(tmp_path / "l.gpkg")
    assert shapely.area(read.grounds.residential).sum() == pytest.approx(10_000)
    assert codes(read) == {"ground-without-area", "ground-twice"}
    assert (read.read[-1].rows_read, read.read[-1].rows_left_out) == (1, 3)


def test_ground_of_another_city_is_refused_with_how_far(tmp_path: Path) -> None:
    frame(小区名称=NAMES).to_file(tmp_path / "c.gpkg")
    with pytest.raises(InputError, match="299 km"):
        read_grounds(None, tmp_path / "c.gpkg", crs=CRS, near=np.array([[EAST - 300_000, NORTH]]) + 700.0)


@pytest.mark.parametrize("content", [b"", b"PAR1 broken", b"<html></html>", b"name,households\na,1\n"])
def test_files_that_hold_no_ground_end_in_a_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.csv").write_bytes(content)
    with pytest.raises(InputError):
        estates(tmp_path / "c.csv")
