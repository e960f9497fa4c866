"""OpenStreetMap files (XML, plain or packed, and PBF) through pyosmium."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import osmium
import shapely
from osmium import filter as keep

from data.streets.raw import Ints, RawStreets, Shapes
from data.streets.walkable import is_walkable, street_class
from geo.crs import WGS84
from geo.errors import InputError
from geo.text import Text, text

WATER_AREA: Final = (("natural", "water"), ("waterway", "riverbank"), ("landuse", "reservoir"))
WATER_LINE: Final = (("waterway", "river"),)
GREEN_AREA: Final = (("leisure", "park"), ("landuse", "forest"))
_BASEMAP_TAGS: Final = (*WATER_AREA, *WATER_LINE, *GREEN_AREA)


def read_osm(path: str, file_format: str) -> RawStreets:
    """Walkable ways, water and green of an OSM file; `file_format` is osmium's name ("pbf", "osm.gz").

    A way some of whose points are not in the file is cut there. Coordinates are WGS-84 degrees.
    """
    source = osmium.io.File(path, file_format)
    try:
        found = _collect(source, osmium.index.create_map("flex_mem"))
        if found.cut_ways and file_format != "pbf":  # Overpass answers may have points after ways
            found = _collect(source, _all_locations(source))
    except (RuntimeError, osmium.InvalidLocationError) as problem:
        raise InputError("The street file cannot be read: {problem}", problem=str(problem)) from problem
    return found.raw()


@dataclass
class _Found:
    """What a pass through the file gathers."""

    refs: array[int] = field(default_factory=lambda: array("q"))
    lonlat: array[float] = field(default_factory=lambda: array("d"))
    count: array[int] = field(default_factory=lambda: array("q"))
    klass: array[int] = field(default_factory=lambda: array("b"))
    water: list[str] = field(default_factory=list)
    green: list[str] = field(default_factory=list)
    cut_ways: int = 0

    def add_way(self, way: osmium.osm.Way) -> None:
        klass = street_class(way.tags.get("highway", ""))
        points = [(n.ref, n.location) for n in way.nodes]
        run: list[tuple[int, float, float]] = []
        complete = True
        for ref, location in points:
            if location.valid():
                run.append((ref, location.lon, location.lat))
                continue
            complete = False
            self._add_run(run, klass)
            run = []
        self._add_run(run, klass)
        self.cut_ways += not complete

    def _add_run(self, run: list[tuple[int, float, float]], klass: int) -> None:
        if len(run) < 2:
            return
        for ref, lon, lat in run:
            self.refs.append(ref)
            self.lonlat.append(lon)
            self.lonlat.append(lat)
        self.count.append(len(run))
        self.klass.append(klass)

    def raw(self) -> RawStreets:
        refs = np.frombuffer(self.refs, np.int64) if self.refs else np.empty(0, np.int64)
        _, first, number = np.unique(refs, return_index=True, return_inverse=True)
        lonlat = np.array(self.lonlat, float).reshape(-1, 2)
        start: Ints = np.concatenate([[0], np.cumsum(np.array(self.count, np.int64))])
        return RawStreets(
            xy=lonlat[first],
            way_vertices=number.astype(np.int64),
            way_start=start,
            way_class=np.array(self.klass, np.int8),
            crs=WGS84,
            water=_shapes(self.water),
            green=_shapes(self.green),
            findings=self._findings(),
        )

    def _findings(self) -> tuple[Text, ...]:
        if not self.cut_ways:
            return ()
        return (
            text(
                "{count} ways of the street file lack some of their points and were cut there.",
                count=self.cut_ways,
            ),
        )


def _collect(source: osmium.io.File, locations: osmium.index.LocationTable) -> _Found:
    keys = sorted({"highway", *(key for key, _ in _BASEMAP_TAGS)})
    objects = (
        osmium.FileProcessor(source)
        .with_locations(locations)
        .with_areas(keep.TagFilter(*WATER_AREA, *GREEN_AREA))
        .with_filter(keep.EntityFilter(osmium.osm.WAY | osmium.osm.AREA))
        .with_filter(keep.KeyFilter(*keys))
    )
    found, wkb = _Found(), osmium.geom.WKBFactory()
    for thing in objects:
        if thing.is_area():
            _add_area(found, thing, wkb)
        elif is_walkable(thing.tags):
            found.add_way(thing)
        elif _has(thing, WATER_LINE):
            _add_line(found, thing, wkb)
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


def _all_locations(source: osmium.io.File) -> osmium.index.LocationTable:
    table = osmium.index.create_map("flex_mem")
    handler = osmium.NodeLocationsForWays(table)
    handler.ignore_errors()
    osmium.apply(osmium.io.Reader(source, osmium.osm.NODE), handler)
    return table


def _shapes(wkb: list[str]) -> Shapes:
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)
