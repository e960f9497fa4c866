"""Places of OpenStreetMap nodes: gathered by osmium in a file on disk, looked at as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import osmium
from numpy.typing import NDArray

from data.streets.raw import Floats, Ints

# One record of osmium's "sparse_file_array": node number, longitude and latitude in 1e-7 degrees.
_RECORD: Final = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])
_NOWHERE: Final = np.iinfo(np.int32).max
_UNITS_PER_DEGREE: Final = 1e7


@dataclass(frozen=True)
class Points:
    """Numbers of nodes, ascending, and their degrees in units of 1e-7 (n, 2)."""

    ids: Ints
    units: NDArray[np.int32]

    def find(self, refs: Ints) -> Ints:
        """The row of each node number, or -1."""
        if not len(self.ids):
            return np.full(len(refs), -1)
        row = np.minimum(np.searchsorted(self.ids, refs), len(self.ids) - 1)
        return np.where(self.ids[row] == refs, row, -1)

    def lonlat(self, rows: Ints) -> Floats:
        """Degrees (k, 2) of these rows, NaN for -1."""
        degrees = np.full((len(rows), 2), np.nan)
        degrees[rows >= 0] = self.units[rows[rows >= 0]] / _UNITS_PER_DEGREE
        return degrees

    def inside(self, bounds: tuple[float, float, float, float]) -> Ints:
        """Numbers of the nodes between west, south, east and north (degrees, ends included)."""
        low = np.floor(np.array(bounds[:2]) * _UNITS_PER_DEGREE)
        high = np.ceil(np.array(bounds[2:]) * _UNITS_PER_DEGREE)
        x, y = self.units.T
        within = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
        return np.asarray(self.ids[within])


def storage(index: Path) -> str:
    """The osmium location table that leaves its records in the file `index`."""
    return f"sparse_file_array,{index}"


def gather(source: osmium.io.File, index: Path) -> Points:
    """All nodes of a file; nothing of it passes through Python."""
    handler = osmium.NodeLocationsForWays(osmium.index.create_map(storage(index)))
    handler.apply_nodes_to_ways = False
    osmium.apply(osmium.io.Reader(source, osmium.osm.NODE), handler)
    return read_points(index)


def read_points(index: Path) -> Points:
    """What a location table left in its file; of a node given twice the first."""
    records = np.fromfile(index, _RECORD)
    records = records[(records["id"] != 0) & (records["x"] != _NOWHERE)]
    ids = records["id"].astype(np.int64)
    units = np.column_stack([records["x"], records["y"]])
    if np.any(ids[1:] <= ids[:-1]):
        ids, first = np.unique(ids, return_index=True)
        units = units[first]
    return Points(ids, units)
