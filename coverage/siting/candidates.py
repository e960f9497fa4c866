"""Where a site could be looked for: near people who are not served, not too close together."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from coverage.model.tables import PopulationGrid
from coverage.siting.model.arrays import Bools, Floats, Ints
from geo.network.network import WalkNetwork


def cell_candidates(cells: PopulationGrid, *, wanted: Bools, near_m: float, spacing_m: float) -> Ints:
    """Row numbers of populated cells within `near_m` of a `wanted` cell, at least `spacing_m` apart.

    `wanted` (cells,) marks the gaps. Where cells compete, the one with more residents within
    `spacing_m` stays.
    """
    rows = np.flatnonzero(cells.residents > 0)
    rows = rows[near(cells.xy[rows], cells.xy[wanted & (cells.residents > 0)], near_m)]
    if spacing_m < cells.spacing_m and cells.lattice is not None and cells.lattice.on.all():
        return rows  # no two cells of a lattice are nearer
    worth = residents_around(cells.xy[rows], cells.xy, cells.residents, spacing_m)
    return rows[thinned(cells.xy[rows], worth, spacing_m)]


def junction_candidates(
    network: WalkNetwork, cells: PopulationGrid, *, wanted: Bools, near_m: float, spacing_m: float
) -> Ints:
    """Node numbers of street junctions within `near_m` of a `wanted` cell, at least `spacing_m` apart.

    Of junctions that compete, the one with more residents within `spacing_m` stays.
    """
    rows = np.flatnonzero(near(network.node_xy, cells.xy[wanted & (cells.residents > 0)], near_m))
    worth = residents_around(network.node_xy[rows], cells.xy, cells.residents, spacing_m)
    return rows[thinned(network.node_xy[rows], worth, spacing_m)]


def near(points_xy: Floats, targets_xy: Floats, near_m: float) -> Bools:
    """(points,) True where some target lies within `near_m`; the boundary counts."""
    if not len(targets_xy) or not len(points_xy):
        return np.zeros(len(points_xy), bool)
    limit = np.nextafter(near_m, np.inf)
    distance, _ = cKDTree(targets_xy).query(points_xy, distance_upper_bound=limit)
    return np.asarray(distance <= near_m)


def residents_around(points_xy: Floats, cells_xy: Floats, residents: Floats, radius_m: float) -> Floats:
    """(points,) residents within about `radius_m`, summed over squares of that side and its neighbours.

    A measure for ranking only: it looks at the point's square and the eight around it.
    """
    low = cells_xy.min(axis=0) - 2.0 * radius_m
    shape = tuple(np.ceil((cells_xy.max(axis=0) - low) / radius_m).astype(int) + 3)
    squares = np.zeros(shape)
    np.add.at(squares, _square(cells_xy, low, radius_m, shape), residents)
    padded = np.pad(squares, 1)
    wide = padded[:-2] + padded[1:-1] + padded[2:]
    around = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    return np.asarray(around[_square(points_xy, low, radius_m, shape)])


def _square(xy: Floats, low: Floats, side_m: float, shape: tuple[int, ...]) -> tuple[Ints, Ints]:
    place = np.clip(((xy - low) // side_m).astype(np.int64), 0, np.array(shape) - 1)
    return place[:, 0], place[:, 1]


def thinned(points_xy: Floats, worth: Floats, spacing_m: float) -> Ints:
    """Row numbers, ascending, of points at least `spacing_m` apart: dearest first, ties to the lower row.

    No point that is left out is `spacing_m` or more away from all that stay. Points are sorted into
    squares of the spacing, so that each that stays looks at those around it only.
    """
    n = len(points_xy)
    if not n:
        return np.empty(0, np.int64)
    at = np.floor((points_xy - points_xy.min(axis=0)) / spacing_m).astype(np.int64) + 1
    width = int(at[:, 0].max()) + 2
    key = at[:, 1] * width + at[:, 0]
    order = np.argsort(key, kind="stable")
    key = key[order]
    # Three squares side by side hold one run of points; there are three such runs around each point.
    beside = key[:, None] + np.array([-width, 0, width])
    begin, end = np.searchsorted(key, beside - 1), np.searchsorted(key, beside + 1, side="right")
    x, y = points_xy[order].T
    gone = np.zeros(n, bool)
    stay: list[int] = []
    for point in np.lexsort((order, -worth[order])).tolist():
        if gone[point]:
            continue
        stay.append(point)
        for first, last in zip(begin[point].tolist(), end[point].tolist(), strict=True):
            if first < last:
                near = np.hypot(x[first:last] - x[point], y[first:last] - y[point]) < spacing_m
                gone[first:last] |= near
    return np.sort(order[stay])
