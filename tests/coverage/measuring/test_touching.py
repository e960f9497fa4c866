"""Contiguous groups of cells, on lattices and anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from coverage.measuring.touching import TOUCH, Lattice, Pairs, touching


def test_cells_touch_at_corners_and_not_across_a_gap() -> None:
    xy = np.array([(0, 0), (100, 100), (300, 100), (300, 0)], float)
    groups = touching(xy, 100.0).groups(np.ones(4, dtype=bool))
    assert sorted(group.tolist() for group in groups) == [[0, 1], [2, 3]]


def test_cells_that_are_not_chosen_join_nobody() -> None:
    xy = np.column_stack([np.arange(5) * 100.0, np.zeros(5)])
    groups = touching(xy, 100.0).groups(np.array([True, True, False, True, True]))
    assert [group.tolist() for group in groups] == [[0, 1], [3, 4]]
    assert touching(xy, 100.0).groups(np.zeros(5, dtype=bool)) == []


def test_hexagons_touch_six_others() -> None:
    middle = np.array([0.0, 0.0])
    ring = 100.0 * np.array([(np.cos(a), np.sin(a)) for a in np.arange(6) * np.pi / 3])
    far = np.array([[300.0, 0.0]])
    groups = touching(np.vstack([[middle], ring, far]), 100.0).groups(np.ones(8, dtype=bool))
    assert sorted(len(group) for group in groups) == [1, 7]


@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_a_lattice_is_one_only_along_the_axes(turn: float) -> None:
    x, y = np.meshgrid(np.arange(5) * 100.0, np.arange(5) * 100.0)
    xy = np.column_stack(
        [
            x.ravel() * np.cos(turn) - y.ravel() * np.sin(turn),
            x.ravel() * np.sin(turn) + y.ravel() * np.cos(turn),
        ]
    )
    assert isinstance(touching(xy, 100.0), Lattice if turn == 0 else Pairs)
    assert len(touching(xy, 100.0).groups(np.ones(25, dtype=bool))) == 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.floats(0, 3.9))
def test_a_lattice_and_pairs_give_the_same_groups(seed: int, n: int, off_m: float) -> None:
    dice = np.random.default_rng(seed)
    xy = np.unique(dice.integers(0, 9, (n, 2)), axis=0) * 100.0
    xy = xy + dice.uniform(-off_m / 2, off_m / 2, xy.shape)
    chosen = dice.random(len(xy)) < 0.7
    found = touching(xy, 100.0)
    assert isinstance(found, Lattice)
    pairs = Pairs(cKDTree(xy).query_pairs(TOUCH * 100.0, output_type="ndarray"))
    assert sorted(g.tolist() for g in found.groups(chosen)) == sorted(
        g.tolist() for g in pairs.groups(chosen)
    )
