"""Which points each origin reaches within a limit, and how far they are: sparse, origins × points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geo.nearest import nearest_on_foot
from geo.network import WalkNetwork
from geo.snapping import Snapped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def reach_straight(origins_xy: Floats, points_xy: Floats, *, limit_m: float) -> csr_array:
    """Straight metres from each origin (rows) to each point (columns) not farther than `limit_m`."""
    shape = (len(origins_xy), len(points_xy))
    if not all(shape):
        return csr_array(shape, dtype=float)
    wide = np.nextafter(limit_m * (1 + 1e-12), np.inf)
    pairs = cKDTree(origins_xy).sparse_distance_matrix(cKDTree(points_xy), wide, output_type="ndarray")
    row, column = pairs["i"], pairs["j"]
    metres = np.hypot(*(origins_xy[row] - points_xy[column]).T)
    within = np.flatnonzero(metres <= limit_m)
    order = within[np.lexsort((column[within], row[within]))]
    indptr = np.searchsorted(row[order], np.arange(shape[0] + 1))
    return csr_array((metres[order], column[order], indptr), shape=shape)


def bounded_reach(network: WalkNetwork, origins: Snapped, points: Snapped, *, limit_m: float) -> csr_array:
    """Metres on foot from each origin (rows) to each point (columns) not farther than `limit_m`.

    Distance is that of `nearest_on_foot`. Entries of 0 m are stored; a missing entry is out of
    reach. Columns ascend within a row.
    """
    columns, metres = [], []
    for row in range(len(origins)):
        one = Snapped(origins.edge[[row]], origins.offset_m[[row]], origins.snap_m[[row]], origins.xy[[row]])
        near = nearest_on_foot(network, points, one, limit_m=limit_m).metres
        columns.append(np.flatnonzero(near <= limit_m))
        metres.append(near[columns[-1]])
    indptr = np.concatenate([[0], np.cumsum([len(c) for c in columns], dtype=np.int64)])
    values = np.concatenate([*metres, np.empty(0)])
    return csr_array(
        (values, np.concatenate([*columns, np.empty(0, np.int64)]), indptr), shape=(len(origins), len(points))
    )
