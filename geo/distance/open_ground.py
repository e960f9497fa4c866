"""The same spot: what is near enough is walked to straight, across open ground.

A place and a door no more than 50 m apart, with no water or barrier between, are as far apart on foot as
they are straight; so a way is never longer than that. Farther apart, the way leads over the streets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAME_SPOT_M: Final = 50.0  # the boundary counts


@dataclass(frozen=True)
class StraightWays:
    """Pairs that are the same spot: row `point[i]`, row `facility[i]`, `metres[i]` apart; by point."""

    point: Ints
    facility: Ints
    metres: Floats

    def __len__(self) -> int:
        return len(self.point)


NO_WAYS: Final = StraightWays(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def straight_ways(
    network: WalkNetwork, points: Snapped, facilities: Snapped, rows: Ints, *, limit_m: float = np.inf
) -> StraightWays:
    """The pairs of points and facilities `rows` at most 50 m (and `limit_m`) apart, nothing between.

    Places of the street (without a `place` of their own) have none. Points ascend, and facilities
    within a point.
    """
    if points.place is None or facilities.place is None or not len(rows) or not len(points):
        return NO_WAYS
    reach_m = min(SAME_SPOT_M, limit_m)
    doors = facilities.place[rows]
    pairs = cKDTree(doors).sparse_distance_matrix(points.tree, reach_m * (1 + 1e-9), output_type="ndarray")
    door, point = pairs["i"].astype(np.int64), pairs["j"].astype(np.int64)
    metres = np.hypot(*(doors[door] - points.place[point]).T)
    near = np.flatnonzero(metres <= reach_m)
    door, point, metres = door[near], point[near], metres[near]
    if len(network.obstacles) and len(point):
        lines = shapely.linestrings(np.stack([points.place[point], doors[door]], axis=1))
        met = network.obstacle_tree.query(lines, predicate="intersects")[0]
        clear = np.ones(len(point), bool)
        clear[met] = False
        door, point, metres = door[clear], point[clear], metres[clear]
    order = np.lexsort((rows[door], point))
    return StraightWays(point[order], rows[door[order]], metres[order])


def take_straight(ways: StraightWays, metres: Floats, index: Ints) -> Ints:
    """Where straight is nearer (or as near, to a lower row) take it, in place; the points that changed.

    `metres` and `index` (points,) are those along the streets, inf and -1 where there is none.
    """
    if not len(ways):
        return ways.point
    order = np.lexsort((ways.facility, ways.metres, ways.point))
    best = order[np.flatnonzero(np.diff(ways.point[order], prepend=-1))]
    point, straight_m, facility = ways.point[best], ways.metres[best], ways.facility[best]
    nearer = (straight_m < metres[point]) | ((straight_m == metres[point]) & (facility < index[point]))
    point = np.asarray(point[nearer], np.int64)
    metres[point], index[point] = straight_m[nearer], facility[nearer]
    return point


def with_straight(reach: csr_array, ways: StraightWays) -> csr_array:
    """`reach` (facilities × points, columns ascending) with the straight ways in it; the shorter counts."""
    if not len(ways):
        return reach
    rows, columns = reach.shape
    key = np.repeat(np.arange(rows), np.diff(reach.indptr)) * columns + reach.indices
    wanted = ways.facility * columns + ways.point
    order = np.argsort(wanted)
    wanted, straight_m = wanted[order], ways.metres[order]
    at = np.searchsorted(key, wanted)
    there = np.append(key, -1)[at] == wanted
    metres = reach.data.copy()
    metres[at[there]] = np.minimum(metres[at[there]], straight_m[there])
    key = np.insert(key, at[~there], wanted[~there])
    metres = np.insert(metres, at[~there], straight_m[~there])
    indptr = np.searchsorted(key, np.arange(rows + 1) * columns)
    return csr_array((metres, key % columns, indptr), shape=reach.shape)
