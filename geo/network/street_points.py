"""Places all along the streets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.csr_ranges import ranges
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def node_points(network: WalkNetwork) -> Snapped:
    """Every node as a point at the end of one of its edges, in the order of the nodes."""
    n, edges = len(network.node_xy), np.arange(len(network))
    edge, offset_m = np.full(n, -1, np.int64), np.zeros(n)
    u, v = network.edge_nodes.T
    edge[v], offset_m[v] = edges, network.edge_length_m
    edge[u], offset_m[u] = edges, 0.0
    return Snapped(edge, offset_m, np.zeros(n), network.node_xy)


def street_points(network: WalkNetwork, *, every_m: float) -> Snapped:
    """The nodes, and places between them: along a street the next is never farther than `every_m`."""
    parts = np.maximum(np.ceil(network.edge_length_m / every_m), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(network)), parts - 1)
    nth = ranges(np.ones(len(network), np.int64), parts - 1)
    offset_m = network.edge_length_m[edge] * nth / parts[edge]
    nodes = node_points(network)
    return Snapped(
        np.concatenate([nodes.edge, edge]),
        np.concatenate([nodes.offset_m, offset_m]),
        np.zeros(len(nodes) + len(edge)),
        np.concatenate([nodes.xy, places_at(network, edge, offset_m)]),
    )


def places_at(network: WalkNetwork, edge: Ints, offset_m: Floats) -> Floats:
    """The coordinates (n, 2) of places at an offset along edges."""
    base = np.concatenate([[0.0], np.cumsum(network.edge_length_m)])
    run = network.vertex_offset_m + np.repeat(base[:-1], np.diff(network.vertex_start))
    vertex = np.searchsorted(run, base[edge] + offset_m, side="left")
    vertex = np.clip(vertex, network.vertex_start[edge] + 1, network.vertex_start[edge + 1] - 1)
    return on_segment(network, vertex, offset_m)


def on_segment(network: WalkNetwork, vertex: Ints, offset_m: Floats) -> Floats:
    """The place at an offset on the segment that ends in `vertex`; exact at its ends."""
    from_m, to_m = network.vertex_offset_m[vertex - 1], network.vertex_offset_m[vertex]
    share = np.clip((offset_m - from_m) / np.maximum(to_m - from_m, 1e-12), 0.0, 1.0)[:, None]
    start, end = network.vertex_xy[vertex - 1], network.vertex_xy[vertex]
    place: Floats = np.where(share == 1.0, end, start + share * (end - start))
    return place
