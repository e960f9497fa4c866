"""A street more: the network with a new line whose ends join it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.errors import SettingError
from geo.network.network import WalkNetwork
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
