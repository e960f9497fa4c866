"""Which colour each cell gets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maps.model import MapCells


def walk_classes(cells: MapCells) -> NDArray[np.uint8]:
    """0 up to and including the first limit, 1 up to the second …, the last beyond or out of reach."""
    return np.searchsorted(cells.walk_limits_min, cells.walk_minutes, side="left").astype(np.uint8)
