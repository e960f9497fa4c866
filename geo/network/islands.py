"""Which streets hang together, and which are islands nobody can walk to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from geo.network.network import WalkNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Islands:
    """`component[e]` of every edge, 0 the longest; `length_m[c]` of every component, falling."""

    component: Ints
    length_m: Floats

    @property
    def count(self) -> int:
        """How many components there are beside the longest."""
        return max(len(self.length_m) - 1, 0)

    @property
    def outside_m(self) -> float:
        """Metres of street that are not in the longest component."""
        return float(self.length_m[1:].sum())

    @property
    def share(self) -> float:
        """Share (0..1) of the street length that is in the longest component; 1 without streets."""
        total = float(self.length_m.sum())
        return 1.0 - self.outside_m / total if total else 1.0


def islands(network: WalkNetwork) -> Islands:
    """Number the connected parts of the network by falling length (equal ones by lowest edge)."""
    if not len(network):
        return Islands(np.empty(0, np.int64), np.empty(0))
    label = connected_components(network.graph, directed=False)[1][network.edge_nodes[:, 0]]
    used, first, part = np.unique(label, return_index=True, return_inverse=True)
    length_m = np.asarray(np.bincount(part, weights=network.edge_length_m, minlength=len(used)), float)
    order = np.lexsort((first, -length_m))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return Islands(rank[part], length_m[order])
