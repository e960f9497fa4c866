"""What islands, the same spot and separate pavements change on real extracts.

    python -m bench.streets helsinki=FILE.osm.pbf nanjing=FILE.gpkg …

For each file: ways that say `sidewalk…=separate`, islands, and the share of random places within reach of the
largest part of the network, joined to any street and to one that leads somewhere.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import osmium

from data.streets import read_streets
from geo.network.snapping import snap

_PLACES: Final = 20_000
_SIDEWALKS: Final = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")


def main(arguments: list[str]) -> None:
    """Print one line a file."""
    for argument in arguments:
        name, _, file = argument.partition("=")
        network = read_streets(Path(file)).network
        low, high = network.vertex_xy.min(axis=0), network.vertex_xy.max(axis=0)
        places = low + np.random.default_rng(0).random((_PLACES, 2)) * (high - low)
        shares = []
        for island_m in (0.0, network.island_m):
            doors = snap(replace(network, island_m=island_m), places, limit_m=500.0)
            linked = doors.linked
            shares.append(float((network.islands.component[doors.edge[linked]] == 0).mean()))
        islands = network.islands
        print(
            f"{name}: {_separate(Path(file))} ways with a separate pavement; {islands.count} parts beside "
            f"the longest, {len(islands.length_m) - islands.first_island} of them islands; of {_PLACES:,} "
            "random "
            f"places near a street {shares[0]:.1%} join the longest part, {shares[1]:.1%} where islands are "
            "passed over"
        )


def _separate(path: Path) -> int:
    if not path.name.endswith((".pbf", ".osm")):
        return 0
    ways = osmium.FileProcessor(str(path), osmium.osm.WAY)
    return sum(
        "highway" in way.tags and any(way.tags.get(key, "") == "separate" for key in _SIDEWALKS)
        for way in ways
    )


if __name__ == "__main__":
    main(sys.argv[1:])
