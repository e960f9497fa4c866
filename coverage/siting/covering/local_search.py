"""Covering plans: greedy, swaps as long as they help, and a walk over what swaps cannot better."""

from __future__ import annotations

import numpy as np

from coverage.siting.model.arrays import Bools, Floats, Ints, row_entries
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits
from coverage.siting.model.interchange import NO_END, Interchange, Walk

_ACCEPT_WORSE = 0.002
_KICK = (2, 3)


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


class SwapSearch(Interchange):
    """The swaps of a covering plan: `gain` counts groups that nobody covers, `loss` those that only `out`
    covers, `both` those of them that `in` covers too. A swap touches only the groups of its two sites.
    """

    def __init__(self, model: CoverModel, chosen: Ints) -> None:
        super().__init__(model.n_sites, chosen)
        self.model = model
        self.times = np.zeros(model.n_groups, np.int32)
        self._slots_sum = np.zeros(model.n_groups, np.int64)
        self.gain = model.cover @ model.weight
        for slot, site in enumerate(self.chosen):
            self._cover(slot, int(site), +1)

    def swap(self, slot: int, site: int) -> None:
        out = int(self.chosen[slot])
        self.slot_of[out] = -1
        self._cover(slot, out, -1)
        self.chosen[slot], self.slot_of[site] = site, slot
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
        np.add.at(self.both_flat, sites * np.int64(len(self.chosen)) + owner[entry], more)
        np.add.at(self.loss, owner, owned)
        is_own = own[entry]  # nobody covered it, so that the sites' gain falls by as much
        np.subtract.at(self.gain, sites[is_own], more[is_own])
        self.touched_sites[sites] = True
        self.touched_slots[owner] = True
        self.value += sign * float(weight[own].sum())


def improved(model: CoverModel, chosen: Ints) -> tuple[Ints, float]:
    """The sites after swapping as long as it helps, and the weight they cover."""
    search = SwapSearch(model, chosen)
    search.improve()
    return search.chosen, model.value(search.chosen)


class LocalSearch(Walk):
    """A walk over covering plans; `value` is the weight that `best` covers."""

    def __init__(self, model: CoverModel, chosen: Ints, seed: int) -> None:
        search = SwapSearch(model, chosen)
        search.improve()
        super().__init__(search, seed)
        self.model = model

    def run(self, limits: Limits, until: float, rounds: int = NO_END) -> None:
        super().run(limits, until, rounds)
        self.value = self.model.value(self.best)  # without the rounding of many swaps

    @property
    def worse(self) -> float:
        return _ACCEPT_WORSE * self.value

    def shake(self) -> None:
        """Replace a random site and then some that overlap with what came in, by random neighbours."""
        search = self.search
        slot = int(self.rng.integers(len(search.chosen)))
        for _ in range(int(self.rng.integers(_KICK[0], _KICK[1] + 1))):
            near = np.flatnonzero(search.both[:, slot] > 0.0)
            near = near[search.slot_of[near] < 0]
            if not len(near):
                return
            site = int(near[self.rng.integers(len(near))])
            search.swap(slot, site)
            beside = np.flatnonzero(search.both[site] > 0.0)
            slot = int(beside[self.rng.integers(len(beside))]) if len(beside) else slot
