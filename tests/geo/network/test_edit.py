"""A new street on the small town and on random networks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from core.errors import SettingError
from geo.distance.nearest import nearest_on_foot
from geo.network.edit import add_street
from geo.network.snapping import snap
from tests.geo.random_networks import networks
from tests.geo.town import town

QUICK = settings(max_examples=60, derandomize=True, deadline=None)


def metres(network, origin, point):
    a, b = (snap(network, np.array([xy], float), limit_m=100) for xy in (origin, point))
    return float(nearest_on_foot(network, b, a).metres[0])


def test_a_bridge_shortens_the_way_by_what_one_expects():
    # From (0, 0) along High Street, up Hill Lane and along Park Road to (300, 100) are 400 m;
    # a bridge from (50, 0) straight to (300, 100) leaves 50 m and its own hypotenuse.
    before = town("high street", "hill lane", "park road")
    after = add_street(before, np.array([[50.0, 0.0], [300.0, 100.0]]), limit_m=100)
    assert metres(before, (0, 0), (300, 100)) == pytest.approx(400.0)
    assert metres(after, (0, 0), (300, 100)) == pytest.approx(50 + np.hypot(250, 100))


def test_ends_are_prolonged_to_the_nearest_street():
    network = add_street(town("high street", "park road"), np.array([[150.0, 10], [150, 90]]), limit_m=100)
    assert network.edge_length_m[-1] == pytest.approx(100.0)
    assert metres(network, (150, 0), (150, 100)) == pytest.approx(100.0)


def test_both_ends_on_one_street_make_a_detour_that_nobody_needs():
    before = town("high street")
    after = add_street(before, np.array([[20.0, 0], [50, 40], [80, 0]]), limit_m=100)
    assert metres(after, (0, 0), (200, 0)) == pytest.approx(200.0)
    assert metres(after, (0, 0), (50, 40)) == pytest.approx(20 + 50.0)


def test_a_street_that_touches_nothing_is_refused():
    with pytest.raises(SettingError, match="from the nearest street"):
        add_street(town("high street"), np.array([[0.0, 0], [0, 900]]), limit_m=200)


def test_a_street_without_length_is_refused():
    with pytest.raises(SettingError, match="two different places"):
        add_street(town("high street"), np.array([[5.0, 0], [5, 0]]), limit_m=200)


@given(st.data())
@QUICK
def test_no_way_gets_longer_and_every_edge_stays_whole(data):
    network = data.draw(networks())
    if not len(network):
        return
    numbers = st.integers(-50, 550).map(float)
    line = np.array(data.draw(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=3, unique=True)))
    after = add_street(network, line, limit_m=np.inf)
    drawn = np.add.reduceat(
        np.append(np.hypot(*np.diff(after.vertex_xy, axis=0).T), 0.0)
        * ~np.isin(np.arange(len(after.vertex_xy)), after.vertex_start[1:] - 1),
        after.vertex_start[:-1],
    )
    assert drawn == pytest.approx(after.edge_length_m, abs=1e-6)
    first, last = after.vertex_start[:-1], after.vertex_start[1:] - 1
    assert np.abs(after.vertex_xy[first] - after.node_xy[after.edge_nodes[:, 0]]).max() < 1e-6
    assert np.abs(after.vertex_xy[last] - after.node_xy[after.edge_nodes[:, 1]]).max() < 1e-6
    # From junction to junction: a place where two streets lie on each other may be snapped to either.
    before_m, after_m = (dijkstra(n.graph, directed=False, indices=0) for n in (network, after))
    assert (after_m[: len(before_m)] <= before_m + 1e-6).all()
