"""Thirteen layouts in which residents, units and streets come, on the page: what was recognised is seen
before anything is computed, can be changed, and what a file leaves open is asked there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin
from streamlit.testing.v1 import AppTest

from geo.datum import convert
from tests.small_city import CRS, EAST, NORTH, degrees
from tests.ui.conftest import html_of, no_trouble
from tests.ui.test_city import CITY, answer, confirm, send

PLACES = np.array([degrees(x) for x in range(0, 2001, 100)])
N = len(PLACES)


@dataclass(frozen=True)
class Layout:
    """Files in place of those of the small city, by their box; what is asked (key of the box and the
    answer); what then stands on the page; and residents in all."""

    files: Callable[[Path], dict[str, Path]]
    seen: tuple[str, ...]
    residents: float = 100.0 * N
    asked: tuple[str, str] = ("", "")


def people(folder: Path, name: str = "人口.csv", encoding: str = "gb18030", **columns: object) -> Path:
    frame = pd.DataFrame({"lng": PLACES[:, 0], "lat": PLACES[:, 1]} | columns)
    frame.to_csv(folder / name, index=False, encoding=encoding)
    return folder / name


def frame_of(shapes: list[shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def squares(count: int = N) -> list[shapely.Geometry]:
    return [
        shapely.box(EAST + 100 * k - 50, NORTH - 50, EAST + 100 * k + 50, NORTH + 50) for k in range(count)
    ]


def line(y: float = 0.0) -> shapely.LineString:
    return shapely.LineString([(EAST - 50, NORTH + y), (EAST + 2050, NORTH + y)])


def registered_beside(folder: Path) -> dict[str, Path]:
    return {"people": people(folder, **{"户籍人口": [70] * N, "常住人口（人）": [100] * N})}


def two_epochs(folder: Path) -> dict[str, Path]:
    return {"people": people(folder, **{"2010年人口": [50] * N, "2020年人口": [100] * N})}


def two_columns(folder: Path) -> dict[str, Path]:
    return {"people": people(folder, "utf.csv", "utf-8-sig", population=[60] * N, 总人口=[100] * N)}


def shifted(folder: Path) -> dict[str, Path]:
    lon, lat = convert(PLACES[:, 0], PLACES[:, 1], "wgs84", "gcj02")
    frame = pd.DataFrame({"gcj02_lng": lon, "gcj02_lat": lat, "人口": [100] * N})
    frame.to_csv(folder / "火星.csv", index=False)
    return {"people": folder / "火星.csv"}


def two_layers(folder: Path) -> dict[str, Path]:
    for layer, count in (("census", 40), ("estimate", 100)):
        frame_of(squares(), 人口=[count] * N).to_file(folder / "p.gpkg", layer=layer)
    return {"people": folder / "p.gpkg"}


def dense_polygons(folder: Path) -> dict[str, Path]:
    frame_of(squares(), **{"人口密度（人/公顷）": [100.0] * N}).to_file(folder / "d.gpkg", layer="density")
    return {"people": folder / "d.gpkg"}


def raster_per_km2(folder: Path) -> dict[str, Path]:
    place = from_origin(EAST - 50, NORTH + 50, 100, 100)
    with rasterio.open(folder / "r.tif", "w", driver="GTiff", width=N, height=1, count=1, dtype="float32",
                       crs=CRS, transform=place, nodata=-9999) as raster:  # fmt: skip
        raster.write(np.full((1, N), 10_000.0, "float32"), 1)
        raster.set_band_description(1, "人口密度 人/平方公里")
    return {"people": folder / "r.tif"}


def raster_that_does_not_say(folder: Path) -> dict[str, Path]:
    place = from_origin(EAST - 50, NORTH + 50, 100, 100)
    with rasterio.open(folder / "q.tif", "w", driver="GTiff", width=N, height=1, count=1, dtype="float32",
                       crs=CRS, transform=place) as raster:  # fmt: skip
        raster.write(np.full((1, N), 100.0, "float32"), 1)
    return {"people": folder / "q.tif"}


def workbook_in_ten_thousands(folder: Path) -> dict[str, Path]:
    frame = pd.DataFrame({"格网": range(1, N + 1), "经度": PLACES[:, 0], "纬度": PLACES[:, 1]})
    frame["常住人口（万人）"] = 0.01
    frame.loc[N] = ["合计", None, None, 0.01 * N]
    frame.to_excel(folder / "p.xlsx", index=False, startrow=1)
    return {"people": folder / "p.xlsx"}


def units_of(names: list[str], **columns: object) -> gpd.GeoDataFrame:
    west = np.linspace(-100, 2100, len(names) + 1)
    return frame_of(
        [shapely.box(EAST + a, NORTH - 500, EAST + b, NORTH + 500) for a, b in itertools.pairwise(west)],
        名称=names,
        **columns,
    )


def units_without_level(folder: Path) -> dict[str, Path]:
    units_of(["甲一", "乙二"]).to_file(folder / "areas.gpkg", layer="areas")
    return {"units": folder / "areas.gpkg"}


def units_in_layers(folder: Path) -> dict[str, Path]:
    for layer, names in (("社区", ["西苑社区", "东庄社区"]), ("街道", ["南街道"]), ("区县", ["东区"])):
        units_of(names).to_file(folder / "u.gpkg", layer=layer)
    return {"units": folder / "u.gpkg"}


def railways_first(folder: Path) -> dict[str, Path]:
    frame_of([line(300)], railway=["rail"]).to_file(folder / "s.gpkg", layer="a_railway")
    frame_of([line()], fclass=["residential"]).to_file(folder / "s.gpkg", layer="roads")
    return {"streets": folder / "s.gpkg"}


def two_layers_of_lines(folder: Path) -> dict[str, Path]:
    for layer in ("north", "south"):
        frame_of([line()], no=[1]).to_file(folder / "l.gpkg", layer=layer)
    return {"streets": folder / "l.gpkg"}


LAYOUTS = {
    "registered-beside": Layout(registered_beside, ("常住人口（人）", "户籍人口")),
    "two-epochs": Layout(two_epochs, ("2020年人口", "2010年人口")),
    "two-columns": Layout(two_columns, ("总人口",), asked=("population_column", "总人口")),
    "gcj-02": Layout(shifted, ("gcj02",)),
    "two-layers": Layout(two_layers, ("estimate",), asked=("population_layer", "estimate")),
    "density": Layout(dense_polygons, ("人口密度（人/公顷）", "人/公顷")),
    "raster-per-km2": Layout(raster_per_km2, ("人/平方公里",)),
    "raster-unsaid": Layout(raster_that_does_not_say, ("q.tif",), asked=("population_unit", "count")),
    "ten-thousands": Layout(workbook_in_ten_thousands, ("常住人口（万人）",)),
    "units-without-level": Layout(units_without_level, ("areas",), asked=("units_level", "community")),
    "units-in-layers": Layout(units_in_layers, ("区县", "街道", "社区")),
    "railways-first": Layout(railways_first, ("roads", "fclass", "a_railway")),
    "two-layers-of-lines": Layout(two_layers_of_lines, ("south",), asked=("network_layer", "south")),
}


@pytest.fixture
def reading(app: AppTest, small_folder: Path) -> Callable[[dict[str, Path]], AppTest]:
    """The form sent off with the files of the small city, some of them replaced."""

    def sent(own: dict[str, Path]) -> AppTest:
        city = small_folder / "city"
        usual = {"people": city / "people.csv", "lists": city / "list.csv",
                 "streets": city / "streets.geojson", "units": city / "units.geojson"}  # fmt: skip
        app.run()
        app.switch_page(CITY).run()
        for role, path in (usual | own).items():
            box = app.main.file_uploader(key=f"city-{role}")
            box.set_value((path.name, path.read_bytes(), "application/octet-stream"))
        return send(app)

    return sent


def answered(page: AppTest, field: str, chosen: str) -> AppTest:
    page.selectbox(key=f"city-answer-{field}").set_value(chosen)
    next(button for button in page.button if button.label == "按此选择读取").click()
    return page.run()


def shown(page: AppTest) -> str:
    """All that is said, without the signs that keep Markdown from meaning something else."""
    said = [html_of(page), *(one.value for one in (*page.markdown, *page.warning))]
    return "\n".join(said).replace("\\", "")


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_was_recognised_is_shown_before_anything_is_computed(
    reading: Callable[[dict[str, Path]], AppTest], tmp_path: Path, name: str
) -> None:
    layout = LAYOUTS[name]
    page = reading(layout.files(tmp_path))
    field, chosen = layout.asked
    boxes = {str(box.key) for box in page.selectbox if str(box.key).startswith("city-answer-")}
    assert boxes - {"city-answer-datum"} == ({f"city-answer-{field}"} if field else set())
    page = answer(answered(page, field, chosen) if field else page)
    no_trouble(page)
    said = shown(page)
    for word in layout.seen:
        assert word in said, word
    # Densities count by the true ground of each cell, which differs a little from the drawn one.
    assert float(re.search(r"共 ([\d,]+) 人", said)[1].replace(",", "")) == pytest.approx(
        layout.residents, 1e-3
    )
    assert page.session_state["choices"].city is None  # nothing of the city is in use yet
    assert any(button.label == "开始评估" for button in page.button)


def test_a_column_is_changed_and_the_changed_reading_is_assessed(
    reading: Callable[[dict[str, Path]], AppTest], tmp_path: Path
) -> None:
    page = answer(reading(registered_beside(tmp_path)))
    box = page.selectbox(key="city-as-population-column")
    assert box.value == "常住人口（人）"
    box.set_value("户籍人口").run()
    assert not any(button.label == "开始评估" for button in page.button)
    next(button for button in page.button if button.label == "按以上选择重新读取").click()
    page = page.run()
    assert "共 1,470 人" in shown(page)
    no_trouble(confirm(page))
    assert page.session_state["choices"].city.answers.population_column == "户籍人口"


def test_a_contradiction_stands_before_the_map(
    reading: Callable[[dict[str, Path]], AppTest], tmp_path: Path
) -> None:
    """The units state twice the residents of the file."""
    units_of(["西苑社区", "东庄社区"], 人口=[2100, 2100]).to_file(tmp_path / "社区.gpkg", layer="社区")
    page = answer(reading({"units": tmp_path / "社区.gpkg"}))
    no_trouble(page)
    assert any("请先核对" in one.value for one in page.warning)
    assert re.search(r"2,100.*4,200", shown(page))


def test_the_recognised_files_are_shown_in_english_too(
    reading: Callable[[dict[str, Path]], AppTest], tmp_path: Path
) -> None:
    page = answer(reading(two_epochs(tmp_path)))
    page.segmented_control(key="choose-language").set_value("en").run()
    no_trouble(page)
    assert "What was recognised in the files" in [one.value for one in page.subheader]
    assert "Rows read" in html_of(page)
    assert any(button.label == "Begin the assessment" for button in page.button)


def test_a_file_without_a_known_column_can_be_mended_by_naming_one(
    reading: Callable[[dict[str, Path]], AppTest], tmp_path: Path
) -> None:
    page = reading({"people": people(tmp_path, 某数=[100] * N)})
    assert page.error
    page.selectbox(key="city-as-population-column").set_value("某数").run()
    next(button for button in page.button if button.label == "按以上选择重新读取").click()
    page = answer(page.run())
    no_trouble(page)
    assert "共 2,100 人" in shown(page)


def test_whether_a_group_is_in_percent_is_asked_and_answered_for_that_group(
    reading: Callable[[dict[str, Path]], AppTest], tmp_path: Path
) -> None:
    finer = np.array([degrees(x) for x in range(0, 2001, 50)])
    frame = pd.DataFrame({"lng": finer[:, 0], "lat": finer[:, 1], "常住人口": 3000, "老年人口": 20.5})
    frame.to_csv(tmp_path / "p.csv", index=False)
    page = reading({"people": tmp_path / "p.csv"})
    (asked,) = [one.value.replace("\\", "") for one in page.warning if "elderly" in one.value]
    assert "--group-unit" not in asked
    page = answer(answered(page, "group_units:elderly", "percent"))
    no_trouble(page)
    assert "共 123,000 人" in shown(page)
    assert any(button.label == "开始评估" for button in page.button)


def test_what_a_file_calls_its_layers_is_not_translated(
    reading: Callable[[dict[str, Path]], AppTest], tmp_path: Path
) -> None:
    page = reading(two_layers_of_lines(tmp_path))
    assert page.selectbox(key="city-answer-network_layer").options == ["north", "south", "north + south"]
