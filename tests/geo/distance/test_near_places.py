from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from geo.distance.near_places import blocks_of, nearest_places


def naive(xy: np.ndarray, places: np.ndarray) -> tuple[list[float], list[int]]:
    # Products: a scalar's power may differ in the last bit.
    away = [[float(np.sqrt((x - a) * (x - a) + (y - b) * (y - b))) for a, b in places] for x, y in xy]
    return [min(row) for row in away], [row.index(min(row)) for row in away]


def lattice(a_side: int, step_m: float = 100.0) -> np.ndarray:
    column, row = np.meshgrid(np.arange(a_side), np.arange(a_side))
    return np.column_stack([column.ravel(), row.ravel()]) * step_m + 50.0


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.sampled_from([0.0, 40.0]))
def test_blocks_give_what_comparing_every_pair_gives(seed: int, count: int, off_m: float) -> None:
    dice = np.random.default_rng(seed)
    xy = lattice(16)[dice.permutation(256)[: dice.integers(70, 257)]]
    xy = xy + dice.uniform(-off_m, off_m, xy.shape)
    places = np.round(dice.uniform(-300, 1900, (count, 2)) / 50) * 50  # many equally near, some twice
    metres, index = nearest_places(xy, places)
    assert (metres.tolist(), index.tolist()) == naive(xy, places)


def test_points_in_one_line_are_searched_too() -> None:
    xy = np.column_stack([np.arange(500.0), np.zeros(500)])
    metres, index = nearest_places(xy, np.array([(400.0, 3.0), (100.0, 4.0), (100.0, 4.0)]))
    assert (metres[100], index[100], index[249], index[251]) == (4.0, 1, 1, 0)


@pytest.mark.parametrize("places", [1, 7, 400])
def test_a_search_tree_gives_the_same_metres_to_the_last_bit(places: int) -> None:
    dice = np.random.default_rng(places)
    xy, near = lattice(120, 99.7), dice.uniform(0, 12_000, (places, 2))
    metres, index = blocks_of(xy).nearest(near)
    tree_m, tree_index = cKDTree(near).query(xy)
    assert (metres == tree_m).all() and (index == tree_index).all()
