"""Further files of a study from the command line: what they change, and what is told of it."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from commands.study import groups_of, named_pairs
from core.errors import SettingError
from tests.command_line import Done, cli
from tests.small_city import CRS, EAST, NORTH, write_small_city


def english(*words: object) -> Done:
    return cli(*words, "--lang", "en")


def box(west: float, east: float, south: float = -500, north: float = 500) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def layer(path: Path, *shapes: shapely.Geometry, **columns: list[object]) -> Path:
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS).to_crs(4326).to_file(path)
    return path


class Town:
    """The small city with options of its own; `assess` gives the folder and what was said."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, write_small_city(folder / "in")
        self.population = self.files.population

    def assess(self, *more: object, units: bool = True) -> dict[str, object]:
        out = self.folder / "out"
        given = ["--units", self.files.units] if units else []
        done = english(
            *("assess", "--facilities", self.files.facilities[0], "--population", self.population),
            *("--network", self.files.network, *given, "--datum", "wgs84", "--out", out, *more),
        )
        assert done.returncode == 0, done.stderr
        self.said = done.stdout
        self.provenance = json.loads((out / "provenance.json").read_text("utf-8"))
        self.cells = pd.read_parquet(out / "cells.parquet")
        self.units = pd.read_csv(out / "units.csv", encoding="utf-8-sig")
        self.findings = pd.read_csv(out / "findings.csv", encoding="utf-8-sig")
        document: dict[str, object] = json.loads((out / "assessment.json").read_text("utf-8"))
        return document


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def residents_of(town: Town) -> dict[str, float]:
    """By the rules for everybody; a rule for one settlement counts only those there."""
    return town.units.groupby("name")["residents"].max().to_dict()


def test_census_totals_by_unit_scale_the_residents(town: Town) -> None:
    census = town.folder / "census.csv"
    census.write_text('社区,常住人口,老年人口\n西苑社区居委会,"3,000",90\n东庄,500,200\n北庄,7,1\n', "utf-8")
    document = town.assess("--totals", census)
    assert document["area"]["residents"] == pytest.approx(3500.0, rel=1e-12)  # type: ignore[index]
    named = residents_of(town)
    assert (named["西苑社区"], named["东庄村"], named["东区"]) == pytest.approx((3000.0, 500.0, 3500.0))
    assert town.cells["elderly"].sum() == pytest.approx(290.0)
    assert "2,100.0 became 3,500.0" in town.said
    assert "7 residents fits no unit" in " ".join(town.findings["message"])
    assert {"totals", "population", "units"} <= set(town.provenance["inputs"])


def test_totals_stand_in_a_workbook_below_a_title_and_their_column_may_be_named(town: Town) -> None:
    rows = [["2020 census", "", ""], ["代码", "名称", "2020年"], ["W", "", 800], ["E", "", 200]]
    pd.DataFrame(rows).to_excel(town.folder / "census.xlsx", header=False, index=False)
    document = town.assess("--totals", town.folder / "census.xlsx", "--totals-column", "2020年")
    assert document["area"]["residents"] == pytest.approx(1000.0, rel=1e-12)  # type: ignore[index]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_table_of_residents_by_unit_is_spread_over_the_units(town: Town, suffix: str) -> None:
    town.population = town.folder / f"census{suffix}"
    table = pd.DataFrame({"社区": ["西苑社区", "东庄村"], "常住人口": [3000, 500], "老年人口": [90, 200]})
    write = table.to_csv if suffix == ".csv" else table.to_excel
    write(town.population, index=False)
    document = town.assess()
    assert document["area"]["residents"] == pytest.approx(3500.0, rel=1e-12)  # type: ignore[index]
    assert residents_of(town)["西苑社区"] == pytest.approx(3000.0)
    assert town.cells["elderly"].sum() == pytest.approx(290.0)
    assert "Residents of 2 units of the level community or village are spread" in town.said


def test_large_areas_follow_their_buildings_by_footprint_and_floors(town: Town) -> None:
    town.population = layer(town.folder / "people.gpkg", box(0, 2000), residents=[900.0])
    homes = layer(town.folder / "b.gpkg", box(240, 260, 40, 50), box(1840, 1860, 40, 50), 层数=[2, 4])
    town.assess("--buildings", homes)
    by_x = town.cells.sort_values("lon")["residents"].tolist()
    assert by_x == pytest.approx([300.0, 600.0])
    assert "2 buildings carry the residents" in town.said
    assert "buildings" in town.provenance["inputs"]


def test_large_areas_follow_settlements_and_shun_water(town: Town) -> None:
    town.population = layer(town.folder / "people.gpkg", box(0, 2000), residents=[900.0])
    settled = layer(town.folder / "s.gpkg", box(0, 200, 0, 100), box(1000, 1200, 0, 100))
    water = layer(town.folder / "w.gpkg", box(900, 1500, -500, 500))
    town.assess("--settled", settled, "--water", water)
    assert town.cells["residents"].sum() == pytest.approx(900.0, rel=1e-9)
    assert len(town.cells) == 2
    assert {"settled", "water"} <= set(town.provenance["inputs"])
    town.assess("--water", water)
    # 20 × 10 cells, 6 × 10 of them in water.
    assert town.cells["residents"].tolist() == pytest.approx([900.0 / 140] * 140)


def test_both_ways_to_spread_at_once_are_refused(town: Town) -> None:
    settled = layer(town.folder / "s.gpkg", box(0, 200))
    done = english(
        *("assess", "--facilities", town.files.facilities[0], "--population", town.population),
        *("--network", town.files.network, "--out", town.folder / "out"),
        *("--settled", settled, "--buildings", settled),
    )
    assert (done.returncode, "only one of the two" in " ".join(done.stderr.split())) == (2, True)


def test_residents_in_water_are_told_to_the_resident(town: Town) -> None:
    water = layer(town.folder / "w.gpkg", box(450, 750))
    document = town.assess("--water", water)
    assert document["area"]["residents"] == 2100.0  # type: ignore[index]
    assert "300.0 residents in 3 cells stand in water" in town.said


def test_who_lives_outside_the_study_area_is_left_out_and_told(town: Town) -> None:
    area = layer(town.folder / "a.gpkg", box(-50, 1050))
    document = town.assess("--area", area)
    assert document["area"]["residents"] == 1100.0  # type: ignore[index]
    assert "1,000.0 residents in 10 cells live outside the study area and are left out" in town.said
    assert "area" in town.provenance["inputs"]


def test_the_units_are_the_study_area_where_none_is_given(town: Town) -> None:
    far = pd.read_csv(town.population)
    far = pd.concat([far, far.assign(lat=far["lat"] + 0.1)])
    town.population = town.folder / "more.csv"
    far.to_csv(town.population, index=False)
    document = town.assess()
    assert document["area"]["residents"] == 2100.0  # type: ignore[index]
    assert "2,100.0 residents in 21 cells live outside the study area" in town.said
    everybody = town.assess(units=False)
    assert everybody["area"]["residents"] == 4200.0  # type: ignore[index]


def test_the_built_up_area_tells_urban_from_rural(town: Town) -> None:
    units = gpd.read_file(town.files.units).drop(columns="settlement_code")
    units.to_file(town.folder / "u.gpkg")
    urban = layer(town.folder / "urban.gpkg", shapely.Point(EAST + 425, NORTH).buffer(580))
    town.assess("--units", town.folder / "u.gpkg", "--urban", urban, units=False)
    assert "1 units are urban and 1 rural by the layer urban.gpkg" in " ".join(town.findings["message"])
    assert town.units.set_index("name").loc["东庄村", "settlement"].tolist()[0] == "rural"


def raster(path: Path, values: np.ndarray, *, step: float = 100.0, **tags: str) -> Path:
    rows, columns = values.shape
    place = from_origin(EAST - step / 2, NORTH + step / 2, step, step)
    size = {"height": rows, "width": columns, "count": 1, "dtype": "float64", "crs": CRS, "transform": place}
    with rasterio.open(path, "w", driver="GTiff", **size) as target:
        target.write(values, 1)
        target.update_tags(**tags)
    return path


def test_groups_come_from_rasters_of_their_own(town: Town) -> None:
    town.population = raster(town.folder / "p.tif", np.full((1, 21), 10.0), units="people per pixel")
    old = raster(town.folder / "old.tif", np.full((1, 7), 6.0), step=300.0)
    young = raster(town.folder / "young.tif", np.arange(21.0)[None])
    town.assess("--group", f"elderly={old}", "--group", f"children={young}", "--group-unit", "children=count")
    assert town.cells["residents"].sum() == 210.0
    # A pixel counts whole by its centre, though a sixth of the first lies outside the units.
    assert town.cells["elderly"].sum() == pytest.approx(42.0)
    assert town.cells["children"].sum() == pytest.approx(210.0)
    assert {"group:elderly", "group:children"} <= set(town.provenance["inputs"])
    assert town.provenance["settings"]["population_unit"] == "count"


def test_what_a_raster_counts_is_checked_against_the_census(town: Town) -> None:
    town.population = raster(town.folder / "p.tif", np.full((1, 21), 400.0))
    census = town.folder / "census.csv"
    census.write_text("code,residents\nW,40\nE,44\n", "utf-8")
    document = town.assess("--totals", census)
    assert town.provenance["settings"]["population_unit"] == "per_km2"
    assert document["area"]["residents"] == pytest.approx(84.0, rel=1e-12)  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "message"),
    [(["elderly"], "wants a name and a file"), (["=a.tif"], "wants")],
)
def test_a_group_is_a_name_and_a_file(words: list[str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        groups_of(words)
    assert groups_of(["elderly = a=b.tif"]) == (("elderly", Path("a=b.tif")),)
    assert len(groups_of(["a=x", "a=y"])) == 2


def test_an_answer_is_a_name_and_a_value_once() -> None:
    assert named_pairs("--units-layer", ["street=乡镇"]) == (("street", "乡镇"),)
    for words, message in ((["street"], "wants NAME=VALUE"), (["a=1", "a=2"], "given twice")):
        with pytest.raises(SettingError, match=message):
            named_pairs("--units-layer", words)


@pytest.mark.parametrize("option", ["--totals", "--urban"])
def test_what_belongs_to_units_needs_them(town: Town, option: str) -> None:
    done = english(
        *("assess", "--facilities", town.files.facilities[0], "--population", town.population),
        *("--network", town.files.network, "--out", town.folder / "out", option, town.files.population),
    )
    assert (done.returncode, "give a units file as well" in " ".join(done.stderr.split())) == (2, True)
