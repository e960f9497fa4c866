"""What a network is searched by — its graph and the index of its segments — kept as arrays on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geo.network.network import WalkNetwork
from geo.network.segments import Segments

_GRAPH: Final = ("data", "indices", "indptr")
_SEGMENTS: Final = ("tail", "edge", "x_y", "piece_segment")
# A KD-tree's state, as scipy pickles it: its nodes, points, counts, bounds and order.
_TREE: Final = ("nodes", "points", "n", "dimensions", "leaf", "highest", "lowest", "order")
_SIZES: Final = (2, 3, 4)


def save_index(network: WalkNetwork, folder: Path) -> None:
    """Build everything that is costly to build and write it beside the network's own arrays."""
    arrays = {f"graph_{name}": getattr(network.graph, name) for name in _GRAPH}
    arrays |= {f"segments_{name}": getattr(network.segments, name) for name in _SEGMENTS}
    state = network.segments.tree.__getstate__()
    arrays |= {f"tree_{name}": np.asarray(state[i]) for i, name in enumerate(_TREE)}
    for name, array in (arrays | {"vertex_offset_m": network.vertex_offset_m}).items():
        np.save(folder / f"{name}.npy", array)


def attach_index(network: WalkNetwork, folder: Path) -> None:
    """Give a network opened from `folder` what `save_index` built; nothing is computed."""
    n = len(network.node_xy)
    graph = csr_array(tuple(_open(folder, f"graph_{name}") for name in _GRAPH), shape=(n, n))
    named = {name: _open(folder, f"segments_{name}") for name in _SEGMENTS}
    # The fields of a frozen dataclass stay as they are; these are the values its properties keep.
    vars(network).update(
        graph=graph,
        segments=Segments(**named, tree=_tree(folder)),
        vertex_offset_m=_open(folder, "vertex_offset_m"),
    )


def _tree(folder: Path) -> cKDTree:
    state: list[Any] = [np.load(folder / f"tree_{name}.npy") for name in _TREE]
    for i in _SIZES:
        state[i] = int(state[i])
    tree = cKDTree.__new__(cKDTree)
    tree.__setstate__((*state, None, None))  # no box: the plane does not wrap around
    return tree


def _open(folder: Path, name: str) -> Any:
    return np.load(folder / f"{name}.npy", mmap_mode="r")
