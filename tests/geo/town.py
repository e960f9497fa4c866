"""A tiny town whose every distance can be checked in the head, and what tests of the network share.

        5             High Street 0-1-2 runs along y = 0, Hill Lane 1-3 along x = 100, Park Road 3-4
   3 ---|-- 4         along y = 100. The pond walk 2-2 is a square of 400 m below High Street. Two
   |    ||            streets lead from 2 to 5 at (200, 300): "straight" of 300 m, "round" of 320 m.
   |    ||            "Bridge", from (50, 50) to (150, 50), crosses Hill Lane without a junction.
0--1--- 2 (o)         Places are metres.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import networkx as nx
import numpy as np
import shapely

from geo.network.build import build_from_lines
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped

CRS = "EPSG:4549"

LINES = {
    "high street": [(0, 0), (100, 0), (200, 0)],
    "hill lane": [(100, 0), (100, 100)],
    "park road": [(100, 100), (300, 100)],
    "pond": [(200, 0), (300, 0), (300, -100), (200, -100), (200, 0)],
    "straight": [(200, 0), (200, 300)],
    "round": [(200, 0), (230, 40), (230, 260), (200, 300)],
    "mill road": [(200, 300), (200, 400)],
    "bridge": [(50, 50), (150, 50)],
}


def town(*names: str) -> WalkNetwork:
    """The network of the streets named, or of all of them."""
    chosen = names or tuple(LINES)
    return build_from_lines([shapely.LineString(LINES[name]) for name in chosen], [0] * len(chosen), crs=CRS)


def on_the_street(points: Snapped) -> Snapped:
    """The points as places of the street alone: no way leads straight across open ground."""
    return replace(points, place=None)


def node_at(network: WalkNetwork, x: float, y: float) -> int:
    """The number of the node at these metres."""
    return int(np.flatnonzero((network.node_xy == [x, y]).all(axis=1))[0])


def oracle(network: WalkNetwork, origin: tuple[int, float, float], point: tuple[int, float, float]) -> float:
    """Metres on foot by networkx: (edge, offset, snap leg) of both; each becomes a node of its street."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(network.node_xy)))
    for e in range(len(network)):
        stops = sorted((offset, end) for end, (edge, offset, _) in (("o", origin), ("p", point)) if edge == e)
        u, v = map(int, network.edge_nodes[e])
        along = [(0.0, u), *((offset, end) for offset, end in stops), (float(network.edge_length_m[e]), v)]
        for (from_m, a), (to_m, b) in itertools.pairwise(along):
            graph.add_edge(a, b, weight=to_m - from_m)
    if "o" not in graph or "p" not in graph or not nx.has_path(graph, "o", "p"):
        return float("inf")
    return origin[2] + nx.shortest_path_length(graph, "o", "p", weight="weight") + point[2]


def rows_of(snapped: Snapped) -> list[tuple[int, float, float]]:
    """(edge, offset, snap leg) of every point."""
    columns = (snapped.edge.tolist(), snapped.offset_m.tolist(), snapped.snap_m.tolist())
    return list(zip(*columns, strict=True))
