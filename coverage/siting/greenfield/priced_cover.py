"""Covering at a price per site: as many sites as pay for themselves, by adding, dropping and swapping."""

from __future__ import annotations

import numpy as np

from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel

_ROUNDS = 12
_SHAKEN = 3


def priced_cover(model: CoverModel, charge: Floats, start: Ints, seed: int = 0) -> Ints:
    """Sites whose covered weight less their `charge` (sites,) is large; never worse than `start`.

    Local search from `start`, and from the best again after some neighbouring sites have been taken
    out and a random one put in.
    """
    rng = np.random.default_rng(seed)
    search = _PricedCover(model, charge)
    best, value = search.improved(np.isin(np.arange(model.n_sites), start))
    for _ in range(_ROUNDS):
        chosen, found = search.improved(search.shaken(best, rng))
        if found > value:
            best, value = chosen, found
    return np.flatnonzero(best)


class _PricedCover:
    def __init__(self, model: CoverModel, charge: Floats) -> None:
        self.model, self.charge = model, charge

    def value(self, chosen: Bools) -> float:
        return self.model.value(np.flatnonzero(chosen)) - float(self.charge[chosen].sum())

    def improved(self, chosen: Bools) -> tuple[Bools, float]:
        """A choice that no addition, removal or swap makes better, and its value."""
        chosen = chosen.copy()
        while True:
            profit, out, into = self._best_change(chosen)
            if profit <= 1e-9 * float(self.model.weight.sum()):
                return chosen, self.value(chosen)
            if out is not None:
                chosen[out] = False
            if into is not None:
                chosen[into] = True

    def _best_change(self, chosen: Bools) -> tuple[float, int | None, int | None]:
        """(profit, site out, site in); None where nothing goes out or in."""
        times = self.model.by_group @ chosen.astype(float)
        best = self._best_in(times, chosen)
        change: tuple[float, int | None, int | None] = (best[0], None, best[1])
        for site in np.flatnonzero(chosen):
            groups = self.model.groups_of(int(site))
            times[groups] -= 1.0
            own = self.model.weight[groups[times[groups] < 0.5]].sum()
            saved = float(self.charge[site] - own)
            gain, into = self._best_in(times, chosen)
            times[groups] += 1.0
            change = max(change, (saved, int(site), None), (saved + gain, int(site), into), key=_profit)
        return change

    def _best_in(self, times: Floats, chosen: Bools) -> tuple[float, int]:
        gain = self.model.cover @ np.where(times < 0.5, self.model.weight, 0.0) - self.charge
        gain[chosen] = -np.inf
        site = int(np.argmax(gain))
        return float(gain[site]), site

    def shaken(self, chosen: Bools, rng: np.random.Generator) -> Bools:
        """Without some sites that overlap most with one of them, with one other site."""
        shaken, inside = chosen.copy(), np.flatnonzero(chosen)
        shaken[rng.integers(self.model.n_sites)] = True
        if len(inside):
            one = np.zeros(self.model.n_groups)
            one[self.model.groups_of(int(rng.choice(inside)))] = 1.0
            shared = self.model.cover[inside] @ (one * self.model.weight)
            near = np.argsort(-shared, kind="stable")
            shaken[inside[near[: int(rng.integers(1, _SHAKEN + 1))]]] = False
        return shaken


def _profit(change: tuple[float, int | None, int | None]) -> float:
    return change[0]
