"""Which colour each cell gets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maps.cells_image import TRANSPARENT
from maps.model import NOT_MET, MapCells


def walk_classes(cells: MapCells) -> NDArray[np.uint8]:
    """0 up to and including the first limit, 1 up to the second …, the last beyond or out of reach."""
    return np.searchsorted(cells.walk_limits_min, cells.walk_minutes, side="left").astype(np.uint8)


def not_served_classes(outcome: NDArray[np.int8]) -> NDArray[np.uint8]:
    """0 where the rule applies and is not met; all else is left clear."""
    return np.where(outcome == NOT_MET, 0, TRANSPARENT).astype(np.uint8)
