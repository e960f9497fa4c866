"""The walking network as OSMnx keeps it on disk, written street by street.

OSMnx's own `save_graphml` needs the whole graph in memory and copies it; half a million junctions of a
city would take several gigabytes. `osmnx.load_graphml` reads this file as it reads its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import osmnx

from data.osm_fetch.streets import COLUMNS, Ways

_HEAD: Final = (
    "<?xml version='1.0' encoding='utf-8'?>\n"
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns '
    'http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)
_OF_GRAPH: Final = ("crs", "created_with", "simplified")
_OF_NODES: Final = ("y", "x")
_OF_EDGES: Final = ("osmid", *COLUMNS, "oneway", "reversed", "length")
_NUMBERED: Final = {
    (place, name): f"d{number}"
    for number, (place, name) in enumerate(
        (place, name)
        for place, names in (("graph", _OF_GRAPH), ("node", _OF_NODES), ("edge", _OF_EDGES))
        for name in names
    )
}
_BLOCK: Final = 10_000  # segments whose lengths are computed at once


def write_graphml(path: Path, ways: Ways, *, made_with: str) -> None:
    """Every segment in both directions, as OSMnx has walking networks, not simplified.

    Nodes and ways keep their numbers in OpenStreetMap, ways the tags of `COLUMNS`; `length` is in
    metres on the sphere, as OSMnx measures.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_HEAD)
        for (place, name), key in _NUMBERED.items():
            file.write(f'<key id="{key}" for="{place}" attr.name={quoteattr(name)} attr.type="string" />\n')
        file.write('<graph edgedefault="directed">\n')
        about = {"crs": "epsg:4326", "created_with": made_with, "simplified": "False"}
        file.write(_data("graph", about) + "\n")
        for node in sorted({node for pairs in ways.segments.values() for pair in pairs for node in pair}):
            x, y = ways.places[node]
            place = _data("node", {"y": repr(y), "x": repr(x)})
            file.write(f'<node id="{node}">{place}</node>\n')
        file.writelines(_edges(ways))
        file.write("</graph></graphml>\n")


def _edges(ways: Ways) -> Iterator[str]:
    parallel: dict[tuple[int, int], int] = {}
    for way, pair, length_m in _segments(ways):
        number = parallel[pair] = parallel.get(pair, -1) + 1
        said = {"osmid": str(way), **ways.tags[way], "oneway": "False", "length": repr(length_m)}
        forward, back = (_data("edge", {**said, "reversed": word}) for word in ("False", "True"))
        tail, head = pair
        yield f'<edge source="{tail}" target="{head}" id="{number}">{forward}</edge>\n'
        yield f'<edge source="{head}" target="{tail}" id="{number}">{back}</edge>\n'


def _segments(ways: Ways) -> Iterator[tuple[int, tuple[int, int], float]]:
    """Way, its two nodes and their distance, by the ways' numbers."""
    every = [(way, pair) for way in sorted(ways.segments) for pair in sorted(ways.segments[way])]
    for start in range(0, len(every), _BLOCK):
        block = every[start : start + _BLOCK]
        places = np.array([[*ways.places[tail], *ways.places[head]] for _, (tail, head) in block])
        west, south, east, north = places.T
        lengths = np.asarray(osmnx.distance.great_circle(south, west, north, east), float).tolist()
        for (way, pair), length_m in zip(block, lengths, strict=True):
            yield way, pair, length_m


def _data(place: str, values: Mapping[str, str]) -> str:
    return "".join(
        f'<data key="{_NUMBERED[place, name]}">{escape(str(value))}</data>' for name, value in values.items()
    )
