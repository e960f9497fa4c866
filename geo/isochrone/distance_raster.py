"""Exact distances from the points of a raster to street segments, where they are small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Field = NDArray[np.float32]
Ints = NDArray[np.int64]

_AT_ONCE: Final = 1 << 17  # raster points worked on at once: they stay in the cache
_STEP: Final = 4  # stamps are rounded up to this many points, so that few sizes occur


@dataclass(frozen=True)
class Window:
    """Raster points `low` (column, row) … `high`, both included; one grain apart, (0, 0) at the origin."""

    low: tuple[int, int]
    high: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.high[1] - self.low[1] + 1, self.high[0] - self.low[0] + 1


def stamp_boxes(start: Floats, end: Floats, reach: float) -> tuple[Ints, Ints]:
    """The lowest and highest raster point (n, 2) within `reach` of each segment; all in grains."""
    low = np.ceil(np.minimum(start, end) - reach).astype(np.int64)
    high = np.floor(np.maximum(start, end) + reach).astype(np.int64)
    return low, high


def distance_field(window: Window, start: Floats, end: Floats, reach: float) -> Field:
    """Grains from each point of the window to the nearest segment; beyond `reach` too far, but not too near.

    Segments run from `start` to `end` (n, 2), in grains. A point that nothing reaches has twice the reach.
    """
    squares = empty_field(window, reach)
    lower(squares, window, start, end, reach)
    return np.sqrt(squares, out=squares)


def empty_field(window: Window, reach: float) -> Field:
    """Squared distances before the first segment."""
    return np.full(window.shape, (2 * reach) ** 2, np.float32)


def lower(squares: Field, window: Window, start: Floats, end: Floats, reach: float) -> None:
    """Bring the squared distances down to those to further segments, in place."""
    low, high = stamp_boxes(start, end, reach)
    low, high = np.maximum(low, window.low), np.minimum(high, window.high)
    some = np.flatnonzero((low <= high).all(axis=1))
    size = np.minimum(-(-(high - low + 1)[some] // _STEP) * _STEP, window.shape[::-1])
    low = np.minimum(low[some], np.asarray(window.high) - size + 1)
    kind = size[:, 0] * 65_536 + size[:, 1]
    order = np.argsort(kind, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(kind[order])) + 1):
        at_once = max(_AT_ONCE // int(size[group[:1]].prod()), 1) if len(group) else 1
        for first in range(0, len(group), at_once):
            part = group[first : first + at_once]
            _stamp(squares, window, low[part], size[part[0]], (start[some[part]], end[some[part]]))


def _stamp(field: Field, window: Window, low: Ints, size: Ints, ends: tuple[Floats, Floats]) -> None:
    """Lower the field to the squared distances of segments within boxes of one size."""
    columns, rows = size.tolist()
    start, end = ends
    # Rounded after subtracting, so that a point has the same distances in every window.
    x = (low[:, :1] + np.arange(columns) - start[:, :1]).astype(np.float32)
    y = (low[:, 1:] + np.arange(rows) - start[:, 1:]).astype(np.float32)
    step = (end - start).astype(np.float32)
    share = step / np.maximum((step * step).sum(axis=1, keepdims=True), np.float32(1e-12))
    along = (y * share[:, 1:])[:, :, None] + (x * share[:, :1])[:, None, :]
    np.clip(along, 0, 1, out=along)
    off = y[:, :, None] - along * step[:, 1, None, None]
    np.multiply(off, off, out=off)
    np.multiply(along, step[:, 0, None, None], out=along)
    np.subtract(x[:, None, :], along, out=along)
    np.multiply(along, along, out=along)
    np.add(off, along, out=off)
    column, row = (low - window.low).T
    corner = row * window.shape[1] + column
    within = (np.arange(rows) * window.shape[1])[:, None] + np.arange(columns)
    np.minimum.at(field.reshape(-1), (corner[:, None, None] + within).ravel(), off.ravel())
