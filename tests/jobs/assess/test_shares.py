"""A share is said with its whole in every product of a folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from data.population.grounds import read_grounds
from jobs.assess.export import ExportRequest, export
from jobs.assess.folder import assess_files
from jobs.study.layers import Layers
from locales import LANGUAGES
from tests.bare_shares import bare_shares
from tests.small_city import CRS, EAST, NORTH, write_small_city

STANDARD = """
id = "own"
[[rule]]
id = "by-land"
check = "radius"
tier = "station"
figure_m = 500
denominator = "residential_land"
[[rule]]
id = "by-gate"
check = "walk"
tier = "station"
figure_min = 6
denominator = "compounds"
basis = "any gate"
"""


def box(west: float, east: float, half: float = 50) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH - half, EAST + east, NORTH + half)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Land of 4 ha, half of it within 500 m; compounds a (its gate within), b and c (a point) beyond."""
    place = tmp_path_factory.mktemp("shares")
    files = write_small_city(place / "in")
    land = gpd.GeoDataFrame({"面积（亩）": [30.0, 30.0]}, geometry=[box(400, 600), box(1010, 1190)], crs=CRS)
    land.to_crs(4326).to_file(place / "land.geojson")
    gate, alone = shapely.Point(EAST + 900, NORTH), shapely.Point(EAST + 1100, NORTH)
    shapes = [box(800, 1150, 20), gate, box(1060, 1100), alone]
    columns = {"小区名称": ["a", "a", "b", "c"], "户数": ["120户", None, "80", "40"]}
    compounds = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    compounds.to_crs(4326).to_file(place / "compounds.gpkg")
    (place / "own.toml").write_text(STANDARD, "utf-8")
    layers = Layers(residential=place / "land.geojson", compounds=place / "compounds.gpkg")
    assess_files(replace(files, layers=layers, standard=str(place / "own.toml")), out=place / "out")
    return place / "out"


def rules(folder: Path) -> dict[str, dict[str, float]]:
    return {row["id"]: row for row in json.loads((folder / "assessment.json").read_text("utf-8"))["rules"]}


def test_rules_are_judged_by_what_they_divide_by(folder: Path) -> None:
    land, gate = (rules(folder)[name] for name in ("by-land", "by-gate"))
    assert land["total"] == pytest.approx(38_000.0, rel=1e-6)
    assert land["share"] == pytest.approx(20_000.0 / 38_000.0, rel=1e-3)
    assert (gate["covered"], gate["total"], gate["share"]) == (1.0, 2.0, 0.5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_product_calls_a_share_of_land_one_of_residents(folder: Path, language: str) -> None:
    book = openpyxl.load_workbook(export(ExportRequest(folder, "xlsx", language))[0])
    cells = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    said = {
        "zh": "居住用地覆盖率52.6%（2.00/3.80公顷）",
        "en": "Share of residential land covered 52.6% (2.00 of 3.80 ha)",
    }[language]
    assert said in cells
    page = export(ExportRequest(folder, "html", language))[0].read_text("utf-8")
    assert said in page
    title = {"zh": "居住用地", "en": "residential land of all communities"}[language]
    assert any(title in cell for cell in cells if "500" in cell)
    assert not bare_shares("\n".join([*cells, page]))


def test_the_comparison_has_every_name_and_says_how_far_apart(folder: Path) -> None:
    sheet = openpyxl.load_workbook(export(ExportRequest(folder, "xlsx"))[0])["口径对照"]
    text = "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)
    for name in ("人口覆盖率", "居住用地覆盖率", "用地面积覆盖率", "小区覆盖率", "社区覆盖率", "户数覆盖率"):
        assert name in text
    assert "个百分点" in text


def test_declared_areas_and_gates_are_read(tmp_path: Path, folder: Path) -> None:
    read = read_grounds(folder.parent / "land.geojson", folder.parent / "compounds.gpkg", crs=CRS)
    found, said = read.grounds, read.findings
    assert found.declared_m2 is not None
    assert found.declared_m2.tolist() == pytest.approx([20_000.0, 20_000.0])
    assert found.compounds is not None
    assert found.compounds.name == ("a", "b", "c")
    assert found.compounds.households is not None
    assert found.compounds.households.tolist() == [120.0, 80.0, 40.0]
    assert [finding.code for finding in said] == ["declared-area", "compound-gates"]


def test_an_area_that_fits_no_unit_is_not_used(tmp_path: Path) -> None:
    land = gpd.GeoDataFrame({"面积": [7e9]}, geometry=[box(0, 100)], crs=CRS)
    land.to_file(tmp_path / "land.gpkg")
    read = read_grounds(tmp_path / "land.gpkg", None, crs=CRS)
    found, said = read.grounds, read.findings
    assert found.declared_m2 is None
    assert "not used" in str(said[0].message)
