"""Residents and units read together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from core.errors import InputError
from coverage.model.study import Study
from data.formats.asked import OpenQuestionError
from geo.network.build import build_from_lines
from jobs.study.cases import StudyFiles
from jobs.study.inputs import open_inputs
from jobs.study.layers import Layers
from jobs.study.people import People, people_notes, read_people
from tests.small_city import LEVELS_APART, stating_residents, write_small_city

STEP = 1 / 1200


def raster(path: Path, value: float, side: int = 40) -> Path:
    profile = {
        "driver": "GTiff",
        "height": side,
        "width": side,
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
    }
    with rasterio.open(path, "w", **profile, transform=from_origin(118.8, 32.0, STEP, STEP)) as target:
        target.write(np.full((side, side), value, "float32"), 1)
    return path


def units(path: Path, **columns: list[object]) -> Path:
    """Two streets of 10 × 10 pixels each, side by side, within the raster."""
    west, north = 118.8 + 10 * STEP, 32.0 - 10 * STEP
    shapes = [
        shapely.box(west + k * 10 * STEP, north - 10 * STEP, west + (k + 1) * 10 * STEP, north)
        for k in (0, 1)
    ]
    frame = {"name": ["甲街道", "乙街道"], "level": ["street"] * 2, **columns}
    gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326").to_file(path)
    return path


def people_of(population: Path, area: Path, unit: str = "auto") -> People:
    return read_people(StudyFiles((), population, Path("streets"), area, population_unit=unit))


def test_of_a_raster_only_the_ground_of_the_units_counts(tmp_path: Path) -> None:
    people = people_of(raster(tmp_path / "p_ppp.tif", 3.0), units(tmp_path / "u.gpkg"))
    assert (len(people.population.grid), people.population.grid.total) == (200, 600.0)
    assert people.units is not None
    assert people.units.table.crs == people.crs == "EPSG:4549"


@pytest.mark.parametrize(("stated", "hectares"), [((290.0, 300.0), 1.0), ((215.0, 220.0), 0.727)])
def test_residents_of_the_units_file_tell_counts_from_densities(
    tmp_path: Path, stated: tuple[float, float], hectares: float
) -> None:
    people = people_of(raster(tmp_path / "p.tif", 3.0), units(tmp_path / "u.gpkg", 常住人口=list(stated)))
    assert people.population.grid.total == pytest.approx(600 * hectares, rel=0.002)


def test_a_stated_unit_is_not_questioned(tmp_path: Path) -> None:
    people = people_of(raster(tmp_path / "p.tif", 300.0), units(tmp_path / "u.gpkg"), unit="per_km2")
    assert people.population.grid.total == pytest.approx(600 * 0.727, rel=0.002)


def test_residents_outside_all_units_are_told_and_so_is_an_unclear_unit(tmp_path: Path) -> None:
    people = people_of(raster(tmp_path / "p.tif", 3.0), units(tmp_path / "u.gpkg"))
    far = shapely.LineString([(0, 0), (100, 0)])
    network = build_from_lines([far], [0], crs=people.crs)
    grid = people.population.grid
    moved = type(grid)(grid.cell_id, grid.xy + 50_000.0, grid.residents, grid.area_m2, 100.0, grid.crs)
    table = people.units.table if people.units else None
    study = Study("t", moved, None, network, table)  # type: ignore[arg-type]
    notes = [str(note) for note in people_notes(people, study)]
    assert any("does not say what its numbers count" in note for note in notes)
    assert any(
        "600.0 residents in 200 cells lie in no unit of the level street or town" in note for note in notes
    )


BOTH_NUMBERS = (
    "1 unit of the level district states 5,000 residents, the parts of the level street or town "
    "add up to 4,000.",
    "1 unit of the level street or town states 4,000 residents, the parts of the level community or village "
    "add up to 2,000.",
)


def in_units(files: StudyFiles, totals: Path) -> StudyFiles:
    totals.unlink()
    return stating_residents(files)


def in_totals(files: StudyFiles, totals: Path) -> StudyFiles:
    return replace(files, layers=Layers(totals=totals))


def as_residents(files: StudyFiles, totals: Path) -> StudyFiles:
    return replace(files, population=totals)


@pytest.mark.parametrize("where", [in_units, in_totals, as_residents])
def test_levels_that_contradict_each_other_limit_every_figure(
    tmp_path: Path, where: Callable[[StudyFiles, Path], StudyFiles]
) -> None:
    totals = tmp_path / "totals.csv"
    files = write_small_city(tmp_path)
    rows = "".join(f"{name},{residents}\n" for name, residents in LEVELS_APART.items())
    totals.write_text(f"名称,常住人口\n{rows}", "utf-8")
    inputs = open_inputs(where(files, totals))
    limits = [str(message) for message in inputs.limits]
    assert [limits.count(said) for said in BOTH_NUMBERS] == [1, 1]
    assert sum("南街道 states 4,000 residents" in str(one.message) for one in inputs.findings) == 1


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("户数", "no column counts residents.*--totals-column names"),
        ("pop,population", "could both be the residents.*--totals-column"),
    ],
)
def test_a_question_about_totals_is_answered_where_totals_are_named(
    tmp_path: Path, head: str, said: str
) -> None:
    files = write_small_city(tmp_path)
    rows = "西苑社区,1200,1300\n东庄村,800,900\n" if "," in head else "西苑社区,1200\n东庄村,800\n"
    (tmp_path / "t.csv").write_text(f"名称,{head}\n{rows}", "utf-8")
    files = replace(files, layers=Layers(totals=tmp_path / "t.csv"))
    with pytest.raises(InputError, match=said) as asked:
        read_people(files)
    if isinstance(asked.value, OpenQuestionError):
        people = read_people(files.answered(asked.value.field, asked.value.choices[1]))
        assert people.population.grid.total == pytest.approx(2200)
