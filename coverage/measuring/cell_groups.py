"""Sums over many disjoint groups of cells at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from coverage.model.tables import Floats, Ints

# Groups times units summed at once.
_MOST_SUMS: Final = 4_000_000


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

    def majority(self, unit_of: Ints, weights: Floats) -> Ints:
        """(groups,) the unit that most weight lies in (the lower row of two); -1 where no cell has one."""
        n = int(unit_of.max(initial=-1)) + 1
        units, weight = unit_of[self.cells], weights[self.cells]
        found = np.full(len(self), -1, np.int64)
        a_time = max(_MOST_SUMS // max(n, 1), 1)
        stop = np.append(self.first, len(self.cells))
        for begin in range(0, len(self), a_time) if n else ():
            end = min(begin + a_time, len(self))
            some = slice(stop[begin], stop[end])
            here, unit = self.number[some] - begin, units[some]
            inside = unit >= 0
            place = here[inside] * n + unit[inside]
            held = np.bincount(place, weights=weight[some][inside], minlength=(end - begin) * n)
            most = held.reshape(-1, n).argmax(axis=1)
            has = np.bincount(here[inside], minlength=end - begin) > 0
            found[begin:end] = np.where(has, most, -1)
        return found


def cell_groups(parts: Sequence[Ints]) -> CellGroups:
    """Groups of cells, none empty, at least one of them."""
    count = np.array([len(part) for part in parts])
    first = np.cumsum(count) - count
    return CellGroups(np.concatenate(parts), first, np.repeat(np.arange(len(parts)), count))
