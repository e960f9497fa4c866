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
        for slot, site in enumerate(self.chosen):
            self._cover(slot, int(site), +1)

    def improve(self, forced: int = 0, max_swaps: int = 10_000) -> int:
        """Make the best swap until none helps; the first `forced` sites stay. Number of swaps made."""
        for swaps in range(max_swaps):
            slot, site, profit = self.best_swap(forced)
            if profit <= self._least_profit():
                return swaps
            self.swap(slot, site)
        return max_swaps

    def best_swap(self, forced: int = 0) -> tuple[int, int, float]:
        """(slot out, site in, profit); a chosen site never comes in twice."""
        if len(self.chosen) <= forced or self.model.n_sites == len(self.chosen):
            return 0, 0, 0.0
        change = self.both[:, forced:] - self.loss[forced:]
        slots = np.argmax(change, axis=1)
        profit = self.gain + change[np.arange(len(slots)), slots]
        profit[self.chosen] = -np.inf
        site = int(np.argmax(profit))
        return forced + int(slots[site]), site, float(profit[site])

    def swap(self, slot: int, site: int) -> None:
        """Put `site` in the place of the site at `slot`."""
        self._cover(slot, int(self.chosen[slot]), -1)
        self.chosen[slot] = site
        self._cover(slot, site, +1)

    def _least_profit(self) -> float:
        return 1e-10 * max(self.value, 1.0)

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
        self.gain += np.bincount(sites, weights=weight[owner], minlength=len(self.gain))
        self.value -= float(weight.sum())

    def _owned(self, groups: Ints, sign: float) -> None:
        """Groups that begin (+) or cease (−) to be covered by one site alone."""
        weight, slot = sign * self.model.weight[groups], self._slots_sum[groups]
        at, owner = row_entries(self.model.by_group.indptr, groups)
        np.add.at(self.both, (self.model.by_group.indices[at], slot[owner]), weight[owner])
        np.add.at(self.loss, slot, weight)


def improved(model: CoverModel, chosen: Ints) -> tuple[Ints, float]:
    """The sites after swapping as long as it helps, and the weight they cover."""
    search = SwapSearch(model, chosen)
    search.improve()
    return search.chosen, model.value(search.chosen)
