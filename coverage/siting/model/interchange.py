"""Plans of equally many sites that differ by one: the best swap, and walks over what no swap betters."""

from __future__ import annotations

from typing import Final

import numpy as np

from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.highs import Limits

NO_END: Final = 10**9


class Interchange:
    """Chosen sites with the profit of every swap kept up to date (fast interchange).

    profit(out, in) = gain(in) − loss(out) + both(in, out): what `in` would add to the chosen, what is lost
    without `out`, and how much of that `in` makes good (Resende and Werneck 2007). `gain` (sites,), `loss`
    (slots,), `both` (sites, slots) and `value` are kept by `swap`, which a subclass has, together with the
    marks of what it touches.
    """

    def __init__(self, n_sites: int, chosen: Ints) -> None:
        self.chosen = np.array(chosen, np.int64)
        self.slot_of = np.full(n_sites, -1, np.int64)
        self.slot_of[self.chosen] = np.arange(len(self.chosen))
        self.value = 0.0
        self.gain: Floats = np.zeros(n_sites)
        self.loss: Floats = np.zeros(len(self.chosen))
        self.both: Floats = np.zeros((n_sites, len(self.chosen)))
        self.both_flat = self.both.reshape(-1)
        self.touched_sites: Bools = np.ones(n_sites, bool)
        self.touched_slots: Bools = np.ones(len(self.chosen), bool)

    def swap(self, slot: int, site: int) -> None:
        """Put `site` in the place of the site at `slot`."""
        raise NotImplementedError

    def improve(self, limits: Limits | None = None, max_swaps: int = 20_000) -> int:
        """Make the best swap until none helps, or the time is over; the number made.

        Only pairs are looked at in which a site's gain or a chosen site's loss has changed since
        the last local optimum: the others helped nothing then and are as they were.
        """
        for swaps in range(max_swaps):
            if limits is not None and swaps % 8 == 7 and limits.left() <= 0.0:
                return swaps
            slot, site, profit = self.best_swap()
            if profit <= 1e-10 * max(self.value, 1.0):
                self.settle()
                return swaps
            self.swap(slot, site)
        return max_swaps

    def settle(self) -> None:
        """Take the present choice as a local optimum."""
        self.touched_sites[:] = False
        self.touched_slots[:] = False

    def best_swap(self) -> tuple[int, int, float]:
        """(slot out, site in, profit) of the best swap with something touched; a chosen site never comes
        in twice."""
        n_sites, count = self.both.shape
        if not count or n_sites == count:
            return 0, 0, 0.0
        rows, slots = np.flatnonzero(self.touched_sites), np.flatnonzero(self.touched_slots)
        by_site = self._best_of(rows, np.arange(count))
        by_slot = self._best_of(np.arange(n_sites), slots)
        return by_site if by_site[2] >= by_slot[2] else by_slot

    def _best_of(self, rows: Ints, slots: Ints) -> tuple[int, int, float]:
        if not len(rows) or not len(slots):
            return 0, 0, -np.inf
        every_row, every_slot = len(rows) == len(self.gain), len(slots) == len(self.chosen)
        both = self.both if every_row else self.both[rows]
        change = (both if every_slot else both[:, slots]) - self.loss[slots]
        best = change.argmax(axis=1)
        profit = self.gain[rows] + change[np.arange(len(rows)), best]
        profit[self.slot_of[rows] >= 0] = -np.inf
        at = int(profit.argmax())
        return int(slots[best[at]]), int(rows[at]), float(profit[at])

    def swap_to(self, choice: Ints) -> None:
        """Make the swaps in which the choice differs from the chosen ones."""
        away = np.flatnonzero(~np.isin(self.chosen, choice))
        missing = choice[self.slot_of[choice] < 0]
        for slot, site in zip(away, missing, strict=True):
            self.swap(int(slot), int(site))


class Walk:
    """Iterated local search: shake a few neighbouring sites, repair with swaps, keep what is good enough.

    `best` is the best choice seen, `value` what it is worth. The walk goes on from what is no more than
    `worse` below where it was, and returns to the best when nothing better has come for `home_after` rounds.
    """

    home_after = 300

    def __init__(self, search: Interchange, seed: int) -> None:
        self.search = search
        self.rng = np.random.default_rng(seed)
        self._begin()

    @property
    def worse(self) -> float:
        raise NotImplementedError

    def shake(self) -> None:
        raise NotImplementedError

    def run(self, limits: Limits, until: float, rounds: int = NO_END) -> None:
        """Up to `rounds` shakes; ends when the value reaches `until`, or the time is over."""
        for _ in range(rounds):
            if self.value >= until or limits.left() <= 0.0:
                break
            self.shake()
            self.search.improve(limits)
            self._since_best += 1
            self._judge()

    def begin(self, choice: Ints) -> None:
        """Forget the best and walk on from another choice of as many sites."""
        self.search.swap_to(choice)
        self.search.improve()
        self._begin()

    def _begin(self) -> None:
        self.best, self.value = self.search.chosen.copy(), self.search.value
        self._here, self._here_value, self._since_best = self.best, self.value, 0

    def _judge(self) -> None:
        """Keep where the search is, or return to where it was."""
        found = self.search.value
        if found > self.value * (1.0 + 1e-12):
            self.best, self.value, self._since_best = self.search.chosen.copy(), found, 0
        if self._since_best > self.home_after:
            self._since_best, self._here, self._here_value = 0, self.best, self.value
            self._back_to(self.best)
        elif found >= self._here_value - self.worse:
            self._here, self._here_value = self.search.chosen.copy(), found
        else:
            self._back_to(self._here)

    def _back_to(self, choice: Ints) -> None:
        """Return to a local optimum."""
        self.search.swap_to(choice)
        self.search.settle()
