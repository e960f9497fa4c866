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

    No point that is left out is `spacing_m` or more away from all that stay.
    """
    pairs = cKDTree(points_xy).query_pairs(np.nextafter(spacing_m, 0.0), output_type="ndarray")
    rank = np.empty(len(points_xy), np.int64)
    rank[np.lexsort((np.arange(len(worth)), -worth))] = np.arange(len(worth))
    better = rank[pairs[:, 0]] < rank[pairs[:, 1]]
    winner = np.where(better, pairs[:, 0], pairs[:, 1])
    loser = np.where(better, pairs[:, 1], pairs[:, 0])
    return np.flatnonzero(_first_come(len(points_xy), winner, loser))


def _first_come(count: int, winner: Ints, loser: Ints) -> Bools:
    """Points that stay when each removes the worse ones it meets; whole layers at a time."""
    undecided, stays = np.ones(count, bool), np.zeros(count, bool)
    while undecided.any():
        live = undecided[winner] & undecided[loser]
        winner, loser = winner[live], loser[live]
        beaten = np.zeros(count, bool)
        beaten[loser] = True
        chosen = undecided & ~beaten
        stays |= chosen
        undecided &= beaten
        undecided[loser[chosen[winner]]] = False
    return stays
