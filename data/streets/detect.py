"""What kind of street file this is, told by its first bytes; the name is not believed."""

from __future__ import annotations

import bz2
import gzip
import zlib
from pathlib import Path
from typing import Final

from core.errors import InputError
from data.formats.named import not_read

OSM_FORMATS: Final = ("pbf", "osm", "osm.gz", "osm.bz2", "overpass")
_HEAD: Final = 4096


def street_format(path: Path) -> str:
    """One of "pbf", "osm", "osm.gz", "osm.bz2", "overpass", "graphml", "gpkg", "geojson", "shapefile" (bare
    or in a zip), "layers" for other map files; InputError for what is none of these."""
    head = _head(path)
    if head.startswith(b"\x1f\x8b"):
        return _packed(path, "osm.gz")
    if head.startswith(b"BZh"):
        return _packed(path, "osm.bz2")
    if head.startswith(b"SQLite format 3\0"):
        return "gpkg"
    if head == b"gdb":
        return "layers"
    if head.startswith((b"PK\x03\x04", b"\x00\x00\x27\x0a")):
        return "shapefile"
    if b"OSMHeader" in head[:32]:
        return "pbf"
    return _text_format(path, head)


def _head(path: Path) -> bytes:
    if path.is_dir() and any(path.glob("*.gdbtable")):
        return b"gdb"
    if not path.is_file():
        raise InputError("There is no street file {path}.", path=path.name)
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as problem:
        raise InputError(
            "The street file {path} cannot be opened: {problem}", path=path.name, problem=problem.strerror
        ) from problem


def _text_format(path: Path, head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{"):
        return "overpass" if b'"elements"' in start else "geojson"
    if start.startswith(b"<") and b"<graphml" in start:
        return "graphml"
    if start.startswith(b"<") and b"<osm" in start:
        return "osm"
    if start.startswith((b"PAR1", b"fgb\x03", b"[", b"\x1e", b"<kml")) or (
        start.startswith(b"<") and b"<kml" in start
    ):
        return "layers"
    if refusal := not_read(head, path.name):
        raise refusal
    first = start.partition(b"\n")[0].upper()
    if b"WKT" in first or b"GEOM" in first or b"LINESTRING" in start.upper():
        return "layers"
    raise InputError(
        "{path} is not a street file this tool reads. Give .osm, .osm.gz, .osm.bz2, .osm.pbf, .graphml "
        "(from OSMnx), a GeoPackage, shapefile, File Geodatabase, GeoJSON, GeoParquet, FlatGeobuf or KML.",
        path=path.name,
    )


def _packed(path: Path, kind: str) -> str:
    unpack = gzip.open if kind == "osm.gz" else bz2.open
    try:
        with unpack(path) as file:
            head = file.read(_HEAD)
    except (OSError, EOFError, zlib.error) as problem:
        raise InputError(
            "The street file {path} cannot be unpacked: {problem}", path=path.name, problem=str(problem)
        ) from problem
    if _text_format(path, head) != "osm":
        raise InputError("{path} is packed, but what is inside is not OpenStreetMap XML.", path=path.name)
    return kind
