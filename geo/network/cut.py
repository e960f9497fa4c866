"""Walls, railways and waterways that nobody crosses cut the streets they lie across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.network.build import build_network
from geo.network.network import WalkNetwork, as_obstacles

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_AT_END_M: Final = 0.001


@dataclass(frozen=True)
class Cut:
    """The network that is left, and the places (k, 2) in metres where streets were cut."""

    network: WalkNetwork
    places: Floats


def cut_streets(network: WalkNetwork, barriers: Sequence[shapely.Geometry]) -> Cut:
    """Cut every street where it meets a barrier line (metres, the network's CRS); touching counts.

    A street that is cut keeps both its parts as dead ends; nothing leads from one to the other. A
    barrier through a junction parts all streets that meet there. Where a barrier runs along a street
    the street stays and is cut at both ends of that stretch. Bridges over a barrier are cut as well:
    draw the barrier with a gap there. Nobody walks straight across a barrier either.
    """
    if not len(barriers):
        return Cut(network, np.empty((0, 2)))
    in_the_way = np.concatenate([network.obstacles, as_obstacles(barriers)])
    network = replace(network, obstacles=in_the_way)
    if not len(network):
        return Cut(network, np.empty((0, 2)))
    lines = _lines(network)
    wall = shapely.union_all(np.asarray(barriers, object))
    hit = np.sort(shapely.STRtree(lines).query(wall, predicate="intersects"))
    if not len(hit):
        return Cut(network, np.empty((0, 2)))
    met = [_meetings(line, wall) for line in lines[hit]]
    parts = [
        part
        for edge, line, at in zip(hit, lines[hit], met, strict=True)
        for part in _between(line, at, network.edge_nodes[edge], int(network.edge_class[edge]))
    ]
    kept = np.delete(np.arange(len(network)), hit)
    return Cut(_rebuilt(network, kept, parts), np.unique(np.concatenate(met), axis=0))


@dataclass(frozen=True)
class _Part:
    """A street between two cuts; `ends` are the junctions at its ends, -1 where it is cut off."""

    xy: Floats
    ends: tuple[int, int]
    klass: int


def _lines(network: WalkNetwork) -> NDArray[np.object_]:
    edge = np.repeat(np.arange(len(network)), np.diff(network.vertex_start))
    return np.asarray(shapely.linestrings(network.vertex_xy, indices=edge), object)


def _meetings(line: shapely.Geometry, wall: shapely.Geometry) -> Floats:
    """Points where the line meets the wall; of a stretch along it both ends."""
    found = shapely.get_parts(shapely.intersection(line, wall))
    return np.asarray(np.concatenate([shapely.get_coordinates(part)[[0, -1]] for part in found]))


def _between(line: shapely.Geometry, at: Floats, nodes: NDArray[np.int32], klass: int) -> list[_Part]:
    """The line from cut to cut; a cut within a millimetre of an end takes the street off its junction."""
    xy = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    length_m = along[-1]
    offset_m = shapely.line_locate_point(line, shapely.points(at))
    inner = np.unique(offset_m[(offset_m > _AT_END_M) & (offset_m < length_m - _AT_END_M)])
    stops = np.concatenate([[0.0], inner, [length_m]])
    off = -np.ones(len(inner), np.int64)
    first = -1 if (offset_m <= _AT_END_M).any() else int(nodes[0])
    last = -1 if (offset_m >= length_m - _AT_END_M).any() else int(nodes[1])
    ends = np.concatenate([[first], np.repeat(off, 2), [last]]).reshape(-1, 2).tolist()
    corners = np.column_stack([np.interp(stops, along, xy[:, i]) for i in (0, 1)])
    return [
        _Part(np.concatenate([corners[[i]], xy[(along > a) & (along < b)], corners[[i + 1]]]), (u, v), klass)
        for i, (a, b, (u, v)) in enumerate(zip(stops[:-1], stops[1:], ends, strict=True))
    ]


def _rebuilt(network: WalkNetwork, kept: Ints, parts: list[_Part]) -> WalkNetwork:
    """The kept edges and the parts as ways over new vertex numbers; junctions keep theirs."""
    first, last = network.vertex_start[:-1], network.vertex_start[1:] - 1
    number = len(network.node_xy) + np.arange(len(network.vertex_xy))
    number[first], number[last] = network.edge_nodes.T
    ways = [number[first[e] : last[e] + 1] for e in kept]
    free = len(network.node_xy) + len(network.vertex_xy)
    for part in parts:
        vertices = free + np.arange(len(part.xy))
        free += len(part.xy)
        for i, node in zip((0, -1), part.ends, strict=True):
            vertices[i] = vertices[i] if node < 0 else node
        ways.append(vertices)
    rebuilt = build_network(
        np.concatenate([network.node_xy, network.vertex_xy, *(part.xy for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *ways]),
        np.concatenate([[0], np.cumsum([len(way) for way in ways])]).astype(np.int64),
        np.concatenate([network.edge_class[kept], np.array([p.klass for p in parts], np.int8)]),
        crs=network.crs,
    )
    return replace(rebuilt, obstacles=network.obstacles, island_m=network.island_m)
