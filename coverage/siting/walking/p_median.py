"""The p-median of equal sites: prices from above, a walk with path relinking from below, then the proof.

Values and bounds inside are savings (the more the better); `best_median` answers in metres walked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Final

import numpy as np
from scipy import sparse

from coverage.siting.goals import Watch
from coverage.siting.model.arrays import Bools, Floats, Ints, only_entries
from coverage.siting.model.cover_model import at_most
from coverage.siting.model.highs import Limits, solve
from coverage.siting.model.interchange import Walk
from coverage.siting.model.plan_value import Choice
from coverage.siting.walking.savings import (
    SavingsModel,
    SavingsSwap,
    greedy_savings,
    median_program,
    median_values,
)

# Of every cell's sites the nearest so many times (sites a chosen one), and at least so many.
_NEAR: Final = 3.0
_LEAST_NEAR: Final = 25
# Steps of the prices, round by round.
_ROUNDS: Final = (60, 120, 250, 500, 1_000)
# What HiGHS takes over after all rounds of prices, and before.
_MOST_PAIRS: Final = 60_000
_EASY_PAIRS: Final = 8_000
# Of the time left, what the first swaps, one round of prices and HiGHS may take.
_SWAPS: Final = 0.25
_PRICES: Final = 0.3
_PROOF: Final = 0.5
# Where HiGHS will take over, the walk is short beside the prices.
_SHORT_WALK: Final = 0.2
# Subgradient steps.
_DEFLECTION: Final = 0.3
_PATIENCE: Final = 20
_PLANS: Final = 4
# The walk.
_KICK: Final = (2, 4)
_NEIGHBOURS: Final = 12
_ACCEPT_WORSE: Final = 0.002
_ELITE: Final = 10
_RELINK_AFTER: Final = 50


def best_median(model: SavingsModel, count: int, limits: Limits) -> Choice:
    """`count` sites with little walking left, in metres with a bound from below.

    First with the nearest sites of every cell alone: a bound there holds for all, and so does a plan that
    serves every cell by one of them; otherwise more of them are looked at.
    """
    if count == 0 or not model.saved.nnz:
        return Choice(np.zeros(0, np.int64), model.total, model.total, proven=True)
    most = max(_LEAST_NEAR, int(np.ceil(_NEAR * model.n_sites / count)))
    near = model.nearest(most)
    chosen = greedy_savings(near, count)
    best, bound = Choice(chosen, model.total - model.value(chosen), -np.inf), -np.inf
    if len(chosen) < count or count >= model.n_sites:
        return replace(best, bound=best.value, proven=True)
    while True:
        found = _searched(near, best.chosen, count, limits)
        walked = model.total - model.value(found.chosen)
        best = Choice(found.chosen, walked, 0.0) if walked < best.value else best
        bound = max(bound, min(found.bound, best.value))
        rounding = 1e-9 * best.value + 1e-11 * model.total
        if near is model or walked <= found.value + rounding or limits.left() <= 0.0:
            return replace(best, bound=bound, proven=best.value - bound <= rounding)
        most *= 2
        near = model.nearest(most)


def _searched(model: SavingsModel, chosen: Ints, count: int, limits: Limits) -> Choice:
    """Prices and a walk in turns, then the proof; in metres.

    Every round of prices excludes sites; the walk takes about as long as the prices did. It goes on until
    the gap is closed, what is left is proved, or the time is over.
    """
    walk = SavingsWalk(model, chosen, limits.seed, limits.part(_SWAPS))
    # between the best and the second-best way of each cell: a bound near the plan from the first step on
    swaps = walk.search
    prices = Prices(np.inf, np.zeros(model.n_sites), count, 0.5 * (swaps.first + swaps.second))
    part, sites, bound, proved_at = model, np.arange(model.n_sites), np.inf, np.inf

    def is_enough() -> bool:
        gap = (limits.gap + 1e-9) * (part.total - walk.value)
        return bound - walk.value <= gap or limits.left() <= 0.0

    for number, steps in enumerate(chain(_ROUNDS, repeat(_ROUNDS[-1]))):
        before = limits.left()
        prices = price_cells(part, prices, walk.value, limits.part(_PRICES), steps, count)
        bound = max(min(bound, _whole(model, prices.bound)), walk.value)
        for plan in prices.plans:
            walk.meet(plan, limits)
        if is_enough():
            break
        stay = ~prices.never_opened(walk.value)
        stay[walk.best] = True
        if stay.sum() < 0.9 * len(stay):
            part, sites = part.only(np.flatnonzero(stay)), sites[stay]
            prices = replace(prices, worth=prices.worth[stay], plans=())
            walk = walk.among(part, stay)
        pairs = part.saved.nnz
        if pairs <= (_MOST_PAIRS if number + 1 >= len(_ROUNDS) else _EASY_PAIRS) and pairs < 0.7 * proved_at:
            proved = _proved(part, prices, walk, bound, limits)
            if proved is not None:
                proved_at, bound = pairs, max(proved, walk.value)
                if is_enough():
                    break
        taken = (before - limits.left()) * (1.0 if pairs > _MOST_PAIRS else _SHORT_WALK)
        walk.run(limits.part(min(1.0, taken / max(limits.left(), 1e-9))), bound)
        limits.report(part.total - walk.value, part.total - bound, maximises=False)
        if is_enough():
            break
    value = part.value(walk.best)  # without the rounding of many swaps
    return Choice(sites[walk.best], part.total - value, part.total - max(bound, value))


def _whole(model: SavingsModel, bound: float) -> float:
    """Whole savings have a whole sum."""
    return float(np.floor(bound + 1e-6)) if (model.saved.data == np.round(model.saved.data)).all() else bound


def _proved(
    part: SavingsModel, prices: Prices, walk: SavingsWalk, bound: float, limits: Limits
) -> float | None:
    """The bound that HiGHS gives on all that a better plan could have; the walk meets what it finds.

    None where too many pairs are left for it.
    """
    fixed = np.flatnonzero(prices.always_opened(walk.value))
    free = np.setdiff1d(np.arange(part.n_sites), fixed)
    if len(fixed) > prices.count or part.n_sites < prices.count:
        return walk.value
    base = part.saved[fixed].max(axis=0).toarray().ravel() if len(fixed) else np.zeros(part.n_cells)
    rest = part.only(free)
    more = rest.saved.data - base[rest.saved.indices]
    entries = sparse.csr_array((more, rest.saved.indices, rest.saved.indptr), shape=rest.saved.shape)
    rest = SavingsModel(only_entries(entries, more > 0.0), part.total - float(base.sum()))
    program = median_program(rest, at_most(prices.count - len(fixed), rest.n_sites))
    known = np.flatnonzero(np.isin(free, walk.best))
    start = median_values(rest, known) if len(known) <= prices.count - len(fixed) else None
    # what HiGHS reports at first is less than is known
    quiet = replace(limits.part(_PROOF), watch=Watch(cancelled=limits.watch.cancelled))
    answer = solve(program, quiet, start)
    if answer.values is not None:
        found = np.concatenate((fixed, free[answer.sites_open(len(free))]))
        walk.meet(found, limits)
    return min(bound, _whole(part, part.total - answer.bound))


@dataclass(frozen=True, eq=False)
class Prices:
    """For any prices u ≥ 0 on serving each cell, `count` sites save at most Σ u + the `count` largest of
    ρ_j = Σ_i max(0, saved_ij − u_i): that `bound`, ρ (sites,) and the prices u (cells,) it comes from.

    `plans` are the sites of the largest ρ at the last steps that lowered the bound.
    """

    bound: float
    worth: Floats
    count: int
    u: Floats
    plans: tuple[Ints, ...] = ()

    def never_opened(self, value: float) -> Bools:
        """Sites that no plan better than `value` can contain."""
        last = _nth_largest(self.worth, self.count)
        return self.bound - last + self.worth < value - _slack(value)

    def always_opened(self, value: float) -> Bools:
        """Sites that every plan better than `value` contains."""
        if self.count >= len(self.worth):
            return np.zeros(len(self.worth), bool)
        following = _nth_largest(self.worth, self.count + 1)
        return self.bound - self.worth + following < value - _slack(value)


def price_cells(
    model: SavingsModel, known: Prices | None, value: float, limits: Limits, steps: int, count: int
) -> Prices:
    """The best prices found from `known` on; stops when the bound meets `value`.

    Deflected subgradient steps (Polyak's length towards the best plan known); every step's bound is
    valid by itself.
    """
    saved = model.saved
    # without any known, half of each cell's best saving
    u = 0.5 * saved.max(axis=0).toarray().ravel() if known is None else known.u
    direction = np.zeros(model.n_cells)
    best, scale, stale = Prices(np.inf, np.zeros(model.n_sites), count, u), 1.5, 0
    plans: list[Ints] = []
    for _ in range(steps):
        left = saved.data - u[saved.indices]
        np.maximum(left, 0.0, out=left)
        worth = model.sum_by_site(left)
        top = np.argpartition(-worth, count - 1)[:count] if count < len(worth) else np.arange(len(worth))
        bound = float(u.sum() + worth[top].sum())
        stale = 0 if bound < best.bound - 1e-7 * abs(value) else stale + 1
        if bound < best.bound:
            best = Prices(bound, worth, count, u)
            plans = [*plans[1 - _PLANS :], top]
        if stale > _PATIENCE:
            scale, stale, u = 0.6 * scale, 0, best.u
            direction[:] = 0.0
            continue
        if best.bound - value <= _slack(value) or scale < 1e-4 or limits.left() <= 0.0:
            break
        is_top = np.zeros(model.n_sites, bool)
        is_top[top] = True
        serving = saved.indices[is_top[model.site] & (left > 0.0)]
        served = np.bincount(serving, minlength=model.n_cells)
        direction = (1.0 - served) + _DEFLECTION * direction
        length = (
            scale
            * (1.02 * bound - 1.0 * value - 0.02 * best.bound)
            / max(float(direction @ direction), 1e-12)
        )
        u = np.maximum(u - length * direction, 0.0)
    return replace(best, plans=tuple(plans))


def _nth_largest(values: Floats, n: int) -> float:
    return float(np.partition(values, len(values) - n)[len(values) - n]) if n <= len(values) else 0.0


def _slack(value: float) -> float:
    return 1e-9 * max(1.0, abs(value))


class SavingsWalk(Walk):
    """A walk over least-walking plans that is relinked, from time to time, with the best it has met.

    On the path from one good plan to another every step is the best swap among the sites in which they
    still differ; what lies on it is improved (path relinking between elite plans, Resende and Werneck
    2004). Plans from elsewhere, as those of the prices, may join.
    """

    def __init__(self, model: SavingsModel, chosen: Ints, seed: int, limits: Limits | None = None) -> None:
        self.search: SavingsSwap = SavingsSwap(model, chosen)
        self.search.improve(limits)
        super().__init__(self.search, seed)
        self.model = model
        self.elite: list[tuple[float, Ints]] = []
        # a share of what is walked, not of what is saved against walking very far
        self._worse = _ACCEPT_WORSE * (float(model.saved.max(axis=0).sum()) - self.value)

    @property
    def worse(self) -> float:
        return self._worse

    def among(self, part: SavingsModel, stay: Bools) -> SavingsWalk:
        """The walk among some of the sites, the best of which stay."""
        number = np.cumsum(stay) - 1
        walk = SavingsWalk(part, number[self.best], int(self.rng.integers(2**31)))
        walk.elite = [(value, number[plan]) for value, plan in self.elite if stay[plan].all()]
        return walk

    def meet(self, choice: Ints, limits: Limits) -> None:
        """Walk to another plan, improve it and relink it with the best."""
        if len(choice) != len(self.best) or limits.left() <= 0.0:
            return
        self.search.swap_to(choice)
        self.search.improve(limits)
        self._let_in(self.search.value, self.search.chosen.copy())
        self._judge()
        self._relink(self.best, limits)

    def run(self, limits: Limits, until: float, rounds: int = 10**9) -> None:
        """Until the value reaches `until`, or the time is over."""
        while rounds > 0 and self.value < until and limits.left() > 0.0:
            super().run(limits, until, min(rounds, _RELINK_AFTER))
            rounds -= _RELINK_AFTER
            self._let_in(self._here_value, self._here)
            if self.value < until and limits.left() > 0.0 and len(self.elite) > 1:
                self._relink(self.elite[int(self.rng.integers(len(self.elite)))][1], limits)

    def shake(self) -> None:
        """A random site gives way to one near it, then some that lie beside the newcomer do so too."""
        search, slot = self.search, int(self.rng.integers(len(self.search.chosen)))
        for _ in range(int(self.rng.integers(_KICK[0], _KICK[1] + 1))):
            worth = search.both[:, slot].copy()
            worth[search.chosen] = -1.0
            few = min(_NEIGHBOURS, len(worth) - 1)
            near = np.argpartition(-worth, few)[:few]
            near = near[worth[near] >= 0.0]
            if not len(near):
                return
            site = int(near[self.rng.integers(len(near))])
            search.swap(slot, site)
            beside = np.argsort(-search.both[site], kind="stable")[:_NEIGHBOURS]
            slot = int(beside[self.rng.integers(len(beside))])

    def _relink(self, other: Ints, limits: Limits) -> None:
        """Go towards `other` and improve the best plan on the way."""
        search = self.search
        away = np.flatnonzero(~np.isin(search.chosen, other))
        missing = other[search.slot_of[other] < 0]
        best, value = search.chosen.copy(), -np.inf
        while len(missing) > 1 and limits.left() > 0.0:
            profit = search.gain[missing, None] + search.both[np.ix_(missing, away)] - search.loss[away]
            into, out = np.unravel_index(int(profit.argmax()), profit.shape)
            search.swap(int(away[out]), int(missing[into]))
            away, missing = np.delete(away, out), np.delete(missing, into)
            if search.value > value:
                best, value = search.chosen.copy(), search.value
        search.swap_to(best)
        search.improve(limits)
        self._let_in(search.value, search.chosen.copy())
        self._judge()

    def _let_in(self, value: float, plan: Ints) -> None:
        """Among the elite are the best plans met that differ in what they are worth."""
        if all(abs(value - known) > 1e-9 * max(abs(value), 1.0) for known, _ in self.elite):
            self.elite.append((value, plan))
            self.elite.sort(key=lambda pair: -pair[0])
            del self.elite[_ELITE:]
