"""Walking saved: the model of least-walking, its greedy start and its swaps.

A cell that walks `c0` metres today (or is counted with `unreached_m`) saves weight·(c0 − d) when a
site at d < c0 opens. The best plan saves the most, so the total walking is a constant minus it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from coverage.siting.model.arrays import Floats, Ints, row_entries


@dataclass(frozen=True, eq=False)
class SavingsModel:
    """`saved` CSR (sites × cells) > 0: weight·metres that a cell saves if served by the site."""

    saved: sparse.csr_array

    @cached_property
    def by_cell(self) -> sparse.csr_array:
        return sparse.csr_array(self.saved.T.tocsr())

    @property
    def n_sites(self) -> int:
        return int(self.saved.shape[0])

    @property
    def n_cells(self) -> int:
        return int(self.saved.shape[1])

    def value(self, chosen: Ints) -> float:
        """What `chosen` save together: every cell takes its best."""
        if not len(chosen):
            return 0.0
        return float(self.saved[chosen].max(axis=0).sum())

    def sum_by_site(self, entries: Floats) -> Floats:
        """(sites,) the sum of `entries`, one value per stored entry of `saved`."""
        total = np.zeros(self.n_sites)
        filled = np.diff(self.saved.indptr) > 0
        if filled.any():
            total[filled] = np.add.reduceat(entries, self.saved.indptr[:-1][filled])
        return total


def greedy_savings(model: SavingsModel, count: int) -> Ints:
    """The site that saves most at every step; ends early when nothing is left to save."""
    chosen: list[int] = []
    best = np.zeros(model.n_cells)
    floor = 1e-12 * float(model.saved.sum())
    for _ in range(min(count, model.n_sites)):
        gain = model.sum_by_site(np.maximum(model.saved.data - best[model.saved.indices], 0.0))
        site = int(np.argmax(gain))
        if gain[site] <= floor:
            break
        chosen.append(site)
        row = slice(model.saved.indptr[site], model.saved.indptr[site + 1])
        cells = model.saved.indices[row]
        best[cells] = np.maximum(best[cells], model.saved.data[row])
    return np.array(chosen, np.int64)


class SavingsSwap:
    """Chosen sites with the profit of every swap kept up to date (fast interchange).

    `first` and `second` are each cell's best and second-best saving among the chosen, `slot` who
    gives the best (−1: nobody). profit(out, in) = gain(in) − loss(out) + both(in, out).
    """

    def __init__(self, model: SavingsModel, chosen: Ints) -> None:
        self.model = model
        self.chosen = np.array(chosen, np.int64)
        self.slot_of = np.full(model.n_sites, -1, np.int64)
        self.slot_of[self.chosen] = np.arange(len(chosen))
        self.first = np.zeros(model.n_cells)
        self.second = np.zeros(model.n_cells)
        self.slot = np.full(model.n_cells, -1, np.int64)
        self.gain = np.zeros(model.n_sites)
        self.loss = np.zeros(len(chosen))
        self.both = np.zeros((model.n_sites, len(chosen)))
        cells = np.arange(model.n_cells)
        self._rank(cells)
        self._count(cells, +1.0)

    @property
    def value(self) -> float:
        return float(self.first.sum())

    def improve(self, max_swaps: int = 2_000) -> int:
        """Make the best swap until none helps; the number made."""
        for swaps in range(max_swaps):
            slot, site, profit = self.best_swap()
            if profit <= 1e-10 * max(self.value, 1.0):
                return swaps
            self.swap(slot, site)
        return max_swaps

    def best_swap(self) -> tuple[int, int, float]:
        """(slot out, site in, profit)."""
        if not len(self.chosen) or self.model.n_sites == len(self.chosen):
            return 0, 0, 0.0
        change = self.both - self.loss
        slots = np.argmax(change, axis=1)
        profit = self.gain + change[np.arange(len(slots)), slots]
        profit[self.chosen] = -np.inf
        site = int(np.argmax(profit))
        return int(slots[site]), site, float(profit[site])

    def swap(self, slot: int, site: int) -> None:
        """Put `site` in the place of the one at `slot`; only the cells of both are counted again."""
        out = self.chosen[slot]
        at, _ = row_entries(self.model.saved.indptr, np.array([out, site]))
        cells = np.unique(self.model.saved.indices[at])
        self._count(cells, -1.0)
        self.chosen[slot] = site
        self.slot_of[out], self.slot_of[site] = -1, slot
        self._rank(cells)
        self._count(cells, +1.0)

    def _rank(self, cells: Ints) -> None:
        """Best and second-best of `cells` among the chosen sites."""
        at, owner = row_entries(self.model.by_cell.indptr, cells)
        slots = self.slot_of[self.model.by_cell.indices[at]]
        taken = slots >= 0
        owner, slots, saved = owner[taken], slots[taken], self.model.by_cell.data[at[taken]]
        order = np.lexsort((slots, -saved, owner))
        owner, slots, saved = owner[order], slots[order], saved[order]
        place = np.arange(len(owner)) - np.searchsorted(owner, owner)
        self.first[cells], self.second[cells], self.slot[cells] = 0.0, 0.0, -1
        top, next_ = place == 0, place == 1
        self.first[cells[owner[top]]] = saved[top]
        self.slot[cells[owner[top]]] = slots[top]
        self.second[cells[owner[next_]]] = saved[next_]

    def _count(self, cells: Ints, sign: float) -> None:
        """Add (+1) or take away (−1) what `cells` contribute to gain, loss and both."""
        at, owner = row_entries(self.model.by_cell.indptr, cells)
        sites, saved, cell = self.model.by_cell.indices[at], self.model.by_cell.data[at], cells[owner]
        more = np.maximum(saved - self.first[cell], 0.0)
        self.gain += sign * np.bincount(sites, weights=more, minlength=len(self.gain))
        served = cells[self.slot[cells] >= 0]
        np.add.at(self.loss, self.slot[served], sign * (self.first[served] - self.second[served]))
        keep = (self.slot[cell] >= 0) & (saved > self.second[cell])
        kept = np.minimum(saved, self.first[cell])[keep] - self.second[cell[keep]]
        np.add.at(self.both, (sites[keep], self.slot[cell[keep]]), sign * kept)
