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
from coverage.siting.model.highs import Limits

_KICK = (2, 4)
_NEIGHBOURS = 12
_ACCEPT_WORSE = 0.002
_HOME_AFTER = 200


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
    gain = model.sum_by_site(model.saved.data)
    for _ in range(min(count, model.n_sites)):
        site = int(np.argmax(gain))
        if gain[site] <= floor:
            break
        chosen.append(site)
        row = slice(model.saved.indptr[site], model.saved.indptr[site + 1])
        better = model.saved.data[row] > best[model.saved.indices[row]]
        cells, saved = model.saved.indices[row][better], model.saved.data[row][better]
        at, owner = row_entries(model.by_cell.indptr, cells)
        there = model.by_cell.data[at]
        less = np.maximum(there - best[cells][owner], 0.0) - np.maximum(there - saved[owner], 0.0)
        gain -= np.bincount(model.by_cell.indices[at], weights=less, minlength=len(gain))
        gain[site] = 0.0
        best[cells] = saved
    return np.array(chosen, np.int64)


class SavingsSwap:
    """Chosen sites with the profit of every swap kept up to date (fast interchange).

    `first` and `second` are each cell's best and second-best saving among the chosen, `slot` who
    gives the best and `next_slot` who the second (−1: nobody). profit(out, in) = gain(in) − loss(out) +
    both(in, out) (Resende and Werneck 2007). A swap recomputes only the cells whose best or second-best
    it changes.
    """

    def __init__(self, model: SavingsModel, chosen: Ints) -> None:
        self.model = model
        self.chosen = np.array(chosen, np.int64)
        self.slot_of = np.full(model.n_sites, -1, np.int64)
        self.slot_of[self.chosen] = np.arange(len(chosen))
        self.first = np.zeros(model.n_cells)
        self.second = np.zeros(model.n_cells)
        self.slot = np.full(model.n_cells, -1, np.int64)
        self.next_slot = np.full(model.n_cells, -1, np.int64)
        self.gain = np.zeros(model.n_sites)
        self.loss = np.zeros(len(chosen))
        self.both = np.zeros((model.n_sites, len(chosen)))
        cells = np.arange(model.n_cells)
        self._rank(cells)
        self._count(cells, +1.0)

    @property
    def value(self) -> float:
        return float(self.first.sum())

    def improve(self, limits: Limits | None = None, max_swaps: int = 20_000) -> int:
        """Make the best swap until none helps, or the time is over; the number made."""
        for swaps in range(max_swaps):
            if limits is not None and swaps % 8 == 7 and limits.left() <= 0.0:
                return swaps
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
        """Put `site` in the place of the one at `slot`."""
        out = self.chosen[slot]
        row = slice(self.model.saved.indptr[site], self.model.saved.indptr[site + 1])
        near = self.model.saved.indices[row]
        changed = (self.slot == slot) | (self.next_slot == slot)
        changed[near[self.model.saved.data[row] > self.second[near]]] = True
        cells = np.flatnonzero(changed)
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
        self.first[cells], self.second[cells] = 0.0, 0.0
        self.slot[cells], self.next_slot[cells] = -1, -1
        top, next_ = place == 0, place == 1
        self.first[cells[owner[top]]] = saved[top]
        self.slot[cells[owner[top]]] = slots[top]
        self.second[cells[owner[next_]]] = saved[next_]
        self.next_slot[cells[owner[next_]]] = slots[next_]

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


class SavingsWalk:
    """Iterated local search over swaps; `best` is the best choice seen, `value` what it saves.

    A few neighbouring sites are exchanged at random and mended by swaps; the search goes on from what is
    nearly as good as before, and returns to the best when nothing better has come for long.
    """

    def __init__(self, model: SavingsModel, chosen: Ints, seed: int) -> None:
        self.model, self.search = model, SavingsSwap(model, chosen)
        self.rng = np.random.default_rng(seed)
        self.best, self.value = self.search.chosen.copy(), self.search.value
        self._here, self._here_value, self._since_best = self.best, self.value, 0
        # a share of what is walked, not of what is saved against walking very far
        self._worse = _ACCEPT_WORSE * (float(model.saved.max(axis=0).sum()) - self.value)

    def run(self, limits: Limits, until: float) -> None:
        """Until the value reaches `until`, or the time is over."""
        while self.value < until and limits.left() > 0.0:
            self._shake()
            self.search.improve(limits)
            found, self._since_best = self.search.value, self._since_best + 1
            if found > self.value * (1.0 + 1e-12):
                self.best, self.value, self._since_best = self.search.chosen.copy(), found, 0
            if self._since_best > _HOME_AFTER:
                self._since_best, self._here, self._here_value = 0, self.best, self.value
                self._go_to(self.best)
            elif found >= self._here_value - self._worse:
                self._here, self._here_value = self.search.chosen.copy(), found
            else:
                self._go_to(self._here)

    def _shake(self) -> None:
        """A random site gives way to one near it, then some that lie beside the newcomer do so too."""
        search, slot = self.search, int(self.rng.integers(len(self.search.chosen)))
        for _ in range(int(self.rng.integers(_KICK[0], _KICK[1] + 1))):
            worth = search.both[:, slot].copy()
            worth[search.chosen] = -1.0
            few = min(_NEIGHBOURS, len(worth) - 1)
            near = np.argpartition(-worth, few)[:few]
            near = near[worth[near] >= 0.0]
            if not len(near):
                return
            site = int(near[self.rng.integers(len(near))])
            search.swap(slot, site)
            beside = np.argsort(-search.both[site], kind="stable")[:_NEIGHBOURS]
            slot = int(beside[self.rng.integers(len(beside))])

    def _go_to(self, choice: Ints) -> None:
        search = self.search
        away = np.flatnonzero(~np.isin(search.chosen, choice))
        missing = choice[search.slot_of[choice] < 0]
        for slot, site in zip(away, missing, strict=True):
            search.swap(int(slot), int(site))
