"""Official forms are data: rows under their own names, filled from published tables, blank with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from core.errors import InputError
from data.forms import form_ids, open_form, parse_form
from data.results import read_results
from jobs.assess.export import ExportRequest, export
from jobs.assess.folder import assess_files
from jobs.study.layers import Layers
from reports.forms import fill_form
from tests.small_city import CRS, EAST, NORTH, write_small_city

OWN = """
id = "own-form"
title = { zh = "本市统计表", en = "Our form" }
levels = ["community"]
[[row]]
name = "社区服务站服务半径覆盖率"
unit = "%"
measure = "share"
check = "radius"
kinds = ["station"]
figure_m = 10500
denominator = "residential_land"
basis = "declared area"
threshold = 90
[[row]]
name = "服务半径覆盖的居住用地"
unit = "公顷"
measure = "covered"
check = "radius"
kinds = ["station"]
denominator = "residential_land"
basis = "declared area"
[[row]]
name = "小学步行10分钟覆盖率"
unit = "%"
measure = "share"
check = "walk"
kinds = ["小学"]
[[row]]
name = "小区覆盖率"
unit = "%"
measure = "share"
check = "radius"
kinds = ["station"]
denominator = "compounds"
[[row]]
name = "公共服务站"
unit = "处"
measure = "facilities"
kinds = ["station"]
[[row]]
name = "养老设施"
unit = "处"
measure = "facilities"
kinds = ["养老"]
"""


def box(west: float, east: float, half: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH - half, EAST + east, NORTH + half)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Residential land of 21,018.2 ha within 10.5 km of a station, and of 2,111.77 ha beyond."""
    place = tmp_path_factory.mktemp("forms")
    files = write_small_city(place / "in")
    wide = {"D": (-30_000, 30_000), "S": (-30_000, 30_000), "W": (-30_000, 950), "E": (950, 30_000)}
    units = gpd.read_file(files.units).to_crs(CRS)
    units.geometry = [box(*wide[unit], 15_000) for unit in units["unit_id"]]
    units.to_crs(4326).to_file(files.units)
    shapes = [box(-6_750, 7_750, 210_182_000 / 14_500 / 2), box(15_000, 20_000, 21_117_700 / 5_000 / 2)]
    land = gpd.GeoDataFrame({"面积（公顷）": [21_018.2, 2_111.77]}, geometry=shapes, crs=CRS)
    land.to_crs(4326).to_file(place / "land.geojson")
    (place / "form.toml").write_text(OWN, "utf-8")
    rule = 'id = "own"\n[[rule]]\nid = "far"\ncheck = "radius"\ntier = "station"\nfigure_m = 10500\n'
    (place / "own.toml").write_text(rule, "utf-8")
    layers = Layers(residential=place / "land.geojson")
    assess_files(replace(files, layers=layers, standard=str(place / "own.toml")), out=place / "out")
    return place / "out"


@pytest.mark.parametrize("name", form_ids())
def test_every_form_can_be_filled_and_no_row_is_0_for_want_of_an_input(name: str, folder: Path) -> None:
    form = open_form(name)
    for filled in fill_form(read_results(folder), form):
        assert (filled.figure is None) == (filled.blank is not None)
        assert filled.row.evidence is not None


def test_a_published_pair_of_hectares_and_share_is_reproduced(folder: Path) -> None:
    book = openpyxl.load_workbook(export(ExportRequest(folder, f"form:{folder.parent / 'form.toml'}"))[0])
    rows = {row[1].value: [cell.value for cell in row] for row in book["报表"].iter_rows()}
    share = rows["社区服务站服务半径覆盖率"]
    assert round(share[2], 2) == 90.87
    assert (share[3], share[4], share[8]) == ("%", "21,018.2公顷", "是")
    assert rows["服务半径覆盖的居住用地"][2] == pytest.approx(21_018.2, abs=0.05)


def test_what_is_not_known_is_blank_with_its_reason(folder: Path) -> None:
    filled = {one.row.name: one for one in fill_form(read_results(folder), parse_form(OWN, source="f"))}
    assert filled["公共服务站"].figure == 2
    for name, why in (
        ("小学步行10分钟覆盖率", "no rule"),
        ("小区覆盖率", "No compounds were given"),
        ("养老设施", "no facility"),
    ):
        assert filled[name].figure is None
        assert why in str(filled[name].blank)


def test_the_rule_that_narrows_least_fills_a_row_and_what_narrows_it_is_said(tmp_path: Path) -> None:
    place = tmp_path
    files = write_small_city(place / "in")
    walk = '[[rule]]\nid = "{}"\ncheck = "walk"\ntier = "station"\nserves = ["station"]\nfigure_min = 5\n'
    slow, urban = walk.format("slow") + "speed_kmh = 3\n", walk.format("urban") + 'settlement = "urban"\n'
    plain = walk.format("plain") + 'settlement = "any"\n'
    head = '[[row]]\nname = "步行5分钟"\n'
    row = head + 'measure = "share"\ncheck = "walk"\nkinds = ["station"]\nfigure_min = 5\n'
    (place / "form.toml").write_text(f'id = "f"\ntitle = {{ zh = "表", en = "Form" }}\n{row}', "utf-8")
    said = {}
    for name, rules in (("narrow", slow), ("all", slow + urban + plain)):
        (place / "own.toml").write_text(f'id = "own"\n{rules}', "utf-8")
        assess_files(replace(files, standard=str(place / "own.toml")), out=place / name)
        book = openpyxl.load_workbook(export(ExportRequest(place / name, f"form:{place / 'form.toml'}"))[0])
        rows = {row[1].value: [cell.value for cell in row] for row in book["报表"].iter_rows()}
        said[name] = rows["步行5分钟"]
    assert "按3公里/小时" in said["narrow"][6]
    assert "公里/小时" not in said["all"][6]
    assert said["all"][2] > said["narrow"][2]


def test_a_units_sheet_has_a_row_a_unit(folder: Path) -> None:
    book = openpyxl.load_workbook(export(ExportRequest(folder, f"form:{folder.parent / 'form.toml'}"))[0])
    rows = list(book["社区（村）"].iter_rows(values_only=True))
    head = next(number for number, row in enumerate(rows) if row[1] == "所属单元")
    assert [row[1] for row in rows[head + 1 :]] == ["西苑社区", "东庄村"]
    assert [row[6] for row in rows[head + 1 :]] == [1, 1]
    # Cut out, the sheet still says what it is of.
    assert "·" in str(rows[0][0])


@pytest.mark.parametrize(
    "broken",
    [
        OWN.replace('measure = "share"', 'measure = "coverage"', 1),
        OWN.replace('["station"]', "3", 1),
        OWN.replace("level", "lewel", 1),
        'id = "x"',
    ],
)
def test_a_wrong_form_is_refused_with_line_and_key(broken: str) -> None:
    with pytest.raises(InputError, match="line"):
        parse_form(broken, source="f.toml")
