"""Random small networks and points on them, for laws."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from geo.network.build import build_network
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped
from tests.geo.town import CRS


@st.composite
def ways(draw: st.DrawFn) -> tuple[np.ndarray, list[list[int]], list[int]]:
    """Places on a small lattice, ways through them (repeats, loops and overlaps included), classes."""
    n = draw(st.integers(2, 9))
    places = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=n, max_size=n))
    one_way = st.lists(st.integers(0, n - 1), min_size=2, max_size=6)
    several = draw(st.lists(one_way, min_size=1, max_size=7))
    classes = draw(st.lists(st.integers(0, 2), min_size=len(several), max_size=len(several)))
    return np.array(places, float) * 100, several, classes


def built(drawn: tuple[np.ndarray, list[list[int]], list[int]]) -> WalkNetwork:
    xy, several, classes = drawn
    start = np.concatenate([[0], np.cumsum([len(w) for w in several])])
    return build_network(xy, np.concatenate(several), start, classes, crs=CRS)


@st.composite
def networks(draw: st.DrawFn) -> WalkNetwork:
    return built(draw(ways()))


@st.composite
def on_streets(draw: st.DrawFn, network: WalkNetwork, most: int = 6) -> Snapped:
    """Points anywhere on the streets, at their ends too, some unlinked, with snap legs from 0."""
    n = draw(st.integers(0, most))
    edge, offset, snap, xy = [], [], [], []
    for _ in range(n):
        e = draw(st.integers(-1, len(network) - 1))
        length = float(network.edge_length_m[e]) if e >= 0 else 0.0
        share = draw(st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
        edge.append(e)
        offset.append(share * length)
        snap.append(draw(st.sampled_from([0.0, 0.0, 10.0, 250.0])))
        xy.append(_place(network, e, share * length) if e >= 0 else (0.0, 0.0))
    return Snapped(
        np.array(edge, np.int64), np.array(offset, float), np.array(snap, float), np.array(xy).reshape(-1, 2)
    )


def _place(network: WalkNetwork, edge: int, offset_m: float) -> tuple[float, float]:
    rows = slice(network.vertex_start[edge], network.vertex_start[edge + 1])
    along, xy = network.vertex_offset_m[rows], network.vertex_xy[rows]
    return float(np.interp(offset_m, along, xy[:, 0])), float(np.interp(offset_m, along, xy[:, 1]))
