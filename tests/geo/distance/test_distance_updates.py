"""Small changes to a search equal the whole search."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.distance.distance_updates import Offers, spread, taken_from
from geo.distance.nearest import nearest_on_foot, node_distances
from geo.network.snapping import ends, snap, take
from tests.geo.random_networks import networks, on_streets
from tests.geo.town import town

QUICK = settings(max_examples=80, derandomize=True, deadline=None)


def search(network, doors, rows):
    return node_distances(network, doors, rows, np.inf)


def arrivals(network, doors, rows):
    u, v, to_u, to_v = ends(network, doors, rows)
    return Offers(np.concatenate([u, v]), np.concatenate([to_u, to_v]), np.tile(rows, 2))


@given(st.data())
@QUICK
def test_opening_and_closing_equal_a_whole_search_to_the_last_bit(data):
    network = data.draw(networks())
    if not len(network):
        return
    doors = data.draw(on_streets(network))
    rows = np.flatnonzero(doors.linked)
    if len(rows) < 2:
        return
    gone = data.draw(st.sampled_from(rows.tolist()))
    rest = rows[rows != gone]
    metres, owner = search(network, doors, rest)
    spread(network.graph, metres, owner, arrivals(network, doors, np.array([gone])))
    whole_m, whole_owner = search(network, doors, rows)
    assert (metres == whole_m).all() and (owner == whole_owner).all()

    _, offers = taken_from(network.graph, metres, owner, np.flatnonzero(owner == gone))
    again = arrivals(network, doors, rest)
    everything = Offers(*(np.concatenate(pair) for pair in zip(
        (offers.node, offers.metres, offers.owner), (again.node, again.metres, again.owner), strict=True
    )))  # fmt: skip
    spread(network.graph, metres, owner, everything)
    rest_m, rest_owner = search(network, doors, rest)
    assert (metres == rest_m).all() and (owner == rest_owner).all()


@given(st.data())
@QUICK
def test_the_lowest_of_equally_near_facilities_is_named(data):
    network = data.draw(networks())
    if not len(network):
        return
    doors, points = data.draw(on_streets(network)), data.draw(on_streets(network))
    found = nearest_on_foot(network, points, doors)
    each = [
        nearest_on_foot(network, points, take(doors, np.array([row]))).metres for row in range(len(doors))
    ]
    for point in range(len(points)):
        as_near = [row for row, metres in enumerate(each) if metres[point] == found.metres[point] < np.inf]
        if as_near:
            assert found.index[point] <= as_near[0]


def test_two_facilities_at_one_door_give_everything_to_the_first():
    network = town("high street", "hill lane", "park road")
    doors = snap(network, np.array([[100.0, 0.0], [100.0, 0.0]]), limit_m=50)
    points = snap(network, np.array([[0.0, 0], [100, 100], [300, 100]]), limit_m=50)
    assert nearest_on_foot(network, points, doors).index.tolist() == [0, 0, 0]
