"""Lists of places to build on: their costs, capacities and areas, whatever they are called."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from core.errors import InputError
from data.candidate_list import read_candidates


def written(folder: Path, content: str) -> Path:
    path = folder / "land.csv"
    path.write_text(content, "utf-8-sig")
    return path


def test_cost_capacity_and_area_are_read_and_the_unit_of_the_cost(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "地块名称,经度,纬度,投资估算（万元）,设计服务人口,用地面积\n"
        "北苑空地,118.750737,32.100070,120,3000,800\n旧粮站,118.786093,32.114457,，,,\n",
    )
    found = read_candidates(path, datum="wgs84", units=None)
    first, second = found.frame.to_dict("records")
    assert (first["name"], first["cost"], first["capacity"], first["area_m2"]) == ("北苑空地", 120, 3000, 800)
    assert first["lon"] == pytest.approx(118.750737)
    assert (first["row"], second["row"]) == (2, 3)
    assert all(math.isnan(second[key]) for key in ("cost", "capacity", "area_m2"))
    assert found.cost_unit == "万元"


def test_a_list_in_english_with_title_rows_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "Vacant land 2026,,,\nparcel,lon,lat,cost\nA,118.750737,32.100070,1200\nB,118.786093,32.114457,900\n",
    )
    frame = read_candidates(path, datum="wgs84", units=None).frame
    assert frame["name"].tolist() == ["A", "B"]
    assert frame["cost"].tolist() == [1200, 900]


def test_of_polygons_an_inner_point_is_taken(tmp_path: Path) -> None:
    box = shapely.box(118.75, 32.10, 118.752, 32.102)
    layer = gpd.GeoDataFrame({"name": ["空地"], "cost": [3.0]}, geometry=[box], crs=4326)
    layer.to_file(tmp_path / "land.gpkg")
    frame = read_candidates(tmp_path / "land.gpkg", datum="wgs84", units=None).frame
    assert frame[["lon", "lat"]].iloc[0].tolist() == pytest.approx([118.751, 32.101], abs=1e-6)
    assert frame["cost"].tolist() == [3.0]


def test_a_projected_layer_comes_to_the_same_place(tmp_path: Path) -> None:
    point = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(118.75012, 32.10034)], crs=4326)
    point.to_crs(4549).to_file(tmp_path / "land.gpkg")
    frame = read_candidates(tmp_path / "land.gpkg", datum="wgs84", units=None).frame
    assert frame[["lon", "lat"]].iloc[0].tolist() == pytest.approx([118.75012, 32.10034], abs=1e-6)


def test_a_type_does_not_make_a_place_a_facility(tmp_path: Path) -> None:
    path = written(tmp_path, "名称,类型,经度,纬度,状态\n粮站,空地,118.750737,32.100070,撤并\n")
    assert read_candidates(path, datum="wgs84", units=None).frame["name"].tolist() == ["粮站"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("something else\n1\n", "holds no list of places"),
        ("名称,经度,纬度\n空地,118.7,32.1\n", "none of its 1 places can be used"),
    ],
)
def test_a_list_without_a_usable_place_is_refused_with_the_reason(
    tmp_path: Path, content: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read_candidates(written(tmp_path, content), datum="wgs84", units=None)


def test_a_layer_south_and_west_of_zero_keeps_its_degrees_and_a_name_its_hyphen(tmp_path: Path) -> None:
    point = gpd.GeoDataFrame(
        {"name": ["-Posto Norte"]}, geometry=[shapely.Point(-51.21934, -30.03127)], crs=4326
    )
    point.to_file(tmp_path / "land.geojson")
    frame = read_candidates(tmp_path / "land.geojson", datum="wgs84", units=None).frame
    assert frame[["name", "lon", "lat"]].iloc[0].tolist() == ["-Posto Norte", -51.21934, -30.03127]
