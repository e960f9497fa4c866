"""Good plans recombined by place: one part of the city from one plan, the rest from another.

Where circles have to be packed, single swaps and small shakes only mend what is near; a plan that is
good in the north and one that is good in the south make one that is good in both. Nothing is known
here of maps: how far two sites are apart is measured by how much of what they cover they share.
"""

from __future__ import annotations

import numpy as np

from coverage.siting.covering.local_search import LocalSearch, greedy
from coverage.siting.greenfield.windows import distances, overlap_graph
from coverage.siting.model.arrays import Floats, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits

_PLANS = 12
_FIRST_ROUNDS, _ROUNDS = 200, 15
_SEEDED = 6
_LANDMARKS = 24
# After so many children in a row that none of the plans gave way to, half of the plans are grown anew.
_STALE = 250


class Recombination:
    """A few plans of equal size, recombined and repaired; `best` is the best, `value` its weight.

    `likely` (sites,) ≥ 0 is the chance of a site to be among the first of a new plan; with `origin`
    new plans are grown from that one instead.
    """

    def __init__(self, model: CoverModel, chosen: Ints, likely: Floats, seed: int = 1) -> None:
        self.model = model
        self.rng = np.random.default_rng(seed)
        self.walk = LocalSearch(model, chosen, seed)
        self.origin: Ints | None = None
        self.plans: list[tuple[float, Ints]] = [(model.value(chosen), chosen)]
        share = likely + 1e-9
        self.likely = share / share.sum()
        landmarks = self.rng.choice(model.n_sites, _LANDMARKS, p=self.likely)
        self.away = distances(overlap_graph(model), landmarks)

    @property
    def best(self) -> Ints:
        return self.plans[0][1]

    @property
    def value(self) -> float:
        return self.plans[0][0]

    def meet(self, chosen: Ints) -> None:
        """Take a plan from elsewhere among those that are recombined."""
        self._let_in(self.model.value(chosen), chosen, None)

    def run(self, limits: Limits, until: float) -> None:
        """Until the best plan reaches `until`, or the time is over."""
        while self.value < until and limits.left() > 0.0:
            self._grow(limits, until)
            self._cross_till_stale(limits, until)
            del self.plans[_PLANS // 2 :]

    def _grow(self, limits: Limits, until: float) -> None:
        while len(self.plans) < _PLANS and limits.left() > 0.0 and self.value < until:
            count = len(self.best)
            few = self.rng.choice(self.model.n_sites, min(_SEEDED, count), replace=False, p=self.likely)
            begin = greedy(self.model, count, few) if self.origin is None else self.origin
            self._mended(begin, _FIRST_ROUNDS, limits)
            self._take(0 if len(self.plans) >= _PLANS else None)

    def _cross_till_stale(self, limits: Limits, until: float) -> None:
        stale = 0
        while len(self.plans) > 1 and stale < _STALE and limits.left() > 0.0 and self.value < until:
            one, other = self.rng.choice(len(self.plans), 2, replace=False)
            child = self._child(self.plans[one][1], self.plans[other][1])
            self._mended(greedy(self.model, len(child), np.unique(child)), _ROUNDS, limits)
            stale = 0 if self._take(int(max(one, other))) else stale + 1

    def _child(self, one: Ints, other: Ints) -> Ints:
        """The sites of `one` on one side of a random line (or circle), those of `other` beyond it."""
        here, there = self.rng.choice(len(self.away), 2, replace=False)
        straight = float(self.rng.integers(2))
        side = self.away[here] - straight * self.away[there]
        count = len(one)
        taken = int(self.rng.integers(1 + count // 8, count - count // 8 + 1))
        first = one[np.argsort(side[one], kind="stable")[:taken]]
        last = other[np.argsort(side[other], kind="stable")[taken:]]
        return np.concatenate((first, last))

    def _mended(self, choice: Ints, rounds: int, limits: Limits) -> None:
        if len(choice) == len(self.best):
            self.walk.begin(choice)
            self.walk.run(limits, np.inf, rounds)

    def _take(self, instead: int | None) -> bool:
        """Let the plan in if it is better than its parent `instead` or else the worst, or there is room."""
        return self._let_in(self.walk.value, self.walk.best, instead)

    def _let_in(self, value: float, plan: Ints, instead: int | None) -> bool:
        if any(abs(value - known) <= 1e-9 * value for known, _ in self.plans):
            return False
        if instead is not None:
            instead = instead if value > self.plans[instead][0] else len(self.plans) - 1
            if value <= self.plans[instead][0]:
                return False
            del self.plans[instead]
        self.plans.append((value, plan))
        self.plans.sort(key=lambda pair: -pair[0])
        return True
