"""A first plan that keeps every rule: greedy and swaps that only take what the rules allow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coverage.siting.covering.local_search import SwapSearch
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.site_rules import SiteRules

_TRIES = 40


class RuledSearch:
    """Which sites are open, and what each other one would add.

    The first covering of a group is worth `weight`, the second `second` (0 if None).
    """

    def __init__(self, model: CoverModel, rules: SiteRules, second: Floats | None, price: Floats) -> None:
        self.model, self.rules, self.price = model, rules, price
        self.second = np.zeros(model.n_groups) if second is None else second
        self.is_open = rules.must | ~rules.is_new
        self.times = model.by_group @ self.is_open.astype(float)

    def run(self, max_swaps: int = 500) -> Ints | None:
        """Sites that keep every rule, or None where this simple way finds none."""
        self._close()
        self._meet_lower_limits()
        self._fill()
        swap = self._swap if self.second.any() else self._quick_swaps()
        for _ in range(max_swaps if self.rules.met(self.is_open) else 0):
            if not swap():
                break
        return np.flatnonzero(self.is_open) if self.rules.met(self.is_open) else None

    def worth(self) -> Floats:
        """(sites,) what opening each would add."""
        added: Floats = self.model.cover @ (
            np.where(self.times == 0, self.model.weight, 0.0) + np.where(self.times == 1, self.second, 0.0)
        )
        return added

    def loss(self) -> Floats:
        """(sites,) what closing each open one would lose."""
        lost: Floats = self.model.cover @ (
            np.where(self.times == 1, self.model.weight, 0.0) + np.where(self.times == 2, self.second, 0.0)
        )
        return np.where(self.is_open, lost, np.inf)

    def set(self, site: int, is_open: bool) -> None:
        self.is_open[site] = is_open
        self.times[self.model.groups_of(site)] += 1.0 if is_open else -1.0

    def _close(self) -> None:
        """Close existing sites, the least missed first, until no upper limit is passed."""
        closable = ~self.rules.is_new
        while self.is_open[closable].any() and (self._over() > 1e-9):
            self.set(int(np.argmin(np.where(closable, self.loss(), np.inf))), is_open=False)

    def _over(self) -> float:
        return float((self.rules.activity(self.is_open) - self.rules.high).max(initial=0.0))

    def _meet_lower_limits(self) -> None:
        while (allowed := self.rules.may_open(self.is_open) & self.rules.helps(self.is_open)).any():
            self.set(_largest(self.worth(), allowed), is_open=True)

    def _fill(self) -> None:
        while True:
            worth = self.worth()
            allowed = self.rules.may_open(self.is_open) & (worth > 1e-9)
            if not allowed.any():
                return
            self.set(_largest(worth / self.price, allowed), is_open=True)

    def _quick_swaps(self) -> Callable[[], bool]:
        """The best swap that the rules allow, where only the first covering counts; True if made."""
        search = SwapSearch(self.model, np.flatnonzero(self.is_open))

        def swap() -> bool:
            profit = search.gain[:, None] + search.both - search.loss
            profit[search.chosen] = -np.inf
            best, most, floor = (-1, -1), 0.0, 1e-10 * max(search.value, 1.0)
            top = profit.max(axis=0, initial=-np.inf)
            for slot in np.argsort(-top, kind="stable"):
                if top[slot] <= max(most, floor):
                    break
                site, gain = self._allowed_into(int(search.chosen[slot]), profit[:, slot])
                if gain > max(most, floor):
                    best, most = (int(slot), site), gain
            if best[0] < 0:
                return False
            self.set(int(search.chosen[best[0]]), is_open=False)
            self.set(best[1], is_open=True)
            search.swap(*best)
            return True

        return swap

    def _allowed_into(self, out: int, profit: Floats) -> tuple[int, float]:
        """(site, profit) of the best opening that keeps the rules once `out` is closed; profit 0 if none."""
        if self.rules.must[out]:
            return -1, 0.0
        is_open = self.is_open.copy()
        is_open[out] = False
        allowed = np.where(self.rules.may_open(is_open), profit, -np.inf)
        site = int(np.argmax(allowed))
        is_open[site] = True
        return (site, float(allowed[site])) if allowed[site] > 0.0 and self.rules.met(is_open) else (-1, 0.0)

    def _swap(self) -> bool:
        """The first of the cheapest closings with which some allowed opening gains; True if made."""
        now = self._value()
        for out in np.argsort(self.loss(), kind="stable")[:_TRIES]:
            if not self.is_open[out] or self.rules.must[out]:
                continue
            self.set(int(out), is_open=False)
            allowed = self.rules.may_open(self.is_open)
            allowed[out] = False
            if allowed.any():
                into = _largest(self.worth(), allowed)
                self.set(into, is_open=True)
                if self._value() > now * (1 + 1e-10) and self.rules.met(self.is_open):
                    return True
                self.set(into, is_open=False)
            self.set(int(out), is_open=True)
        return False

    def _value(self) -> float:
        first, second = self.times >= 1.0, self.times >= 2.0
        return float(self.model.weight[first].sum() + self.second[second].sum())


def _largest(worth: Floats, allowed: Bools) -> int:
    return int(np.argmax(np.where(allowed, worth, -np.inf)))
