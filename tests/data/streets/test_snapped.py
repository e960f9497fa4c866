"""Where cells lie on the streets, remembered by the content of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import geo.network.snapping
from data.streets.snapped import remember_places
from geo.network.snapping import snap, snap_once
from tests.geo.town import town

XY = np.array([(20.0, 5.0), (100.0, 60.0), (90.0, 300.0)])


@pytest.fixture
def never_searched(monkeypatch):
    """From now on only what was kept may answer."""
    return lambda: monkeypatch.delattr(geo.network.snapping, "snap")


def test_places_are_found_again_without_a_search(tmp_path, never_searched):
    expected = snap(town(), XY, limit_m=70.0)
    remember_places(town(), tmp_path, XY)
    never_searched()
    again = town()
    remember_places(again, tmp_path, XY)
    found = snap_once(again, XY, limit_m=70.0)
    for name in ("edge", "offset_m", "snap_m", "xy"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def test_other_points_and_other_streets_have_their_own(tmp_path):
    network = town()
    moved = replace(network, vertex_xy=network.vertex_xy + 30.0, node_xy=network.node_xy + 30.0)
    for streets, points in ((network, XY), (network, XY + 1.0), (moved, XY)):
        remember_places(streets, tmp_path, points)
        assert snap_once(streets, points, limit_m=70.0).snap_m.tolist() == (
            snap(streets, points, limit_m=70.0).snap_m.tolist()
        )
    assert len(list(tmp_path.iterdir())) == 3
