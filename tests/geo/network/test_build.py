from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from geo.network.build import build_from_lines, build_network, merge_close
from tests.geo.random_networks import built, ways
from tests.geo.town import CRS, node_at, town

QUICK = settings(max_examples=60, derandomize=True, deadline=None)


def network_of(xy, several, classes=None):
    start = np.concatenate([[0], np.cumsum([len(w) for w in several])])
    return build_network(
        np.array(xy, float),
        np.concatenate([*several, []]).astype(int),
        start,
        [0] * len(several) if classes is None else classes,
        crs=CRS,
    )


def lengths(network):
    return sorted(network.edge_length_m.tolist())


def test_vertices_passed_through_are_inside_edges():
    network = network_of([(0, 0), (30, 0), (60, 0), (60, 40)], [[0, 1, 2, 3]])
    assert (len(network.node_xy), lengths(network)) == (2, [100.0])
    assert network.vertex_xy.tolist() == [[0, 0], [30, 0], [60, 0], [60, 40]]


def test_ways_that_continue_one_another_are_one_edge_whatever_their_directions():
    network = network_of([(0, 0), (30, 0), (60, 0), (100, 0)], [[1, 0], [1, 2], [3, 2]])
    assert lengths(network) == [100.0]
    assert network.vertex_xy[:, 0].tolist() in ([0, 30, 60, 100], [100, 60, 30, 0])


def test_a_junction_is_where_three_segments_meet():
    network = network_of([(0, 0), (50, 0), (100, 0), (50, 70)], [[0, 1, 2], [1, 3]])
    assert lengths(network) == [50.0, 50.0, 70.0]


def test_edges_follow_the_order_of_the_ways():
    network = network_of([(0, 0), (50, 0), (100, 0), (50, 70)], [[0, 1, 2], [1, 3]])
    assert network.vertex_xy.reshape(-1, 2, 2)[:, :, 0].tolist() == [[0, 50], [50, 100], [50, 50]]


def test_a_loop_is_kept():
    network = town("high street", "pond")
    two = node_at(network, 200, 0)
    assert network.edge_length_m[(network.edge_nodes == two).all(axis=1)].tolist() == [400.0]


def test_two_streets_between_the_same_junctions_are_two_edges():
    network = town("high street", "straight", "round", "mill road")
    ends = {node_at(network, 200, 0), node_at(network, 200, 300)}
    assert [m for m, e in zip(network.edge_length_m, network.edge_nodes, strict=True) if set(e) == ends] == [
        300,
        320,
    ]


def test_a_ring_without_a_junction_has_one_node():
    network = network_of([(0, 0), (100, 0), (100, 100)], [[1, 2, 0, 1]])
    assert (network.edge_nodes.tolist(), len(network.node_xy)) == ([[0, 0]], 1)
    assert network.edge_length_m[0] == pytest.approx(200 + 100 * 2**0.5)


def test_a_ring_of_several_ways_has_one_node():
    network = network_of([(0, 0), (100, 0), (100, 100)], [[0, 1], [2, 1], [2, 0]])
    assert len(network) == len(network.node_xy) == 1


def test_lines_that_merely_cross_do_not_meet():
    network = town("hill lane", "bridge")
    assert (len(network), len(network.node_xy)) == (2, 4)


def test_vertices_joined_by_a_segment_of_no_length_are_one():
    network = network_of([(0, 0), (50, 0), (50, 0), (100, 0)], [[0, 1, 2, 3]])
    assert lengths(network) == [100.0]


def test_two_vertices_in_one_place_do_not_meet_without_a_segment():
    assert len(network_of([(0, 0), (50, 0), (50, 0), (100, 0)], [[0, 1], [2, 3]])) == 2


def test_a_street_given_twice_is_one_street_of_the_higher_class():
    network = network_of([(0, 0), (50, 0), (100, 0)], [[0, 1, 2], [2, 1]], [0, 2])
    assert (lengths(network), network.edge_class.tolist()) == ([100.0], [2])


def test_an_edge_has_the_highest_class_of_its_pieces():
    assert network_of([(0, 0), (50, 0), (100, 0)], [[0, 1], [1, 2]], [1, 0]).edge_class.tolist() == [1]


@pytest.mark.parametrize("several", [[], [[0]], [[0, 0]]])
def test_ways_without_length_give_an_empty_network(several):
    network = network_of([(0, 0), (5, 5)], several)
    assert (len(network), len(network.node_xy)) == (0, 0)


def test_lines_meet_within_a_millimetre_and_not_beyond():
    near, far = [(100.0008, 0), (200, 0)], [(100.003, 0), (100, 90)]
    lines = [shapely.LineString(c) for c in ([(0, 0), (100, 0)], near, far)]
    assert len(build_from_lines(lines, [0, 0, 0], crs=CRS)) == 2


def test_parts_of_a_multi_line_keep_its_class():
    lines = [
        shapely.MultiLineString([[(0, 0), (9, 0)], [(20, 0), (29, 0)]]),
        shapely.LineString([(0, 5), (9, 5)]),
    ]
    assert build_from_lines(lines, [2, 1], crs=CRS).edge_class.tolist() == [2, 2, 1]


def test_close_places_are_numbered_by_first_occurrence():
    number, places = merge_close(np.array([[9.0, 0], [0, 0], [9.0005, 0], [0, 0]]), 0.001)
    assert (number.tolist(), places.tolist()) == ([0, 1, 0, 1], [[9, 0], [0, 0]])


@QUICK
@given(ways())
def test_contraction_changes_no_distance(drawn):
    xy, several, _ = drawn
    raw = nx.Graph()
    for way in several:
        for a, b in itertools.pairwise(way):
            raw.add_edge(a, b, weight=float(np.hypot(*(xy[a] - xy[b]))))
    network = built(drawn)
    contracted = nx.MultiGraph()
    for (u, v), metres in zip(network.edge_nodes.tolist(), network.edge_length_m, strict=True):
        contracted.add_edge(u, v, weight=metres)
    expected = {place: distances_from(raw, xy, place) for place in map(tuple, network.node_xy)}
    for u, near in nx.all_pairs_dijkstra_path_length(contracted):
        for v, metres in near.items():
            wanted = expected[tuple(network.node_xy[u])][tuple(network.node_xy[v])]
            assert min(wanted) <= metres + 1e-9
            assert any(metres == pytest.approx(w, rel=1e-9, abs=1e-9) for w in wanted)


def distances_from(raw, xy, place):
    """Place → the distances to its vertices from the vertices of `place` (several may lie in one)."""
    found = {}
    for source in (n for n in raw if tuple(xy[n]) == place):
        for target, metres in nx.single_source_dijkstra_path_length(raw, source).items():
            found.setdefault(tuple(xy[target]), []).append(metres)
    return found


@QUICK
@given(ways())
def test_no_street_is_lost_or_doubled(drawn):
    xy, several, classes = drawn
    segments = {
        frozenset((a, b)) for way in several for a, b in itertools.pairwise(way) if (xy[a] != xy[b]).any()
    }
    places = {}
    joined = nx.Graph((a, b) for way in several for a, b in itertools.pairwise(way) if (xy[a] == xy[b]).all())
    for group in nx.connected_components(joined):
        places |= dict.fromkeys(group, min(group))
    once = {frozenset(places.get(v, v) for v in segment) for segment in segments}
    network = built(drawn)
    total = sum(float(np.hypot(*(xy[a] - xy[b]))) for a, b in map(tuple, once))
    assert network.edge_length_m.sum() == pytest.approx(total)
    assert set(network.edge_class.tolist()) <= set(classes)


@QUICK
@given(ways())
def test_an_edge_runs_from_its_first_node_to_its_second_and_is_as_long_as_its_line(drawn):
    network = built(drawn)
    for e, (u, v) in enumerate(network.edge_nodes):
        line = network.vertex_xy[network.vertex_start[e] : network.vertex_start[e + 1]]
        assert (line[0] == network.node_xy[u]).all() and (line[-1] == network.node_xy[v]).all()
        assert network.edge_length_m[e] == pytest.approx(np.hypot(*np.diff(line, axis=0).T).sum())


@QUICK
@given(ways())
def test_only_rings_have_nodes_of_two_street_ends(drawn):
    network = built(drawn)
    loops = network.edge_nodes[:, 0] == network.edge_nodes[:, 1]
    degree = np.bincount(network.edge_nodes.ravel())
    alone = np.flatnonzero(degree == 2)
    assert set(alone) <= set(network.edge_nodes[loops, 0])
