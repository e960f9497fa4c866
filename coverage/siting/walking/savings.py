"""Walking saved: the model of least-walking, its greedy start and its swaps.

A cell that walks `c0` metres today (or is counted with `unreached_m`) saves weight·(c0 − d) when a
site at d < c0 opens. The best plan saves the most, so the total walking is a constant minus it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from coverage.siting.model.arrays import Floats, Ints, only_entries, row_entries
from coverage.siting.model.cover_model import SiteRows
from coverage.siting.model.highs import Program
from coverage.siting.model.interchange import Interchange


@dataclass(frozen=True, eq=False)
class SavingsModel:
    """`saved` CSR (sites × cells) > 0: weight·metres that a cell saves if served by the site; `total` is
    what is walked when no site is opened."""

    saved: sparse.csr_array
    total: float

    @cached_property
    def by_cell(self) -> sparse.csr_array:
        return sparse.csr_array(self.saved.T.tocsr())

    @cached_property
    def site(self) -> Ints:
        """(pairs,) the site of each stored entry."""
        return np.repeat(np.arange(self.n_sites), np.diff(self.saved.indptr))

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

    def only(self, sites: Ints) -> SavingsModel:
        """Some of the sites, the others closed."""
        return SavingsModel(sparse.csr_array(self.saved[sites]), self.total)

    def nearest(self, most: int) -> SavingsModel:
        """The same with the `most` best sites of every cell alone.

        Whoever is served by none of them counts as served by the next one for nothing, so no plan saves
        less here than in truth, and a plan that serves every cell by one of them saves the same (the
        nearest sites alone matter: Church 2003; García, Labbé and Marín 2011). The model itself where
        that leaves little out.
        """
        degree = np.diff(self.by_cell.indptr)
        if np.minimum(degree, most).sum() > 0.7 * self.saved.nnz:
            return self
        cell = np.repeat(np.arange(self.n_cells), degree)
        order = np.lexsort((-self.by_cell.data, cell))
        place = np.arange(len(order)) - self.by_cell.indptr[cell]
        free = np.zeros(self.n_cells)
        free[cell[place == most]] = self.by_cell.data[order[place == most]]
        less = self.saved.data - free[self.saved.indices]
        full = sparse.csr_array((less, self.saved.indices, self.saved.indptr), shape=self.saved.shape)
        return SavingsModel(only_entries(full, less > 0.0), self.total - float(free.sum()))


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


class SavingsSwap(Interchange):
    """The swaps of a least-walking plan.

    `first` and `second` are each cell's best and second-best saving among the chosen, `slot` who
    gives the best and `next_slot` who the second (−1: nobody). A swap recomputes only the cells whose
    best or second-best it changes.
    """

    def __init__(self, model: SavingsModel, chosen: Ints) -> None:
        super().__init__(model.n_sites, chosen)
        self.model = model
        self.first = np.zeros(model.n_cells)
        self.second = np.zeros(model.n_cells)
        self.slot = np.full(model.n_cells, -1, np.int64)
        self.next_slot = np.full(model.n_cells, -1, np.int64)
        cells = np.arange(model.n_cells)
        self._rank(cells)
        self._count(cells, +1.0)

    def swap(self, slot: int, site: int) -> None:
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
        self.touched_sites[[out, site]] = True
        self.touched_slots[slot] = True

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
        """Add (+1) or take away (−1) what `cells` contribute to value, gain, loss and both."""
        first = self.first[cells]
        self.value += sign * float(first.sum())
        served = cells[self.slot[cells] >= 0]
        np.add.at(self.loss, self.slot[served], sign * (self.first[served] - self.second[served]))
        self.touched_slots[self.slot[served]] = True
        at, owner = row_entries(self.model.by_cell.indptr, cells)
        saved = self.model.by_cell.data[at]
        near = np.flatnonzero(saved > self.second[cells][owner])
        owner, saved, sites = owner[near], saved[near], self.model.by_cell.indices[at[near]]
        cell = cells[owner]
        self.touched_sites[sites] = True
        more = saved > first[owner]
        self.gain += sign * np.bincount(
            sites[more], weights=saved[more] - first[owner[more]], minlength=len(self.gain)
        )
        keep = self.slot[cell] >= 0
        sites, saved, cell = sites[keep], saved[keep], cell[keep]
        kept = np.minimum(saved, self.first[cell]) - self.second[cell]
        np.add.at(self.both_flat, sites * np.int64(len(self.chosen)) + self.slot[cell], sign * kept)


def median_program(model: SavingsModel, rows: SiteRows) -> Program:
    """minimise the total walking: Σ of a cell's steps s over the sites in order of what it saves there.

    A cell's savings S₁ > S₂ > … (one level for all sites that save it the same) are made of steps:
    maximise Σ (S_k − S_{k+1})·w_k, where w_k ≤ w_{k−1} + Σ x of the sites of level k, 0 ≤ w ≤ 1
    (Elloumi 2010). x whole; the w become whole by themselves.
    """
    n = model.n_sites
    order, level, saved, cell = _levels(model)
    count = len(saved)
    following = np.zeros(count)
    following[:-1] = np.where(cell[1:] == cell[:-1], saved[1:], 0.0)
    later = np.flatnonzero(np.concatenate(([False], cell[1:] == cell[:-1])))
    opened = sparse.csr_array((-np.ones(len(level)), (level, model.by_cell.indices[order])), shape=(count, n))
    before = sparse.csr_array((-np.ones(len(later)), (later, later - 1)), shape=(count, count))
    links = sparse.hstack([opened, sparse.csr_array(sparse.eye_array(count) + before)])
    rules = sparse.hstack([rows.matrix, sparse.csr_array((rows.matrix.shape[0], count))])
    return Program(
        cost=np.concatenate((np.zeros(n), following - saved)),
        matrix=sparse.csr_array(sparse.vstack([rules, links])),
        row_low=np.concatenate((rows.low, np.full(count, -np.inf))),
        row_high=np.concatenate((rows.high, np.zeros(count))),
        low=np.concatenate((rows.must.astype(float), np.zeros(count))),
        high=np.ones(n + count),
        integer=np.arange(n + count) < n,
        maximises=False,
        offset=model.total,
    )


def median_values(model: SavingsModel, chosen: Ints) -> Floats:
    """The variables of `median_program` when `chosen` are open: a cell takes all steps up to its best."""
    _, _, saved, cell = _levels(model)
    is_open, best = np.zeros(model.n_sites), np.zeros(model.n_cells)
    is_open[chosen] = 1.0
    if len(chosen):
        best = model.saved[chosen].max(axis=0).toarray().ravel()
    return np.concatenate((is_open, (best[cell] >= saved).astype(float)))


def _levels(model: SavingsModel) -> tuple[Ints, Ints, Floats, Ints]:
    """(entries of `by_cell` by cell and falling saving, the level of each; saving and cell of each level)."""
    pairs = model.by_cell
    cell = np.repeat(np.arange(model.n_cells), np.diff(pairs.indptr))
    order = np.lexsort((-pairs.data, cell))  # entries lie by cell already
    saved = pairs.data[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (cell[1:] != cell[:-1]) | (saved[1:] != saved[:-1])
    return order, np.cumsum(begins) - 1, saved[begins], cell[begins]
