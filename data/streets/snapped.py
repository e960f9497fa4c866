"""Where points lie on the streets, remembered between sessions by the content of both.

Putting every cell of a city on its street takes longer than measuring all of them.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.streets.cache_size import used
from geo.network.network import WalkNetwork
from geo.network.snapping import content_key, snap_once

# Raise this whenever snapping changes what comes out.
_VERSION: Final = 2
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
    folder = cache_dir / f"places-{_name(network, key)}"
    if not folder.is_dir():
        snap_once(network, xy, limit_m=np.inf)
        _keep(folder, network.snapped[key])
    used(folder)
    network.snapped[key] = tuple(
        np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in _SNAPPED
    )


def _name(network: WalkNetwork, key: str) -> str:
    """The streets' own shape and length decide where points lie, and what counts as an island."""
    said = hashlib.sha256(f"{_VERSION}\n{key}\n{network.island_m!r}\n".encode())
    for array in (network.vertex_xy, network.vertex_start, network.edge_length_m):
        said.update(np.ascontiguousarray(array).data)
    return said.hexdigest()


def _keep(folder: Path, arrays: tuple[NDArray[Any], ...]) -> None:
    """Written beside its place and renamed, so that it is there whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as beside:
        written = Path(beside) / "places"
        written.mkdir()
        for name, array in zip(_SNAPPED, arrays, strict=True):
            np.save(written / f"{name}.npy", array)
        try:
            written.rename(folder)
        except OSError:
            if not folder.is_dir():  # if it is, another process was first and wrote the same
                raise
