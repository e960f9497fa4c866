from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.errors import InputError
from geo.network.network import with_sources
from tests.geo.town import node_at, town


def test_of_parallel_streets_the_graph_holds_the_shortest_and_does_not_add_them():
    network = town("straight", "round", "mill road", "high street")
    a, b = node_at(network, 200, 0), node_at(network, 200, 300)
    assert network.graph[a, b] == network.graph[b, a] == 300.0


def test_the_graph_has_no_loops():
    assert town("high street", "pond").graph.diagonal().tolist() == [0.0] * 2


def test_vertices_know_how_far_along_their_street_they_are():
    assert town("round", "mill road").vertex_offset_m.tolist() == [0, 50, 270, 320, 420]


def test_a_network_in_degrees_is_refused():
    with pytest.raises(InputError, match="metric"):
        dataclasses.replace(town(), crs="EPSG:4326")


def test_sources_are_joined_to_two_nodes_and_reached_by_none():
    graph = with_sources(town("high street").graph, np.array([[0, 1]]), np.array([[0.0, 7.0]]))
    assert graph.shape == (3, 3)
    assert graph[[2], :].indices.tolist() == [0, 1]
    assert graph[[2], :].data.tolist() == [0.0, 7.0]
    assert graph[:, [2]].nnz == 0


@pytest.mark.parametrize(
    ("heads", "metres", "kept"),
    [([1, 1], [9.0, 4.0], [(1, 4.0)]), ([-1, 0], [9.0, 4.0], [(0, 4.0)]), ([-1, -1], [1.0, 2.0], [])],
)
def test_a_source_has_one_arc_to_a_node_and_none_to_the_outside(heads, metres, kept):
    graph = with_sources(town("high street").graph, np.array([heads]), np.array([metres]))
    row = graph[[2], :]
    assert list(zip(row.indices.tolist(), row.data.tolist(), strict=True)) == kept
