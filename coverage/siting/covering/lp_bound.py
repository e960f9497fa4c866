"""An upper bound on covering, and which sites it decides, from the linear relaxation.

The relaxation is a saddle point: max over x, min over 0 ≤ μ ≤ 1 of Σ weight·(1 − μ) + x·(cover (weight·μ)),
with 0 ≤ x ≤ 1 and Σ x = count. It is solved by the primal-dual hybrid gradient method with diagonal
steps, averaging and restarts (Pock and Chambolle 2011; Applegate and others 2021), which needs only
two products with the sparse matrix per step. Any μ gives a valid bound, so the answer is safe
wherever the method is stopped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coverage.siting.covering.pdhg import BALANCE, CHECK_EVERY, Average, project_to_simplex, relaxed_cover
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits


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
            self._step()
            if step % CHECK_EVERY:
                continue
            self._look()
            if self.best.bound <= enough or self.best.solved <= tolerance or limits.left() <= 0.0:
                break
        return self.best

    def _step(self) -> None:
        model = self.model
        x, self._level = project_to_simplex(
            self.x + self._long * self.worth, self._long, self.count, self._level
        )
        ahead = 2.0 * x - self.x
        self.price = np.clip(self.price + self._short * (1.0 - model.by_group @ ahead), 0.0, 1.0)
        self.worth = model.cover @ (model.weight * self.price)
        self.x = x
        self._average.add(x, self.price)

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
        self.best = replace(kept, solved=_share_short(kept.bound, self.covered))
        return here


def _share_short(bound: float, reached: float) -> float:
    return max(0.0, bound - reached) / max(bound, 1e-300)
