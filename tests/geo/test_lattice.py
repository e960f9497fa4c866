"""Rows and columns found again from centres alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geo.crs import project
from geo.lattice import Lattice, find_lattice

CRS = "EPSG:4549"


def laid_out(system: str, columns: int = 60, rows: int = 40) -> np.ndarray:
    """Cells of about 100 m in `system`, in metres of `CRS` (Krovak: of UTM 33)."""
    column, row = (at.ravel() for at in np.meshgrid(np.arange(columns), np.arange(rows)))
    if system == "metres":
        return np.column_stack([350_000.0 + column * 100.0, 3_500_000.0 + row * 100.0])
    if system == "degrees":
        return project(118.4 + column / 1200, 32.0 + row / 1200, CRS)
    corner, code = {
        "krovak": ((-743_000.0, -1_043_000.0), "EPSG:5514"),
        "other zone": ((350_000.0, 3_500_000.0), "EPSG:32651"),
    }[system]
    to_degrees = Transformer.from_crs(code, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(corner[0] + column * 100.0, corner[1] + row * 100.0)
    return project(lon, lat, "EPSG:32633" if system == "krovak" else CRS)


def same_neighbours(found: Lattice, columns: int) -> bool:
    """Whether cells that were neighbours in a row are one step apart, and always the same step."""
    nodes = np.column_stack([found.column, found.row]).reshape(-1, columns, 2)
    steps = np.concatenate([np.diff(nodes, axis=1).reshape(-1, 2)])
    return bool((steps == steps[0]).all() and np.abs(steps[0]).sum() == 1)


@pytest.mark.parametrize("system", ["metres", "degrees", "krovak", "other zone"])
def test_a_grid_keeps_its_rows_and_columns_in_whatever_system(system: str) -> None:
    xy = laid_out(system)
    found = find_lattice(
        xy, 80.0 if system == "degrees" else 100.0, "EPSG:32633" if system == "krovak" else CRS
    )
    assert found is not None and not found.hexagons and found.on.all()
    assert same_neighbours(found, 60)
    uv = np.column_stack([found.column, found.row]).astype(float)
    assert np.abs(found.frame.xy(uv) - xy).max() < 0.01
    assert (found.cells_at(xy) == np.arange(len(xy))).all()


@settings(max_examples=20, derandomize=True, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from(["metres", "degrees", "other zone"]))
def test_cells_that_are_missing_and_rounded_coordinates_change_nothing(seed: int, system: str) -> None:
    dice = np.random.default_rng(seed)
    xy = laid_out(system)
    kept = dice.random(len(xy)) < 0.6
    found = find_lattice(np.round(xy[kept]), 80.0 if system == "degrees" else 100.0, CRS)
    assert found is not None and found.on.all()
    whole = find_lattice(xy, 80.0 if system == "degrees" else 100.0, CRS)
    assert whole is not None
    for mine, full in ((found.row, whole.row[kept]), (found.column, whole.column[kept])):
        assert np.ptp(mine - full) == 0


@pytest.mark.parametrize("turn", [0.0, 0.4])
def test_hexagons_are_told_from_squares(turn: float) -> None:
    column, row = (at.ravel() for at in np.meshgrid(np.arange(30), np.arange(30)))
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corner = np.array([350_000.0, 3_500_000.0])
    at = np.column_stack([(column + row % 2 / 2) * 250.0, row * 250.0 * np.sqrt(3) / 2])
    xy = at @ turned + corner
    found = find_lattice(xy, 250.0, CRS)
    assert found is not None and found.hexagons and found.on.all()
    assert found.area_m2(np.arange(900)) == pytest.approx(np.full(900, 250.0**2 * np.sqrt(3) / 2), rel=1e-6)
    # Every place belongs to the nearest centre.
    places = np.random.default_rng(1).uniform([1000, 1000], [6000, 5000], (500, 2)) @ turned + corner
    nearest = np.hypot(*(places[:, None] - xy[None]).transpose(2, 0, 1)).argmin(axis=1)
    assert (found.cells_at(places) == nearest).all()


def test_a_few_cells_elsewhere_do_not_undo_a_lattice() -> None:
    xy = laid_out("metres")
    strays = np.array([[350_130.0, 3_500_251.0], [359_999.0, 3_500_033.0]])
    found = find_lattice(np.vstack([xy, strays]), 100.0, CRS)
    assert found is not None
    assert np.flatnonzero(~found.on).tolist() == [2400, 2401]


def test_of_two_cells_at_one_node_the_first_has_it() -> None:
    xy = laid_out("metres")
    found = find_lattice(np.vstack([xy, xy[:3]]), 100.0, CRS)
    assert found is not None
    assert np.flatnonzero(~found.on).tolist() == [2400, 2401, 2402]


@pytest.mark.parametrize("spread_m", [25.0, 5_000.0])
def test_points_anywhere_are_no_lattice(spread_m: float) -> None:
    xy = laid_out("metres") + np.random.default_rng(2).uniform(-spread_m, spread_m, (2400, 2))
    assert find_lattice(xy, 80.0, CRS) is None


def test_a_single_cell_has_its_own_square() -> None:
    found = find_lattice(np.array([[350_000.0, 3_500_000.0]]), 100.0, CRS)
    assert found is not None
    assert found.area_m2(np.array([0])) == pytest.approx([10_000.0])
