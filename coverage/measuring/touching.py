"""Which cells touch, and the contiguous groups of some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from coverage.model.tables import Bools, Ints, PopulationGrid
from geo.lattice import Lattice

# Cells off any lattice touch when their centres are at most this many spacings apart: on a square grid
# the eight neighbours (the diagonal is 1.41), on a hexagon grid the six (the next ring is 1.73).
TOUCH: Final = 1.5
_SQUARES: Final = np.ones((3, 3), dtype=int)
_HEXAGONS: Final = np.array([[0, 1, 1], [1, 1, 1], [1, 1, 0]])


@dataclass(frozen=True)
class Touching:
    """Cells of a lattice touch along sides and at corners; `pairs` (k, 2) are those that touch of which
    one stands off the lattice, or there is none."""

    lattice: Lattice | None
    pairs: Ints

    def groups(self, chosen: Bools) -> list[Ints]:
        """Contiguous groups of the chosen cells, each as ascending row numbers."""
        cells = np.flatnonzero(chosen)
        if not len(cells):
            return []
        # Cells of one part of the lattice are one already; each other cell begins as its own.
        number = np.arange(1, len(cells) + 1)
        if self.lattice is not None:
            row, column = self.lattice.row[cells], self.lattice.column[cells]
            on = row >= 0
            nodes = np.zeros(self.lattice.shape, dtype=bool)
            nodes[row[on], column[on]] = True
            parts, count = label(nodes, structure=_HEXAGONS if self.lattice.hexagons else _SQUARES)
            number[on] = parts[row[on], column[on]]
            number[~on] = count + np.arange(1, int((~on).sum()) + 1)
        pairs = self.pairs[chosen[self.pairs[:, 0]] & chosen[self.pairs[:, 1]]]
        if len(pairs):
            place = np.full(len(chosen), -1, dtype=np.int64)
            place[cells] = number
            size = int(number.max()) + 1
            ends = place[pairs[:, 0]], place[pairs[:, 1]]
            graph = coo_array((np.ones(len(pairs), dtype=np.int8), ends), shape=(size, size))
            number = connected_components(graph, directed=False)[1][number]
        order = np.argsort(number, kind="stable")
        return np.split(cells[order], np.flatnonzero(np.diff(number[order])) + 1)


def touching(grid: PopulationGrid) -> Touching:
    """Which cells of the grid touch; on a lattice by its rows and columns, elsewhere by distance."""
    lattice, reach_m = grid.lattice, TOUCH * grid.spacing_m
    if lattice is None:
        return Touching(None, cKDTree(grid.xy).query_pairs(reach_m, output_type="ndarray"))
    off = np.flatnonzero(~lattice.on)
    if not len(off):
        return Touching(lattice, np.empty((0, 2), np.int64))
    near = cKDTree(grid.xy).query_ball_point(grid.xy[off], reach_m)
    count = np.array([len(cells) for cells in near])
    return Touching(lattice, np.column_stack([np.repeat(off, count), np.concatenate(near).astype(np.int64)]))
