"""Where HiGHS cannot take the whole: better plans from below and a better bound from above, side by side.

Good plans are recombined by place: one part of the city from one plan, the rest from another. Where
circles have to be packed, single swaps and small shakes only mend what is near; a plan that is good in
the north and one that is good in the south make one that is good in both. Nothing is known here of maps:
how far two sites are apart is measured by how much of what they cover they share.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from coverage.siting.covering.local_search import LocalSearch, greedy, without_the_least
from coverage.siting.covering.lp_bound import Dual, DualSearch, covered_by, fix_variables, restricted
from coverage.siting.goals import Watch
from coverage.siting.greenfield.windows import Windows, distances, overlap_graph
from coverage.siting.model.arrays import Floats, Ints
from coverage.siting.model.cover_model import CoverModel, at_most, most_program, most_values
from coverage.siting.model.highs import Limits, solve

# Sites of less worth than this share of the last one taken are not looked at for better plans.
_HOPEFUL = 0.8
# What recombining gets of the time that is left.
_RECOMBINING = 0.2
_PLANS = 12
_FIRST_ROUNDS, _ROUNDS = 200, 15
_SEEDED = 6
_LANDMARKS = 24
# After so many children in a row that none of the plans gave way to, half of the plans are grown anew.
_STALE = 250


@dataclass(eq=False)
class BoundAndImprove:
    """A search of `count` sites of a model; `chosen` and `bound` (without `base`) approach each other.

    `chosen` is the best choice known before; it is never lost.
    """

    model: CoverModel
    dual: Dual
    chosen: Ints
    seed: int = 0

    def __post_init__(self) -> None:
        worth, count = self.dual.worth, self.dual.count
        hopeful = worth >= _HOPEFUL * np.partition(worth, len(worth) - count)[len(worth) - count]
        hopeful[self.chosen] = True
        self.sites = np.flatnonzero(hopeful)
        self.few = self.model.only(hopeful)
        start = greedy(self.few, count, np.searchsorted(self.sites, self.chosen)[:count])
        self.recombination = Recombination(self.few, start, self.dual.relaxed[self.sites], self.seed + 1)
        self.windows = Windows(self.model, self.dual)
        self._settled = 0.0
        self._take(start)

    @property
    def value(self) -> float:
        return self.model.value(self.chosen)

    @property
    def bound(self) -> float:
        return max(self.windows.bound, self.value)

    def run(self, limits: Limits, enough: Callable[[float, float], bool]) -> None:
        """Until `enough` says so of (value, bound), or the time is over.

        Two threads solve the smallest windows. Then one goes on with larger ones; the other makes plans
        of what the windows found, helps with those of two parts, and makes plans again.
        """
        over = Event()
        aside = replace(limits, watch=Watch(cancelled=lambda: over.is_set() or limits.left() <= 0.0))
        watched = replace(limits, watch=Watch(cancelled=lambda: self._is_over(limits, enough)))
        with ThreadPoolExecutor(1) as thread:
            try:
                smallest = thread.submit(self._solve_windows, aside, 1)
                self._solve_windows(watched, 1)
                smallest.result()
                others = thread.submit(self._solve_windows, aside)
                while watched.left() > 0.0:
                    # Plans grown from what the windows found are recombined, and
                    # parts of the best opened again.
                    # The best of every window, without the least or filled up, as numbers of `few`.
                    found = np.flatnonzero(np.isin(self.sites, self.windows.found))
                    self.recombination.origin = greedy(
                        self.few, self.dual.count, without_the_least(self.few, found, self.dual.count)
                    )
                    self.recombination.run(watched.part(_RECOMBINING), np.inf)
                    if self.recombination.value > self._settled:
                        regions = Regions(self.few, self.recombination.best, self.recombination.away)
                        regions.run(SIZE, watched)
                        self.recombination.meet(regions.best)
                        self._settled = self.recombination.value
                    self._take(self.recombination.best)
                    self._solve_windows(watched, 2)
            finally:
                over.set()
            others.result()

    def _solve_windows(self, limits: Limits, most_parts: int | None = None) -> None:
        self.windows.run(limits, lambda: self.chosen, most_parts)

    def _is_over(self, limits: Limits, enough: Callable[[float, float], bool]) -> bool:
        value = max(self.value, self.recombination.value)
        bound = max(self.windows.bound, value)
        limits.report(value + self.model.base, bound + self.model.base, maximises=True)
        return limits.left() <= 0.0 or enough(value, bound)

    def _take(self, choice: Ints) -> None:
        """Keep a choice of the hopeful sites if it is better."""
        chosen = self.sites[choice]
        if self.model.value(chosen) > self.value or len(chosen) > len(self.chosen):
            self.chosen = chosen


# Sites to be opened at once. Twice as many took fifteen times as long for hardly anything.
SIZE = 7
_STEPS = 800
_MOST_ENTRIES = 60_000
_LONGEST_SHARE = 0.2


class Regions:
    """A choice of sites that gets better; `best` are its sites, `value` its weight (without `base`).

    `place` (anything, sites) says where sites lie: those with like columns are near each other.
    """

    def __init__(self, model: CoverModel, chosen: Ints, place: Floats) -> None:
        self.model, self.place = model, place
        self.best, self.value = np.sort(chosen), model.value(chosen)

    def run(self, size: int, limits: Limits) -> None:
        """Open `size` sites around every site of the choice, until none helps.

        Where something has changed, what is near is opened again.
        """
        waiting = deque(self.best.tolist())
        settled: set[frozenset[int]] = set()
        while waiting and limits.left() > 0.0:
            centre = waiting.popleft()
            if centre not in self.best:
                continue
            opened = self._around(self.best, centre, size)
            if frozenset(opened.tolist()) in settled:
                continue
            if not self._solved(opened, limits):
                settled.add(frozenset(opened.tolist()))
                continue
            changed = set(self._around(self.best, centre, 2 * size).tolist())
            settled = {region for region in settled if not region & changed}
            waiting.extend(site for site in sorted(changed) if site not in waiting)

    def _around(self, sites: Ints, centre: int, size: int) -> Ints:
        away = np.linalg.norm(self.place[:, sites] - self.place[:, [centre]], axis=0)
        return np.sort(sites[np.argsort(away, kind="stable")[:size]])

    def _solved(self, opened: Ints, limits: Limits) -> bool:
        """Whether the opened sites could be placed better; then they are."""
        fixed = np.setdiff1d(self.best, opened)
        sites = np.setdiff1d(np.arange(self.model.n_sites), fixed)
        part = restricted(self.model, sites, covered_by(self.model, fixed))
        # As many sites as `chosen` that cover more, or None where none are found.
        chosen = np.flatnonzero(np.isin(sites, opened))
        value = part.value(chosen)
        dual = DualSearch(part, len(chosen), chosen).run(_STEPS, limits, value)
        left = fix_variables(part, dual, value)
        if left.is_decided:
            found = left.only
        elif left.rest.cover.nnz > _MOST_ENTRIES or limits.left() <= 0.0:
            found = None
        else:
            program = most_program(left.rest, at_most(left.count, left.rest.n_sites))
            limits = replace(limits.part(_LONGEST_SHARE), gap=0.0)
            answer = solve(program, limits, most_values(left.rest, left.start(chosen)), aside=True)
            found = left.whole(np.flatnonzero(answer.sites_open(left.rest.n_sites)))
        if found is None:
            return False
        better = np.sort(np.concatenate((fixed, sites[found])))
        value = self.model.value(better)
        if value <= self.value * (1.0 + 1e-12):
            return False
        self.best, self.value = better, value
        return True


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
            while len(self.plans) < _PLANS and limits.left() > 0.0 and self.value < until:
                count = len(self.best)
                few = self.rng.choice(self.model.n_sites, min(_SEEDED, count), replace=False, p=self.likely)
                begin = greedy(self.model, count, few) if self.origin is None else self.origin
                self._mended(begin, _FIRST_ROUNDS, limits)
                self._take(0 if len(self.plans) >= _PLANS else None)
            stale = 0
            while len(self.plans) > 1 and stale < _STALE and limits.left() > 0.0 and self.value < until:
                one, other = self.rng.choice(len(self.plans), 2, replace=False)
                child = self._child(self.plans[one][1], self.plans[other][1])
                self._mended(greedy(self.model, len(child), np.unique(child)), _ROUNDS, limits)
                stale = 0 if self._take(int(max(one, other))) else stale + 1
            del self.plans[_PLANS // 2 :]

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
