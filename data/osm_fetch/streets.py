"""The walking network of many tiles, put together without a street lost or doubled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import geopandas as gpd
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
