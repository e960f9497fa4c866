"""Streets, residents and units of unknown origin: every product says so; and of which the origin is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

from data.intake.datum.origin import tells_true
from data.source import OSM_CREDIT
from geo.datum import GCJ02, WGS84, convert
from jobs.assess.folder import assess_files
from jobs.study.cases import StudyFiles
from jobs.study.inputs import open_inputs
from jobs.study.layers import Answers
from jobs.study.origins import CODE
from tests.small_city import write_small_city

SAID = "无从确认people.csv、streets.geojson、units.geojson实际采用的坐标系"


def shifted_city(folder: Path) -> StudyFiles:
    """The small city with every file as a map service in China delivers it."""
    files = write_small_city(folder)

    def moved(lon: object, lat: object) -> list[float]:
        x, y = convert(np.atleast_1d(lon).astype(float), np.atleast_1d(lat).astype(float), WGS84, GCJ02)
        return np.round([x[0], y[0]], 6).tolist()

    for name, titles in (("list.csv", ["经度", "纬度"]), ("people.csv", ["lon", "lat"])):
        table = pd.read_csv(folder / name, encoding="utf-8-sig")
        table[titles] = [moved(*pair) for pair in table[titles].to_numpy()]
        table.to_csv(folder / name, index=False, encoding="utf-8-sig")
    for name in ("streets.geojson", "units.geojson"):
        document = json.loads((folder / name).read_text("utf-8"))
        for feature in document["features"]:
            shape = feature["geometry"]
            one = shape["coordinates"] if shape["type"] == "LineString" else shape["coordinates"][0]
            one[:] = [moved(*pair) for pair in one]
        (folder / name).write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return replace(files, datum="auto")


def doubted(files: StudyFiles) -> list[str]:
    return [found.file for found in open_inputs(files).findings if found.code == CODE]


def test_where_all_is_shifted_alike_nothing_is_proved_and_every_product_says_so(tmp_path: Path) -> None:
    files = shifted_city(tmp_path / "in")
    intake = open_inputs(files).intake
    assert (intake.datum.system, intake.datum.decided) == ("unknown", False)
    out = tmp_path / "out"
    assess_files(files, out=out, language="zh")
    sheets = openpyxl.load_workbook(out / "report.xlsx", read_only=True).worksheets
    book = " ".join(str(v) for s in sheets for row in s.iter_rows(values_only=True) for v in row if v)
    page = (out / "map.html").read_text("utf-8")
    for product in (book, page, (out / "briefing-zh.md").read_text("utf-8")):
        assert SAID in product and "可能同时偏移" in product
    assert "may both be shifted" in (out / "briefing-en.md").read_text("utf-8")
    table = pd.read_csv(out / "findings.csv")
    assert table.loc[table["code"] == CODE, "file"].tolist() == [
        "people.csv",
        "streets.geojson",
        "units.geojson",
    ]


def test_a_list_that_is_sure_of_itself_does_not_make_the_layers_true(tmp_path: Path) -> None:
    files = replace(shifted_city(tmp_path), datum=GCJ02)
    assert doubted(files) == ["people.csv", "streets.geojson", "units.geojson"]


@pytest.mark.parametrize(
    ("role", "known"), [("network", "roads_wgs84.geojson"), ("network", "路网（国家2000）.geojson"),
                        ("population", "人口_WGS84.csv")]
)  # fmt: skip
def test_a_file_that_says_so_in_its_name_is_not_doubted(tmp_path: Path, role: str, known: str) -> None:
    files = write_small_city(tmp_path)
    path = getattr(files, role).rename(tmp_path / known)
    assert known not in doubted(replace(files, **{role: path}))


def test_a_name_that_says_another_system_is_doubted(tmp_path: Path) -> None:
    files = write_small_city(tmp_path)
    path = files.network.rename(tmp_path / "高德路网.geojson")
    assert "高德路网.geojson" in doubted(replace(files, network=path))


def test_titles_answers_and_notes_tell_the_system(tmp_path: Path) -> None:
    files = write_small_city(tmp_path)
    answered = replace(files, answers=Answers(population_datum="wgs84"))
    assert doubted(answered) == ["streets.geojson", "units.geojson"]
    words = files.population.read_text("utf-8").replace("lon,lat", "wgs_lng,wgs_lat")
    files.population.write_text(words, "utf-8")
    note = {"credit": OSM_CREDIT, "files": {"streets": "streets.geojson", "units": "units.geojson"}}
    (tmp_path / "source.json").write_text(json.dumps(note), "utf-8")
    assert doubted(files) == []


@pytest.mark.parametrize(
    ("west", "side", "crs", "known"),
    [
        (118.75, 3 / 3600, "EPSG:4326", True),
        (118.75 + 1.5 / 3600, 3 / 3600, "EPSG:4326", True),  # WorldPop's are half a pixel off
        (118.75, 30 / 3600, "EPSG:4326", True),
        (118.7512, 3 / 3600, "EPSG:4326", False),
        (118.75, 0.001, "EPSG:4326", False),  # drawn by somebody, in whatever degrees
        (11_000_000.0, 100.0, "ESRI:54009", True),
        (666_600.0, 100.0, "EPSG:32650", False),
    ],
)
def test_the_pixels_of_a_model_of_the_world_are_known(
    tmp_path: Path, west: float, side: float, crs: str, known: bool
) -> None:
    north = 32.0 if side < 1 else 3_549_800.0
    how = {"driver": "GTiff", "width": 4, "height": 4, "count": 1, "dtype": "float32", "crs": crs}
    with rasterio.open(
        tmp_path / "r.tif", "w", transform=from_origin(west, north, side, side), **how
    ) as file:
        file.write(np.ones((1, 4, 4), "float32"))
    assert tells_true(tmp_path / "r.tif") is known


def test_outside_china_nothing_is_doubted(tmp_path: Path) -> None:
    files = write_small_city(tmp_path)
    for path in (*files.facilities, files.population, files.network, *files.unit_files):
        raw = path.read_bytes()
        path.write_bytes(raw.replace(b"118.", b"18.").replace(b"117.", b"17."))
    assert doubted(files) == []
