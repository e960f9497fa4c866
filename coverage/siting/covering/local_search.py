"""Covering plans: greedy, swaps as long as they help, and a walk over what swaps cannot better."""

from __future__ import annotations

import numpy as np

from coverage.siting.model.arrays import Bools, Floats, Ints, row_entries
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits


def greedy(model: CoverModel, count: int, start: Ints | None = None) -> Ints:
    """`start` and then up to `count` sites in all, each covering the most that is still open.

    Ends early when nothing is left to gain. Ties go to the lower site number. Every group is
    subtracted once from the sites that cover it, so the whole run costs one pass over the model.
    """
    chosen = [] if start is None else [int(site) for site in start]
    covered = np.zeros(model.n_groups, bool)
    gain = model.cover @ model.weight
    nothing_left = 1e-12 * float(model.weight.sum()) if model.n_groups else 0.0  # less is rounding
    for site in chosen:
        cover_and_update(model, site, covered, gain)
    while len(chosen) < min(count, model.n_sites):
        best = int(np.argmax(gain))
        if gain[best] <= nothing_left:
            break
        chosen.append(best)
        cover_and_update(model, best, covered, gain)
    return np.array(chosen, np.int64)


def cover_and_update(model: CoverModel, site: int, covered: Bools, gain: Floats) -> None:
    """Mark what `site` covers and take it from the gain of every site (both arrays change)."""
    groups = model.groups_of(site)
    new = groups[~covered[groups]]
    covered[new] = True
    at, owner = row_entries(model.by_group.indptr, new)
    gain -= np.bincount(model.by_group.indices[at], weights=model.weight[new][owner], minlength=len(gain))
    gain[site] = 0.0


def without_the_least(model: CoverModel, sites: Ints, count: int) -> Ints:
    """`sites` without the one that alone covers least, again and again until `count` are left."""
    left = [int(site) for site in sites]
    times = np.bincount(
        np.concatenate([np.zeros(0, np.int64), *(model.groups_of(site) for site in left)]).astype(np.int64),
        minlength=model.n_groups,
    )
    while len(left) > count:
        own = [float(model.weight[g[times[g] == 1]].sum()) for g in map(model.groups_of, left)]
        gone = left.pop(int(np.argmin(own)))
        times[model.groups_of(gone)] -= 1
    return np.array(left, np.int64)


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
        owner, owned = np.where(own, slot, others), np.where(own, sign * weight, -sign * weight)
        # Every site of these groups: so much more is covered by `owner` alone.
        at, entry = row_entries(self.model.by_group.indptr, matter)
        sites, more = self.model.by_group.indices[at], owned[entry]
        np.add.at(self._both_flat, sites * np.int64(len(self.chosen)) + owner[entry], more)
        np.add.at(self.loss, owner, owned)
        is_own = own[entry]  # nobody covered it, so that the sites' gain falls by as much
        np.subtract.at(self.gain, sites[is_own], more[is_own])
        self._touched_sites[sites] = True
        self._touched_slots[owner] = True
        self.value += sign * float(weight[own].sum())


def improved(model: CoverModel, chosen: Ints) -> tuple[Ints, float]:
    """The sites after swapping as long as it helps, and the weight they cover."""
    search = SwapSearch(model, chosen)
    search.improve()
    return search.chosen, model.value(search.chosen)


_ACCEPT_WORSE = 0.002
_HOME_AFTER = 300
_KICK = (2, 3)


class LocalSearch:
    """Iterated local search; `best` is the best choice seen, `value` the weight it covers."""

    def __init__(self, model: CoverModel, chosen: Ints, seed: int) -> None:
        self.model = model
        self.search = SwapSearch(model, chosen)
        self.search.improve()
        self.rng = np.random.default_rng(seed)
        self.best, self.value = self.search.chosen.copy(), self.search.value
        self._here, self._here_value = self.best, self.value
        self._since_best = 0

    def begin(self, choice: Ints) -> None:
        """Forget the best and walk on from another choice of as many sites."""
        self._swap_to(choice)
        self.search.improve()
        self.best, self.value = self.search.chosen.copy(), self.search.value
        self._here, self._here_value, self._since_best = self.best, self.value, 0

    def run(self, rounds: int, limits: Limits, until: float) -> None:
        """Up to `rounds` shakes; ends when the value reaches `until`, or the time is over."""
        for round_ in range(rounds):
            if self.value >= until or (round_ % 16 == 15 and limits.left() <= 0.0):
                break
            self._shake()
            self.search.improve()
            found, self._since_best = self.search.value, self._since_best + 1
            if found > self.value * (1.0 + 1e-12):
                self.best, self.value, self._since_best = self.search.chosen.copy(), found, 0
            if self._since_best > _HOME_AFTER:
                self._since_best, self._here, self._here_value = 0, self.best, self.value
                self._go_to(self.best)
            elif found >= self._here_value - _ACCEPT_WORSE * self.value:
                self._here, self._here_value = self.search.chosen.copy(), found
            else:
                self._go_to(self._here)
        self.value = self.model.value(self.best)

    def _shake(self) -> None:
        """Replace a random site and then some that overlap with what came in, by random neighbours."""
        search = self.search
        slot = int(self.rng.integers(len(search.chosen)))
        for _ in range(int(self.rng.integers(_KICK[0], _KICK[1] + 1))):
            near = np.flatnonzero(search.both[:, slot] > 0.0)
            near = near[~search.is_chosen[near]]
            if not len(near):
                return
            site = int(near[self.rng.integers(len(near))])
            search.swap(slot, site)
            beside = np.flatnonzero(search.both[site] > 0.0)
            slot = int(beside[self.rng.integers(len(beside))]) if len(beside) else slot

    def _go_to(self, choice: Ints) -> None:
        """Return to a local optimum."""
        self._swap_to(choice)
        self.search.settle()

    def _swap_to(self, choice: Ints) -> None:
        """Make the swaps that differ."""
        search = self.search
        away = np.flatnonzero(~np.isin(search.chosen, choice))
        missing = choice[~search.is_chosen[choice]]
        for slot, site in zip(away, missing, strict=True):
            search.swap(int(slot), int(site))
