"""Sites, gaps and ways by residential land: m² at the cells it lies nearest to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from core.errors import SettingError
from coverage.equity.residential_land import dissolved, land_by_cell
from coverage.model.tables import Grounds
from jobs.assess.folder import Assessed, read_and_assess
from jobs.siting.request import RESIDENTIAL_LAND, PlanConditions, SitingRequest
from jobs.siting.suggest import suggest
from jobs.study.inputs import StudyFiles
from tests.coverage.tiny_town import EAST, NORTH, study
from tests.small_city import degrees, write_small_city

STANDARD = """id = "own"
[[rule]]
id = "r"
check = "radius"
tier = "station"
figure_m = 200
"""


def files_with_land(folder: Path, west: float, east: float) -> StudyFiles:
    """The small city, 200 m around a station, with one field of land 100 m deep."""
    files = write_small_city(folder)
    (folder / "own.toml").write_text(STANDARD, "utf-8")
    ring = [degrees(x, y) for x, y in ((west, -50), (east, -50), (east, 50), (west, 50), (west, -50))]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"用地": "居住用地"}, "geometry": geometry}
    (folder / "land.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False), "utf-8"
    )
    layers = replace(files.layers, residential=folder / "land.geojson")
    return replace(files, standard=str(folder / "own.toml"), layers=layers)


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    return read_and_assess(files_with_land(tmp_path_factory.mktemp("land"), -50.0, 150.0))


def asked(**conditions: object) -> SitingRequest:
    return SitingRequest("station", 1, conditions=PlanConditions(**conditions))  # type: ignore[arg-type]


def test_the_site_that_reaches_most_land_is_not_the_one_that_reaches_most_residents(
    assessed: Assessed,
) -> None:
    """Nobody is within 200 m at 0 … 200 (all the land) and 800 … 1400 (most residents)."""
    by_land = suggest(assessed, asked(weight=RESIDENTIAL_LAND)).results.plan
    by_people = suggest(assessed, asked()).results.plan
    assert by_land is not None
    assert by_people is not None
    assert by_people.plan["sites"][0]["residents_gained"] == 500.0
    assert by_land.plan["sites"][0]["residents_gained"] == 300.0
    land = by_land.plan["land_m2"]
    assert (by_land.plan["weight"], by_land.plan["counted"]) == (RESIDENTIAL_LAND, RESIDENTIAL_LAND)
    assert land["before"] == 0.0
    assert land["after"] == pytest.approx(20_000.0, rel=1e-3)
    assert land["gained"] == [land["after"]]
    assert by_land.plan["objective"] == pytest.approx(land["after"], abs=0.2)
    assert by_land.plan["proven"]
    assert "weight" not in by_people.plan


def test_gaps_and_ways_are_told_by_land_too(assessed: Assessed) -> None:
    gaps = assessed.results.document["gaps"]
    assert sum(gap["residential_land_m2"] for gap in gaps) == pytest.approx(20_000.0, rel=1e-3)
    table = assessed.results.extras["land_equity"].set_index("rule")
    assert table.loc["r", "share"] == 0.0
    assert table.loc["r", "median_m"] == pytest.approx(400.0, abs=101.0)


@pytest.mark.parametrize(
    "request_",
    [
        replace(asked(weight=RESIDENTIAL_LAND), goal="least-walking"),
        replace(asked(weight=RESIDENTIAL_LAND), tier="centre+station", second_count=1),
        asked(weight=RESIDENTIAL_LAND, weights=(("elderly", 2.0),)),
    ],
)
def test_what_cannot_be_asked_by_land_is_refused(assessed: Assessed, request_: SitingRequest) -> None:
    with pytest.raises(SettingError, match="residential land"):
        suggest(assessed, request_)


def box(west: float, east: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH - 50, EAST + east, NORTH + 50)


def test_land_adds_up_to_its_area_and_shared_ground_counts_once() -> None:
    polygons = np.array([box(0, 300), box(200, 500), box(700, 712)], object)
    city = replace(study([("station", 0.0)]), grounds=Grounds(residential=polygons))
    land, left_out = land_by_cell(city)
    assert land.sum() == pytest.approx(51_200.0)
    assert left_out == 0.0
    assert land[7] == pytest.approx(1_200.0)  # a strip with no point of the lattice in it counts as well
    assert shapely.area(dissolved(polygons)).sum() == pytest.approx(shapely.area(shapely.union_all(polygons)))


def test_land_far_from_every_cell_is_left_out_and_counted() -> None:
    far = shapely.box(EAST, NORTH + 900, EAST + 100, NORTH + 1_000)
    city = replace(study([("station", 0.0)]), grounds=Grounds(residential=np.array([far], object)))
    land, left_out = land_by_cell(city)
    assert (land.sum(), left_out) == (0.0, pytest.approx(10_000.0))
