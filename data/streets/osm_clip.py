"""The places of a province's nodes, and the part of it that a study needs, cut out of its file.

Neither a node nor a way of it passes through Python: osmium gathers places in a file on disk, which is
looked at as arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium import filter as keep

from core.progress import Progress, silent
from core.text import text
from data.streets.raw import Floats, Ints

# One record of osmium's "sparse_file_array": node number, longitude and latitude in 1e-7 degrees.
_RECORD: Final = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])
_NOWHERE: Final = np.iinfo(np.int32).max
_UNITS_PER_DEGREE: Final = 1e7
# A street is found by its nodes. One that crosses the area without a node in it or this near to it is
# lost: it would have to run straight for twice this length.
BEYOND_M: Final = 2_000.0
_METRES_PER_DEGREE: Final = 111_000.0
# osmium keeps a bit a number, in pieces of 4 MB for 2^25 numbers each, wherever one of them is used:
# numbers of real nodes are spread over some 400 pieces, and two such tables are needed.
_PIECE_BYTES: Final = 1 << 22
_NUMBERS_A_PIECE: Final = 1 << 25
_TABLES: Final = 2
# What these may take: as much as reading a file takes, about so much for each of its nodes.
_LEAST_BYTES: Final = 64 << 20
_BYTES_A_NODE: Final = 250
Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees


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

    def are_inside(self, bounds: Bounds) -> NDArray[np.bool_]:
        """(n,) whether between west, south, east and north (degrees, ends included)."""
        low = np.floor(np.array(bounds[:2]) * _UNITS_PER_DEGREE)
        high = np.ceil(np.array(bounds[2:]) * _UNITS_PER_DEGREE)
        x, y = self.units.T
        return np.asarray((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))


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


def clip(
    source: osmium.io.File,
    bounds: Bounds,
    keys: tuple[str, ...],
    folder: Path,
    progress: Progress = silent,
) -> osmium.io.File:
    """A PBF in `folder` with the ways that have one of `keys` and a node in or near `bounds`, whole.

    A file that is not worth it (`is_cut`) is given back as it is. Areas made of several ways come with all
    their ways. The passes: nodes in bounds; what refers to them; of that what has a key; what that refers
    to; copying.
    """
    progress(0.0, text("Looking for the places near the study area"))
    points = gather(source, folder / "all.index")
    inside = points.are_inside(widened(bounds, BEYOND_M))
    if not is_cut(points, inside):
        return source
    near, wanted = osmium.IdTracker(), osmium.IdTracker()
    for node in points.ids[inside].tolist():
        near.add_node(node)
    progress(0.2, text("Looking for what lies there"))
    near.complete_forward_references(source, 0)
    progress(0.4, text("Looking for streets, water and green among it"))
    things = osmium.FileProcessor(source, osmium.osm.WAY | osmium.osm.RELATION)
    for thing in things.with_filter(keep.KeyFilter(*keys)).with_filter(near.id_filter()):
        add = wanted.add_way if thing.is_way() else wanted.add_relation
        add(thing.id)
    progress(0.6, text("Looking for the points of these"))
    wanted.complete_backward_references(source, 1)  # 0 would leave out the ways of relations
    progress(0.8, text("Cutting them out of the file"))
    out = folder / "clipped.osm.pbf"
    with osmium.SimpleWriter(str(out)) as writer:
        osmium.apply(osmium.io.Reader(source), wanted.id_filter(), writer)
    return osmium.io.File(str(out), "pbf")


def is_cut(points: Points, inside: NDArray[np.bool_]) -> bool:
    """Whether a file is worth the tables that osmium needs to cut it; one whose nodes all lie `inside` is
    not."""
    if inside.all():
        return False
    tables = _TABLES * _PIECE_BYTES * len(np.unique(points.ids // _NUMBERS_A_PIECE))
    return tables <= max(_LEAST_BYTES, _BYTES_A_NODE * len(points.ids))


def widened(bounds: Bounds, margin_m: float) -> Bounds:
    """Bounds at least `margin_m` wider on every side."""
    west, south, east, north = bounds
    lat = margin_m / _METRES_PER_DEGREE
    widest = min(max(abs(south), abs(north)) + lat, 89.0)
    lon = lat / math.cos(math.radians(widest))
    return west - lon, south - lat, east + lon, north + lat
