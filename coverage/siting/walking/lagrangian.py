"""An upper bound on what n sites can save, from prices on serving each cell.

For any prices u ≥ 0: best ≤ Σ u + the n largest of ρ_j = Σ_i max(0, saved_ij − u_i). Deflected
subgradient steps (Polyak's length towards the best plan known) look for prices with a small bound;
every step's bound is valid by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverage.siting.model.arrays import Bools, Floats
from coverage.siting.model.highs import Limits
from coverage.siting.walking.savings import SavingsModel

_DEFLECTION = 0.3
_PATIENCE = 20


@dataclass(frozen=True, eq=False)
class Prices:
    """`bound` on the savings of `count` sites, ρ (sites,) and the prices u (cells,) it comes from."""

    bound: float
    worth: Floats
    count: int
    u: Floats

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
    """The best prices found from `known` on; stops when the bound meets `value`."""
    saved = model.saved
    u = _start(model) if known is None else known.u
    direction = np.zeros(model.n_cells)
    best, scale, stale = Prices(np.inf, np.zeros(model.n_sites), count, u), 1.5, 0
    for _ in range(steps):
        left = saved.data - u[saved.indices]
        np.maximum(left, 0.0, out=left)
        worth = model.sum_by_site(left)
        top = np.argpartition(-worth, count - 1)[:count] if count < len(worth) else np.arange(len(worth))
        bound = float(u.sum() + worth[top].sum())
        stale = 0 if bound < best.bound - 1e-7 * abs(value) else stale + 1
        if bound < best.bound:
            best = Prices(bound, worth, count, u)
        if stale > _PATIENCE:
            scale, stale, u = 0.6 * scale, 0, best.u
            direction[:] = 0.0
            continue
        if best.bound - value <= _slack(value) or scale < 1e-4 or limits.left() <= 0.0:
            break
        served = np.zeros(model.n_cells)
        for site in top:
            row = slice(saved.indptr[site], saved.indptr[site + 1])
            served[saved.indices[row]] += left[row] > 0.0
        direction = (1.0 - served) + _DEFLECTION * direction
        length = (
            scale
            * (1.02 * bound - 1.0 * value - 0.02 * best.bound)
            / max(float(direction @ direction), 1e-12)
        )
        u = np.maximum(u - length * direction, 0.0)
    return best


def _start(model: SavingsModel) -> Floats:
    """Half of each cell's best saving."""
    half: Floats = 0.5 * model.saved.max(axis=0).toarray().ravel()
    return half


def _nth_largest(values: Floats, n: int) -> float:
    return float(np.partition(values, len(values) - n)[len(values) - n]) if n <= len(values) else 0.0


def _slack(value: float) -> float:
    return 1e-9 * max(1.0, abs(value))
