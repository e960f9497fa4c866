"""What the primal-dual hybrid gradient method needs wherever it is used: averages, restarts, a projection.

Pock and Chambolle 2011 (diagonal steps); Applegate and others 2021 (averaging and restarts).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from coverage.siting.model.arrays import Floats
from coverage.siting.model.cover_model import CoverModel

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
