"""A street more: the network with a new line whose ends join it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from core.errors import SettingError
from geo.network.build import build_network
from geo.network.network import WalkNetwork, as_obstacles
from geo.network.snapping import snap

Floats = NDArray[np.float64]


def add_street(network: WalkNetwork, line: Floats, *, limit_m: float) -> WalkNetwork:
    """The network with a street along `line` (n, 2), n > 1, metres.

    Each end is prolonged straight to the nearest place of a street, where it becomes a junction.
    Between its ends the line joins nothing, as a bridge. Existing edges keep their numbers; one that
    is cut keeps its first part, and what is cut off comes at the end, the new street last.
    SettingError if an end is farther than `limit_m` from any street, or the line has no length.
    """
    ends = snap(network, line[[0, -1]], limit_m=limit_m) if len(line) > 1 else None
    if ends is None or not np.hypot(*np.diff(line, axis=0).T).sum() > 0:
        raise SettingError("A new street needs two different places.")
    if not ends.linked.all():
        raise SettingError(
            "An end of the new street is {distance:,.0f} m from the nearest street; {limit:g} m is the most.",
            distance=float(ends.snap_m[~ends.linked].max()),
            limit=limit_m,
        )
    path = np.concatenate([ends.xy[:1], line, ends.xy[1:]])
    edge, offset_m = ends.edge.tolist(), ends.offset_m.tolist()
    cut, first = _junction(network, edge[0], offset_m[0], ends.xy[0])
    if edge[1] == edge[0] and len(cut) > len(network) and offset_m[1] > offset_m[0]:
        edge[1], offset_m[1] = len(network), offset_m[1] - offset_m[0]
    cut, second = _junction(cut, edge[1], offset_m[1], ends.xy[1])
    keep = np.append(True, (np.diff(path, axis=0) != 0).any(axis=1))
    return _appended(cut, path[keep], (first, second))


def _junction(network: WalkNetwork, edge: int, offset_m: float, xy: Floats) -> tuple[WalkNetwork, int]:
    """The network with a node at that place of that edge, and the number of the node."""
    u, v = network.edge_nodes[edge].tolist()
    if offset_m <= 0.0:
        return network, u
    if offset_m >= network.edge_length_m[edge]:
        return network, v
    start, end = network.vertex_start[edge], network.vertex_start[edge + 1]
    after = start + int(np.searchsorted(network.vertex_offset_m[start:end], offset_m, side="left"))
    after = min(max(after, start + 1), end - 1)
    before = after - 1 if network.vertex_offset_m[after - 1] == offset_m else after
    following = after + 1 if network.vertex_offset_m[after] == offset_m and after < end - 1 else after
    node = len(network.node_xy)
    vertices = network.vertex_xy
    pieces = [vertices[:before], xy[None], vertices[end:], xy[None], vertices[following:end]]
    moved = network.vertex_start[edge + 1 :] - (end - before) + 1
    total = sum(map(len, pieces))
    nodes = network.edge_nodes.copy()
    nodes[edge, 1] = node
    length_m = network.edge_length_m.copy()
    length_m[edge] = offset_m
    return replace(
        network,
        node_xy=np.concatenate([network.node_xy, xy[None]]),
        edge_nodes=np.concatenate([nodes, np.array([[node, v]], np.int32)]),
        edge_length_m=np.append(length_m, network.edge_length_m[edge] - offset_m),
        vertex_xy=np.concatenate(pieces),
        vertex_start=np.concatenate([network.vertex_start[: edge + 1], moved, [total]]),
        edge_class=np.append(network.edge_class, network.edge_class[edge]),
    ), node


def _appended(network: WalkNetwork, path: Floats, ends: tuple[int, int]) -> WalkNetwork:
    """The network with one edge more, along `path` between two nodes."""
    length_m = float(np.hypot(*np.diff(path, axis=0).T).sum())
    return replace(
        network,
        edge_nodes=np.concatenate([network.edge_nodes, np.array([ends], np.int32)]),
        edge_length_m=np.append(network.edge_length_m, length_m),
        vertex_xy=np.concatenate([network.vertex_xy, path]),
        vertex_start=np.append(network.vertex_start, len(network.vertex_xy) + len(path)),
        edge_class=np.append(network.edge_class, np.int8(0)),
    )


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
    edge = np.repeat(np.arange(len(network)), np.diff(network.vertex_start))
    lines = np.asarray(shapely.linestrings(network.vertex_xy, indices=edge), object)
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
    # The kept edges and the parts as ways over new vertex numbers; junctions keep theirs.
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
    return Cut(
        replace(rebuilt, obstacles=network.obstacles, island_m=network.island_m),
        np.unique(np.concatenate(met), axis=0),
    )


@dataclass(frozen=True)
class _Part:
    """A street between two cuts; `ends` are the junctions at its ends, -1 where it is cut off."""

    xy: Floats
    ends: tuple[int, int]
    klass: int


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
