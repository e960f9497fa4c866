"""One site out, another in, as long as that covers more."""

from __future__ import annotations

import numpy as np

from coverage.siting.arrays import Ints, row_entries
from coverage.siting.model import CoverModel


class SwapSearch:
    """A set of chosen sites with every swap's profit kept up to date.

    profit(out, in) = gain(in) − loss(out) + both(in, out), where gain counts groups that nobody
    covers, loss those that only `out` covers, both those of them that `in` covers too
    (Resende and Werneck's fast interchange). A swap touches only the groups of its two sites.
    """

    def __init__(self, model: CoverModel, chosen: Ints) -> None:
        self.model = model
        self.chosen = np.array(chosen, np.int64)
        self.times = np.zeros(model.n_groups, np.int32)
        self._slots_sum = np.zeros(model.n_groups, np.int64)
        self.gain = model.cover @ model.weight
        self.loss = np.zeros(len(chosen))
        self.both = np.zeros((model.n_sites, len(chosen)))
        self.value = 0.0
        self._is_chosen = np.zeros(model.n_sites, bool)
        self._is_chosen[self.chosen] = True
        self._touched_sites = np.ones(model.n_sites, bool)
        self._touched_slots = np.ones(len(chosen), bool)
        for slot, site in enumerate(self.chosen):
            self._cover(slot, int(site), +1)

    def improve(self, max_swaps: int = 10_000) -> int:
        """Make the best swap until none helps; the number made.

        Only pairs are looked at in which a site's gain or a chosen site's loss has changed since
        the last local optimum: the others helped nothing then and are as they were.
        """
        for swaps in range(max_swaps):
            slot, site, profit = self._best_swap()
            if profit <= 1e-10 * max(self.value, 1.0):
                self.settle()
                return swaps
            self.swap(slot, site)
        return max_swaps

    def settle(self) -> None:
        """Take the present choice as a local optimum."""
        self._touched_sites[:] = False
        self._touched_slots[:] = False

    def _best_swap(self) -> tuple[int, int, float]:
        """(slot out, site in, profit); a chosen site never comes in twice."""
        if not len(self.chosen) or self.model.n_sites == len(self.chosen):
            return 0, 0, 0.0
        rows, slots = np.flatnonzero(self._touched_sites), np.flatnonzero(self._touched_slots)
        by_site = self._best_of(rows, np.arange(len(self.chosen)))
        by_slot = self._best_of(np.arange(self.model.n_sites), slots)
        return by_site if by_site[2] >= by_slot[2] else by_slot

    def _best_of(self, rows: Ints, slots: Ints) -> tuple[int, int, float]:
        if not len(rows) or not len(slots):
            return 0, 0, -np.inf
        every_row, every_slot = len(rows) == self.model.n_sites, len(slots) == len(self.chosen)
        both = self.both if every_row else self.both[rows]
        change = (both if every_slot else both[:, slots]) - self.loss[slots]
        best = change.argmax(axis=1)
        profit = self.gain[rows] + change[np.arange(len(rows)), best]
        profit[self._is_chosen[rows]] = -np.inf
        at = int(profit.argmax())
        return int(slots[best[at]]), int(rows[at]), float(profit[at])

    def swap(self, slot: int, site: int) -> None:
        """Put `site` in the place of the site at `slot`."""
        self._is_chosen[self.chosen[slot]] = False
        self._cover(slot, int(self.chosen[slot]), -1)
        self.chosen[slot] = site
        self._is_chosen[site] = True
        self._cover(slot, site, +1)

    def _cover(self, slot: int, site: int, sign: int) -> None:
        """Add (+1) or take away (−1) one covering of the groups of `site`."""
        groups = self.model.groups_of(site)
        before = self.times[groups]
        self._owned(groups[before == 1], -1.0)
        self._open(groups[before == 0], -1.0)
        self.times[groups] += sign
        self._slots_sum[groups] += sign * slot
        after = before + sign
        self._owned(groups[after == 1], +1.0)
        self._open(groups[after == 0], +1.0)

    def _open(self, groups: Ints, sign: float) -> None:
        """Groups that begin (+) or cease (−) to be covered by nobody."""
        weight = sign * self.model.weight[groups]
        at, owner = row_entries(self.model.by_group.indptr, groups)
        sites = self.model.by_group.indices[at]
        np.add.at(self.gain, sites, weight[owner])
        self._touched_sites[sites] = True
        self.value -= float(weight.sum())

    def _owned(self, groups: Ints, sign: float) -> None:
        """Groups that begin (+) or cease (−) to be covered by one site alone."""
        weight, slot = sign * self.model.weight[groups], self._slots_sum[groups]
        at, owner = row_entries(self.model.by_group.indptr, groups)
        sites = self.model.by_group.indices[at]
        np.add.at(self.both.reshape(-1), sites * len(self.chosen) + slot[owner], weight[owner])
        np.add.at(self.loss, slot, weight)
        self._touched_sites[sites] = True
        self._touched_slots[slot] = True


def improved(model: CoverModel, chosen: Ints) -> tuple[Ints, float]:
    """The sites after swapping as long as it helps, and the weight they cover."""
    search = SwapSearch(model, chosen)
    search.improve()
    return search.chosen, model.value(search.chosen)
