"""The walking network of many tiles, put together without a street lost or doubled.

It is kept on disk as OSMnx keeps it, written street by street: OSMnx's own `save_graphml` needs the whole
graph in memory and copies it; half a million junctions of a city would take several gigabytes.
`osmnx.load_graphml` reads this file as it reads its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import osmnx
import shapely

from core.progress import Progress
from core.text import text
from data.osm_fetch.door import Door
from data.streets.walkable import NEVER, TAGS, is_walkable
from geo.crs import WGS84

# All that our own rule may open: it decides, and `foot` opens cycleways and motorways.
FILTER: Final = '["highway"]["highway"!~"^({})$"]'.format("|".join(sorted(NEVER)))
_NO_NODES: Final = "Found no graph nodes within the requested polygon."  # OSMnx has no class for it
COLUMNS: Final = (*TAGS, "name", "bridge", "tunnel", "layer")

Coordinate = tuple[float, float]
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


@dataclass
class Ways:
    """Segments by way number: pairs of node numbers, each once whatever tile or direction it came in.

    `places` node number → longitude and latitude, `tags` way number → the tags that matter.
    """

    places: dict[int, Coordinate] = field(default_factory=dict)
    segments: dict[int, dict[tuple[int, int], None]] = field(default_factory=dict)
    tags: dict[int, dict[str, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.segments)

    def add(self, graph: Any) -> None:
        """What may be walked of an unsimplified graph of OSMnx."""
        for node, data in graph.nodes(data=True):
            self.places[node] = (data["x"], data["y"])
        for tail, head, data in graph.edges(data=True):
            way, tags = data["osmid"], {key: data[key] for key in COLUMNS if key in data}
            if is_walkable(tags):
                self.tags[way] = tags
                self.segments.setdefault(way, {})[min(tail, head), max(tail, head)] = None

    def frame(self) -> gpd.GeoDataFrame:
        """One row a way, by number, in WGS-84 degrees; a way that crosses itself is parted there."""
        ways = sorted(self.segments)
        lines = [self._line(way) for way in ways]
        columns = {key: [self.tags[way].get(key) for way in ways] for key in COLUMNS}
        return gpd.GeoDataFrame({"osm_id": ways, **columns}, geometry=lines, crs=WGS84)

    def _line(self, way: int) -> shapely.Geometry:
        pairs = [[self.places[tail], self.places[head]] for tail, head in sorted(self.segments[way])]
        return shapely.line_merge(shapely.multilinestrings(pairs))


def fetch_streets(door: Door, tiles: Iterable[shapely.Polygon], progress: Progress) -> Ways:
    """Every walkable way that touches a tile, with the tags that say so."""
    tiles, ways = list(tiles), Ways()
    for number, tile in enumerate(tiles):
        doing = text("Streets: tile {number} of {count}", number=number + 1, count=len(tiles))
        progress(number / len(tiles), doing)
        graph = door.ask(partial(_graph, tile))
        if graph is not None:
            ways.add(graph)
    return ways


def _graph(tile: shapely.Polygon) -> Any:
    """None where ways cross the tile without a node in it: the tiles of their nodes have them."""
    try:
        return osmnx.graph_from_polygon(
            tile,
            network_type="walk",
            simplify=False,
            retain_all=True,
            truncate_by_edge=True,
            custom_filter=FILTER,
        )
    except ValueError as problem:
        if str(problem) != _NO_NODES:
            raise
        return None


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
