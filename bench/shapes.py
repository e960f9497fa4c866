"""Isochrones against the shape they stand for, worked out by others' means: networkx and GEOS alone.

The reference shape of a facility: every stretch of street that can be walked to within the limit, cut
where the walk ends, widened by half the street's width as it is drawn, and united. Nothing of this
project's search, cutting or drawing is used for it; streets are clipped to a square around the
facility that is wider than the limit, which leaves nothing out.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
import shapely
from shapely.ops import substring

from coverage.model.study import Study
from geo.isochrone.isochrones import isochrones
from geo.isochrone.street_buffer import HALF_STREET_M, drawn_half_m
from geo.network.snapping import snap, take


@dataclass(frozen=True)
class Likeness:
    """Common area / joint area with the pieces widened as drawn, and by a whole half street; and the
    largest distance of the shape's corners from the pieces."""

    as_drawn: float
    half_street: float
    farthest_m: float


def likeness(city: Study, rows: np.ndarray, limit_m: float) -> list[Likeness]:
    """How like the reference the shapes of facilities `rows` are."""
    doors = snap(city.network, city.facilities.xy, limit_m=500)
    found = []
    for row in rows.tolist():
        (ours,) = isochrones(city.network, take(doors, np.array([row])), limits_m=[limit_m])
        pieces = reached(city, city.facilities.xy[row], limit_m)
        drawn, wide = (
            shapely.union_all(shapely.buffer(pieces, metres, quad_segs=32))
            for metres in (drawn_half_m(), HALF_STREET_M)
        )
        shape, lines = ours.shape[0], shapely.union_all(pieces)
        corners = shapely.points(shapely.get_coordinates(shape))
        found.append(
            Likeness(alike(shape, drawn), alike(shape, wide), float(shapely.distance(corners, lines).max()))
        )
    return found


def alike(one: shapely.Geometry, other: shapely.Geometry) -> float:
    return float(one.intersection(other).area / one.union(other).area)


def reached(city: Study, xy: np.ndarray, limit_m: float) -> list[shapely.LineString]:
    """The stretches within the limit of a place, each from its own end."""
    lines, ends = streets_around(city, xy, 1.2 * limit_m + 600)
    place = shapely.Point(xy)
    edge = int(shapely.distance(lines, place).argmin())
    along_m, off_m = lines[edge].project(place), lines[edge].distance(place)
    graph = nx.MultiGraph()
    for (u, v), line in zip(ends.tolist(), lines, strict=True):
        graph.add_edge(u, v, weight=line.length)
    u, v = ends[edge].tolist()
    graph.add_edge("door", u, weight=along_m)
    graph.add_edge("door", v, weight=lines[edge].length - along_m)
    left_m = limit_m - off_m
    metres = nx.single_source_dijkstra_path_length(graph, "door", cutoff=left_m)
    own = substring(lines[edge], max(along_m - left_m, 0), along_m + left_m)
    pieces = [own]
    for (u, v), line in zip(ends.tolist(), lines, strict=True):
        if u in metres:
            pieces.append(substring(line, 0, left_m - metres[u]))
        if v in metres:
            pieces.append(substring(line, max(line.length - (left_m - metres[v]), 0), line.length))
    return [piece for piece in pieces if piece.geom_type == "LineString"]


def streets_around(city: Study, xy: np.ndarray, reach_m: float) -> tuple[np.ndarray, np.ndarray]:
    """The streets with both ends in the square around a place, as lines, and their ends."""
    network = city.network
    near = (np.abs(network.node_xy - xy) <= reach_m).all(axis=1)
    edges = np.flatnonzero(near[network.edge_nodes].all(axis=1))
    start, stop = network.vertex_start[edges], network.vertex_start[edges + 1]
    lines = [shapely.LineString(network.vertex_xy[a:b]) for a, b in zip(start, stop, strict=True)]
    return np.array(lines, object), network.edge_nodes[edges]
