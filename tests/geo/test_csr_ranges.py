from __future__ import annotations

import numpy as np

from geo.csr_ranges import ranges


def test_ranges_follow_one_another():
    assert ranges(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]


def test_no_ranges_are_nothing():
    assert ranges(np.empty(0, int), np.empty(0, int)).tolist() == []
