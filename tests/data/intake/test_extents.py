"""Lists of facilities that are more than a point: areas, several points, and a row for every door."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from coverage.model.tables import FacilityTable
from data.intake.intake import Intake
from data.intake.read import read_facilities
from geo.datum import GCJ02, WGS84, convert
from tests.small_city import CRS, EAST, NORTH, degrees

HEAD = "设施编号,名称,类型,出入口,经度,纬度,占地面积\n"


def square(x: float, side: float) -> list[tuple[float, float]]:
    half = side / 2
    return [degrees(x + dx, dy) for dx, dy in
            ((-half, -half), (half, -half), (half, half), (-half, half), (-half, -half))]  # fmt: skip


def geojson(folder: Path, *geometries: dict[str, Any]) -> Path:
    features = [
        {"type": "Feature", "properties": {"名称": f"公园{k}", "类型": "公园"}, "geometry": geometry}
        for k, geometry in enumerate(geometries)
    ]
    path = folder / "parks.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def table_of(intake: Intake) -> FacilityTable:
    return intake.table(CRS)


def codes(intake: Intake) -> set[str]:
    return {found.code for found in intake.findings}


def test_an_area_keeps_its_outline_and_its_size(tmp_path: Path) -> None:
    path = geojson(tmp_path, {"type": "Polygon", "coordinates": [square(1_000.0, 80.0)]})
    intake = read_facilities([path], datum="wgs84")
    table = table_of(intake)
    assert shapely.area(table.entrances.outline) == pytest.approx([6_400.0], rel=1e-4)
    assert table.size_m2 == pytest.approx([6_400.0], rel=1e-4)
    assert table.entrances.measured_to.tolist() == ["edge"]
    assert "outline-read" in codes(intake)


def test_several_points_of_one_geometry_are_its_doors(tmp_path: Path) -> None:
    places = [degrees(100.0), degrees(300.0)]
    intake = read_facilities(
        [geojson(tmp_path, {"type": "MultiPoint", "coordinates": places})], datum="wgs84"
    )
    entrances = table_of(intake).entrances
    assert entrances.xy[:, 0] - EAST == pytest.approx([100.0, 300.0], abs=0.01)
    assert entrances.facility.tolist() == [0, 0]


@pytest.mark.parametrize("suffix", [".gpkg", ".shp.zip"])
def test_layers_keep_outlines_in_their_own_metres(tmp_path: Path, suffix: str) -> None:
    shape = shapely.box(EAST + 960, NORTH - 40, EAST + 1_040, NORTH + 40)
    frame = gpd.GeoDataFrame({"名称": ["公园"], "类型": ["公园"]}, geometry=[shape], crs=CRS)
    path = tmp_path / f"parks{suffix}"
    if suffix == ".gpkg":
        frame.to_file(path)
    else:
        frame.to_file(tmp_path / "parks.shp", encoding="utf-8")
        import zipfile

        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("parks.*"):
                if part.suffix != ".zip":
                    archive.write(part, part.name)
    outline = table_of(read_facilities([path], datum="wgs84")).entrances.outline
    assert shapely.area(shapely.symmetric_difference(outline[0], shape)) < 1.0


def test_an_outline_is_converted_with_its_place(tmp_path: Path) -> None:
    lon, lat = (np.array(values) for values in zip(*square(1_000.0, 80.0), strict=True))
    shifted = np.column_stack(convert(lon, lat, WGS84, GCJ02)).tolist()
    path = geojson(tmp_path, {"type": "Polygon", "coordinates": [shifted]})
    outline = table_of(read_facilities([path], datum="gcj02")).entrances.outline
    true = shapely.box(EAST + 960, NORTH - 40, EAST + 1_040, NORTH + 40)
    assert shapely.area(shapely.symmetric_difference(outline[0], true)) < 10.0


def rows_of(folder: Path, *rows: tuple[str, str, str, float, str]) -> Path:
    body = "".join(
        f"{number},{name},学校,{door},{degrees(x)[0]},{degrees(x)[1]},{size}\n"
        for number, name, door, x, size in rows
    )
    path = folder / "schools.csv"
    path.write_text(HEAD + body, "utf-8-sig")
    return path


@pytest.mark.parametrize("number", ["A1", ""], ids=["by number", "by name"])
def test_rows_with_different_doors_are_one_facility(tmp_path: Path, number: str) -> None:
    path = rows_of(
        tmp_path,
        (number, "一小", "", 200.0, "5200"),
        (number, "一小", "东门", 300.0, ""),
        (number, "一小", "西门", 100.0, ""),
        ("B1" if number else "", "二小", "", 900.0, ""),
    )
    intake = read_facilities([path], datum="wgs84")
    assert (intake.accepted_count, intake.set_aside_count, intake.rows) == (2, 2, 4)
    table = table_of(intake)
    assert table.entrances.facility.tolist() == [0, 0, 1]
    assert table.entrances.xy[:2, 0] - EAST == pytest.approx([300.0, 100.0], abs=0.01)
    assert table.size_m2[0] == 5_200.0
    assert [f.row for f in intake.findings if f.code == "door-of-facility"] == [3, 4]


def test_without_a_row_of_its_own_the_first_door_is_the_facility(tmp_path: Path) -> None:
    path = rows_of(tmp_path, ("", "一小", "东门", 300.0, ""), ("", "一小", "西门", 100.0, ""))
    table = table_of(read_facilities([path], datum="wgs84"))
    assert len(table) == 1
    assert sorted((table.entrances.xy[:, 0] - EAST).round(1)) == [100.0, 300.0]


def test_doors_in_a_list_of_their_own_join_the_areas_of_another(tmp_path: Path) -> None:
    areas = geojson(tmp_path, {"type": "Polygon", "coordinates": [square(1_000.0, 80.0)]})
    doors = tmp_path / "doors.csv"
    lon, lat = degrees(960.0)
    doors.write_text(f"名称,类型,出入口,经度,纬度\n公园0,公园,西门,{lon},{lat}\n", "utf-8-sig")
    table = table_of(read_facilities([areas, doors], datum="wgs84"))
    assert len(table) == 1
    assert table.entrances.xy[:, 0] - EAST == pytest.approx([960.0], abs=0.01)


def test_another_number_is_another_facility(tmp_path: Path) -> None:
    path = rows_of(tmp_path, ("A1", "一小", "", 200.0, ""), ("B7", "一小", "东门", 900.0, ""))
    assert read_facilities([path], datum="wgs84").accepted_count == 2
