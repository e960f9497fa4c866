"""OpenStreetMap files (XML, plain or packed, and PBF) through pyosmium."""

from __future__ import annotations

import tempfile
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium import filter as keep

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import Text, text
from data.streets.osm_clip import Bounds, clip
from data.streets.osm_order import sorted_pbf
from data.streets.osm_points import Points, read_points, storage
from data.streets.raw import Ints, RawStreets, Shapes
from data.streets.walkable import SQUARES, is_walkable, street_class
from geo.crs import WGS84

WATER_AREA: Final = (("natural", "water"), ("waterway", "riverbank"), ("landuse", "reservoir"))
WATER_LINE: Final = (("waterway", "river"),)
GREEN_AREA: Final = (("leisure", "park"), ("landuse", "forest"))
SQUARE: Final = tuple(("highway", value) for value in sorted(SQUARES))
_TOLD_EVERY: Final = 5_000
_KEYS: Final = ("highway", "landuse", "leisure", "natural", "waterway")


def read_osm(
    path: str, file_format: str, bounds: Bounds | None = None, progress: Progress = silent
) -> RawStreets:
    """Walkable ways, water and green of an OSM file; `file_format` is osmium's name ("pbf", "osm.gz").

    `bounds` (degrees) leaves out of a large file what is more than 2 km outside; the rest is not yet
    cut. A way some of whose points are not in the file is cut there. Coordinates are WGS-84 degrees.
    """
    source = osmium.io.File(path, file_format)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            if file_format != "pbf":
                source = sorted_pbf(source, folder, part(progress, 0.0, 0.3))
            if bounds is not None:
                source = clip(source, bounds, _KEYS, folder, part(progress, 0.3, 0.7))
            found = _collect(source, folder / "nodes.index", part(progress, 0.7, 1.0))
            return found.raw(read_points(folder / "nodes.index"))
        except (RuntimeError, osmium.InvalidLocationError) as problem:
            raise InputError("The street file cannot be read: {problem}", problem=str(problem)) from problem


@dataclass
class _Found:
    """What a pass through the file gathers: the node numbers of walkable ways, and shapes as WKB."""

    refs: array[int] = field(default_factory=lambda: array("q"))
    count: array[int] = field(default_factory=lambda: array("q"))
    klass: array[int] = field(default_factory=lambda: array("b"))
    water: list[str] = field(default_factory=list)
    green: list[str] = field(default_factory=list)
    squares: list[list[int]] = field(default_factory=list)

    def add_way(self, way: osmium.osm.Way) -> None:
        self.add([node.ref for node in way.nodes], way.tags.get("highway", ""))

    def add_square(self, area: osmium.osm.Area) -> None:
        """The outer outline of a square drawn as a relation: its ways carry no tags of their own.

        Its holes are buildings and monuments; nothing known leads to their outlines.
        """
        self.squares += [[node.ref for node in ring] for ring in area.outer_rings()]

    def join_squares(self) -> None:
        """Keep the squares that a street meets; an outline that nothing leads to would be an island."""
        met = np.unique(np.array(self.refs, np.int64))
        for ring in self.squares:
            if np.isin(ring, met).any():
                self.add(ring, "pedestrian")
        self.squares.clear()

    def add(self, refs: list[int], highway: str) -> None:
        self.refs.extend(refs)
        self.count.append(len(refs))
        self.klass.append(street_class(highway))

    def raw(self, points: Points) -> RawStreets:
        refs, count = np.array(self.refs, np.int64), np.array(self.count, np.int64)
        used, vertex = np.unique(refs, return_inverse=True)
        row = points.find(used)
        runs = _present_runs(vertex.astype(np.int64), count, row >= 0)
        return RawStreets(
            xy=points.lonlat(row),
            way_vertices=runs.vertices,
            way_start=runs.start,
            way_class=np.array(self.klass, np.int8)[runs.way],
            crs=WGS84,
            water=_shapes(self.water),
            green=_shapes(self.green),
            findings=_cut_findings(runs.cut_ways),
        )


@dataclass(frozen=True)
class _Runs:
    """Parts of ways whose points are all there; `way[r]` is the way of part r."""

    vertices: Ints
    start: Ints
    way: Ints
    cut_ways: int


def _present_runs(vertex: Ints, count: Ints, present: NDArray[np.bool_]) -> _Runs:
    """Ways of `count[w]` vertices each, cut where a vertex is not present; a part has two or more."""
    way, there = np.repeat(np.arange(len(count)), count), present[vertex]
    follows = np.zeros(len(vertex), bool)
    follows[1:] = there[:-1] & (way[1:] == way[:-1])
    run = np.cumsum(there & ~follows)[there] - 1
    length = np.bincount(run)
    long = length > 1
    first = np.concatenate([[0], np.cumsum(length)[:-1]])[long].astype(np.int64)
    vertices = vertex[there][np.repeat(long, length)] if len(length) else vertex[:0]
    start = np.concatenate([[0], np.cumsum(length[long])]).astype(np.int64)
    return _Runs(vertices, start, way[there][first], len(np.unique(way[~there])))


def _cut_findings(ways: int) -> tuple[Text, ...]:
    if not ways:
        return ()
    return (
        text(
            "{count} {count:way|ways} of the street file "
            "{count:lacks some of its points and was|lack some of their points and were} cut there.",
            count=ways,
        ),
    )


def _collect(source: osmium.io.File, index: Path, progress: Progress) -> _Found:
    """One pass; it leaves the points' places in the file `index`."""
    objects = (
        osmium.FileProcessor(source)
        .with_locations(storage(index))
        .with_areas(keep.TagFilter(*WATER_AREA, *GREEN_AREA, *SQUARE))
        .with_filter(keep.EntityFilter(osmium.osm.WAY | osmium.osm.AREA))
        .with_filter(keep.KeyFilter(*_KEYS))
    )
    found, wkb = _Found(), osmium.geom.WKBFactory()
    for number, thing in enumerate(objects):
        if number % _TOLD_EVERY == 0:
            progress(0.0, text("Reading streets, water and green: {count:,}", count=number))
        if thing.is_area():
            if not thing.from_way() and _has(thing, SQUARE) and is_walkable(thing.tags):
                found.add_square(thing)
            _add_area(found, thing, wkb)
        elif is_walkable(thing.tags):
            found.add_way(thing)
        elif _has(thing, WATER_LINE):
            _add_line(found, thing, wkb)
    found.join_squares()
    return found


def _add_area(found: _Found, area: osmium.osm.Area, wkb: osmium.geom.WKBFactory) -> None:
    into = found.water if _has(area, WATER_AREA) else found.green if _has(area, GREEN_AREA) else None
    if into is not None:
        into.append(wkb.create_multipolygon(area))


def _add_line(found: _Found, way: osmium.osm.Way, wkb: osmium.geom.WKBFactory) -> None:
    if len(way.nodes) > 1 and all(n.location.valid() for n in way.nodes):
        found.water.append(wkb.create_linestring(way, osmium.geom.use_nodes.ALL))


def _has(thing: osmium.osm.OSMObject, tags: tuple[tuple[str, str], ...]) -> bool:
    return any(thing.tags.get(key, "") == value for key, value in tags)


def _shapes(wkb: list[str]) -> Shapes:
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)
