"""Iterated local search: shake a few neighbouring sites, repair with swaps, keep what is good enough."""

from __future__ import annotations

import numpy as np

from coverage.siting.covering.swap import SwapSearch
from coverage.siting.model.arrays import Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits

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
            self._judge()
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

    def _judge(self) -> None:
        search = self.search
        self._since_best += 1
        if search.value > self.value * (1.0 + 1e-12):
            self.best, self.value, self._since_best = search.chosen.copy(), search.value, 0
        if self._since_best > _HOME_AFTER:
            self._since_best = 0
            self._here, self._here_value = self.best, self.value
            self._go_to(self.best)
        elif search.value >= self._here_value - _ACCEPT_WORSE * self.value:
            self._here, self._here_value = search.chosen.copy(), search.value
        else:
            self._go_to(self._here)

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
