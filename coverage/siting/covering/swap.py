"""One site out, another in, as long as that covers more."""

from __future__ import annotations

import numpy as np

from coverage.siting.model.arrays import Bools, Floats, Ints, row_entries
from coverage.siting.model.cover_model import CoverModel


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
        self._both_flat = np.zeros(model.n_sites * len(chosen))
        self.both = self._both_flat.reshape(model.n_sites, len(chosen))
        self.value = 0.0
        self.is_chosen = np.zeros(model.n_sites, bool)
        self.is_chosen[self.chosen] = True
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
        profit[self.is_chosen[rows]] = -np.inf
        at = int(profit.argmax())
        return int(slots[best[at]]), int(rows[at]), float(profit[at])

    def swap(self, slot: int, site: int) -> None:
        """Put `site` in the place of the site at `slot`."""
        self.is_chosen[self.chosen[slot]] = False
        self._cover(slot, int(self.chosen[slot]), -1)
        self.chosen[slot] = site
        self.is_chosen[site] = True
        self._cover(slot, site, +1)

    def _cover(self, slot: int, site: int, sign: int) -> None:
        """Add (+1) or take away (−1) one covering of the groups of `site`.

        Only groups change anything whose number of coverings goes from 0 to 1 (or back): they are
        `site`'s own; or from 1 to 2 (or back): they cease (begin) to be another one's own.
        """
        groups = self.model.groups_of(site)
        fewer = self.times[groups] if sign > 0 else self.times[groups] - 1
        matter = groups[fewer <= 1]
        own = fewer[fewer <= 1] == 0
        others = self._slots_sum[matter] if sign > 0 else self._slots_sum[matter] - slot
        self.times[groups] += sign
        self._slots_sum[groups] += sign * slot
        weight = self.model.weight[matter]
        self._spread(matter, np.where(own, slot, others), np.where(own, sign * weight, -sign * weight), own)
        self.value += sign * float(weight[own].sum())

    def _spread(self, groups: Ints, owner: Ints, owned: Floats, own: Bools) -> None:
        """Tell all sites of `groups` that `owned` more is covered by `owner` alone.

        Where `own` it was covered by nobody, so that their gain falls by as much.
        """
        at, entry = row_entries(self.model.by_group.indptr, groups)
        sites = self.model.by_group.indices[at]
        more = owned[entry]
        np.add.at(self._both_flat, sites * np.int64(len(self.chosen)) + owner[entry], more)
        np.add.at(self.loss, owner, owned)
        is_own = own[entry]
        np.subtract.at(self.gain, sites[is_own], more[is_own])
        self._touched_sites[sites] = True
        self._touched_slots[owner] = True


def improved(model: CoverModel, chosen: Ints) -> tuple[Ints, float]:
    """The sites after swapping as long as it helps, and the weight they cover."""
    search = SwapSearch(model, chosen)
    search.improve()
    return search.chosen, model.value(search.chosen)
