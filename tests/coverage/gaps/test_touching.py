"""Contiguous groups of cells, on lattices and anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.gaps.gaps import touching
from coverage.model.tables import PopulationGrid
from geo.crs import project

CRS = "EPSG:4549"
CORNER = np.array([350_000.0, 3_500_000.0])


def grid_at(xy: np.ndarray, spacing_m: float = 100.0) -> PopulationGrid:
    n = len(xy)
    return PopulationGrid(np.arange(n), xy, np.ones(n), np.full(n, spacing_m**2), spacing_m, CRS)


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
    grid = grid_at(project(lon.ravel(), lat.ravel(), CRS), 78.6)
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
