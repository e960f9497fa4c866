from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.network.build import build_network
from geo.network.segments import PIECE_M
from geo.network.snapping import ends, snap, snap_once, take
from tests.geo.random_networks import networks
from tests.geo.town import CRS, node_at, town

QUICK = settings(max_examples=80, derandomize=True, deadline=None)


def snapped_one(network, x, y, limit_m=500.0):
    found = snap(network, np.array([[x, y]], float), limit_m=limit_m)
    return int(found.edge[0]), float(found.offset_m[0]), float(found.snap_m[0]), found.xy[0].tolist()


def test_a_point_goes_to_the_nearest_point_of_an_edge_not_to_a_node():
    assert snapped_one(town("high street"), 120, 30) == (0, 120.0, 30.0, [120, 0])


def test_the_limit_itself_is_linked_and_beyond_it_is_not():
    network = town("high street")
    assert snapped_one(network, 50, 40, limit_m=40.0)[0] == 0
    assert snapped_one(network, 50, 41, limit_m=40.0) == (-1, 50.0, 41.0, [50, 0])


def test_a_point_on_a_corner_of_a_street_is_measured_along_the_street():
    assert snapped_one(town("round", "mill road"), 235, 30)[1] == pytest.approx(50, abs=10)
    assert snapped_one(town("round", "mill road"), 240, 40)[1:] == (50.0, 10.0, [230, 40])


def test_of_streets_equally_near_the_lowest_edge_is_taken():
    network = town("high street", "hill lane", "park road")
    junction = node_at(network, 100, 0)
    assert snapped_one(network, 100, -20)[0] == int(
        np.flatnonzero((network.edge_nodes == junction).any(axis=1))[0]
    )
    assert snapped_one(town("high street", "bridge"), 75, 25)[0] == 0


def test_a_point_past_the_end_of_a_street_goes_to_its_end():
    assert snapped_one(town("high street"), 230, 40) == (0, 200.0, 50.0, [200, 0])


def test_without_streets_nothing_is_linked():
    network = build_network(np.empty((0, 2)), [], [0], [], crs=CRS)
    found = snap(network, np.array([[1.0, 2.0]]), limit_m=500)
    assert (found.edge.tolist(), found.snap_m.tolist(), found.linked.tolist()) == ([-1], [np.inf], [False])


def test_no_points_give_no_places():
    assert len(snap(town(), np.empty((0, 2)), limit_m=500)) == 0


def test_taking_rows_keeps_their_order():
    found = snap(town(), np.array([[0, 5], [100, 50], [300, 100]], float), limit_m=500)
    assert take(found, np.array([2, 0])).edge.tolist() == [found.edge[2], found.edge[0]]


def test_both_ends_are_part_edge_and_snap_leg_away():
    network = town("high street")
    found = snap(network, np.array([[150.0, 20.0]]), limit_m=500)
    _, _, to_u, to_v = ends(network, found, np.array([0]))
    assert (to_u.tolist(), to_v.tolist()) == ([170.0], [70.0])


@QUICK
@given(networks(), st.lists(st.tuples(st.floats(-900, 1400), st.floats(-900, 1400)), min_size=1, max_size=12))
def test_no_street_is_nearer_than_the_one_taken(network, places):
    xy = np.array(places, float)
    found = snap(network, xy, limit_m=np.inf)
    for i, point in enumerate(shapely.points(xy)):
        lines = [
            shapely.LineString(network.vertex_xy[a:b])
            for a, b in zip(network.vertex_start[:-1], network.vertex_start[1:], strict=True)
        ]
        nearest = min((shapely.distance(line, point) for line in lines), default=np.inf)
        assert found.snap_m[i] == pytest.approx(nearest, abs=1e-7)
        if not len(network):
            continue
        line = lines[found.edge[i]]
        assert shapely.distance(line, shapely.Point(found.xy[i])) == pytest.approx(0, abs=1e-7)
        assert np.hypot(*(found.xy[i] - xy[i])) == pytest.approx(found.snap_m[i], abs=1e-7)
        at_offset = shapely.line_interpolate_point(line, found.offset_m[i])
        assert np.hypot(*(shapely.get_coordinates(at_offset)[0] - found.xy[i])) < 1e-6


def test_streets_much_longer_than_a_piece_of_the_index_are_found_from_afar():
    long_m = 200 * PIECE_M
    network = build_network(
        np.array([[0, 0], [long_m, 0], [3000, 500], [3001, 500]]), [0, 1, 2, 3], [0, 2, 4], [0, 0], crs=CRS
    )
    network = replace(network, island_m=0.0)
    xy = np.column_stack([np.linspace(-100, long_m + 100, 400), np.full(400, 300.0)])
    expected = shapely.distance(shapely.points(xy), shapely.LineString([(0, 0), (long_m, 0)]))
    other = shapely.distance(shapely.points(xy), shapely.LineString([(3000, 500), (3001, 500)]))
    assert snap(network, xy, limit_m=1e9).snap_m == pytest.approx(np.minimum(expected, other))


def test_points_remembered_with_the_network_are_snapped_as_others_for_every_limit():
    network = town("high street", "hill lane")
    xy = np.array([(20.0, 5.0), (100.0, 60.0), (90.0, 300.0)])
    for limit_m in (500.0, 4.0):
        once, anew = snap_once(network, xy, limit_m=limit_m), snap(network, xy, limit_m=limit_m)
        for name in ("edge", "offset_m", "snap_m", "xy"):
            assert getattr(once, name).tolist() == getattr(anew, name).tolist()
    assert len(network.snapped) == 1
    snap_once(network, xy + 1.0, limit_m=500.0)
    assert len(network.snapped) == 2
