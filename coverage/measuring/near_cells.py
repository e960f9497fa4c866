"""Which cells a change can touch, found without looking at all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from coverage.model.tables import Floats, Ints
from geo.csr_ranges import distinct, ranges
from geo.network.network import WalkNetwork, edges_of_nodes
from geo.network.snapping import Snapped

_BLOCK_M: Final = 2_000.0


@dataclass(frozen=True)
class CellsOfEdges:
    """Cells by the edge they are snapped to, and edges by node."""

    cell: Ints
    first_cell: Ints
    edge: Ints
    first_edge: Ints

    def near_nodes(self, nodes: Ints, edges: Ints) -> tuple[Ints, Ints]:
        """The edges that end at `nodes` or are among `edges`, and the linked cells on them."""
        first = self.first_edge[nodes]
        arms = ranges(first, self.first_edge[nodes + 1] - first)
        touched = distinct(np.concatenate([self.edge[arms], edges]))
        begin = self.first_cell[touched]
        return touched, self.cell[ranges(begin, self.first_cell[touched + 1] - begin)]


def cells_of_edges(network: WalkNetwork, cells: Snapped) -> CellsOfEdges:
    """Index the linked cells."""
    order = np.argsort(cells.edge, kind="stable")
    first_cell = np.searchsorted(cells.edge[order], np.arange(len(network) + 1))
    first_edge, edge, _ = edges_of_nodes(network)
    return CellsOfEdges(order, first_cell, edge, first_edge)


@dataclass(frozen=True)
class Blocks:
    """Cells by squares of 2 km; `low` and `high` (blocks, 2) are the boxes around each square's cells."""

    cell: Ints
    first: Ints
    low: Floats
    high: Floats
    block_of: Ints

    def highest(self, values: Floats) -> Floats:
        """(blocks,) the highest of the cells' values."""
        return np.asarray(np.maximum.reduceat(values[self.cell], self.first[:-1]))

    def not_beyond(self, xy: Floats, reach: Floats) -> Ints:
        """The cells of every block that `xy` is within `reach` (blocks,) of."""
        off = np.maximum(np.maximum(self.low - xy, xy - self.high), 0.0)
        block = np.flatnonzero(np.hypot(off[:, 0], off[:, 1]) <= reach)
        return self.cell[ranges(self.first[block], self.first[block + 1] - self.first[block])]


def blocks(xy: Floats) -> Blocks:
    """Sort the cells into blocks."""
    column, row = np.floor((xy - xy.min(axis=0)) / _BLOCK_M).astype(np.int64).T
    order = np.lexsort((column, row))
    new = np.flatnonzero((np.diff(column[order]) != 0) | (np.diff(row[order]) != 0)) + 1
    first = np.concatenate([[0], new, [len(xy)]])
    block_of = np.empty(len(xy), np.int64)
    block_of[order] = np.repeat(np.arange(len(first) - 1), np.diff(first))
    low, high = (
        np.column_stack([take.reduceat(xy[order, i], first[:-1]) for i in (0, 1)])
        for take in (np.minimum, np.maximum)
    )
    return Blocks(order, first, low, high, block_of)
