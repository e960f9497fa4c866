"""Sums within a radius against counting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coverage.measuring.focal_sums import disc_sums


def counted(xy: np.ndarray, weights: np.ndarray, radius_m: float) -> np.ndarray:
    metres = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    return (metres <= radius_m) @ weights


def test_a_row_of_cells_is_summed_to_both_sides() -> None:
    xy = np.column_stack([np.arange(5) * 100.0, np.zeros(5)])
    assert disc_sums(xy, np.arange(1.0, 6.0), radius_m=100, spacing_m=100).tolist() == [3, 6, 9, 12, 9]


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(0, 900))
def test_on_a_square_grid_the_sum_is_exact(seed: int, n: int, radius_m: float) -> None:
    dice = np.random.default_rng(seed)
    xy = np.unique(dice.integers(0, 8, (n, 2)), axis=0) * 100.0 + [5e5, 3.5e6]
    weights = dice.integers(0, 50, len(xy)).astype(float)
    # A hair more than the radius, so that both sides agree on distances equal to it.
    found = disc_sums(xy, weights, radius_m=radius_m + 1e-6, spacing_m=100.0)
    assert np.allclose(found, counted(xy, weights, radius_m + 1e-6))


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 30), st.floats(1, 900), st.sampled_from([10.0, 100.0, 1000.0])
)
def test_anywhere_the_sum_is_never_too_small(seed: int, n: int, radius_m: float, spacing_m: float) -> None:
    dice = np.random.default_rng(seed)
    xy = dice.uniform(0, 1500, (n, 2))
    weights = dice.uniform(0, 9, n)
    assert (
        disc_sums(xy, weights, radius_m=radius_m, spacing_m=spacing_m)
        >= counted(xy, weights, radius_m) - 1e-6
    ).all()
