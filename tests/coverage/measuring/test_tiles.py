"""Tiles joined are the whole: every metre, tie and verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from coverage.assessment import Assessment, assess, judge_all
from coverage.measuring.tiles import joined_tiles, measure_tile, tile_rows
from coverage.model.standard import Standard
from coverage.model.study import Study
from coverage.model.tables import FacilityTable, Floats, PopulationGrid
from coverage.publish import About, results_of
from geo.network.build import build_from_lines
from geo.network.network import WalkNetwork
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, standard

LOAD = 'id = "l"\ncheck = "load"\ntier = "station"\nserves = ["station"]\nfigure_residents = [100, 900]'
RULES = standard(RADIUS_500, WALK_5, LOAD, speed_kmh=5.0)


def broken_lattice(seed: int) -> list[shapely.Geometry]:
    """Streets of 150 m between 30 × 30 crossings, a third of them missing: ways round, islands, dead ends."""
    dice = np.random.default_rng(seed)
    at = np.stack(np.meshgrid(np.arange(30), np.arange(30)), axis=-1) * 150.0
    at = at + dice.uniform(-40, 40, at.shape) + (EAST, NORTH)
    pairs = [(at[i, j], at[i, j + 1]) for i in range(30) for j in range(29)]
    pairs += [(at[i, j], at[i + 1, j]) for i in range(29) for j in range(30)]
    return [shapely.LineString(pair) for pair in pairs if dice.uniform() < 0.67]


def city(seed: int) -> tuple[Study, list[shapely.Geometry]]:
    lines, dice = broken_lattice(seed), np.random.default_rng(seed + 1)
    xy = dice.uniform(0, 29 * 150.0, (500, 2)) + np.array([EAST, NORTH])
    cells = PopulationGrid(
        np.arange(500), xy, dice.integers(1, 90, 500).astype(float), np.full(500, 1e4), 100.0, CRS
    )
    places = dice.uniform(-100, 29 * 150.0 + 100, (14, 2)) + np.array([EAST, NORTH])
    places[13] = places[12]  # two in one house share their residents
    frame = pd.DataFrame(
        {
            "facility_id": [f"f{n}" for n in range(14)],
            "name": [f"f{n}" for n in range(14)],
            "tier": ["centre", "centre", *["station"] * 12],
            "x": places[:, 0],
            "y": places[:, 1],
        }
    )
    return Study(
        "city", cells, FacilityTable(frame, CRS), build_from_lines(lines, [0] * len(lines), crs=CRS)
    ), lines


def in_tiles(
    study: Study, lines: list[shapely.Geometry], rules: Standard, count: int
) -> tuple[Assessment, int]:
    """The assessment in tiles, and in how many windows not all streets were."""
    tree, partly = shapely.STRtree(lines), []

    def streets(xy: Floats, margin_m: float) -> tuple[WalkNetwork, bool]:
        window = shapely.box(*(xy.min(axis=0) - margin_m), *(xy.max(axis=0) + margin_m))
        some = [lines[row] for row in np.sort(tree.query(window, "intersects"))]
        partly.append(len(some) < len(lines))
        return build_from_lines(some, [0] * len(some), crs=CRS), len(some) == len(lines)

    nothing = Study(study.name, study.grid, study.facilities, build_from_lines(lines[:1], [0], crs=CRS))
    tiles = [
        measure_tile(nothing, rules, rows, streets, margin_m=500.0)
        for rows in tile_rows(study.grid.xy, count)
    ]
    return judge_all(joined_tiles(nothing, rules, tiles), sites=False), sum(partly)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("count", [4, 9])
def test_every_table_of_tiles_is_that_of_the_whole(seed: int, count: int) -> None:
    study, lines = city(seed)
    found, partly = in_tiles(study, lines, RULES, count)
    assert partly >= 2
    one, other = (results_of(assessment, About()) for assessment in (assess(study, RULES), found))
    pd.testing.assert_frame_equal(one.cells, other.cells, check_exact=False, atol=2e-3, rtol=0)
    pd.testing.assert_frame_equal(one.facilities, other.facilities, check_exact=False, atol=0.2, rtol=0)
    keys = ("residents", "residents_met", "share", "verdict", "within", "under", "over", "residents_without")
    for row, same in zip(one.document["rules"], other.document["rules"], strict=True):
        assert [row.get(key) for key in keys] == pytest.approx([same.get(key) for key in keys])
    gaps = ["rule", "rank", "residents", "area_km2", "nearest_m", "farthest_m", "nearest"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.gaps[gaps]), pd.DataFrame(other.gaps[gaps]), check_exact=False, atol=0.1, rtol=0
    )
    assert one.gaps.geometry.tolist() == other.gaps.geometry.tolist()


def test_tiles_hold_every_cell_once_and_nearly_as_many() -> None:
    xy = np.random.default_rng(5).uniform(0, 100, (1001, 2))
    for count in (1, 4, 6, 7, 9):
        tiles = tile_rows(xy, count)
        assert len(tiles) == count
        assert sorted(np.concatenate(tiles)) == list(range(1001))
        assert max(map(len, tiles)) - min(map(len, tiles)) <= 2
    assert len(tile_rows(xy[:3], 9)) == 3


def test_tiles_that_do_not_hold_every_cell_are_refused() -> None:
    study, _ = city(1)
    rows = tile_rows(study.grid.xy, 4)[0]
    network = study.network
    tile = measure_tile(study, RULES, rows, lambda _xy, _m: (network, True), margin_m=500.0)
    with pytest.raises(ValueError, match="every cell once"):
        joined_tiles(study, RULES, [tile])
