"""Raw vertices and ways become a walking network without degree-2 nodes.

The work is done on pieces: runs of a way between vertices where something else begins. Pieces that
merely continue one another (the end of one way is the beginning of the next) are then chained by
pointer doubling, so the whole costs a few passes over the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.csr_ranges import ranges
from geo.network.network import WalkNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_Number = TypeVar("_Number", bound=np.generic)

SHARED_VERTEX_M: Final = 0.001  # vertices of street lines this close are one place


def build_network(
    vertex_xy: Floats, way_vertices: ArrayLike, way_start: ArrayLike, way_class: ArrayLike, *, crs: str
) -> WalkNetwork:
    """Contract ways through shared vertices to junctions and the streets between them.

    `vertex_xy` (n, 2) metres in `crs`; way w runs through the vertex numbers
    `way_vertices[way_start[w]:way_start[w + 1]]` and has class `way_class[w]` (0, 1 or 2). Ways meet
    only where they share a vertex number. Vertices joined by a segment of no length become one; a
    segment given twice is kept once. An edge has the highest class of its pieces. Dead ends and
    vertices of three or more segments are nodes; a ring without any has one node, its lowest
    vertex number among the ends of its pieces. Edges follow the order of the ways.
    """
    vertices, start = np.asarray(way_vertices, np.int64), np.asarray(way_start, np.int64)
    way = np.repeat(np.arange(len(start) - 1), np.diff(start))
    inside = way[1:] == way[:-1]
    tail, head, way = vertices[:-1][inside], vertices[1:][inside], way[:-1][inside]
    length_m = np.hypot(*(vertex_xy[head] - vertex_xy[tail]).T)
    none = (length_m == 0) & (tail != head)
    if none.any():
        label = _joined(tail[none], head[none], len(vertex_xy))
        lowest = np.unique(label, return_index=True)[1]
        tail, head = lowest[label[tail]], lowest[label[head]]
    klass = np.asarray(way_class, np.int8)[way]
    segments = _once(_Segments(tail, head, way, length_m, klass), len(vertex_xy))
    pieces = _pieces(segments, len(vertex_xy))
    order, edge_first = _chains(pieces, len(vertex_xy))
    piece, backwards = order >> 1, (order & 1).astype(bool)
    count = pieces.first[piece + 1] - pieces.first[piece]
    run, flipped = ranges(pieces.first[piece], count), np.repeat(backwards, count)
    if flipped.any():  # a piece walked backwards takes its segments from the last to the first
        mirror = np.repeat(pieces.first[piece] + pieces.first[piece + 1] - 1, count)
        run = np.where(flipped, mirror - run, run)
    first_segment = np.concatenate([[0], np.cumsum(count)])[edge_first]
    step_from = np.where(flipped, segments.head[run], segments.tail[run])
    step_to = np.where(flipped, segments.tail[run], segments.head[run])
    begin, end = step_from[first_segment[:-1]], step_to[first_segment[1:] - 1]
    nodes, edge_nodes = np.unique(np.concatenate([begin, end]), return_inverse=True)
    vertex_start = first_segment + np.arange(len(first_segment))
    path = np.empty(len(run) + len(begin), np.int64)
    path[vertex_start[:-1]] = begin
    is_first = np.zeros(len(path), bool)
    is_first[vertex_start[:-1]] = True
    path[~is_first] = step_to
    return WalkNetwork(
        node_xy=vertex_xy[nodes],
        edge_nodes=edge_nodes.reshape(2, -1).T.astype(np.int32),
        edge_length_m=_by_edge(np.add, segments.length_m[run], first_segment),
        vertex_xy=vertex_xy[path],
        vertex_start=vertex_start,
        edge_class=_by_edge(np.maximum, segments.klass[run], first_segment),
        crs=crs,
    )


def build_from_lines(lines: Sequence[object], classes: ArrayLike, *, crs: str) -> WalkNetwork:
    """Street lines (shapely, metres in `crs`) that share a vertex within 1 mm become a network.

    A multi-line counts as its parts. Lines that merely cross, as at a bridge, are not joined.
    `classes` has one class (0, 1, 2) a line.
    """
    parts, owner = shapely.get_parts(np.asarray(lines, dtype=object), return_index=True)
    coordinates, line = shapely.get_coordinates(parts, return_index=True)
    numbers, places = merge_close(coordinates, SHARED_VERTEX_M)
    start = np.searchsorted(line, np.arange(len(parts) + 1))
    return build_network(places, numbers, start, np.asarray(classes, np.int8)[owner], crs=crs)


def merge_close(xy: Floats, tolerance_m: float) -> tuple[Ints, Floats]:
    """The place number of every point and the places: points within the tolerance are one place.

    Places are numbered by first occurrence and lie where their first point lies. Chains of close
    points are one place.
    """
    exact, inverse = np.unique(xy, axis=0, return_inverse=True)
    pairs = (
        cKDTree(exact).query_pairs(tolerance_m, output_type="ndarray")
        if len(exact)
        else np.empty((0, 2), int)
    )
    label = _joined(pairs[:, 0], pairs[:, 1], len(exact))[inverse.ravel()]
    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    by_occurrence = np.argsort(first, kind="stable")
    rank = np.empty(len(first), np.int64)
    rank[by_occurrence] = np.arange(len(first))
    return rank[number.ravel()], xy[first[by_occurrence]]


@dataclass(frozen=True)
class _Segments:
    """Straight pieces between two vertices, in the order of the ways."""

    tail: Ints
    head: Ints
    way: Ints
    length_m: Floats
    klass: NDArray[np.int8]


@dataclass(frozen=True)
class _Pieces:
    """Runs of segments; piece p holds segments `first[p]:first[p + 1]`; `degree` is by vertex."""

    tail: Ints
    head: Ints
    first: Ints
    degree: Ints


def _once(segments: _Segments, vertices: int) -> _Segments:
    """Without segments of no length, and each pair of vertices once, with the highest class."""
    low, high = np.minimum(segments.tail, segments.head), np.maximum(segments.tail, segments.head)
    key = low * vertices + high
    key[low == high] = -1
    unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    highest = segments.klass[first]
    if len(unique) < len(key):
        np.maximum.at(highest, inverse, segments.klass)
    kept = np.sort(first[unique >= 0])
    klass = highest[inverse[kept]]
    return _Segments(
        segments.tail[kept], segments.head[kept], segments.way[kept], segments.length_m[kept], klass
    )


def _joined(a: Ints, b: Ints, n: int) -> Ints:
    """Component number of each of n things of which a[i] and b[i] belong together."""
    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _pieces(segments: _Segments, vertices: int) -> _Pieces:
    tail, head = segments.tail, segments.head
    degree = np.bincount(tail, minlength=vertices) + np.bincount(head, minlength=vertices)
    goes_on = (head[:-1] == tail[1:]) & (degree[head[:-1]] == 2) & (segments.way[:-1] == segments.way[1:])
    first = (
        np.concatenate([[0], np.flatnonzero(~goes_on) + 1, [len(tail)]]) if len(tail) else np.zeros(1, int)
    )
    return _Pieces(tail[first[:-1]], head[first[1:] - 1], first, degree)


def _chains(pieces: _Pieces, vertices: int) -> tuple[Ints, Ints]:
    """Darts (2p along piece p, 2p + 1 against it) edge by edge in walking order, and where edges begin."""
    tail, head = np.empty(2 * len(pieces.tail), np.int64), np.empty(2 * len(pieces.tail), np.int64)
    tail[0::2], tail[1::2] = pieces.tail, pieces.head
    head[0::2], head[1::2] = pieces.head, pieces.tail
    is_node = pieces.degree != 2
    # One vertex for each ring that has no node.
    ends = np.unique(np.concatenate([pieces.tail, pieces.head]))
    local = np.empty(vertices, np.int64)
    local[ends] = np.arange(len(ends))
    label = _joined(local[pieces.tail], local[pieces.head], len(ends))
    has_node = np.zeros(label.max(initial=-1) + 1, bool)
    has_node[label[is_node[ends]]] = True
    _, lowest = np.unique(label, return_index=True)
    is_node[ends[lowest[~has_node]]] = True
    # The dart that continues each dart; itself where the dart ends at a node.
    through = np.flatnonzero(~is_node[tail])
    leaving_sum = np.zeros(vertices, np.int64)  # a passed vertex is left by exactly two darts
    np.add.at(leaving_sum, tail[through], through)
    following = np.arange(len(tail))
    on = np.flatnonzero(~is_node[head])
    following[on] = leaving_sum[head[on]] - (on ^ 1)
    last, hops = _run_to_end(following)
    begins = is_node[tail]
    begins[begins] = np.flatnonzero(begins) < (last[begins] ^ 1)  # each edge once, not from both ends
    first_dart = np.flatnonzero(begins)
    edge_of_last = np.full(len(tail), -1, np.int64)
    edge_of_last[last[first_dart]] = np.arange(len(first_dart))
    edge = edge_of_last[last]
    member = np.flatnonzero(edge >= 0)
    order = member[np.lexsort((-hops[member], edge[member]))]
    return order, np.searchsorted(edge[order], np.arange(len(first_dart) + 1))


def _run_to_end(following: Ints) -> tuple[Ints, Ints]:
    """Pointer doubling: the last dart of each dart's chain and how many steps away it is."""
    last, hops = following.copy(), (following != np.arange(len(following))).astype(np.int64)
    while True:
        further = last[last]
        if np.array_equal(further, last):
            return last, hops
        hops += hops[last]
        last = further


def _by_edge(reduce: np.ufunc, values: NDArray[_Number], first: Ints) -> NDArray[_Number]:
    return reduce.reduceat(values, first[:-1]) if len(values) else values
