"""Outlines of cells against the union of the cells' own shapes."""

from __future__ import annotations

import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from coverage.gaps import touching
from coverage.measuring.outlines import cell_groups, cell_outlines, lattice_outlines
from coverage.model.tables import PopulationGrid
from geo.crs import project, unproject
from tests.coverage.test_gaps import CORNER, LATTICE_CRS, grid_at


@settings(max_examples=120, derandomize=True, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 9), st.integers(1, 9), st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_tracing_gives_what_uniting_squares_gives(seed: int, rows: int, columns: int, share: float) -> None:
    dice = np.random.default_rng(seed)
    taken = dice.random((rows, columns)) < share
    numbers = label(taken, structure=np.ones((3, 3)))[0].astype(np.int64) - 1
    check_traced(numbers)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 8), st.integers(1, 8))
def test_groups_that_share_sides_are_traced_apart(seed: int, rows: int, columns: int) -> None:
    check_traced(np.random.default_rng(seed).integers(-1, 3, (rows, columns)))


def check_traced(numbers: np.ndarray) -> None:
    shapes = lattice_outlines(numbers)
    assert len(shapes) == numbers.max() + 1
    for number, shape in enumerate(shapes):
        row, column = np.nonzero(numbers == number)
        assert shape.is_valid
        assert shapely.equals(shape, shapely.union_all(shapely.box(column, row, column + 1, row + 1)))


def test_cells_that_meet_at_a_corner_are_two_parts_of_one_outline() -> None:
    (shape,) = lattice_outlines(np.array([[0, -1], [-1, 0]]))
    assert (len(shape.geoms), shape.area, shape.is_valid) == (2, 2.0, True)


def test_a_hole_that_meets_the_outside_at_a_corner_stays_a_hole() -> None:
    numbers = np.array([[0, 0, 0], [0, -1, 0], [0, 0, -1]])
    (shape,) = lattice_outlines(numbers)
    assert shape.is_valid and len(shape.geoms) == 1 and len(shape.geoms[0].interiors) == 1
    assert shape.area == 7.0


def test_a_straight_side_has_no_corners_in_between() -> None:
    (shape,) = lattice_outlines(np.zeros((4, 9), np.int64))
    assert shapely.get_num_coordinates(shape) == 5


def grid_of_degrees(step: float = 1 / 1200) -> PopulationGrid:
    lon, lat = np.meshgrid(118.0 + np.arange(30) * step, 32.0 + np.arange(20) * step)
    return grid_at(project(lon.ravel(), lat.ravel(), LATTICE_CRS), 78.6)


def hexagon_grid() -> PopulationGrid:
    x, y = np.meshgrid(np.arange(30), np.arange(20))
    xy = CORNER + np.column_stack([((x + y % 2 / 2) * 300).ravel(), (y * 300 * np.sqrt(3) / 2).ravel()])
    return grid_at(xy, 300.0)


def exact(grid: PopulationGrid, cells: np.ndarray) -> shapely.Geometry:
    """The union of the cells' own shapes, in degrees or in metres."""
    if grid.spacing_m == 300.0:
        turn = np.pi / 6 + np.arange(6) * np.pi / 3
        corners = 300.0 / np.sqrt(3) * np.column_stack([np.cos(turn), np.sin(turn)])
        shapes = shapely.polygons(grid.xy[cells][:, None] + corners)
        return shapely.union_all(shapely.set_precision(shapes, 0.001))
    lon, lat = unproject(grid.xy[cells], LATTICE_CRS)
    half = 1 / 2400
    return shapely.union_all(shapely.box(lon - half, lat - half, lon + half, lat + half))


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from([grid_of_degrees(), hexagon_grid()]))
def test_cells_of_degrees_and_hexagons_have_the_outline_of_their_exact_union(
    seed: int, grid: PopulationGrid
) -> None:
    chosen = np.random.default_rng(seed).random(len(grid)) < 0.5
    groups = touching(grid).groups(chosen)
    for cells, shape in zip(groups, cell_outlines(grid, groups), strict=True):
        expected, off = exact(grid, cells), 0.01
        if grid.spacing_m != 300.0:
            lonlat = unproject(shapely.get_coordinates(shape), LATTICE_CRS)
            shape, off = shapely.set_coordinates(shape, np.column_stack(lonlat)), 1e-9
        assert shape.is_valid
        # Cells that meet at a corner only may count as joined there.
        assert shapely.symmetric_difference(shape, expected).area <= off * expected.length


def test_cells_that_stand_a_little_off_leave_no_specks() -> None:
    dice = np.random.default_rng(5)
    x, y = (at.ravel() * 100.0 for at in np.meshgrid(np.arange(40), np.arange(40)))
    grid = grid_at(CORNER + np.column_stack([x, y]) + dice.uniform(-15, 15, (1600, 2)))
    assert grid.lattice is None
    (shape,) = cell_outlines(grid, [np.arange(1600)])
    assert (shape.geom_type, len(shape.interiors)) == ("Polygon", 0)
    assert shape.area == pytest.approx(1600 * 10_000, rel=0.03)
    assert shapely.contains_xy(shape, grid.xy).all()


def test_many_cells_off_a_lattice_have_the_ground_that_few_have() -> None:
    dice = np.random.default_rng(6)
    x, y = (at.ravel() * 100.0 for at in np.meshgrid(np.arange(100), np.arange(60)))
    grid = grid_at(CORNER + np.column_stack([x, y]) + dice.uniform(-15, 15, (6000, 2)))
    halves = [np.flatnonzero(x < 4_000), np.flatnonzero(x > 4_300)]
    together, one_by_one = cell_outlines(grid, halves), [cell_outlines(grid, [half])[0] for half in halves]
    for many, few in zip(together, one_by_one, strict=True):
        assert many.is_valid and many.geom_type == "Polygon"
        assert shapely.symmetric_difference(many, few).area <= 0.02 * few.area


@pytest.mark.slow
def test_outlines_of_four_times_the_cells_off_a_lattice_do_not_take_sixteen_times_as_long() -> None:
    seconds = []
    for side in (150, 300):
        x, y = (at.ravel() * 100.0 for at in np.meshgrid(np.arange(side), np.arange(side)))
        dice = np.random.default_rng(7)
        grid = grid_at(CORNER + np.column_stack([x, y]) + dice.uniform(-20, 20, (side * side, 2)))
        groups = touching(grid).groups(dice.random(len(grid)) < 0.6)
        begin = time.process_time()
        cell_outlines(grid, groups)
        seconds.append(time.process_time() - begin)
    assert seconds[1] <= 8 * seconds[0]


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(0, 10_000))
def test_groups_are_summed_as_one_by_one(seed: int) -> None:
    dice = np.random.default_rng(seed)
    cells = dice.permutation(60)[: dice.integers(5, 60)]
    parts = [np.sort(p) for p in np.array_split(cells, dice.integers(1, 6)) if len(p)]
    xy, weights = dice.integers(0, 20, (60, 2)) * 100.0 + 350_000, dice.uniform(0.1, 9.0, 60)
    unit_of = dice.integers(-1, 7, 60)
    groups = cell_groups(parts)
    sums, middles = groups.sums(weights), groups.middles(xy, weights)
    medians, largest = groups.medians(xy[:, 0], weights), groups.largest(xy[:, 0])
    shares = groups.shares(unit_of, weights)
    for number, part in enumerate(parts):
        assert np.isclose(sums[number], weights[part].sum())
        away = np.hypot(*(xy - np.average(xy[part], axis=0, weights=weights[part])).T)
        assert middles[number] in part and away[middles[number]] <= away[part].min() + 1e-6
        nearer = [weights[part][xy[part, 0] <= at].sum() for at in np.unique(xy[part, 0])]
        half = np.unique(xy[part, 0])[np.searchsorted(nearer, sum(weights[part]) / 2 * (1 - 1e-9))]
        assert (medians[number], largest[number]) == (half, xy[part, 0].max())
        held = {u: weights[part][unit_of[part] == u].sum() for u in range(7) if u in unit_of[part]}
        assert [unit for unit, _, _ in shares[number]] == sorted(held, key=lambda u: -held[u])
        for unit, residents, cell in shares[number]:
            assert np.isclose(residents, held[unit]) and cell in part and unit_of[cell] == unit
            assert weights[cell] == weights[part][unit_of[part] == unit].max()
