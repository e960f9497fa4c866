from __future__ import annotations

import numpy as np
import pytest

from geo.network.build import build_network
from tests.geo.town import CRS, town


def test_a_bridge_without_ramps_is_an_island():
    found = town("high street", "hill lane", "bridge").islands
    assert (found.component.tolist(), found.length_m.tolist()) == ([0, 0, 0, 1], [300.0, 100.0])
    assert (found.count, found.outside_m, found.share) == (1, 100.0, 0.75)


def test_parts_are_numbered_by_falling_length():
    assert town("bridge", "high street").islands.component.tolist() == [1, 0]


def test_one_connected_network_has_no_islands():
    found = town("high street", "pond").islands
    assert (found.count, found.share) == (0, 1.0)


def test_no_streets_have_no_islands():
    found = build_network(np.empty((0, 2)), [], [0], [], crs=CRS).islands
    assert (found.count, found.share, found.outside_m) == (0, pytest.approx(1.0), 0.0)
