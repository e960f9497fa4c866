"""GraphML as OSMnx writes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import shapely
from numpy.typing import NDArray

from core.errors import InputError
from core.progress import Progress, silent
from core.text import text
from data.streets.raw import Floats, RawStreets
from data.streets.walkable import TAGS, is_walkable, street_class
from geo.crs import WGS84

_TOLD_EVERY: Final = 20_000
_SPACE: Final = "{http://graphml.graphdrawing.org/xmlns}"
_Edge = tuple[int, int, str, int]  # from node, to node, WKT or "", class


def read_graphml(path: Path, progress: Progress = silent) -> RawStreets:
    """The walkable edges of an OSMnx graph, each street once although the file has both directions.

    An edge merged from several ways is walked if all of them are. Coordinates are in the graph's
    `crs` (WGS-84 where it has none).
    """
    try:
        crs, nodes, edges = _parse(path, progress)
    except (ElementTree.ParseError, KeyError, ValueError, shapely.errors.GEOSException) as problem:
        raise InputError(
            "The street file {path} is not a graph as OSMnx writes it: {problem}",
            path=path.name,
            problem=str(problem),
        ) from problem
    return _ways(crs, nodes, edges)


def _parse(path: Path, progress: Progress) -> tuple[str, Floats, list[_Edge]]:
    names: dict[str, str] = {}
    crs, number = WGS84, dict[str, int]()
    places: list[tuple[float, float]] = []
    edges: list[_Edge] = []
    for count, element in enumerate(_elements(path)):
        if count % _TOLD_EVERY == 0:
            progress(0.0, text("Reading the graph: {count:,} nodes and edges", count=count))
        kind = element.tag.removeprefix(_SPACE)
        if kind == "key":
            names[element.attrib["id"]] = element.attrib["attr.name"]
            continue
        fields = {names[d.attrib["key"]]: d.text or "" for d in element.findall(f"{_SPACE}data")}
        if kind == "graph":
            crs = fields.get("crs", crs)
        elif kind == "node":
            number[element.attrib["id"]] = len(places)
            places.append((float(fields["x"]), float(fields["y"])))
        elif _walked(fields):
            tail, head = number[element.attrib["source"]], number[element.attrib["target"]]
            edges.append((tail, head, fields.get("geometry", ""), _class(fields.get("highway", ""))))
        element.clear()
    return crs, np.array(places, float).reshape(-1, 2), edges


def _elements(path: Path) -> Iterator[ElementTree.Element]:
    """Keys, nodes and edges as they end, and the graph once its own data are known (at its end)."""
    wanted = {_SPACE + kind for kind in ("key", "node", "edge", "graph")}
    for _, element in ElementTree.iterparse(path):  # noqa: S314 - expat refuses entity bombs, ElementTree external entities
        if element.tag in wanted:
            yield element


def _values(field: str) -> list[str]:
    """A tag's values: OSMnx writes several as the text of a Python list."""
    if not field.startswith("["):
        return [field]
    return [str(value) for value in ast.literal_eval(field)]


def _walked(fields: dict[str, str]) -> bool:
    """Whether every way in this edge is walked; an edge that says nothing of its ways is."""
    if not fields.get("highway"):
        return True
    several = {key: _values(fields[key]) for key in TAGS if fields.get(key)}
    longest = max(map(len, several.values()))
    return all(
        is_walkable({key: values[min(i, len(values) - 1)] for key, values in several.items()})
        for i in range(longest)
    )


def _class(field: str) -> int:
    return max(street_class(value) for value in _values(field))


def _ways(crs: str, nodes: Floats, edges: list[_Edge]) -> RawStreets:
    seen: set[tuple[int, int, bytes]] = set()
    xy, vertices, count, classes = [nodes], [], [], []
    free = len(nodes)
    for tail, head, line, klass in edges:
        inner = _inner(line)
        key = _undirected(tail, head, inner)
        if key in seen:
            continue
        seen.add(key)
        vertices.append(np.concatenate([[tail], np.arange(free, free + len(inner)), [head]]))
        xy.append(inner)
        free += len(inner)
        count.append(len(inner) + 2)
        classes.append(klass)
    return RawStreets(
        xy=np.concatenate(xy),
        way_vertices=np.concatenate([*vertices, np.empty(0, np.int64)]).astype(np.int64),
        way_start=np.concatenate([[0], np.cumsum(np.array(count, np.int64))]),
        way_class=np.array(classes, np.int8),
        crs=crs,
    )


def _inner(line: str) -> NDArray[np.float64]:
    """The vertices between the ends of a WKT line."""
    if not line:
        return np.empty((0, 2))
    return np.asarray(shapely.get_coordinates(shapely.from_wkt(line))[1:-1], float)


def _undirected(tail: int, head: int, inner: Floats) -> tuple[int, int, bytes]:
    """A key that is the same for a street and for itself the other way round."""
    forward, backward = inner.tobytes(), inner[::-1].tobytes()
    if tail == head:
        return tail, head, min(forward, backward)
    return (tail, head, forward) if tail < head else (head, tail, backward)
