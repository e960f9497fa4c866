"""Which streets hang together, and which are islands that lead nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Of a small place's streets a part of a fifth or more is no leftover.
_SMALL_SHARE: Final = 0.2


@dataclass(frozen=True)
class Islands:
    """`component[e]` of every edge, 0 the longest; `length_m[c]` of every component, falling.

    The components from number `first_island` on are islands: shorter than the network's `island_m`
    and than a fifth of the longest component.
    """

    component: Ints
    length_m: Floats
    first_island: int

    @property
    def on_island(self) -> NDArray[np.bool_]:
        """(edges,) whether an edge belongs to an island."""
        return self.component >= self.first_island

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


def islands(
    graph: csr_array, edge_nodes: NDArray[np.int32], edge_length_m: Floats, *, island_m: float
) -> Islands:
    """Number the connected parts of a network by falling length (equal ones by lowest edge)."""
    if not len(edge_length_m):
        return Islands(np.empty(0, np.int64), np.empty(0), 0)
    label = connected_components(graph, directed=False)[1][edge_nodes[:, 0]]
    used, first, part = np.unique(label, return_index=True, return_inverse=True)
    length_m = np.asarray(np.bincount(part, weights=edge_length_m, minlength=len(used)), float)
    order = np.lexsort((first, -length_m))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    length_m = length_m[order]
    leads_on = length_m >= min(island_m, _SMALL_SHARE * length_m[0])
    return Islands(rank[part], length_m, int(leads_on.sum()))
