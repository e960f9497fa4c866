"""Outlines traced along cells against the union of the cells' squares."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from coverage.measuring.outlines import lattice_outlines


def united(numbers: np.ndarray, number: int) -> shapely.Geometry:
    row, column = np.nonzero(numbers == number)
    return shapely.union_all(shapely.box(column * 50 + 7, row * 50 - 3, column * 50 + 57, row * 50 + 47))


@settings(max_examples=120, derandomize=True, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 9), st.integers(1, 9), st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_tracing_gives_what_uniting_squares_gives(seed: int, rows: int, columns: int, share: float) -> None:
    dice = np.random.default_rng(seed)
    taken = dice.random((rows, columns)) < share
    numbers = label(taken, structure=np.ones((3, 3)))[0].astype(np.int64) - 1
    shapes = lattice_outlines(numbers, np.array([7.0, -3.0]), 50.0)
    assert len(shapes) == numbers.max() + 1
    for number, shape in enumerate(shapes):
        assert shape.is_valid
        assert shapely.equals(shape, united(numbers, number))


def test_cells_that_meet_at_a_corner_are_two_parts_of_one_outline() -> None:
    (shape,) = lattice_outlines(np.array([[0, -1], [-1, 0]]), np.zeros(2), 1.0)
    assert (len(shape.geoms), shape.area, shape.is_valid) == (2, 2.0, True)


def test_a_hole_that_meets_the_outside_at_a_corner_stays_a_hole() -> None:
    numbers = np.array([[0, 0, 0], [0, -1, 0], [0, 0, -1]])
    (shape,) = lattice_outlines(numbers, np.zeros(2), 1.0)
    assert shape.is_valid and len(shape.geoms) == 1 and len(shape.geoms[0].interiors) == 1
    assert shape.area == 7.0


def test_a_straight_side_has_no_corners_in_between() -> None:
    (shape,) = lattice_outlines(np.zeros((4, 9), np.int64), np.zeros(2), 1.0)
    assert shapely.get_num_coordinates(shape) == 5
