"""Which cells touch, and the contiguous groups of some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from coverage.model.tables import Bools, Floats, Ints

# Cells whose centres are at most this many spacings apart touch: on a square grid the eight
# neighbours (the diagonal is 1.41), on a hexagon grid the six (the next ring is 1.73).
TOUCH: Final = 1.5
# Cells that lie no farther than this part of a spacing off the squares of a lattice touch exactly
# where their squares do: 1.41 and twice this is still below 1.5, and 2 less twice this above it.
_OFF: Final = 0.04
_MOST_SQUARES: Final = 20_000_000


@dataclass(frozen=True)
class Lattice:
    """Every cell has a square of its own; squares touch along sides and at corners."""

    row: Ints
    column: Ints
    shape: tuple[int, int]

    def groups(self, chosen: Bools) -> list[Ints]:
        """Contiguous groups of the chosen cells, each as ascending row numbers."""
        squares = np.zeros(self.shape, dtype=bool)
        squares[self.row[chosen], self.column[chosen]] = True
        numbers, _ = label(squares, structure=np.ones((3, 3), dtype=int))
        cells = np.flatnonzero(chosen)
        return _grouped(cells, numbers[self.row[cells], self.column[cells]])


@dataclass(frozen=True)
class Pairs:
    """Cells anywhere: `pairs` (k, 2) of those whose centres are near enough."""

    pairs: Ints

    def groups(self, chosen: Bools) -> list[Ints]:
        """Contiguous groups of the chosen cells, each as ascending row numbers."""
        cells = np.flatnonzero(chosen)
        pairs = self.pairs[chosen[self.pairs[:, 0]] & chosen[self.pairs[:, 1]]]
        short = np.full(len(chosen), -1, dtype=np.int64)
        short[cells] = np.arange(len(cells))
        graph = coo_array(
            (np.ones(len(pairs), dtype=np.int8), (short[pairs[:, 0]], short[pairs[:, 1]])),
            shape=(len(cells), len(cells)),
        )
        return _grouped(cells, connected_components(graph, directed=False)[1])


def touching(xy: Floats, spacing_m: float) -> Lattice | Pairs:
    """Which of the cells at `xy` (n, 2) touch. Both ways give the same groups; a lattice is quicker."""
    lattice = _lattice(xy, spacing_m)
    if lattice is not None:
        return lattice
    return Pairs(cKDTree(xy).query_pairs(TOUCH * spacing_m, output_type="ndarray"))


def _lattice(xy: Floats, spacing_m: float) -> Lattice | None:
    """None where cells do not lie on squares along the axes, or two lie in one square."""
    x, y = (xy[:, 0] - xy[:, 0].min()) / spacing_m, (xy[:, 1] - xy[:, 1].min()) / spacing_m
    if (x.max() + 1) * (y.max() + 1) > _MOST_SQUARES:
        return None
    column, row = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    if max(np.abs(x - column).max(), np.abs(y - row).max()) > _OFF:
        return None
    shape = int(row.max()) + 1, int(column.max()) + 1
    taken = np.zeros(shape, dtype=bool)
    taken[row, column] = True
    return Lattice(row, column, shape) if int(taken.sum()) == len(xy) else None


def _grouped(cells: Ints, number: Ints) -> list[Ints]:
    order = np.argsort(number, kind="stable")
    return np.split(cells[order], np.flatnonzero(np.diff(number[order])) + 1) if len(cells) else []
