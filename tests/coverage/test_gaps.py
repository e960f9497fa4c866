"""Gaps on the tiny town."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from coverage.assessment import Assessment, assess
from coverage.gaps import best_sites, find_gaps, gap_outlines, split_gap, split_large, touching, with_sites
from coverage.model.study import Study
from coverage.model.tables import PopulationGrid, UnitTable
from geo.crs import project
from tests.coverage.test_laws import random_city, with_facility
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, standard, study

LATTICE_CRS = "EPSG:4549"
CORNER = np.array([350_000.0, 3_500_000.0])


def chained_city(communities: Sequence[tuple[str, str, float]]) -> Study:
    """The tiny town without facilities; (name, street, residents) of its communities from west to east."""
    ends = np.linspace(-60.0, 2080.0, len(communities) + 1)
    boxes = {
        name: shapely.box(EAST + west, NORTH - 500, EAST + east, NORTH + 500)
        for (name, _, _), west, east in zip(communities, ends, ends[1:], strict=False)
    }
    whole = shapely.box(EAST - 60, NORTH - 500, EAST + 2080, NORTH + 500)
    rows = [("city", "district", "", whole)]
    for street in dict.fromkeys(street for _, street, _ in communities):
        parts = [boxes[name] for name, of, _ in communities if of == street]
        rows.append((street, "street", "city", shapely.union_all(parts)))
    rows += [(name, "community", street, boxes[name]) for name, street, _ in communities]
    frame = pd.DataFrame(rows, columns=["unit_id", "level", "parent_id", "geometry"])
    frame = frame.assign(name=frame["unit_id"], settlement="urban")
    town = study([("clinic", 0)])
    place = np.digitize(town.grid.xy[:, 0] - EAST, ends) - 1
    people = np.array([residents for _, _, residents in communities])[place] / np.bincount(place)[place]
    units = UnitTable(gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS))
    return replace(town, grid=replace(town.grid, residents=people), units=units)


def test_gaps_are_contiguous_and_ranked_by_residents() -> None:
    # Served: x = 300 … 1300. Left: 0 … 200 (3 cells) and 1400 … 2000 (7 cells).
    gaps = assess(study([("station", 800)]), standard(RADIUS_500)).gaps
    assert [(gap.rank, gap.residents) for gap in gaps] == [(1, 700.0), (2, 300.0)]


def test_a_gap_knows_its_units_groups_and_how_far_its_residents_have() -> None:
    done = assess(study([("station", 800)]), standard(RADIUS_500))
    gap = done.gaps[0]
    # Its seven cells are 600 … 1,200 m from the station; at x = 1700 one facility serves them all.
    assert gap.xy[0] - EAST == 1700.0
    assert (gap.nearest_m, gap.farthest_m) == (pytest.approx(900.0), pytest.approx(1200.0))
    assert gap.groups == {"elderly": 140.0}
    assert gap.unit_rows["community"] == 3
    assert (gap.units_touched, gap.shares[0].share) == (1, 1.0)


def test_half_the_residents_have_at_most_the_median_way() -> None:
    city = study([("station", 800)])
    city.grid.residents[-1] = 700.0  # of 1,300 residents 700 live at the end, 1,200 m away
    assert assess(city, standard(RADIUS_500)).gaps[0].nearest_m == pytest.approx(1200.0)


def test_the_flag_of_a_gap_stands_at_its_best_site() -> None:
    done = assess(study([("clinic", 0)]), standard(WALK_5))
    assert all(gap.site is not None and gap.xy == gap.site.xy for gap in done.gaps)


def test_the_names_of_a_gaps_place_are_a_chain_that_exists() -> None:
    # Most by level would be street S and community C; but C belongs to T.
    city = chained_city([("A", "S", 600.0), ("B", "S", 500.0), ("C", "T", 700.0), ("D", "T", 100.0)])
    done = assess(city, standard(RADIUS_500))
    assert city.units is not None
    names = city.units.frame["name"].tolist()
    gap = done.gaps[0]
    assert [names[row] for row in gap.unit_rows.values()] == ["city", "T", "C"]
    assert [(names[share.unit_rows["community"]], round(share.residents, 6)) for share in gap.shares] == [
        ("C", 700.0), ("A", 600.0), ("B", 500.0), ("D", 100.0)]  # fmt: skip
    assert gap.units_touched == 4


def test_a_gap_nobody_can_walk_from_is_infinitely_far() -> None:
    gap = assess(study([("clinic", 0)]), standard(WALK_5)).gaps[0]
    assert (gap.residents, gap.nearest_m, gap.nearest_row) == (2100.0, float("inf"), -1)


def test_the_outline_is_the_ground_of_the_gaps_cells() -> None:
    done = assess(study([("station", 800)]), standard(RADIUS_500))
    outline = gap_outlines(done.gaps[:1], done.measured)[0]
    assert outline.geom_type == "Polygon"
    assert outline.area == pytest.approx(7 * 10_000, rel=0.01)


def test_cells_without_residents_are_no_gap() -> None:
    empty = study([("clinic", 0)])
    empty.grid.residents[:] = 0.0
    assert assess(empty, standard(RADIUS_500)).gaps == ()


def gaps_of(rows: list[tuple[str, float]], rule: str) -> Assessment:
    return assess(study(rows), standard(rule))


@pytest.mark.parametrize("rule", [RADIUS_500, WALK_5])
def test_a_small_gap_is_served_whole_from_its_middle(rule: str) -> None:
    # Left are x = 1400 … 2000: from 1700 all seven are within 500 m, straight or on foot.
    done = gaps_of([("station", 800)], rule)
    site = best_sites(done.gaps[:1], done.measured)[0]
    assert site is not None
    assert (site.xy[0] - EAST, site.residents) == (1700.0, 700.0)


@pytest.mark.parametrize("rule", [RADIUS_500, WALK_5])
def test_in_a_long_gap_one_facility_serves_what_it_reaches(rule: str) -> None:
    done = gaps_of([("clinic", 0)], rule)
    site = best_sites(done.gaps, done.measured)[0]
    assert site is not None
    # 500 m to both sides: 11 of the 21 cells.
    assert site.residents == 1100.0


@pytest.mark.parametrize("rule", [RADIUS_500, WALK_5])
def test_a_long_gap_splits_into_parts_that_one_facility_each_serves(rule: str) -> None:
    done = gaps_of([("clinic", 0)], rule)
    parts = split_gap(done.gaps[0], done.measured)
    assert parts[0].residents == 1100.0
    assert sum(part.residents for part in parts) == 2100.0
    assert sorted(np.concatenate([part.cells for part in parts]).tolist()) == list(range(21))


@pytest.mark.parametrize("rule", [RADIUS_500, WALK_5])
def test_large_gaps_are_split_as_one_gap_is(rule: str) -> None:
    near = rule.replace("500", "200").replace("figure_min = 5", "figure_min = 2")
    done = gaps_of([("clinic", 0)], near)
    gaps = with_sites(done.gaps, done.measured)
    assert gaps[0].site is not None
    assert gaps[0].site.residents < gaps[0].residents / 2
    parts = split_large(gaps, done.measured, most=3)
    whole = split_gap(gaps[0], done.measured)[:3]
    assert [(part.cell, part.residents) for part in parts[0]] == [(p.cell, p.residents) for p in whole]


def test_a_gap_that_one_facility_serves_by_half_is_not_split() -> None:
    done = gaps_of([("clinic", 0)], RADIUS_500)
    assert split_large(with_sites(done.gaps, done.measured), done.measured) == {}


def test_where_no_street_is_near_nobody_can_be_served_on_foot() -> None:
    city = study([("clinic", 0)])
    city.grid.xy[:, 1] += 700.0
    done = assess(city, standard(WALK_5))
    assert best_sites(done.gaps, done.measured) == [None]
    assert split_gap(done.gaps[0], done.measured) == ()


def test_the_largest_gaps_of_each_rule_get_a_site() -> None:
    done = gaps_of([("station", 800)], RADIUS_500)
    gaps = with_sites(find_gaps(done.results, done.measured), done.measured, most=1)
    assert [gap.site.residents if gap.site else None for gap in gaps] == [700.0, None]


@given(st.integers(0, 2**32 - 1))
def test_straight_the_best_cell_is_that_of_trying_every_cell(seed: int) -> None:
    done = assess(random_city(seed), standard(RADIUS_500))
    grid = done.study.grid
    for gap, site in zip(done.gaps, best_sites(done.gaps, done.measured), strict=True):
        xy, residents = grid.xy[gap.cells], grid.residents[gap.cells]
        metres = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
        assert site is not None
        assert site.residents == pytest.approx((metres <= 500.0).astype(float).dot(residents).max())


@given(st.integers(0, 2**32 - 1), st.sampled_from([RADIUS_500, WALK_5]))
def test_a_facility_at_the_site_serves_as_many_as_was_said(seed: int, rule: str) -> None:
    city = random_city(seed)
    done = assess(city, standard(rule))
    for gap, site in zip(done.gaps[:2], best_sites(done.gaps[:2], done.measured), strict=True):
        if site is None:
            continue
        built = with_facility(city, site.xy[0] - EAST, site.xy[1] - NORTH)
        met = assess(built, standard(rule)).results[0].cells_met
        assert met is not None
        assert city.grid.residents[gap.cells][met[gap.cells]].sum() == pytest.approx(site.residents)


def grid_at(xy: np.ndarray, spacing_m: float = 100.0) -> PopulationGrid:
    n = len(xy)
    return PopulationGrid(np.arange(n), xy, np.ones(n), np.full(n, spacing_m**2), spacing_m, LATTICE_CRS)


def groups_of(grid: PopulationGrid, chosen: np.ndarray) -> list[list[int]]:
    return sorted(group.tolist() for group in touching(grid).groups(chosen))


def test_cells_touch_at_corners_and_not_across_a_gap() -> None:
    xy = np.array([(0, 0), (100, 100), (300, 100), (300, 0)], float)
    assert groups_of(grid_at(xy), np.ones(4, dtype=bool)) == [[0, 1], [2, 3]]


def test_cells_that_are_not_chosen_join_nobody() -> None:
    grid = grid_at(np.column_stack([np.arange(5) * 100.0, np.zeros(5)]))
    assert groups_of(grid, np.array([True, True, False, True, True])) == [[0, 1], [3, 4]]
    assert touching(grid).groups(np.zeros(5, dtype=bool)) == []


def test_hexagons_touch_six_others() -> None:
    middle = np.array([0.0, 0.0])
    ring = 100.0 * np.array([(np.cos(a), np.sin(a)) for a in np.arange(6) * np.pi / 3])
    far = np.array([[300.0, 0.0]])
    groups = groups_of(grid_at(np.vstack([[middle], ring, far])), np.ones(8, dtype=bool))
    assert sorted(map(len, groups)) == [1, 7]


def test_hexagons_of_a_wide_grid_do_not_touch_the_ring_beyond() -> None:
    x, y = np.meshgrid(np.arange(12), np.arange(12))
    xy = CORNER + np.column_stack([((x + y % 2 / 2) * 300).ravel(), (y * 300 * np.sqrt(3) / 2).ravel()])
    grid = grid_at(xy, 300.0)
    metres = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    assert grid.lattice is not None and grid.lattice.hexagons
    for cell in (50, 61, 77):
        for other in np.flatnonzero(np.arange(len(xy)) != cell).tolist():
            chosen = np.isin(np.arange(len(xy)), (cell, other))
            assert (len(touching(grid).groups(chosen)) == 1) == (metres[cell, other] < 301.0)


def test_cells_of_degrees_touch_at_corners_though_they_are_higher_than_wide() -> None:
    lon, lat = np.meshgrid(118.4 + np.arange(9) / 1200, 32.0 + np.arange(9) / 1200)
    grid = grid_at(project(lon.ravel(), lat.ravel(), LATTICE_CRS), 78.6)
    diagonal = (np.arange(81) % 10 == 0) & (np.arange(81) < 81)
    assert groups_of(grid, diagonal) == [np.flatnonzero(diagonal).tolist()]
    assert groups_of(grid, np.isin(np.arange(81), (0, 2))) == [[0], [2]]


@pytest.mark.parametrize("turn", [0.0, 0.3, 1.2])
def test_rows_may_lean(turn: float) -> None:
    x, y = (at.ravel() for at in np.meshgrid(np.arange(5) * 100.0, np.arange(5) * 100.0))
    xy = np.column_stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)])
    assert groups_of(grid_at(xy), np.ones(25, dtype=bool)) == [list(range(25))]
    assert groups_of(grid_at(xy), np.isin(np.arange(25), (0, 6, 8))) == [[0, 6], [8]]


def test_a_cell_off_the_lattice_joins_what_it_is_near_to() -> None:
    x, y = (at.ravel() for at in np.meshgrid(np.arange(9) * 100.0, np.arange(9) * 100.0))
    strays = np.array([[200.0, 133.0], [5_017.0, 17.0]])
    xy = CORNER + np.vstack([np.column_stack([x, y]), strays])
    grid = grid_at(xy)
    assert grid.lattice is not None and grid.lattice.on.sum() == 81
    # Left and right of the stray, two columns apart.
    assert groups_of(grid, np.isin(np.arange(83), (10, 12, 81, 82))) == [[10, 12, 81], [82]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.floats(0, 3.9))
def test_a_lattice_gives_the_groups_that_distances_give(seed: int, n: int, off_m: float) -> None:
    dice = np.random.default_rng(seed)
    xy = np.unique(dice.integers(0, 9, (n, 2)), axis=0) * 100.0
    xy = xy + dice.uniform(-off_m / 2, off_m / 2, xy.shape)
    chosen = dice.random(len(xy)) < 0.7
    left, expected = set(np.flatnonzero(chosen).tolist()), []
    while left:
        group, new = set(), {min(left)}
        while new:
            group |= new
            near = np.hypot(*(xy[:, None] - xy[list(new)][None]).transpose(2, 0, 1)).min(axis=1) < 150.0
            new = (set(np.flatnonzero(near & chosen).tolist()) & left) - group
        expected.append(sorted(group))
        left -= group
    assert groups_of(grid_at(xy), chosen) == sorted(expected)
