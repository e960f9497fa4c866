"""Which edges end at which nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.network.network import WalkNetwork

Ints = NDArray[np.int64]


def edges_of_nodes(network: WalkNetwork) -> tuple[Ints, Ints, Ints]:
    """(first, edge, is_v): node n is an end of the edges `edge[first[n]:first[n + 1]]`.

    `is_v` is 1 where it is their v end; a loop comes twice.
    """
    node = network.edge_nodes.ravel(order="F")
    order = np.argsort(node, kind="stable")
    first = np.searchsorted(node[order], np.arange(len(network.node_xy) + 1))
    return first, order % max(len(network), 1), order // max(len(network), 1)
