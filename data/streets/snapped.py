"""Where points lie on the streets, remembered between sessions by the content of both.

Putting every cell of a city on its street takes longer than measuring all of them.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.cache_entries import PLACES, array_of, keep, kept_files
from geo.network.network import WalkNetwork
from geo.network.snapping import content_key, snap_once

# Raise this whenever snapping changes what comes out.
_VERSION: Final = 3
# The nearest street of each point; rows nearest to an island, and their nearest street that is on none.
_SNAPPED: Final = (
    *("edge", "offset_m", "snap_m", "xy"),
    *("row", "other_edge", "other_offset_m", "other_snap_m", "other_xy"),
)


def remember_places(network: WalkNetwork, cache_dir: Path, xy: NDArray[np.float64]) -> None:
    """Give the network where points (n, 2) lie on it: read from `cache_dir`, else found and kept there.

    From then on `geo.network.snapping.snap_once` answers for these points without a search.
    """
    key = content_key(xy)
    folder = cache_dir / f"{PLACES}{_name(network, key)}"
    files = kept_files(folder)
    if files is None:
        snap_once(network, xy, limit_m=np.inf)
        keep(folder, partial(_write, network.snapped[key]))
    else:
        network.snapped[key] = tuple(array_of(files[f"{name}.npy"]) for name in _SNAPPED)


def _name(network: WalkNetwork, key: str) -> str:
    """The streets' own shape and length decide where points lie, and what counts as an island."""
    said = hashlib.sha256(f"{_VERSION}\n{key}\n{network.island_m!r}\n".encode())
    for array in (network.vertex_xy, network.vertex_start, network.edge_length_m):
        said.update(np.ascontiguousarray(array).data)
    return said.hexdigest()


def _write(arrays: tuple[NDArray[Any], ...], folder: Path) -> None:
    for name, array in zip(_SNAPPED, arrays, strict=True):
        np.save(folder / f"{name}.npy", array)
