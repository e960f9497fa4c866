"""The part of a province that a study needs, cut out of its file without a way passing through Python."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import osmium
from osmium import filter as keep

from core.progress import Progress, silent
from core.text import text
from data.streets.osm_points import gather

# A street is found by its nodes. One that crosses the area without a node in it or this near to it is
# lost: it would have to run straight for twice this length.
_BEYOND_M: Final = 2_000.0
_METRES_PER_DEGREE: Final = 111_000.0

Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees


def clip(
    source: osmium.io.File,
    bounds: Bounds,
    keys: tuple[str, ...],
    folder: Path,
    progress: Progress = silent,
) -> osmium.io.File:
    """A PBF in `folder` with the ways that have one of `keys` and a node in or near `bounds`, whole.

    Areas made of several ways come with all their ways. The passes: nodes in bounds; what refers to
    them; of that what has a key; what that refers to; copying.
    """
    near, wanted = osmium.IdTracker(), osmium.IdTracker()
    progress(0.0, text("Looking for the places near the study area"))
    for node in gather(source, folder / "all.index").inside(widened(bounds, _BEYOND_M)).tolist():
        near.add_node(node)
    progress(0.2, text("Looking for what lies there"))
    near.complete_forward_references(source, 0)
    progress(0.4, text("Looking for streets, water and green among it"))
    for thing in _with_keys(source, keys).with_filter(near.id_filter()):
        add = wanted.add_way if thing.is_way() else wanted.add_relation
        add(thing.id)
    progress(0.6, text("Looking for the points of these"))
    wanted.complete_backward_references(source, 1)  # 0 would leave out the ways of relations
    progress(0.8, text("Cutting them out of the file"))
    out = folder / "clipped.osm.pbf"
    with osmium.SimpleWriter(str(out)) as writer:
        osmium.apply(osmium.io.Reader(source), wanted.id_filter(), writer)
    return osmium.io.File(str(out), "pbf")


def widened(bounds: Bounds, margin_m: float) -> Bounds:
    """Bounds at least `margin_m` wider on every side."""
    west, south, east, north = bounds
    lat = margin_m / _METRES_PER_DEGREE
    widest = min(max(abs(south), abs(north)) + lat, 89.0)
    lon = lat / math.cos(math.radians(widest))
    return west - lon, south - lat, east + lon, north + lat


def _with_keys(source: osmium.io.File, keys: tuple[str, ...]) -> osmium.FileProcessor:
    things = osmium.FileProcessor(source, osmium.osm.WAY | osmium.osm.RELATION)
    return things.with_filter(keep.KeyFilter(*keys))
