"""GraphML as OSMnx writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from core.errors import InputError
from core.progress import Progress, silent
from core.text import Text, text
from data.formats.inputs_read import InputRead
from data.streets.classes import values_of
from data.streets.raw import NOT_WALKED, Floats, RawStreets
from data.streets.walkable import TAGS, is_walkable, street_class
from geo.crs import WGS84

_TOLD_EVERY: Final = 20_000
_RADIUS_M: Final = 6_371_009.0  # the earth of OSMnx
_MOST_SAID: Final = 200
_SPACE: Final = "{http://graphml.graphdrawing.org/xmlns}"
_Edge = tuple[int, int, str, int, float]  # from node, to node, WKT or "", class, metres stated or NaN
_PAIR: Final = re.compile(r"\(?\s*(-?[\d.]+(?:e[+-]?\d+)?)\s*,\s*(-?[\d.]+(?:e[+-]?\d+)?)\s*\)?", re.I)
_LENGTHS: Final = ("length", "mm_len")
# A stated length that differs by more than this share, and a metre, from the line's is another street's.
_OFF_SHARE: Final = 0.02


def read_graphml(path: Path, progress: Progress = silent) -> RawStreets:
    """The walkable edges of an OSMnx graph, each street once although the file has both directions.

    An edge merged from several ways is walked if all of them are. Coordinates are in the graph's
    `crs` (WGS-84 where it has none).
    """
    try:
        crs, nodes, edges, closed, classed = _parse(path, progress)
        chosen = InputRead(
            "network", path.name, column="highway" if classed else "", system=crs, rows_read=len(edges),
            rows_left_out=closed, why=NOT_WALKED if closed else "",
        )  # fmt: skip
        return replace(_ways(crs, nodes, edges, closed), read=(chosen,))
    except (ElementTree.ParseError, KeyError, ValueError, CRSError, shapely.errors.GEOSException) as problem:
        raise InputError(
            "The street file {path} is not a graph as OSMnx writes it: {problem}",
            path=path.name,
            problem=str(problem)[:_MOST_SAID],
        ) from problem


def _place(name: str, fields: dict[str, str]) -> tuple[float, float]:
    """Where a node is; momepy's are named by it."""
    if "x" in fields and "y" in fields:
        return float(fields["x"]), float(fields["y"])
    pair = _PAIR.fullmatch(name.strip())
    if pair is None:
        raise KeyError("x")
    return float(pair[1]), float(pair[2])


def _parse(path: Path, progress: Progress) -> tuple[str, Floats, list[_Edge], int, bool]:
    names: dict[str, str] = {}
    crs, number = WGS84, dict[str, int]()
    places: list[tuple[float, float]] = []
    edges: list[_Edge] = []
    closed = 0
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
            places.append(_place(element.attrib["id"], fields))
        elif _walked(fields):
            tail, head = number[element.attrib["source"]], number[element.attrib["target"]]
            metres = next((float(fields[name]) for name in _LENGTHS if fields.get(name)), np.nan)
            klass = max(street_class(value) for value in _values(fields.get("highway", "")))
            edges.append((tail, head, fields.get("geometry", ""), klass, metres))
        else:
            closed += 1
        element.clear()
    return crs, np.array(places, float).reshape(-1, 2), edges, closed, "highway" in names.values()


def _elements(path: Path) -> Iterator[ElementTree.Element]:
    """Keys, nodes and edges as they end, and the graph once its own data are known (at its end)."""
    wanted = {_SPACE + kind for kind in ("key", "node", "edge", "graph")}
    for _, element in ElementTree.iterparse(path):  # noqa: S314 - expat refuses entity bombs, ElementTree external entities
        if element.tag in wanted:
            yield element


def _values(field: str) -> list[str]:
    """A tag's values: OSMnx writes several as the text of a Python list."""
    return (values_of(field) if field.startswith("[") else []) or [field]


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


def _ways(crs: str, nodes: Floats, edges: list[_Edge], closed: int) -> RawStreets:
    seen: set[tuple[int, int, bytes]] = set()
    xy, vertices, count, classes = [nodes], [], [], []
    free = len(nodes)
    turned = off = 0
    for tail, head, line, klass, stated_m in edges:
        inner, against = _inner(line, nodes[tail], nodes[head])
        turned += against
        off += _differs(np.concatenate([nodes[[tail]], inner, nodes[[head]]]), stated_m, crs)
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
        closed=closed,
        findings=_said(turned, off),
    )


def _said(turned: int, off: int) -> tuple[Text, ...]:
    said = (
        text(
            "{count} {count:edge|edges} of the graph {count:carries its line|carry their lines} against the "
            "direction of {count:its|their} nodes; {count:it was|they were} turned.",
            count=turned,
        ),
        text(
            "The stated length of {count} {count:edge|edges} of the graph differs from that of "
            "{count:its line|their lines}; the lines are measured.",
            count=off,
        ),
    )
    return tuple(sentence for sentence in said if sentence.values["count"])


def _differs(line: Floats, stated_m: float, crs: str) -> bool:
    """Whether a stated length is not that of the line, in degrees by the sphere that OSMnx takes."""
    if not np.isfinite(stated_m):
        return False
    step = np.diff(line, axis=0)
    if CRS.from_user_input(crs).is_geographic:
        middle = np.radians((line[1:, 1] + line[:-1, 1]) / 2)
        step = np.radians(step) * _RADIUS_M
        step = np.column_stack([step[:, 0] * np.cos(middle), step[:, 1]])
    metres = float(np.hypot(step[:, 0], step[:, 1]).sum())
    return abs(metres - stated_m) > max(1.0, _OFF_SHARE * metres)


def _inner(line: str, tail: Floats, head: Floats) -> tuple[NDArray[np.float64], bool]:
    """The vertices between the ends of a WKT line, from the tail to the head, and whether it was turned.

    However a graph was saved, a line that begins nearer to its edge's head runs against the edge.
    """
    if not line:
        return np.empty((0, 2)), False
    xy = np.asarray(shapely.get_coordinates(shapely.from_wkt(line)), float)
    if len(xy) < 2:
        return np.empty((0, 2)), False
    as_it_is = np.hypot(*(xy[0] - tail)) + np.hypot(*(xy[-1] - head))
    turned = np.hypot(*(xy[0] - head)) + np.hypot(*(xy[-1] - tail))
    return (xy[-2:0:-1], True) if turned < as_it_is else (xy[1:-1], False)


def _undirected(tail: int, head: int, inner: Floats) -> tuple[int, int, bytes]:
    """A key that is the same for a street and for itself the other way round."""
    forward, backward = inner.tobytes(), inner[::-1].tobytes()
    if tail == head:
        return tail, head, min(forward, backward)
    return (tail, head, forward) if tail < head else (head, tail, backward)
