"""Points that have several facilities equally near on foot, and which these are.

A search for the nearest names one facility a point. The others that are just as near follow from
it: on the way from such a facility to the point it is equally near at every node. So second names
spread from node to node, and only as far as they stay within the tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geo.csr_ranges import ranges
from geo.distance.nearest import Joined, among, joined, node_distances
from geo.distance.open_ground import straight_ways
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped, ends

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Ties:
    """Only points with two or more equally near facilities: one entry for each of these.

    `point` (k,) ascending, `facility` (k,) ascending within a point.
    """

    point: Ints
    facility: Ints

    @cached_property
    def share(self) -> Floats:
        """(k,) 1 / how many facilities the point has; sums to 1 over a point."""
        several = np.bincount(self.point)
        return 1.0 / several[self.point]


NO_TIES: Final = Ties(np.empty(0, np.int64), np.empty(0, np.int64))


def ties_on_foot(network: WalkNetwork, points: Snapped, facilities: Snapped, *, within_m: float) -> Ties:
    """Points with several facilities at most `within_m` farther than their nearest.

    Distance is that of `nearest_on_foot`. Facilities at one door always tie. Points that reach no
    facility have no entry.
    """
    if len(facilities) < 2 or not len(points):
        return NO_TIES
    rows, n = np.flatnonzero(facilities.linked), len(network.node_xy)
    nobody = np.full(n, np.inf), np.full(n, -1, np.int64)
    at_nodes = node_distances(network, facilities, rows, np.inf) if len(rows) else nobody
    places = joined(network, points, np.flatnonzero(points.linked))
    everyone = facilities, np.arange(len(facilities))
    return ties_by_nodes(network, places, at_nodes, everyone, within_m=within_m)


def ties_by_nodes(
    network: WalkNetwork,
    places: Joined,
    at_nodes: tuple[Floats, Ints],
    facilities: tuple[Snapped, Ints],
    *,
    within_m: float,
) -> Ties:
    """As `ties_on_foot`, for facilities (rows of them) whose nodes were searched before.

    `places` are the linked points; the others may still be the same spot as several facilities.
    """
    doors, rows = facilities
    linked = doors, rows[doors.linked[rows]]
    nodes = _Nodes(network.graph, *at_nodes, within_m)
    names = _spread(nodes, _joined([_across_arcs(nodes), _from_doors(nodes, network, *linked)]))
    ways = straight_ways(network, places.points, doors, rows)
    straight = _Names(ways.point, ways.facility, ways.metres)
    return _ties(_candidates(nodes, names, places, linked, straight))


@dataclass(frozen=True)
class _Nodes:
    """The graph, metres from each node to its nearest facility, which that is, and the tolerance."""

    graph: csr_array
    metres: Floats
    nearest: Ints
    within_m: float


@dataclass(frozen=True)
class _Names:
    """Facility `facility[i]` is `metres[i]` from `at[i]`, a node or a point."""

    at: Ints
    facility: Ints
    metres: Floats

    def __len__(self) -> int:
        return len(self.at)

    def some(self, rows: Ints | NDArray[np.bool_]) -> _Names:
        return _Names(self.at[rows], self.facility[rows], self.metres[rows])

    @property
    def key(self) -> Ints:
        """One number for place and facility; facilities are fewer than 2³¹."""
        return (self.at << 31) | self.facility


def _joined(parts: list[_Names]) -> _Names:
    return _Names(
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.facility for part in parts]),
        np.concatenate([part.metres for part in parts]),
    )


def _second(nodes: _Nodes, names: _Names) -> _Names:
    """Of names at nodes those that are near enough and not the node's first, each once at its least."""
    node = names.at
    near = names.metres <= nodes.metres[node] + nodes.within_m
    return _distinct(names.some(near & (names.facility != nodes.nearest[node])))


def _distinct(names: _Names) -> _Names:
    names = names.some(np.lexsort((names.metres, names.key)))
    return names.some(np.diff(names.key, prepend=-1) != 0)


def _across_arcs(nodes: _Nodes) -> _Names:
    """First names handed on over one arc."""
    head, count = nodes.graph.indices, np.diff(nodes.graph.indptr)
    arcs = np.flatnonzero(np.repeat(nodes.nearest, count) != nodes.nearest[head])
    tail = np.searchsorted(nodes.graph.indptr, arcs, side="right") - 1
    head = head[arcs].astype(np.int64)
    known = nodes.nearest[tail] >= 0
    names = _Names(head, nodes.nearest[tail], nodes.metres[tail] + nodes.graph.data[arcs])
    return _second(nodes, names.some(known))


def _from_doors(nodes: _Nodes, network: WalkNetwork, facilities: Snapped, rows: Ints) -> _Names:
    """Names of facilities at the ends of their own street."""
    u, v, to_u, to_v = ends(network, facilities, rows)
    return _second(nodes, _Names(np.concatenate([u, v]), np.tile(rows, 2), np.concatenate([to_u, to_v])))


def _spread(nodes: _Nodes, fresh: _Names) -> _Names:
    """All second names at nodes, sorted by node and facility."""
    known = fresh = _distinct(fresh)
    while len(fresh):
        fresh = _second(nodes, _handed_on(nodes, fresh))
        place = np.searchsorted(known.key, fresh.key)
        there = np.append(known.key, -1)[place] == fresh.key
        nearer = there & (fresh.metres < np.append(known.metres, 0.0)[place])
        known.metres[place[nearer]] = fresh.metres[nearer]
        place, new = place[~there], fresh.some(~there)
        known = _Names(
            np.insert(known.at, place, new.at),
            np.insert(known.facility, place, new.facility),
            np.insert(known.metres, place, new.metres),
        )
        fresh = fresh.some(~there | nearer)
    return known


def _handed_on(nodes: _Nodes, names: _Names) -> _Names:
    first = nodes.graph.indptr[names.at].astype(np.int64)
    count = nodes.graph.indptr[names.at + 1] - first
    arcs = ranges(first, count)
    return _Names(
        nodes.graph.indices[arcs].astype(np.int64),
        np.repeat(names.facility, count),
        np.repeat(names.metres, count) + nodes.graph.data[arcs],
    )


def _candidates(
    nodes: _Nodes, names: _Names, places: Joined, facilities: tuple[Snapped, Ints], straight: _Names
) -> _Names:
    """For points that may have a tie: every facility that may be in it, at its least metres."""
    u, v, to_u, to_v = places.u, places.v, places.to_u, places.to_v
    direct = _along_streets(places.points, places.rows, *facilities)
    second = np.zeros(len(nodes.metres), dtype=bool)
    second[names.at] = True
    unclear = second[u] | second[v]
    between = np.flatnonzero(nodes.nearest[u] != nodes.nearest[v])
    by_u = nodes.metres[u[between]] + to_u[between]
    by_v = nodes.metres[v[between]] + to_v[between]
    hardly = np.maximum(by_u, by_v) <= np.minimum(by_u, by_v) + nodes.within_m
    unclear[between[hardly]] = True
    unclear[np.searchsorted(places.rows, direct.at)] = True
    unclear |= np.isin(places.rows, straight.at)
    at = places.rows[unclear]
    parts = [direct, straight]
    for node, to_node in ((u[unclear], to_u[unclear]), (v[unclear], to_v[unclear])):
        parts.append(_Names(at, nodes.nearest[node], nodes.metres[node] + to_node))
        first = np.searchsorted(names.at, node)
        count = np.searchsorted(names.at, node, side="right") - first
        via = names.some(ranges(first, count))
        parts.append(_Names(np.repeat(at, count), via.facility, via.metres + np.repeat(to_node, count)))
    found = _joined(parts)
    found = _distinct(found.some(found.facility >= 0))
    return _nearest_ones(found, nodes.within_m)


def _along_streets(points: Snapped, here: Ints, facilities: Snapped, rows: Ints) -> _Names:
    """Every facility on a point's own street, without leaving it."""
    by_edge = rows[np.argsort(facilities.edge[rows], kind="stable")]
    edges = facilities.edge[by_edge]
    here = here[among(points.edge[here], edges)]
    first = np.searchsorted(edges, points.edge[here])
    count = np.searchsorted(edges, points.edge[here], side="right") - first
    at, facility = np.repeat(here, count), by_edge[ranges(first, count)]
    between_m = np.abs(points.offset_m[at] - facilities.offset_m[facility])
    return _Names(at, facility, points.snap_m[at] + between_m + facilities.snap_m[facility])


def _nearest_ones(names: _Names, within_m: float) -> _Names:
    """The names at most `within_m` farther than the place's nearest; `names` is sorted by place."""
    if not len(names):
        return names
    first = np.flatnonzero(np.diff(names.at, prepend=-1))
    least = np.minimum.reduceat(names.metres, first)
    return names.some(names.metres <= np.repeat(least, np.diff(np.append(first, len(names)))) + within_m)


def _ties(names: _Names) -> Ties:
    several = np.bincount(names.at)[names.at] > 1 if len(names) else np.empty(0, dtype=bool)
    tied = names.some(several)
    return Ties(tied.at, tied.facility)
