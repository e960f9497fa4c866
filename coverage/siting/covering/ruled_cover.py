"""Covering under rules among sites on a large model: bound, better plans among few sites, proof.

The first plan keeps every rule: greedy and swaps that only take what the rules allow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from coverage.siting.covering.local_search import SwapSearch
from coverage.siting.covering.lp_bound import BALANCE, CHECK_EVERY, Average, project_to_simplex, relaxed_cover
from coverage.siting.goals import Watch
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel, all_rules, most_program, most_values
from coverage.siting.model.highs import Limits, solve
from coverage.siting.model.plan_value import Choice
from coverage.siting.model.site_rules import SiteRules

# Sites that HiGHS looks for a better plan among, and how many entries of what is left it may prove on.
_FEW = 250
_PROVABLE = 120_000
_STEPS = (320, 640, 1_280)
_TRIES = 40


def ruled_cover(model: CoverModel, rules: SiteRules, start: Ints, limits: Limits) -> Choice:
    """The best choice found that keeps the rules, from `start`, which does."""
    best = Choice(start, model.value(start) + model.base, np.inf)
    sites, ruled = np.arange(model.n_sites), rules
    for number, steps in enumerate(_STEPS):
        now = np.flatnonzero(np.isin(sites, best.chosen))
        dual = ruled_dual(
            model, ruled, now, limits.part(0.4), steps=steps, enough=_enough(best, limits, model)
        )
        best = _bounded(best, dual.bound + model.base)
        if _done(best, limits):
            return best
        # A better plan among the sites that the relaxation opens, or nearly.
        order = np.lexsort((dual.spare, -dual.relaxed))
        few = np.zeros(model.n_sites, bool)
        few[order[:_FEW]] = True
        few |= ruled.must | ~ruled.is_new | np.isin(sites, best.chosen)
        best = _searched(model, ruled, (sites, few), best, limits.part(0.3 if number else 0.5))[0]
        best = _bounded(best, best.bound)
        limits.report(best.value, best.bound, maximises=True)
        stay = ~dual.needless(best.value - model.base) | ruled.must
        stay[np.isin(sites, best.chosen)] = True
        model, ruled, sites = model.only(stay), ruled.only(stay), sites[stay]
        if _done(best, limits) or model.cover.nnz <= _PROVABLE:
            break
    if _done(best, limits):
        return best
    # HiGHS on all that a better plan could have.
    best, bound = _searched(model, ruled, (sites, np.ones(model.n_sites, bool)), best, limits)
    best = _bounded(best, max(bound, best.value))
    limits.report(best.value, best.bound, maximises=True)
    return best


def _enough(best: Choice, limits: Limits, model: CoverModel) -> float:
    """The bound (without the base) at which the wanted gap is reached."""
    return best.value / (1.0 - limits.gap) - model.base


def _bounded(best: Choice, bound: float) -> Choice:
    bound = max(min(best.bound, bound), best.value)
    return replace(best, bound=bound, proven=bound <= best.value * (1.0 + 1e-9))


def _done(best: Choice, limits: Limits) -> bool:
    return best.proven or best.bound <= best.value / (1.0 - limits.gap) or limits.left() <= 0.0


def _searched(
    model: CoverModel, rules: SiteRules, among: tuple[Ints, Bools], best: Choice, limits: Limits
) -> tuple[Choice, float]:
    """(the better of the known plan and HiGHS's among some sites, the bound there)."""
    sites, few = among
    part, ruled, numbers = model.only(few), rules.only(few), sites[few]
    start = np.flatnonzero(np.isin(numbers, best.chosen))
    quiet = replace(limits, watch=Watch(cancelled=limits.watch.cancelled))
    answer = solve(most_program(part, all_rules(ruled)), quiet, most_values(part, start))
    found = np.flatnonzero(answer.sites_open(part.n_sites))
    value = part.value(found) + part.base
    kept = np.zeros(part.n_sites, bool)
    kept[found] = True
    if answer.values is not None and value > best.value and ruled.met(kept):
        best = replace(best, chosen=numbers[found], value=value)
    return best, answer.bound


# A rule counts as one on the number of sites if it speaks of this share of them.
_WIDE = 0.05


@dataclass(frozen=True, eq=False)
class RuledDual:
    """`bound` on the weight covered; `spare` (sites,) by how much it falls once the site has to be open.

    `relaxed` (sites,) is the fractional choice that goes with it.
    """

    bound: float
    spare: Floats
    relaxed: Floats

    def needless(self, value: float) -> Bools:
        """Sites that no choice better than `value` contains."""
        gone: Bools = self.bound - self.spare < value * (1.0 + 1e-9)
        return gone


@dataclass(frozen=True, eq=False)
class _Block:
    """At most `most` of `sites`."""

    sites: Ints
    most: float


def ruled_dual(
    model: CoverModel, rules: SiteRules, start: Ints, limits: Limits, *, steps: int, enough: float
) -> RuledDual:
    """Prices with a small bound, from the choice `start` on; ends at a bound of `enough`."""
    return _Search(model, rules, start).run(steps, limits, enough)


# x (sites,), μ (groups,), λ (rules,).
_Point = tuple[Floats, Floats, Floats]


class _Search:
    """The iteration."""

    def __init__(self, model: CoverModel, rules: SiteRules, start: Ints) -> None:
        self.model, self.rules = model, rules
        self.blocks, left = _blocks(rules)
        self.matrix, self.low, self.high = rules.matrix[left], rules.low[left], rules.high[left]
        self.by_site = self.matrix.T.tocsr()
        own = np.maximum(model.cover @ model.weight, 1e-300)
        size = np.abs(self.matrix)
        per_rule = np.maximum(size.sum(axis=1), 1e-300)
        unit = np.median(own) / np.maximum(per_rule / np.maximum(np.diff(size.indptr), 1), 1e-300)
        unit /= max(1.0, size.nnz / max(model.n_sites, 1))
        degree = np.maximum(np.diff(model.by_group.indptr), 1)
        self._long = BALANCE / (own + size.T @ unit)
        self._short = 1.0 / (BALANCE * degree)
        self._rule_step = unit / (BALANCE * per_rule)
        x = np.zeros(model.n_sites)
        x[start] = 1.0
        self.point: _Point = x, 1.0 / np.sqrt(degree), np.zeros(len(left))
        self.best = self._bound_at(self.point)
        self._average = Average()

    def run(self, steps: int, limits: Limits, enough: float) -> RuledDual:
        for step in range(1, steps + 1):
            self._step()
            if step % CHECK_EVERY:
                continue
            self._look()
            if self.best.bound <= enough or limits.left() <= 0.0:
                break
        return self.best

    def _score(self, price: Floats, on_rules: Floats) -> Floats:
        """(sites,) what each is worth at the prices."""
        score: Floats = self.model.cover @ (self.model.weight * price) - self.by_site @ on_rules
        return score

    def _step(self) -> None:
        x, price, on_rules = self.point
        new = self._allowed(x + self._long * self._score(price, on_rules))
        ahead = 2.0 * new - x
        price = np.clip(price + self._short * (1.0 - self.model.by_group @ ahead), 0.0, 1.0)
        pulled = on_rules + self._rule_step * (self.matrix @ ahead)
        on_rules = pulled - self._rule_step * np.clip(pulled / self._rule_step, self.low, self.high)
        self.point = (new, price, on_rules)
        self._average.add(*self.point)

    def _allowed(self, target: Floats) -> Floats:
        """The nearest x in 0..1 that keeps every block and has what must be open."""
        x = np.clip(target, 0.0, 1.0)
        x[self.rules.must] = 1.0
        for block in self.blocks:
            if x[block.sites].sum() > block.most:
                there = target[block.sites], self._long[block.sites]
                x[block.sites], _ = project_to_simplex(*there, block.most, 0.0, least=0.0)
        return x

    def _look(self) -> None:
        """Compare the last point with the average; go on from the better if it is much better."""
        x, price, on_rules = self._average.mean()
        found = [(self._bound_at(point), point) for point in (self.point, (x, price, on_rules))]
        # what the fractional choice breaks of the rules is not looked at
        gaps = [dual.bound - relaxed_cover(self.model, point[0]) for dual, point in found]
        for dual, _ in found:
            self.best = dual if dual.bound < self.best.bound else self.best
        better = int(np.argmin(gaps))
        if self._average.restarts(gaps[better]):
            self.point = found[better][1]

    def _bound_at(self, point: _Point) -> RuledDual:
        x, price, on_rules = point
        score = self._score(price, on_rules)
        rest = float((self.model.weight * (1.0 - price)).sum())
        high = np.where(on_rules > 0.0, self.high, 0.0) @ np.maximum(on_rules, 0.0)
        low = np.where(on_rules < 0.0, self.low, 0.0) @ np.minimum(on_rules, 0.0)
        must = self.rules.must
        gained = np.where(must, 0.0, np.maximum(score, 0.0))
        last = np.zeros(len(score))
        total = float(score[must].sum())
        free = np.ones(len(score), bool)
        for block in self.blocks:
            most = int(max(block.most - must[block.sites].sum(), 0))
            total += _largest(gained[block.sites], most)
            last[block.sites] = _last_taken(gained[block.sites], most)
            free[block.sites] = False
        total += float(gained[free].sum())
        spare = np.where(must, 0.0, np.maximum(last - score, 0.0))
        return RuledDual(rest + float(high + low) + total, spare, x.copy())


def _blocks(rules: SiteRules) -> tuple[list[_Block], Ints]:
    """(disjoint rules on numbers of sites, narrow ones first; the other rules).

    A rule that the blocks imply is left out altogether.
    """
    matrix, n = rules.matrix, len(rules.rows)
    size = np.diff(matrix.indptr)
    counts = (rules.low <= 0.0) & np.isfinite(rules.high) & (size >= _WIDE * n) & (size > 0)
    counts &= np.array(
        [(matrix.data[a:b] == 1.0).all() for a, b in zip(matrix.indptr, matrix.indptr[1:], strict=False)],
        bool,
    )
    taken, most, blocks, left = np.zeros(n, bool), np.full(n, np.inf), [], []
    for rule in np.argsort(size, kind="stable"):
        sites = matrix.indices[matrix.indptr[rule] : matrix.indptr[rule + 1]]
        if counts[rule] and not taken[sites].any():
            taken[sites] = True
            most[sites] = rules.high[rule] / len(sites)
            blocks.append(_Block(sites, float(np.floor(rules.high[rule] + 1e-9))))
        elif size[rule] and not (counts[rule] and most[sites].sum() <= rules.high[rule] + 1e-6):
            left.append(int(rule))
    return blocks, np.array(left, np.int64)


def _largest(values: Floats, count: int) -> float:
    """The sum of the `count` largest."""
    if count >= len(values):
        return float(values.sum())
    return float(np.partition(values, len(values) - count)[len(values) - count :].sum()) if count else 0.0


def _last_taken(values: Floats, count: int) -> float:
    """The smallest of the `count` largest: what must give way to another; inf where none may be opened."""
    if count >= len(values):
        return 0.0
    return float(np.partition(values, len(values) - count)[len(values) - count]) if count else np.inf


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
        # Close existing sites, the least missed first, until no upper limit is passed.
        closable = ~self.rules.is_new
        while self.is_open[closable].any() and (self._over() > 1e-9):
            self.set(int(np.argmin(np.where(closable, self.loss(), np.inf))), is_open=False)
        while (allowed := self.rules.may_open(self.is_open) & self.rules.helps(self.is_open)).any():
            self.set(int(np.argmax(np.where(allowed, self.worth(), -np.inf))), is_open=True)
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

    def _over(self) -> float:
        return float((self.rules.activity(self.is_open) - self.rules.high).max(initial=0.0))

    def _fill(self) -> None:
        while True:
            worth = self.worth()
            allowed = self.rules.may_open(self.is_open) & (worth > 1e-9)
            if not allowed.any():
                return
            self.set(int(np.argmax(np.where(allowed, worth / self.price, -np.inf))), is_open=True)

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
                into = int(np.argmax(np.where(allowed, self.worth(), -np.inf)))
                self.set(into, is_open=True)
                if self._value() > now * (1 + 1e-10) and self.rules.met(self.is_open):
                    return True
                self.set(into, is_open=False)
            self.set(int(out), is_open=True)
        return False

    def _value(self) -> float:
        first, second = self.times >= 1.0, self.times >= 2.0
        return float(self.model.weight[first].sum() + self.second[second].sum())
