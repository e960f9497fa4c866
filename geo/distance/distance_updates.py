"""Distances spread from node to node until nothing gets nearer: the small changes after a search.

A node's metres are the least sum along any way, added from the facility outwards. However one finds
them, they are the same to the last bit; so what is mended here equals what a whole search would give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geo.csr_ranges import firsts, ranges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Mended:
    """Nodes that changed (ascending, each once), and what they had before."""

    node: Ints
    metres: Floats
    owner: Ints


@dataclass(frozen=True)
class Offers:
    """Node `node[i]` could be `metres[i]`, finite, from facility `owner[i]`."""

    node: Ints
    metres: Floats
    owner: Ints


def spread(graph: csr_array, metres: Floats, owner: Ints, offers: Offers) -> Mended:
    """Take offers that are nearer (or as near, from a lower owner) and walk on from there; in place.

    `graph` is symmetric; `metres` and `owner` (-1 where inf) are those of a finished search before
    the offers came.
    """
    before: list[Mended] = []
    while len(offers.node):
        # Of the offers that improve on what a node has the best for each node.
        now_m = metres[offers.node]
        # The methods of arrays throughout: a spread is many small steps, and functions look first.
        better = (offers.metres < now_m) | ((offers.metres == now_m) & (offers.owner < owner[offers.node]))
        some = better.nonzero()[0]
        node, reach_m, whose = offers.node[some], offers.metres[some], offers.owner[some]
        order = np.lexsort((whose, reach_m, node))
        first = order[firsts(node[order])]
        taken = Offers(node[first], reach_m[first], whose[first])
        if not len(taken.node):
            break
        before.append(Mended(taken.node, metres[taken.node], owner[taken.node]))
        metres[taken.node], owner[taken.node] = taken.metres, taken.owner
        offers = _onward(graph, taken)
    return first_of(before)


def first_of(changes: list[Mended]) -> Mended:
    """Every node of several changes once, with what it had before the first."""
    node = np.concatenate([change.node for change in changes] or [np.empty(0, np.int64)])
    metres = np.concatenate([change.metres for change in changes] or [np.empty(0)])
    owner = np.concatenate([change.owner for change in changes] or [np.empty(0, np.int64)])
    order = np.argsort(node, kind="stable")
    first = order[firsts(node[order])]
    return Mended(node[first], metres[first], owner[first])


def taken_from(graph: csr_array, metres: Floats, owner: Ints, nodes: Ints) -> tuple[Mended, Offers]:
    """Forget the distances of `nodes`, in place, and what their neighbours offer them instead."""
    before = Mended(nodes, metres[nodes], owner[nodes])
    metres[nodes], owner[nodes] = np.inf, -1
    first = graph.indptr[nodes]
    count = graph.indptr[nodes + 1] - first
    arc = ranges(first, count)
    neighbour = graph.indices[arc]
    known = owner[neighbour] >= 0
    node, neighbour = np.repeat(nodes, count)[known], neighbour[known]
    return before, Offers(node, metres[neighbour] + graph.data[arc[known]], owner[neighbour])


def lowest_owners(graph: csr_array, metres: Floats, owner: Ints, doors: tuple[Ints, Floats, Ints]) -> None:
    """Give every node the lowest of its equally near owners, in place.

    `doors`: the nodes where facilities join the graph (twice as many as rows: all first ends, then
    all second ones), the metres there, and the facilities' rows.
    """
    node, door_m, rows = doors
    as_near = np.flatnonzero(metres[node] == door_m)
    np.minimum.at(owner, node[as_near], np.tile(rows, 2)[as_near])
    head = graph.indices
    tail = np.repeat(np.arange(len(metres), dtype=np.int32), np.diff(graph.indptr))
    between = np.flatnonzero(owner[tail] < owner[head])
    tail, head = tail[between], head[between]
    tied = (metres[tail] + graph.data[between] == metres[head]) & np.isfinite(metres[tail])
    tail, head = tail[tied].astype(np.int64), head[tied].astype(np.int64)
    spread(graph, metres, owner, Offers(head, metres[head], owner[tail]))


def _onward(graph: csr_array, taken: Offers) -> Offers:
    first = graph.indptr[taken.node]
    count = graph.indptr[taken.node + 1] - first
    arc = ranges(first, count)
    reach_m = taken.metres.repeat(count) + graph.data[arc]
    return Offers(graph.indices[arc].astype(np.int64), reach_m, taken.owner.repeat(count))
