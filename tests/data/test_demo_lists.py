"""The demo city's facility lists: as an office sends them, with the slips that the intake must tell."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from openpyxl.worksheet.worksheet import Worksheet

from data.demo.names import DISTRICTS
from geo.crs import project

HEADER_ROW, FIRST_ROW = 3, 5
LON, LAT = 7, 8


@pytest.fixture(scope="module")
def sheets(demo_folder: Path) -> dict[str, Worksheet]:
    book = openpyxl.load_workbook(demo_folder / "facilities.xlsx")
    return {sheet.title: sheet for sheet in book}


@pytest.fixture(scope="module")
def rows(sheets: dict[str, Worksheet]) -> list[tuple[object, ...]]:
    """The facility rows of all districts."""
    return [
        row
        for district in DISTRICTS
        for row in sheets[district].iter_rows(min_row=FIRST_ROW, values_only=True)
        if isinstance(row[0], int)
    ]


def test_one_sheet_a_district_and_a_hidden_guide(sheets: dict[str, Worksheet]) -> None:
    assert list(sheets) == [*DISTRICTS, "填表说明"]
    assert sheets["填表说明"].sheet_state == "hidden"


@pytest.mark.parametrize("district", DISTRICTS)
def test_title_merged_header_merged_streets_total_and_signature(
    sheets: dict[str, Worksheet], district: str
) -> None:
    sheet = sheets[district]
    merged = {str(cells) for cells in sheet.merged_cells.ranges}
    assert district in sheet["A1"].value
    assert {"A1:Q1", "B3:B4", "G3:H3"} <= merged
    assert (sheet["G3"].value, sheet["G4"].value, sheet["H4"].value) == ("坐标（国家2000）", "经度", "纬度")
    assert any(cells.startswith("D") and ":D" in cells for cells in merged - {"D3:D4"})
    written = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert "合计" in written
    assert any(text.startswith("填表人") for text in written)


def test_services_and_opening_dates_stand_in_every_row(rows) -> None:
    assert all("就业社保" in row[15] for row in rows if row[2] == "公共服务中心")
    assert any("居家养老" not in row[15] for row in rows)
    dates = [row[16] for row in rows]
    assert {int(date[:4]) for date in dates} == {*range(2003, 2012), 2013}
    assert [row[11] for row in rows if row[16].startswith("2013")] == ["筹建"]


def test_about_40_centres_and_380_stations(rows) -> None:
    tiers = [row[2] for row in rows]
    assert 38 <= tiers.count("公共服务中心") <= 50
    assert 360 <= tiers.count("公共服务站") <= 400


def test_the_slips(rows) -> None:
    assert sum(row[LON - 1] is None for row in rows) == 2
    assert all(row[5] for row in rows if row[LON - 1] is None)
    states = [row[11] for row in rows]
    assert (states.count("筹建"), states.count("撤并")) == (1, 1)
    served = [row[10] for row in rows]
    assert "1,200" in served
    assert "约300" in served
    assert sum(isinstance(row[9], str) and any("０" <= c <= "９" for c in row[9]) for row in rows) == 1


def test_one_name_stands_twice_within_300_m(rows) -> None:
    names = [row[1] for row in rows]
    twice = [row for row in rows if names.count(row[1]) == 2]
    assert len(twice) == 2
    xy = project([row[LON - 1] for row in twice], [row[LAT - 1] for row in twice], "EPSG:4549")
    assert 10 < ((xy[0] - xy[1]) ** 2).sum() ** 0.5 < 300


def test_coordinates_are_numbers_of_six_decimals(rows) -> None:
    given = [value for row in rows for value in row[LON - 1 : LAT] if value is not None]
    assert all(isinstance(value, float) and round(value, 6) == value for value in given)


def test_contact_data_is_openly_fictional(rows) -> None:
    assert {row[12] for row in rows} == {"（虚构）"}
    assert {row[13] for row in rows} == {"000-0000"}


def test_facilities_stand_beside_streets_and_dry(demo_folder: Path, rows) -> None:
    sound = [row for row in rows if row[LON - 1] is not None and row[11] == "正常" and row[14] != "补报"]
    points = shapely.points(project([r[LON - 1] for r in sound], [r[LAT - 1] for r in sound], "EPSG:4549"))
    path = demo_folder / "streets.gpkg"
    streets = gpd.read_file(path, layer="streets").to_crs("EPSG:4549").geometry.to_numpy()
    _, far_m = shapely.STRtree(streets).query_nearest(points, return_distance=True, all_matches=False)
    assert (np.abs(far_m - 32.5) <= 28).all()
    water = gpd.read_file(path, layer="water").to_crs("EPSG:4549").union_all()
    assert not shapely.intersects(water, points).any()
