"""How far apart cells are."""

from __future__ import annotations

import numpy as np
import pytest

from data.population.cells import Cells, cells_to_grid
from geo.crs import unproject

CRS = "EPSG:4549"


def spacing(xy: np.ndarray) -> tuple[float, float]:
    lon, lat = unproject(xy + np.asarray([400_000.0, 3_500_000.0]), CRS)
    n = len(xy)
    grid = cells_to_grid(Cells(np.arange(n), lon, lat, np.ones(n)), CRS)
    return grid.spacing_m, float(grid.area_m2[0])


def lattice(columns: int, rows: int, step: float, *, hexagons: bool = False) -> np.ndarray:
    x, y = np.meshgrid(np.arange(columns, dtype=float), np.arange(rows, dtype=float))
    if hexagons:
        x, y = x + (y % 2) / 2, y * np.sqrt(3) / 2
    return np.column_stack([x.ravel(), y.ravel()]) * step


@pytest.mark.parametrize("rows", [40, 600])
def test_squares_and_hexagons_are_told_apart_however_many_there_are(rows: int) -> None:
    assert spacing(lattice(300, rows, 100.0)) == (pytest.approx(100), pytest.approx(10_000))
    hexagon = np.sqrt(3) / 2 * 200**2
    assert spacing(lattice(300, rows, 200.0, hexagons=True)) == (pytest.approx(200), pytest.approx(hexagon))


def test_a_city_with_holes_has_the_spacing_of_its_cells() -> None:
    xy = lattice(400, 400, 100.0)
    settled = np.random.default_rng(1).random(len(xy)) < 0.6
    assert spacing(xy[settled])[0] == pytest.approx(100)


def test_a_single_cell_is_taken_as_100_m_wide() -> None:
    assert spacing(np.zeros((1, 2)))[0] == 100.0


def test_points_in_degrees_stand_for_the_ground_of_their_own_pixels() -> None:
    lon, lat = (at.ravel() for at in np.meshgrid(118.4 + np.arange(30) / 1200, 32.0 + np.arange(20) / 1200))
    grid = cells_to_grid(Cells(np.arange(600), lon, lat, np.ones(600)), "EPSG:4549")
    # 3″ are 78.7 m by 92.4 m at 32° N on the ellipsoid.
    assert grid.area_m2 == pytest.approx(np.full(600, 78.7 * 92.4), rel=0.002)
