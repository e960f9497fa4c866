"""What kind of street file this is, told by its first bytes; the name is not believed."""

from __future__ import annotations

import bz2
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

from core.errors import InputError
from core.text import listed, text
from data.formats.archive import files_in, is_tar
from data.formats.asked import OpenQuestionError
from data.formats.named import not_read
from data.formats.unpack import first_bytes, has_archives, pieces_of

OSM_FORMATS: Final = ("pbf", "osm", "osm.gz", "osm.bz2", "overpass")
GRAPHML: Final = "graphml"
_HEAD: Final = 4096
_GZIP, _BZIP, _ZIP = b"\x1f\x8b", b"BZh", b"PK\x03\x04"
_MAPS: Final = (".shp", ".gpkg", ".geojson", ".fgb", ".parquet", ".kml")
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def street_format(path: Path, layer: str = "") -> str:
    """One of "pbf", "osm", "osm.gz", "osm.bz2", "overpass", "graphml", "gpkg", "geojson", "shapefile" (bare
    or in a zip), "layers" for other map files; InputError for what is none of these.

    Of a zip it is the kind of the one file in it that is OpenStreetMap's, or that is called `layer`.
    """
    head = _head(path)
    if _is_archive(path, head):
        return _in_archive(path, layer)[0]
    if head.startswith(_GZIP):
        return _packed(path, "osm.gz")
    return _packed(path, "osm.bz2") if head.startswith(_BZIP) else _format(path, head)


@contextmanager
def unpacked(path: Path, kind: str, layer: str = "") -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The file to read, and the names of the street files within a zip, the one that is read first (none
    for other files); gone when the block ends.

    It bears the name of the packed file, since that is what a reader knows. Map files and OpenStreetMap's
    XML are read packed as they are.
    """
    head = _head(path)
    archive = _is_archive(path, head)
    as_it_is = kind not in (*OSM_FORMATS, GRAPHML) or (kind in ("osm.gz", "osm.bz2") and not archive)
    if as_it_is or not (archive or head.startswith((_GZIP, _BZIP))):
        yield path, ()
        return
    names = _in_archive(path, layer)[1] if archive else ()
    with pieces_of(path) as pieces:
        piece = next(piece for piece in pieces if not names or piece.name == names[0])
        room = piece.path.parent / "street-file"
        room.mkdir()
        yield piece.path.rename(room / path.name), names


def _is_archive(path: Path, head: bytes) -> bool:
    """Whether it holds files with names of their own: a zip, or a tar, packed or not."""
    if head.startswith((_GZIP, _BZIP)):
        try:
            with (gzip.open if head.startswith(_GZIP) else bz2.open)(path) as file:
                head = cast(IO[bytes], file).read(_HEAD)
        except _BROKEN:
            return False  # whoever unpacks it says what is wrong
    return head.startswith(_ZIP) or is_tar(head)


def _beginnings(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and first bytes of every file in an archive. A zip without archives in it is not unpacked."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = list(files_in(archive))
            if not has_archives(name for name, _ in members):
                for name, member in members:
                    with archive.open(member) as file:
                        yield name, file.read(_HEAD)
                return
    with pieces_of(path) as pieces:
        for piece in pieces:
            yield piece.name, first_bytes(piece.path)


def _in_archive(path: Path, layer: str) -> tuple[str, tuple[str, ...]]:
    """The kind of the file in an archive that is OpenStreetMap's or a graph ("shapefile" where it holds map
    files alone), and the names of all such, that one first. OpenQuestionError where several may be meant."""
    found: dict[str, str] = {}
    maps: list[str] = []
    try:
        for name, head in _beginnings(path):
            if kind := _of_osm(head):
                found[name] = kind
            elif PurePosixPath(name).suffix.lower() in _MAPS:
                maps.append(PurePosixPath(name).stem)
    except (*_BROKEN, InputError):
        return "shapefile", ()  # the door for map files says what is wrong with it
    wanted = layer.strip().casefold().removesuffix(".gz").removesuffix(".bz2")  # unpacked by now
    named = [name for name in found if wanted in _calls_of(name)]
    if named:
        return found[named[0]], (named[0], *(name for name in found if name != named[0]))
    if not found or (wanted and maps):
        return "shapefile", ()
    if len(found) > 1 or maps or wanted:
        choices = [*found, *maps]
        raise OpenQuestionError(
            text(
                "{file}: several files in it may be the streets: {layers}. Name one with --network-layer.",
                file=path.name,
                layers=listed(choices),
            ),
            option="--network-layer",
            field="network_layer",
            choices=choices,
        )
    ((name, kind),) = found.items()
    return kind, (name,)


def _calls_of(name: str) -> tuple[str, ...]:
    """What a file in a zip may be called by: with its folders, without, and without its ending."""
    place = PurePosixPath(name.casefold())
    return str(place), place.name, place.stem


def _of_osm(head: bytes) -> str:
    """The kind of an OpenStreetMap file or a graph, told by its beginning; "" for any other."""
    if b"OSMHeader" in head[:32]:
        return "pbf"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{"):
        return "overpass" if b'"elements"' in start else ""
    marks = ((b"<osm", "osm"), (b"<graphml", GRAPHML))
    return next((kind for mark, kind in marks if start.startswith(b"<") and mark in start), "")


def _format(path: Path, head: bytes) -> str:
    if head.startswith(b"SQLite format 3\0"):
        return "gpkg"
    if head == b"gdb":
        return "layers"
    if head.startswith((_ZIP, b"\x00\x00\x27\x0a")):
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
        return GRAPHML
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
    """What a .gz or .bz2 holds: `kind` for OpenStreetMap's XML."""
    unpack = gzip.open if kind == "osm.gz" else bz2.open
    try:
        with unpack(path) as file:
            head = cast(IO[bytes], file).read(_HEAD)
    except (OSError, EOFError, zlib.error) as problem:
        raise InputError(
            "The street file {path} cannot be unpacked: {problem}", path=path.name, problem=str(problem)
        ) from problem
    inside = _format(path, head)
    return kind if inside == "osm" else inside
