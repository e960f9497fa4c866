"""Without residents everything is said of residential land, through the command line and in every product."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from docx import Document
from pptx import Presentation

from coverage.equity.residential_land import land_grid
from jobs.assess.land_alone import read_land
from reports.briefing.make import Cover
from reports.land import land_briefing
from tests.command_line import cli
from tests.reports.test_briefing_forms import assert_keyed
from tests.small_city import CRS, EAST, NORTH, write_small_city

STANDARD = """
id = "own"
[title]
zh = "本市标准"
en = "Own"
[[rule]]
id = "near"
check = "radius"
tier = "station"
figure_m = 200
[[rule]]
id = "load"
check = "load"
tier = "station"
figure_residents = [300, 1000]
[[rule]]
id = "every"
check = "units"
unit = "community"
within = ["near"]
figure_share = 1.0
[[rule]]
id = "one-each"
check = "presence"
tier = "station"
unit = "community"
"""
# Of a result: what it may say of residents is that they are unknown, or a rule's own words.
ALLOWED = re.compile(
    r"Residents are unknown|The rule counts residents, and they are unknown|cannot be judged"
    r"|300–1,000 residents per|300–1,000 residents|Every resident served"
    r"|count residents or households|居民情况不明|以居民或户数计|该指标以居民计数"
    r"|居民全部覆盖|服务人口、千人指标"
)
BY_LAND = ["--tier", "station", "--weight", "residential_land"]
PEOPLE = re.compile(r"[Rr]esidents?\b|居民|人口|\bpeople\b")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stations at 500 and 1700; land of 100 × 100 m around 500 (twice), 1000 and 1900, and some outside."""
    place = tmp_path_factory.mktemp("land")
    write_small_city(place)
    corners = [(450, 550), (450, 550), (950, 1050), (1850, 1950), (5000, 5100)]
    shapes = [shapely.box(EAST + west, NORTH - 50, EAST + east, NORTH + 50) for west, east in corners]
    land = gpd.GeoDataFrame({"用地": ["居住用地"] * len(shapes)}, geometry=shapes, crs=CRS)
    land.to_crs(4326).to_file(place / "land_wgs84.geojson")
    (place / "own.toml").write_text(STANDARD, "utf-8")
    return place


def options(city: Path) -> list[object]:
    named = {"--facilities": "list.csv", "--residential": "land_wgs84.geojson", "--units": "units.geojson",
             "--network": "streets.geojson", "--standard": "own.toml"}  # fmt: skip
    given: list[object] = ["--datum", "wgs84", "--lang", "en"]
    return given + [part for option, name in named.items() for part in (option, city / name)]


@pytest.fixture(scope="module")
def folder(city: Path) -> Path:
    """A plan of one site, with every product in English and its briefing in both languages."""
    out = city / "out"
    asked = ["--tier", "station", "--count", 1, "--weight", "residential_land", "--out", out]
    done = cli("suggest", *options(city), *asked)
    assert done.returncode == 0, done.stderr
    assert cli("export", out, "--to", "all", "--lang", "en").returncode == 0
    assert cli("export", out, "--to", "docx", "--lang", "zh").returncode == 0
    return out


def document(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "assessment.json").read_text("utf-8")))


def test_rules_are_judged_by_the_land_in_closed_form(folder: Path) -> None:
    """The square around 500 lies within, that at 1000 beyond; of 1850 to 1950 the circle of 200 m around 1700
    reaches to 1900 in the middle of its rim."""
    told = document(folder)
    rules = {row["id"]: row for row in told["rules"]}
    assert told["weight"] == "residential_land"
    assert told["area"]["residential_land_m2"] == pytest.approx(30_000.0, rel=1e-6)
    # Of the strip ±50 m the circle reaches from x = 1850 to √(200² − y²): its area by integration.
    arc = 50 * math.sqrt(200**2 - 50**2) + 200**2 * math.asin(50 / 200)
    expected = 10_000.0 + arc - 100 * 150.0
    near = rules["near"]
    assert (near["denominator"], near["verdict"]) == ("residential_land", "not")
    assert near["covered"] == pytest.approx(expected, rel=1e-3)
    assert near["total"] == pytest.approx(30_000.0, rel=1e-6)
    assert near["share"] == pytest.approx(expected / 30_000.0, rel=1e-3)
    assert (rules["one-each"]["units_met"], rules["one-each"]["verdict"]) == (2, "meets")


def test_what_counts_residents_is_blank_with_the_reason(folder: Path) -> None:
    rules = {row["id"]: row for row in document(folder)["rules"]}
    for name in ("load", "every"):
        assert rules[name]["verdict"] is None
        assert rules[name]["share"] is None
        assert "unknown" in rules[name]["reason"]["template"]


def test_gaps_ways_and_sites_count_land(folder: Path) -> None:
    plan = json.loads((folder / "plan.json").read_text("utf-8"))
    assert plan["counted"] == "residential_land"
    assert plan["land_m2"]["total"] == pytest.approx(30_000.0, rel=1e-5)
    gained = sum(site["residential_land_m2_gained"] for site in plan["sites"])
    assert gained == pytest.approx(plan["land_m2"]["after"] - plan["land_m2"]["before"], abs=0.2)
    gaps = document(folder)["gaps"]
    missing = plan["land_m2"]["total"] - plan["land_m2"]["before"]
    assert sum(gap["residential_land_m2"] for gap in gaps) == pytest.approx(missing, abs=0.5)
    assert plan["proven"]
    cells = pd.read_parquet(folder / "cells.parquet")
    assert cells["residential_land_m2"].sum() == pytest.approx(30_000.0, rel=1e-6)


def keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in keys(one)}
    return {key for one in value for key in keys(one)} if isinstance(value, list) else set()


def test_no_key_and_no_column_calls_land_residents(folder: Path) -> None:
    named = keys(document(folder)["area"]) | keys(document(folder)["rules"]) | keys(document(folder)["gaps"])
    for name in ("gaps.geojson", "sites.geojson", "plan.json"):
        named |= keys(json.loads((folder / name).read_text("utf-8")))
    for path in folder.glob("*.csv"):
        named |= set(path.read_text("utf-8-sig").splitlines()[0].split(","))
    named |= set(pd.read_parquet(folder / "cells.parquet").columns)
    for layer in gpd.list_layers(folder / "city-en.gpkg")["name"]:
        named |= set(gpd.read_file(folder / "city-en.gpkg", layer=layer).columns)
    named.discard("residents_declared")  # what the list itself states of its facilities
    assert not [name for name in named if "resident" in name and "residential" not in name]


def words_of(path: Path) -> str:
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        return "\n".join(str(cell.value) for sheet in book for row in sheet for cell in row if cell.value)
    if path.suffix == ".pptx":
        slides = Presentation(str(path)).slides
        texts = [shape.text_frame.text for one in slides for shape in one.shapes if shape.has_text_frame]
        tables = [shape.table for one in slides for shape in one.shapes if shape.has_table]
        return "\n".join(texts + [cell.text for table in tables for row in table.rows for cell in row.cells])
    if path.suffix == ".docx":
        paper = Document(str(path))
        cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(one.text for one in paper.paragraphs), *cells])
    words = path.read_text("utf-8")
    return re.sub(r"<script.*?</script>|<style.*?</style>", "", words, flags=re.DOTALL)


@pytest.mark.parametrize(
    "name",
    ["map.html", "map-en.html", "report.xlsx", "report-en.xlsx", "briefing-en.pptx", "briefing-en.docx",
     "briefing.docx", "briefing-en.md", "briefing-zh.md"],
)  # fmt: skip
def test_no_product_speaks_of_residents(folder: Path, name: str) -> None:
    said = words_of(folder / name)
    assert "residential land" in said or "居住用地" in said
    left = ALLOWED.sub("", said)
    found = PEOPLE.search(left.replace("not people", ""))
    assert found is None, left[max(found.start() - 80, 0) : found.end() + 80]


def test_every_number_of_a_table_stands_where_its_key_says(folder: Path) -> None:
    results = read_land(folder)
    assert assert_keyed(results, land_briefing(results, Cover()), results.standard) > 20


def test_the_result_can_be_made_again(folder: Path, city: Path) -> None:
    done = cli("rerun", folder, "--inputs", city, "--out", city / "again")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("verb", "more", "said"),
    [
        ("suggest", ["--tier", "station"], "--weight"),
        ("suggest", [*BY_LAND, "--goal", "least-walking"], "most-people"),
        ("assess", ["--totals-column", "x"], "--totals-column"),
        ("assess", ["--also", "bands"], "--also"),
        ("scenario", ["--edits", "x.toml"], ""),
    ],
)  # fmt: skip
def test_what_needs_residents_is_refused(city: Path, verb: str, more: list[str], said: str) -> None:
    done = cli(verb, *options(city), *more, "--out", city / "no")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (city / "no").exists()


def test_a_form_and_what_reads_results_with_residents_say_that_they_are_unknown(folder: Path) -> None:
    done = cli("export", folder, "--to", "form:tdt-1063-2021", "--lang", "en")
    assert done.returncode == 2
    assert "residents are unknown" in " ".join(done.stderr.split())


def test_squares_hold_the_exact_land_and_ground_in_common_once() -> None:
    rng = np.random.default_rng(5)
    low, size = rng.uniform(0, 3_000, (30, 2)), rng.uniform(5, 700, (30, 2))
    boxes = [shapely.box(*a, *(a + b)) for a, b in zip(low, size, strict=True)]
    ring = shapely.Polygon([(0, 0), (900, 0), (900, 900), (0, 900)], [[(100, 100), (800, 100), (800, 800)]])
    land = np.array([*boxes, ring], object)
    grid = land_grid(land, "EPSG:32650")
    assert grid.total == pytest.approx(shapely.union_all(land).area, rel=1e-12)
    squares = shapely.box(*(grid.xy - 50).T, *(grid.xy + 50).T)
    exact = shapely.area(shapely.intersection(squares, shapely.union_all(land)))
    assert grid.residents == pytest.approx(exact, rel=1e-9, abs=1e-6)
