"""Sums over the points within a radius of each point, from above, quick for wide radii too."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from coverage.model.tables import Floats
from geo.lattice import Lattice

_MOST_SQUARES: Final = 4_000_000
# Rows that bend and columns that lean by less than this are still those of a plane.
_A_LITTLE_MORE: Final = 1.002


def disc_sums(
    xy: Floats, weights: Floats, *, radius_m: float, spacing_m: float, lattice: Lattice | None = None
) -> Floats:
    """(n,) for each point of `xy` (n, 2) the weight (≥ 0) within `radius_m` of it, or somewhat more.

    Points are put into squares of `spacing_m`, and the radius is widened by how far they lie from
    the squares' centres: on a square grid along the axes the sum is exact, elsewhere never too small.
    With the `lattice` of the points their own rows and columns are the squares, where they are such.
    """
    if lattice is not None and not lattice.hexagons and lattice.on.all():
        # By rows and columns whose steps differ a little from place to place: the least of each is taken.
        rows, columns = lattice.shape
        at = np.linspace(0.0, 1.0, 9)
        corners = np.stack(np.meshgrid(at * (columns - 1), at * (rows - 1)), axis=-1).reshape(-1, 2)
        here = lattice.frame.xy(corners)
        across, up = (
            float(np.hypot(*(lattice.frame.xy(corners + step) - here).T).min())
            for step in ([1.0, 0.0], [0.0, 1.0])
        )
        held = np.zeros(lattice.shape)
        held[lattice.row, lattice.column] = weights
        sums = _in_discs(held, radius_m * _A_LITTLE_MORE / across, up / across)
        return np.asarray(sums[lattice.row, lattice.column])
    # Column by column: reducing (n, 2) along its first axis is many times slower.
    x, y = xy[:, 0] - xy[:, 0].min(), xy[:, 1] - xy[:, 1].min()
    # The spacing, or more where squares of it would be too many.
    width_m = float(x.max()) + spacing_m
    height_m = float(y.max()) + spacing_m
    longest_m = max(width_m, height_m)
    side_m = max(spacing_m, math.sqrt(width_m * height_m / _MOST_SQUARES), longest_m / _MOST_SQUARES)
    column, row = np.rint(x / side_m).astype(np.int64), np.rint(y / side_m).astype(np.int64)
    off_m = float(np.hypot(x - column * side_m, y - row * side_m).max())
    columns, rows = int(column.max()) + 1, int(row.max()) + 1
    held = np.bincount(row * columns + column, weights=weights, minlength=rows * columns).astype(float)
    return np.asarray(_in_discs(held.reshape(rows, columns), (radius_m + 2 * off_m) / side_m)[row, column])


def _in_discs(held: Floats, radius: float, up_side: float = 1.0) -> Floats:
    """For each square the sum over squares whose centres are at most `radius` sides away; squares are
    `up_side` sides high."""
    rows, columns = held.shape
    reach = min(int(radius), max(rows, columns))
    # Sums along a row up to each column, with room on both sides.
    until = np.zeros((rows, columns + 2 * reach + 1))
    np.cumsum(held, axis=1, out=until[:, reach + 1 : reach + 1 + columns])
    until[:, reach + 1 + columns :] = until[:, reach + columns : reach + columns + 1]
    sums = np.zeros(held.shape)
    for up in range(min(int(radius / up_side), rows - 1) + 1):
        half = min(int(np.sqrt(max(radius * radius - (up * up_side) ** 2, 0.0))), reach)
        stripes = (
            until[:, reach + half + 1 : reach + half + 1 + columns]
            - until[:, reach - half : reach - half + columns]
        )
        sums[: rows - up] += stripes[up:]
        if up:
            sums[up:] += stripes[: rows - up]
    return sums
