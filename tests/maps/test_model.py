from __future__ import annotations

import numpy as np
import pytest

from maps.model import Lines, MapCells
from tests.maps.sample_maps import tiny_model


def test_a_map_without_a_needed_column_is_refused() -> None:
    with pytest.raises(ValueError, match="nearest_m"):
        tiny_model(gaps=tiny_model().gaps.drop(columns="nearest_m"))


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="bounds"):
        tiny_model(bounds=(32.0, 118.0, 31.0, 119.0))


def test_lines_whose_starts_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="starts"):
        Lines(np.zeros(3), np.zeros(3), np.array([0, 4]))


def test_cells_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        MapCells(np.zeros((2, 2)), "EPSG:4549", 100.0, np.ones(2), np.ones(3))
