"""A small generated city through its files: residents in degrees beside the same residents in metres."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from bench.city_files import CityFiles, write_city
from jobs.assess.folder import Assessed, assess_files
from jobs.assess.map_model import map_model
from jobs.study.cases import StudyFiles
from maps.model import Basemap


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> CityFiles:
    return write_city(tmp_path_factory.mktemp("city"), size=0.02)


@dataclass(frozen=True)
class Done:
    assessed: Assessed
    folder: Path
    cpu_s: float


@pytest.fixture(scope="module")
def done(city: CityFiles, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Done]:
    folder = tmp_path_factory.mktemp("assessed")

    @cache
    def of(kind: str) -> Done:
        files = StudyFiles(
            city.workbooks,
            city.population[kind],
            city.streets,
            city.units,
            datum="wgs84",
            population_unit="count" if kind in ("degrees", "metres") else "auto",
        )
        spent = []
        for _ in range(3 if kind in ("degrees", "metres") else 1):
            begin = time.process_time()
            found = assess_files(files, out=folder / kind, cache=folder / "cache")
            spent.append(time.process_time() - begin)
        return Done(found, folder / kind, min(spent))

    return of


def shares(one: Done) -> dict[str, float]:
    return {
        row["id"]: row["share"] for row in one.assessed.results.document["rules"] if row["check"] == "radius"
    }


@pytest.mark.parametrize("kind", ["degrees", "degree_points", "hexagons"])
def test_in_whatever_cells_they_are_counted_as_many_residents_are_served(
    done: Callable[[str], Done], kind: str
) -> None:
    assert shares(done(kind)) == pytest.approx(shares(done("metres")), abs=0.03)


def test_points_off_the_lattice_are_served_as_those_on_it(done: Callable[[str], Done]) -> None:
    assert shares(done("scattered")) == pytest.approx(shares(done("points")), abs=0.01)


def test_degrees_take_no_more_than_half_as_long_again_as_metres_and_no_larger_files(
    done: Callable[[str], Done],
) -> None:
    degrees, metres = done("degrees"), done("metres")
    cells = len(degrees.assessed.inputs.study.grid) / len(metres.assessed.inputs.study.grid)
    assert degrees.cpu_s <= 1.5 * max(cells, 1.0) * metres.cpu_s
    for name in ("gaps.geojson", "map.html"):
        sizes = [(one.folder / name).stat().st_size for one in (degrees, metres)]
        assert sizes[0] <= 1.5 * max(cells, 1.0) * sizes[1]


@pytest.mark.parametrize("kind", ["degrees", "metres", "hexagons"])
def test_a_gap_on_the_map_has_the_ground_of_its_cells_and_no_specks(
    done: Callable[[str], Done], kind: str
) -> None:
    one = done(kind)
    gaps = gpd.read_file(one.folder / "gaps.geojson").to_crs(one.assessed.inputs.study.grid.crs)
    assert gaps.geometry.is_valid.all()
    # Residents of hexagons are spread over 100 m cells: a gap is drawn by those squares, its area is the
    # hexagons' own ground, which a few squares meet only roughly.
    rough = 0.4 if kind == "hexagons" else 0.01
    assert gaps.area.to_numpy() / 1e6 == pytest.approx(gaps["area_km2"].to_numpy(), rel=rough, abs=2e-4)
    cell_m2 = float(np.median(one.assessed.inputs.study.grid.area_m2))
    assert gaps.explode().area.min() > 0.9 * cell_m2


def test_the_map_opens_on_all_the_ground_that_people_live_on(done: Callable[[str], Done]) -> None:
    one = done("hexagons")
    west, south, east, north = map_model(one.assessed.results, Basemap()).bounds
    lon, lat = one.assessed.inputs.study.grid.lonlat()
    assert west < lon.min() and east > lon.max() and south < lat.min() and north > lat.max()
