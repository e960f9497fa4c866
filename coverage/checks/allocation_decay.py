"""Residents shared among the facilities they can reach: the farther, the less."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from coverage.model.tables import Floats


def shared_by_distance(residents: Floats, metres: csr_array, *, half_m: float) -> csr_array:
    """Residents (cells,) to facilities, cells × facilities like `metres` (stored entries only).

    A facility draws a cell by w = 0.5^(metres / half_m); it gets residents · w / Σw (Huff 1963,
    with exponential decay). A cell with no entry goes nowhere.
    """
    count = np.diff(metres.indptr)
    cell = np.repeat(np.arange(len(residents)), count)
    # Counted from the cell's nearest, so that far cells do not vanish in the smallest floats.
    nearest = np.full(len(residents), np.inf)
    np.minimum.at(nearest, cell, metres.data)
    draw = np.exp2(-(metres.data - nearest[cell]) / half_m)
    whole = np.bincount(cell, weights=draw, minlength=len(residents))
    return csr_array(
        (residents[cell] * draw / whole[cell], metres.indices, metres.indptr), shape=metres.shape
    )
