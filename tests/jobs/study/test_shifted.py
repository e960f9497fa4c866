"""Streets that lie beside residents and units by the metres of GCJ-02 or BD-09: seen, and said with these."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from core.text import text_from_json
from coverage.model.tables import PopulationGrid, UnitTable
from geo.crs import project, unproject
from geo.datum import BD09, GCJ02, WGS84, convert
from geo.network.build import build_from_lines
from geo.network.network import WalkNetwork
from jobs.assess.folder import assess_files
from jobs.study.shifted import CODE, shift_of
from locales import translator
from tests.small_city import CRS, EAST, NORTH, in_gcj02, write_small_city

# Blocks of a grown town: no move along them brings streets onto other streets.
COLUMNS = EAST + np.array([0, 230, 410, 760, 905, 1330, 1490, 1935, 2100.0])
ROWS = NORTH + np.array([0, 180, 520, 655, 1010, 1230, 1500.0])
BLOCKS = np.array([shapely.box(w, s, e, n) for w, e in pairwise(COLUMNS) for s, n in pairwise(ROWS)])


def moved(shapes: np.ndarray, source: str, target: str) -> np.ndarray:
    """Places of one system where another would show them, by the published formulas alone."""

    def move(xy: np.ndarray) -> np.ndarray:
        return project(*convert(*unproject(xy, CRS), source, target), CRS)

    return np.asarray(shapely.transform(shapes, move), object)


def streets(source: str = WGS84, target: str = WGS84, *, beyond_m: float = 0.0) -> WalkNetwork:
    lines = [
        *(shapely.LineString([(x, ROWS[0] - beyond_m), (x, ROWS[-1] + beyond_m)]) for x in COLUMNS),
        *(shapely.LineString([(COLUMNS[0] - beyond_m, y), (COLUMNS[-1] + beyond_m, y)]) for y in ROWS),
    ]
    lines = list(shapely.get_parts(shapely.node(shapely.multilinestrings(lines))))
    shapes = np.array(lines, object)
    shapes = shapes if source == target else moved(shapes, source, target)
    return build_from_lines(list(shapes), [0] * len(lines), crs=CRS)


def people() -> PopulationGrid:
    x, y = (
        k.ravel()
        for k in np.meshgrid(np.arange(EAST + 50, COLUMNS[-1], 100), np.arange(NORTH + 50, ROWS[-1], 100))
    )
    n = len(x)
    return PopulationGrid(
        np.arange(n), np.column_stack([x, y]), np.full(n, 10.0), np.full(n, 1e4), 100.0, CRS
    )


def units(shapes: np.ndarray = BLOCKS) -> UnitTable:
    names = [str(k) for k in range(len(shapes))]
    frame = {"unit_id": names, "name": names, "level": "community", "settlement": "", "parent_id": ""}
    return UnitTable(gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS))


@pytest.mark.parametrize(
    ("source", "target", "metres"),
    [(WGS84, GCJ02, 540), (WGS84, BD09, 1190), (GCJ02, WGS84, 540), (BD09, WGS84, 1190)],
)
@pytest.mark.parametrize("known", ["boundaries", "the ground of a town in one piece", "residents alone"])
def test_streets_in_another_system_are_seen_by_what_they_run_along_or_where_they_end(
    source: str, target: str, metres: float, known: str
) -> None:
    whole = np.array([shapely.union_all(BLOCKS)])
    table = {"boundaries": units(), "residents alone": None}.get(known, units(whole))
    found = shift_of(streets(source, target, beyond_m=0.0 if table else 50.0), people(), table)
    assert found is not None
    assert (found.others, found.streets) == (source, target)
    assert found.metres == pytest.approx(metres, rel=0.05)


def test_the_direction_is_that_in_which_the_streets_lie_off() -> None:
    found = shift_of(streets(WGS84, GCJ02), people(), units())
    assert found is not None
    # Around Nanjing about 493 m east and 226 m south, by the service's own formula.
    assert (found.east_m, found.north_m) == pytest.approx((493, -226), abs=25)


@pytest.mark.parametrize("off", [(0, 0), (60, 0), (0, -300), (300, 200), (-540, 0), (0, 540), (700, 700)])
def test_true_streets_and_such_as_lie_off_by_other_metres_are_not_taken_for_it(off: tuple[int, int]) -> None:
    network = streets()
    network = replace(network, vertex_xy=network.vertex_xy + off, node_xy=network.node_xy + off)
    for table in (units(), None):
        assert shift_of(network, people(), table) is None


def test_streets_of_a_wider_ground_whose_boundaries_are_drawn_freely_show_nothing() -> None:
    freely = np.asarray(shapely.buffer(shapely.centroid(BLOCKS), 60), object)
    assert shift_of(streets(WGS84, GCJ02, beyond_m=1200), people(), units(freely)) is None


def test_where_no_service_shifts_nothing_is_looked_for() -> None:
    crs = "EPSG:32722"
    table = UnitTable(units().frame.set_crs(crs, allow_override=True))
    assert shift_of(replace(streets(WGS84, GCJ02), crs=crs), replace(people(), crs=crs), table) is None


def test_every_product_says_how_far_and_what_to_do(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "in")
    in_gcj02(files.network)
    out = tmp_path / "out"
    assess_files(files, out=out, language="en")
    said = re.compile(r"beside residents and units \((4[789]|50)\d m east, 2\d\d m south\)")
    notes = json.loads((out / "assessment.json").read_bytes())["notes"]
    assert any(said.search(translator("en")(text_from_json(note))) for note in notes)
    for name in ("findings.csv", "map.html", "briefing-en.md"):
        assert said.search((out / name).read_text("utf-8-sig")), name
    assert CODE in (out / "findings.csv").read_text("utf-8-sig")
    assert "南" in (out / "briefing-zh.md").read_text("utf-8")


def test_numbers_that_contradict_each_other_limit_every_figure(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "in")
    people = files.population.read_text("utf-8").replace(",100,20", ",100,120")
    files.population.write_text(people, "utf-8")
    limits = assess_files(files, out=None).results.document["limits"]
    assert any("{group}" in note["template"] for note in limits)
