"""Sums over many disjoint groups of cells at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coverage.model.tables import Floats, Ints


@dataclass(frozen=True)
class CellGroups:
    """Group g holds the `cells` (rows of the grid) from `first[g]` up to the next group's first.

    `number` is the group of each entry of `cells`.
    """

    cells: Ints
    first: Ints
    number: Ints

    def __len__(self) -> int:
        return len(self.first)

    def sums(self, values: Floats) -> Floats:
        """(groups,) sums of the cells' `values`."""
        return np.asarray(np.add.reduceat(values[self.cells], self.first))

    def middles(self, xy: Floats, weights: Floats) -> Ints:
        """(groups,) the cell nearest to each group's centre of gravity; of equally near ones the first."""
        x, y, weight = xy[self.cells, 0], xy[self.cells, 1], weights[self.cells]
        whole = np.add.reduceat(weight, self.first)
        away = np.zeros(len(x))
        for at in (x, y):
            at -= at.min()  # small numbers lose less in sums
            centre = np.add.reduceat(at * weight, self.first) / whole
            at -= centre[self.number]
            away += at * at
        least = np.minimum.reduceat(away, self.first)
        nearest = np.flatnonzero(away == least[self.number])
        return self.cells[nearest[np.diff(self.number[nearest], prepend=-1) > 0]]

    def largest(self, values: Floats) -> Floats:
        """(groups,) the largest of the cells' `values`."""
        return np.asarray(np.maximum.reduceat(values[self.cells], self.first))

    def medians(self, values: Floats, weights: Floats) -> Floats:
        """(groups,) the smallest value that at least half of a group's weight does not exceed."""
        order = np.lexsort((values[self.cells], self.number))
        weight = weights[self.cells][order]
        half = np.add.reduceat(weight, self.first) / 2.0
        run = np.cumsum(weight)
        run -= np.append(0.0, run[self.first[1:] - 1])[self.number]
        # Sums of the same weights in another order differ in their last bits.
        enough = np.flatnonzero(run >= half[self.number] * (1.0 - 1e-9))
        first = enough[np.diff(self.number[enough], prepend=-1) > 0]
        return np.asarray(values[self.cells][order[first]])

    def shares(self, unit_of: Ints, weights: Floats) -> list[list[tuple[int, float, int]]]:
        """For each group the units its cells lie in: (unit, weight there, the cell there with most
        weight), most weight first, of equal ones the lower unit; cells whose unit is -1 count nowhere."""
        unit, weight = unit_of[self.cells], weights[self.cells]
        order = np.lexsort((-weight, unit, self.number))
        order = order[unit[order] >= 0]
        found: list[list[tuple[int, float, int]]] = [[] for _ in range(len(self))]
        if not len(order):
            return found
        group, unit = self.number[order], unit[order]
        first = np.flatnonzero((np.diff(group, prepend=-1) != 0) | (np.diff(unit, prepend=-1) != 0))
        held = np.add.reduceat(weight[order], first)
        ranked = np.lexsort((unit[first], -held.round(6), group[first]))
        columns = (group[first][ranked], unit[first][ranked], held[ranked], self.cells[order[first]][ranked])
        for number, *of in zip(*(column.tolist() for column in columns), strict=True):
            found[number].append((of[0], of[1], of[2]))
        return found


def cell_groups(parts: Sequence[Ints]) -> CellGroups:
    """Groups of cells, none empty, at least one of them."""
    count = np.array([len(part) for part in parts])
    first = np.cumsum(count) - count
    return CellGroups(np.concatenate(parts), first, np.repeat(np.arange(len(parts)), count))
