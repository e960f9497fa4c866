"""OpenStreetMap files (XML, plain or packed, PBF, Overpass's JSON) through pyosmium."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium import filter as keep

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import Text, text
from data.formats.inputs_read import InputRead
from data.formats.unpack import require_modest_stream
from data.intake.findings import WARNING, Finding
from data.streets.osm_clip import BEYOND_M, Bounds, Points, clip, is_cut, read_points, storage, widened
from data.streets.osm_order import deleted_in, needs_sorting, overpass_pbf, sorted_pbf
from data.streets.raw import NOT_WALKED, Ints, RawStreets, Shapes, parted_at
from data.streets.walkable import PLATFORM, SQUARES, WALLS, is_walkable, lets_nobody_through, street_class
from data.whose_fault import is_the_files
from geo.crs import WGS84

WATER_AREA: Final = (("natural", "water"), ("waterway", "riverbank"), ("landuse", "reservoir"))
WATER_LINE: Final = (("waterway", "river"), ("waterway", "canal"))
# Nobody walks straight across these; where one runs in a tunnel or on a bridge, people pass.
OBSTACLES: Final = (
    *(("barrier", value) for value in sorted(WALLS)),
    ("railway", "rail"),
    ("highway", "motorway"),
    ("highway", "motorway_link"),
)
GREEN_AREA: Final = (("leisure", "park"), ("landuse", "forest"))
SQUARE: Final = (*(("highway", value) for value in sorted(SQUARES)), ("railway", PLATFORM))
_REPORTED_EVERY: Final = 5_000
_MOST_SAID: Final = 200
_Made = TypeVar("_Made")
_KEYS: Final = ("barrier", "highway", "landuse", "leisure", "natural", "railway", "waterway")
_OUTER: Final = ("outer", "")


def read_osm(
    path: str, file_format: str, bounds: Bounds | None = None, progress: Progress = silent
) -> RawStreets:
    """Walkable ways, water, green and barriers of an OSM file; `file_format` is osmium's name ("pbf",
    "osm.gz") or "overpass".

    `bounds` (degrees) leaves out of a large file what is more than 2 km outside; the rest is not yet
    cut. A way some of whose points are not in the file is cut there. Objects may come in any order
    and with numbers below 0. Coordinates are WGS-84 degrees.
    """
    return _passed_through(path, file_format, bounds, _raw, progress)


def read_whole(path: str, file_format: str, progress: Progress = silent) -> WholeOsm:
    """All that an OSM file holds, for reading several parts of it."""
    return _passed_through(path, file_format, None, WholeOsm, progress)


def _passed_through(
    path: str,
    file_format: str,
    bounds: Bounds | None,
    made: Callable[[_Found, str, Points], _Made],
    progress: Progress,
) -> _Made:
    """What is made of the objects of a file in or near the bounds, put in order where they are in none."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder, name = Path(scratch), Path(path).name

        def read(source: osmium.io.File, told: Progress) -> _Made:
            return made(*_read(source, name, bounds, folder, told))

        try:
            if file_format == "overpass":
                return read(overpass_pbf(Path(path), folder), progress)
            if file_format in ("osm.gz", "osm.bz2"):
                require_modest_stream(Path(path), name)
            source = osmium.io.File(path, file_format)
            if file_format != "pbf":
                deleted = deleted_in(Path(path), file_format)
                source = sorted_pbf(source, folder, deleted=deleted, progress=part(progress, 0.0, 0.3))
                return read(source, part(progress, 0.3, 1.0))
            if osmium.io.Reader(source, osmium.osm.NOTHING).header().has_multiple_object_versions:
                raise InputError(
                    "{path} holds the history of the map, every object in all its versions. "
                    "Give an extract of one day.",
                    path=name,
                )
            if not needs_sorting(source):
                try:
                    return read(source, part(progress, 0.3, 1.0))
                except _OutOfOrderError:
                    progress(0.0, text("The street file is not sorted; sorting it"))
            source = sorted_pbf(source, folder, progress=part(progress, 0.0, 0.3))
            return read(source, part(progress, 0.3, 1.0))
        except (RuntimeError, ValueError, OverflowError, osmium.InvalidLocationError) as problem:
            # An impossible number or a text beyond what OpenStreetMap allows is a ValueError of osmium's.
            if isinstance(problem, ValueError | OverflowError) and not is_the_files(problem):
                raise
            said = str(problem)[:_MOST_SAID]
            if "allocate" in said:
                raise MemoryError(said) from problem
            raise InputError(
                "{file}: the street file is damaged or not what its name says (its reader says: {problem}).",
                file=name,
                problem=said,
            ) from problem


class _OutOfOrderError(Exception):
    """A PBF whose objects do not ascend, or have numbers below 0."""


def _read(
    source: osmium.io.File, name: str, bounds: Bounds | None, folder: Path, progress: Progress
) -> tuple[_Found, str, Points]:
    for left in ("nodes.index", "all.index", "clipped.osm.pbf"):  # of an attempt that found no order
        (folder / left).unlink(missing_ok=True)
    index = folder / "nodes.index"
    try:
        if bounds is not None:
            source = clip(source, bounds, _KEYS, folder, part(progress, 0.0, 0.6))
        found = _collect(source, index, part(progress, 0.6, 1.0))
    except RuntimeError as problem:
        if "order" in str(problem):
            raise _OutOfOrderError from problem
        raise
    if len(found.refs) and min(found.refs) < 0:
        raise _OutOfOrderError
    return found, name, read_points(index)


def _raw(found: _Found, name: str, points: Points) -> RawStreets:
    return found.raw(name, points)


@dataclass
class _Found:
    """What a pass through the file gathers: the node numbers of walkable ways, and shapes as WKB.

    `closed` are nodes where nobody gets through. `squares` are the rings of squares that are
    relations, `torn` the present outer ways of those whose outline is not whole. `shut_refs` and
    `shut_count` are the streets that may not be walked.
    """

    refs: array[int] = field(default_factory=lambda: array("q"))
    count: array[int] = field(default_factory=lambda: array("q"))
    klass: array[int] = field(default_factory=lambda: array("b"))
    closed: list[int] = field(default_factory=list)
    water: list[str] = field(default_factory=list)
    green: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)
    squares: list[list[list[int]]] = field(default_factory=list)
    torn: list[list[list[int]]] = field(default_factory=list)
    shut_refs: array[int] = field(default_factory=lambda: array("q"))
    shut_count: array[int] = field(default_factory=lambda: array("q"))

    def add_way(self, way: osmium.osm.Way) -> None:
        refs = [node.ref for node in way.nodes]
        self.refs.extend(refs)
        self.count.append(len(refs))
        self.klass.append(street_class(way.tags.get("highway", "")))

    def add_shut(self, way: osmium.osm.Way) -> None:
        refs = [node.ref for node in way.nodes]
        self.shut_refs.extend(refs)
        self.shut_count.append(len(refs))

    def add_square(self, area: osmium.osm.Area) -> None:
        """The outer outline of a square drawn as a relation: its ways carry no tags of their own.

        Its holes are buildings and monuments; nothing known leads to their outlines.
        """
        self.squares.append([[node.ref for node in ring] for ring in area.outer_rings()])

    def ways(self) -> tuple[Ints, Ints, NDArray[np.int8]]:
        """Node numbers, how many each way has, and classes; with the squares that a street meets: an outline
        that nothing leads to would be an island."""
        refs, count = np.array(self.refs, np.int64), np.array(self.count, np.int64)
        met = np.unique(refs) if self.squares or self.torn else refs[:0]
        rings = [ring for rings in (*self.squares, *self.torn) for ring in rings if np.isin(ring, met).any()]
        klass = np.append(np.array(self.klass, np.int8), [street_class("pedestrian")] * len(rings))
        return (
            np.concatenate([refs, *(np.array(ring, np.int64) for ring in rings)]),
            np.append(count, [len(ring) for ring in rings]).astype(np.int64),
            klass.astype(np.int8),
        )

    def raw(self, name: str, points: Points) -> RawStreets:
        refs, count, klass = self.ways()
        used, vertex = np.unique(refs, return_inverse=True)
        row = points.find(used)
        runs = _present_runs(vertex.astype(np.int64), count, row >= 0)
        closed = np.flatnonzero(np.isin(used, np.array(self.closed, np.int64)))
        xy, vertices, start, way, gates = parted_at(closed, points.lonlat(row), runs.vertices, runs.start)
        findings, remarks = self._said(name, points, gates, runs.cut_ways)
        return RawStreets(
            xy=xy,
            way_vertices=vertices,
            way_start=start,
            way_class=klass[runs.way[way]],
            crs=WGS84,
            water=_shapes(self.water),
            green=_shapes(self.green),
            obstacles=_shapes(self.obstacles),
            findings=findings,
            remarks=remarks,
            read=(
                InputRead(
                    "network", name, column="highway", system=WGS84, rows_read=len(count),
                    rows_left_out=len(self.shut_count), why=NOT_WALKED if self.shut_count else "",
                ),
            ),
            closed=len(self.shut_count),
        )  # fmt: skip

    def _said(
        self, name: str, points: Points, gates: int, cut_ways: int
    ) -> tuple[tuple[Text, ...], tuple[Finding, ...]]:
        said = [
            text(
                "{count} {count:way|ways} of the street file "
                "{count:lacks some of its points and was|lack some of their points and were} cut there.",
                count=cut_ways,
            ),
            text(
                "{count} closed {count:gate or wall|gates and walls} on ways {count:parts|part} them there.",
                count=gates,
            ),
            text(
                "The outlines of {count} {count:square|squares} are not whole in the street file; "
                "the parts that are there are walked, findings.csv lists {count:it|them}.",
                count=len(self.torn),
            ),
        ]
        return (
            tuple(sentence for sentence in said if sentence.values["count"]),
            tuple(remark for lines in self.torn for remark in _torn_remark(name, points, lines)),
        )


def _torn_remark(name: str, points: Points, lines: list[list[int]]) -> tuple[Finding, ...]:
    """A finding with the first place of the outline that the file has; none where it has none."""
    refs = np.array([ref for line in lines for ref in line], np.int64)
    places = points.lonlat(points.find(refs))
    places = places[np.isfinite(places).all(axis=1)]
    if not len(places):
        return ()
    message = text(
        "The outline of a square at {lon:.5f}, {lat:.5f} is not whole in the street file; the parts that are "
        "there are walked.",
        lon=float(places[0, 0]),
        lat=float(places[0, 1]),
    )
    return (Finding(name, "", 0, "", WARNING, "square-not-whole", message),)


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


def _collect(source: osmium.io.File, index: Path, progress: Progress) -> _Found:
    """One pass, and one more where squares are not whole; it leaves the points' places in `index`."""
    objects = (
        osmium.FileProcessor(source)
        .with_locations(storage(index))
        .with_areas(keep.TagFilter(*WATER_AREA, *GREEN_AREA, *SQUARE))
        .with_filter(keep.KeyFilter(*_KEYS))
    )
    found, wkb = _Found(), osmium.geom.WKBFactory()
    outlines: dict[int, list[int]] = {}
    for number, thing in enumerate(objects):
        if number % _REPORTED_EVERY == 0:
            progress(0.0, text("Reading streets, water and green: {count:,}", count=number))
        if thing.is_way():
            _add_way(found, thing, wkb)
        elif thing.is_node():
            if lets_nobody_through(thing.tags):
                found.closed.append(thing.id)
        elif thing.is_relation():
            if _has(thing, SQUARE) and is_walkable(thing.tags):
                outlines[thing.id] = [m.ref for m in thing.members if m.type == "w" and m.role in _OUTER]
        else:
            if not thing.from_way() and _has(thing, SQUARE) and is_walkable(thing.tags):
                outlines.pop(thing.orig_id(), None)
                found.add_square(thing)
            into = (
                found.water if _has(thing, WATER_AREA) else found.green if _has(thing, GREEN_AREA) else None
            )
            if into is not None:
                into.append(wkb.create_multipolygon(thing))
    if outlines:
        # The node numbers of the outer ways that the file has, by square; without squares that have none.
        wanted = {ref for refs in outlines.values() for ref in refs}
        ways = osmium.FileProcessor(source, osmium.osm.WAY).with_filter(keep.IdFilter(wanted))
        lines = {way.id: [node.ref for node in way.nodes] for way in ways}
        squares = [[lines[ref] for ref in refs if ref in lines] for refs in outlines.values()]
        found.torn = [square for square in squares if square]
    return found


def _add_way(found: _Found, way: osmium.osm.Way, wkb: osmium.geom.WKBFactory) -> None:
    if is_walkable(way.tags):
        found.add_way(way)
        return
    if "highway" in way.tags:
        found.add_shut(way)
    if _has(way, WATER_LINE):
        _add_line(found.water, way, wkb)
        if not _passed(way):
            _add_line(found.obstacles, way, wkb)
    elif _has(way, OBSTACLES) and not _passed(way):
        _add_line(found.obstacles, way, wkb)


def _passed(way: osmium.osm.Way) -> bool:
    """Whether people pass under or over it."""
    return any(way.tags.get(key, "no") not in ("", "no") for key in ("tunnel", "bridge", "covered"))


def _add_line(into: list[str], way: osmium.osm.Way, wkb: osmium.geom.WKBFactory) -> None:
    if len(way.nodes) > 1 and all(n.location.valid() for n in way.nodes):
        into.append(wkb.create_linestring(way, osmium.geom.use_nodes.ALL))


def _has(thing: osmium.osm.OSMObject, tags: tuple[tuple[str, str], ...]) -> bool:
    return any(thing.tags.get(key, "") == value for key, value in tags)


def _shapes(wkb: Sequence[str]) -> Shapes:
    """In an order that is the same whatever else the file holds."""
    return np.asarray(shapely.from_wkb(np.array(sorted(wkb), dtype=object)), dtype=object)


@dataclass(frozen=True)
class WholeOsm:
    """All that a file holds; a part of it is what reading that part alone would have given."""

    _found: _Found
    _name: str
    _points: Points

    def part(self, bounds: Bounds) -> RawStreets:
        """As `read_osm` with these bounds."""
        found, box = self._found, widened(bounds, BEYOND_M)
        inside = self._points.are_inside(box)
        if not is_cut(self._points, inside):
            return found.raw(self._name, self._points)
        within = np.append(inside, False)  # row -1: a point that is not there
        ways, shut = (_touched(within[rows], count) for rows, count in self._rows)
        squares, torn = (
            [one for one in all_ if self._is_near(one, within)] for all_ in (found.squares, found.torn)
        )
        water, green, obstacles = (shapes.near(box) for shapes in self._shapes)
        part = _Found(
            refs=_taken(found.refs, np.repeat(ways, found.count)),
            count=_taken(found.count, ways),
            klass=_taken(found.klass, ways),
            closed=found.closed,
            water=water,
            green=green,
            obstacles=obstacles,
            squares=squares,
            torn=torn,
            shut_count=_taken(found.shut_count, shut),
        )
        return part.raw(self._name, self._points)

    @cached_property
    def _rows(self) -> tuple[tuple[Ints, array[int]], ...]:
        """Where the points of ways stand among all points, and how many each way has."""
        found = self._found
        pairs = ((found.refs, found.count), (found.shut_refs, found.shut_count))
        return tuple((self._points.find(np.array(refs, np.int64)), count) for refs, count in pairs)

    @cached_property
    def _shapes(self) -> tuple[_PlacedShapes, ...]:
        found = self._found
        return tuple(_PlacedShapes(wkb) for wkb in (found.water, found.green, found.obstacles))

    def _is_near(self, rings: list[list[int]], within: NDArray[np.bool_]) -> bool:
        return bool(within[self._points.find(np.array([ref for ring in rings for ref in ring]))].any())


class _PlacedShapes:
    """Shapes as WKB, with the places of their points."""

    def __init__(self, wkb: list[str]) -> None:
        self._wkb = wkb
        self._xy, self._of = shapely.get_coordinates(shapely.from_wkb(wkb), return_index=True)

    def near(self, box: Bounds) -> list[str]:
        """Those with a point in the box."""
        x, y = self._xy.T
        inside = (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
        return [self._wkb[number] for number in np.unique(self._of[inside])]


def _touched(hits: NDArray[np.bool_], count: Sequence[int]) -> NDArray[np.bool_]:
    """(ways,) whether one of its points is hit."""
    until = np.concatenate([[0], np.cumsum(count, dtype=np.int64)])
    sums = np.concatenate([[0], np.cumsum(hits)])
    return np.asarray(sums[until[1:]] > sums[until[:-1]])


def _taken(values: array[int], rows: NDArray[np.bool_]) -> array[int]:
    return array(values.typecode, np.array(values, values.typecode)[rows].tobytes())
