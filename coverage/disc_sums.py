"""Sums over the points within a radius of each point, from above, quick for wide radii too."""

from __future__ import annotations

from typing import Final

import numpy as np

from coverage.tables import Floats

_MOST_SQUARES: Final = 4_000_000


def disc_sums(xy: Floats, weights: Floats, *, radius_m: float, spacing_m: float) -> Floats:
    """(n,) for each point of `xy` (n, 2) the weight (≥ 0) within `radius_m` of it, or somewhat more.

    Points are put into squares of `spacing_m`, and the radius is widened by how far they lie from
    the squares' centres: on a square grid the sum is exact, elsewhere never too small.
    """
    side_m, low = _side_m(xy, spacing_m), xy.min(axis=0)
    square = np.rint((xy - low) / side_m).astype(np.int64)
    off_m = float(np.hypot(*(xy - low - square * side_m).T).max())
    columns, rows = (square.max(axis=0) + 1).tolist()
    held = np.bincount(
        square[:, 1] * columns + square[:, 0], weights=weights, minlength=rows * columns
    ).astype(float)
    sums = _in_discs(held.reshape(rows, columns), (radius_m + 2 * off_m) / side_m)
    return np.asarray(sums[square[:, 1], square[:, 0]])


def _side_m(xy: Floats, spacing_m: float) -> float:
    """The spacing, or more where squares of it would be too many."""
    width, height = np.ptp(xy, axis=0) + spacing_m
    return float(max(spacing_m, np.sqrt(width * height / _MOST_SQUARES), max(width, height) / _MOST_SQUARES))


def _in_discs(held: Floats, radius: float) -> Floats:
    """For each square the sum over squares whose centres are at most `radius` sides away."""
    rows, columns = held.shape
    reach = min(int(radius), max(rows, columns))
    # Sums along a row up to each column, with room on both sides.
    until = np.zeros((rows, columns + 2 * reach + 1))
    np.cumsum(held, axis=1, out=until[:, reach + 1 : reach + 1 + columns])
    until[:, reach + 1 + columns :] = until[:, reach + columns : reach + columns + 1]
    sums = np.zeros(held.shape)
    for up in range(min(reach, rows - 1) + 1):
        half = min(int(np.sqrt(radius * radius - up * up)), reach)
        stripes = (
            until[:, reach + half + 1 : reach + half + 1 + columns]
            - until[:, reach - half : reach - half + columns]
        )
        sums[: rows - up] += stripes[up:]
        if up:
            sums[up:] += stripes[: rows - up]
    return sums
