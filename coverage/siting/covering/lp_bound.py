"""An upper bound on covering, and which sites it decides, from the linear relaxation.

The relaxation is a saddle point: max over x, min over 0 ≤ μ ≤ 1 of Σ weight·(1 − μ) + x·(cover (weight·μ)),
with 0 ≤ x ≤ 1 and Σ x = count. It is solved by the primal-dual hybrid gradient method with diagonal
steps, averaging and restarts (Pock and Chambolle 2011; Applegate and others 2021), which needs only
two products with the sparse matrix per step. Any μ gives a valid bound, so the answer is safe
wherever the method is stopped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from coverage.siting.covering.local_search import greedy
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits

# How much longer the steps of the sites are than those of the prices.
BALANCE: Final = 0.3
CHECK_EVERY: Final = 40
_RESTART_AT = 0.35
_LONGEST_RUN = 1_000
_NEWTON_STEPS = 60


class Average:
    """The mean of all points since the last restart; a point is a tuple of arrays."""

    def __init__(self) -> None:
        self._sums: tuple[Floats, ...] = ()
        self._length = 0
        self._last_gap = np.inf

    def add(self, *point: Floats) -> None:
        if not self._length:
            self._sums = tuple(np.zeros_like(part) for part in point)
        for total, part in zip(self._sums, point, strict=True):
            total += part
        self._length += 1

    def mean(self) -> tuple[Floats, ...]:
        return tuple(total / self._length for total in self._sums)

    def restarts(self, gap: float) -> bool:
        """Whether it is time to go on from a point with this gap; then the average begins anew."""
        if gap >= _RESTART_AT * self._last_gap and self._length < _LONGEST_RUN:
            return False
        self._last_gap, self._length = gap, 0
        return True


def relaxed_cover(model: CoverModel, x: Floats) -> float:
    """The weight that a fractional choice covers."""
    return float((model.weight * np.minimum(1.0, model.by_group @ x)).sum())


def project_to_simplex(
    target: Floats, scale: Floats, total: float, guess: float, least: float = -np.inf
) -> tuple[Floats, float]:
    """The point nearest to `target` with 0 ≤ x ≤ 1 and Σ x = total, distances divided by `scale`, and its t.

    It is clip(target − t·scale) for one t ≥ `least`, found by Newton's steps from `guess`, inside a bracket.
    """
    low, high = max(float(((target - 1.0) / scale).min()), least), float((target / scale).max())
    t = min(max(guess, low), high)
    for _ in range(_NEWTON_STEPS):
        point = target - t * scale
        inside = (point > 0.0) & (point < 1.0)
        np.clip(point, 0.0, 1.0, out=point)
        over = float(point.sum()) - total
        if abs(over) <= 1e-9 * max(total, 1.0):
            break
        low, high = (t, high) if over > 0.0 else (low, t)
        slope = float(scale[inside].sum())
        t = t + over / slope if slope > 0.0 else low
        if not low < t < high:
            t = 0.5 * (low + high)
    return point, t


@dataclass(frozen=True, eq=False)
class Dual:
    """`bound` on the weight that `count` sites cover, and what each site is worth (sites,) at its prices.

    `relaxed` is the fractional choice that goes with it, `solved` how near the relaxation's value
    is known to be (a share of the bound).
    """

    bound: float
    worth: Floats
    relaxed: Floats
    price: Floats
    count: int
    solved: float

    def needless(self, value: float) -> Bools:
        """Sites that no choice better than `value` contains."""
        last = np.partition(self.worth, len(self.worth) - self.count)[len(self.worth) - self.count]
        gone: Bools = self.bound - last + self.worth < value * (1.0 + 1e-9)
        return gone

    def certain(self, value: float) -> Bools:
        """Sites that every choice better than `value` contains."""
        if self.count >= len(self.worth):
            return np.zeros(len(self.worth), bool)
        place = len(self.worth) - self.count - 1
        following = np.partition(self.worth, place)[place]
        sure: Bools = self.bound - self.worth + following < value * (1.0 + 1e-9)
        return sure


class DualSearch:
    """The iteration; `run` may be called again to go on."""

    def __init__(self, model: CoverModel, count: int, chosen: Ints) -> None:
        self.model, self.count = model, count
        degree = np.maximum(np.diff(model.by_group.indptr), 1)
        self._long = BALANCE / np.maximum(model.cover @ model.weight, 1e-300)
        self._short = 1.0 / (BALANCE * degree)
        self.x = np.zeros(model.n_sites)
        self.x[chosen] = 1.0
        self.price: Floats = 1.0 / np.sqrt(degree)
        self.worth: Floats = np.zeros(model.n_sites)
        self._average = Average()
        self._level = 0.0
        self._begin()
        self.covered = 0.0
        self.best = self._dual_at(self.x, self.price)

    def run(self, steps: int, limits: Limits, enough: float, tolerance: float = 2e-5) -> Dual:
        """Up to `steps` more; ends when the bound is at most `enough`, or the relaxation is solved."""
        for step in range(1, steps + 1):
            model = self.model
            x, self._level = project_to_simplex(
                self.x + self._long * self.worth, self._long, self.count, self._level
            )
            ahead = 2.0 * x - self.x
            self.price = np.clip(self.price + self._short * (1.0 - model.by_group @ ahead), 0.0, 1.0)
            self.worth = model.cover @ (model.weight * self.price)
            self.x = x
            self._average.add(x, self.price)
            if step % CHECK_EVERY:
                continue
            self._look()
            if self.best.bound <= enough or self.best.solved <= tolerance or limits.left() <= 0.0:
                break
        return self.best

    def _look(self) -> None:
        """Compare the last point with the average; go on from the better if it is much better."""
        x, price = self._average.mean()
        found = [self._dual_at(*point) for point in ((self.x, self.price), (x, price))]
        better = min(found, key=lambda dual: dual.solved)
        if self._average.restarts(better.solved):
            self.x, self.price = better.relaxed, better.price
            self._begin()

    def _begin(self) -> None:
        self.worth = self.model.cover @ (self.model.weight * self.price)

    def _dual_at(self, x: Floats, price: Floats) -> Dual:
        """The bound at a point; the best ever seen is kept."""
        weight = self.model.weight
        worth = self.model.cover @ (weight * price)
        top = np.partition(worth, len(worth) - self.count)[len(worth) - self.count :]
        bound = float((weight * (1.0 - price)).sum() + top.sum())
        reached = relaxed_cover(self.model, x)
        self.covered = max(self.covered, reached)
        here = Dual(
            bound, worth, x.copy(), price.copy(), self.count, max(0.0, bound - reached) / max(bound, 1e-300)
        )
        known = getattr(self, "best", here)
        kept = here if bound <= known.bound else known
        self.best = replace(kept, solved=max(0.0, kept.bound - self.covered) / max(kept.bound, 1e-300))
        return here


@dataclass(frozen=True, eq=False)
class VariableFixing:
    """What a choice better than the known one may still decide: `count` of `sites`, on top of `certain`."""

    rest: CoverModel
    sites: Ints
    certain: Ints
    count: int

    @property
    def is_decided(self) -> bool:
        """No choice but `only` can be better than the known one."""
        return self.count <= 0 or self.rest.n_sites < self.count

    @property
    def only(self) -> Ints | None:
        """The one choice that may still be better where `is_decided`: the certain sites, if they are all.

        None where too many are certain, or too few are left.
        """
        return self.certain if self.count == 0 else None

    def start(self, chosen: Ints) -> Ints:
        """The known choice as numbers of `rest`, filled up greedily."""
        inside = np.flatnonzero(np.isin(self.sites, chosen))[: self.count]
        return greedy(self.rest, self.count, inside)

    def whole(self, of_rest: Ints) -> Ints:
        """A choice of `rest` with the certain sites, as numbers of the model."""
        return np.concatenate((self.certain, self.sites[of_rest]))


def fix_variables(model: CoverModel, dual: Dual, value: float) -> VariableFixing:
    """What is left to decide for choices worth more than `value` (without `base`)."""
    certain = dual.certain(value)
    sites = np.flatnonzero(~dual.needless(value) & ~certain)
    covered = covered_by(model, np.flatnonzero(certain))
    rest = restricted(model, sites, covered)
    return VariableFixing(rest, sites, np.flatnonzero(certain), dual.count - int(certain.sum()))


def covered_by(model: CoverModel, sites: Ints) -> Bools:
    """(groups,) whether one of the sites covers each."""
    covered = np.zeros(model.n_groups, bool)
    for site in sites:
        covered[model.groups_of(int(site))] = True
    return covered


def restricted(model: CoverModel, sites: Ints, covered: Bools) -> CoverModel:
    """The model of `sites` for the groups not `covered`, whose weight goes into its `base`."""
    weight = np.where(covered, 0.0, model.weight)
    chosen = np.zeros(model.n_sites, bool)
    chosen[sites] = True
    base = model.base + float(model.weight[covered].sum())
    return CoverModel(model.cover, weight, model.rows, base).only(chosen)
