"""OpenStreetMap files brought into the order that the reader wants: nodes first, numbers above 0, ascending.

What comes otherwise: editors' files (numbers below 0, new objects first, what is deleted still there),
extracts put behind one another, ways that carry their points' places, Overpass's XML and JSON.
"""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, cast
from xml.etree import ElementTree

import osmium

from core.errors import InputError
from core.progress import Progress, silent
from core.text import text

# Editors such as JOSM number what was never uploaded -1, -2, …; osmium's tables hold no such numbers.
# OpenStreetMap's own are below 2^36.
_ABOVE_ALL: Final = 1 << 38
_REPORTED_EVERY: Final = 50_000
_CHUNK: Final = 1 << 20
_make: Final = osmium.osm.mutable
_KINDS: Final = ("node", "way", "relation")
_ENTITY: Final = {
    "node": osmium.osm.NODE,
    "way": osmium.osm.WAY,
    "relation": osmium.osm.RELATION,
}

_Deleted = set[tuple[str, int]]
_Place = tuple[float, float]


def sorted_pbf(
    source: osmium.io.File, folder: Path, *, deleted: _Deleted | None = None, progress: Progress = silent
) -> osmium.io.File:
    """The same objects as a PBF in `folder`: nodes, ways, relations, each number above 0 and once.

    Objects that are `deleted` (kind, number) or marked invisible are left out. Points that are known
    only from the ways through them become nodes.
    """
    out = _Sorted(folder / "sorted.osm.pbf", deleted or set())
    inline: dict[int, _Place] = {}  # places of points as ways state them
    for way in osmium.FileProcessor(source, osmium.osm.WAY):
        if not len(way.nodes) or not way.nodes[0].location.valid():
            continue
        for node in way.nodes:
            if node.location.valid():
                inline.setdefault(node.ref, (node.location.lon, node.location.lat))
    with osmium.SimpleWriter(str(out.path)) as writer:
        for share, kind in enumerate(_KINDS):
            for number, thing in enumerate(osmium.FileProcessor(source, _ENTITY[kind])):
                if number % _REPORTED_EVERY == 0:
                    progress(share / 3, text("Sorting the street file: {count:,}", count=number))
                if thing.visible:
                    inline.pop(thing.id, None) if kind == "node" else None
                    out.write(writer, kind, thing)
            if kind == "node":
                for number, place in inline.items():
                    out.write(writer, kind, osmium.osm.mutable.Node(id=number, location=place))
    return out.ascending(folder)


def overpass_pbf(path: Path, folder: Path) -> osmium.io.File:
    """The elements of an Overpass answer in JSON as a sorted PBF in `folder`.

    Ways may name their nodes, carry their places (`out geom`), or both.
    """
    try:
        answer = json.loads(path.read_bytes())
        if "remark" in answer:
            raise _unfinished(path, str(answer["remark"]))
        return _as_pbf(answer["elements"], folder)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as problem:
        raise InputError(
            "{path} is damaged: it begins as an answer of Overpass in JSON, but does not go on as one.",
            path=path.name,
        ) from problem


def _unfinished(path: Path, remark: str) -> InputError:
    return InputError(
        "{path}: Overpass did not finish this answer ({remark}), so that streets are missing. Ask it again, "
        "for a smaller area or with more time.",
        path=path.name,
        remark=remark,
    )


def _as_pbf(elements: list[Any], folder: Path) -> osmium.io.File:
    by_kind = {kind: [e for e in elements if e.get("type") == kind] for kind in _KINDS}
    places = {int(e["id"]): (float(e["lon"]), float(e["lat"])) for e in by_kind["node"]}
    tags = {int(e["id"]): _tags(e) for e in by_kind["node"]}
    numbers: dict[_Place, int] = {}
    refs = {int(e["id"]): _refs(e, places, numbers) for e in by_kind["way"]}
    out = _Sorted(folder / "overpass.osm.pbf", set())
    with osmium.SimpleWriter(str(out.path)) as writer:
        for number, place in sorted(places.items()):
            out.write(writer, "node", _make.Node(id=number, location=place, tags=tags.get(number, {})))
        for element in sorted(by_kind["way"], key=_id_of):
            number = _id_of(element)
            out.write(writer, "way", _make.Way(id=number, nodes=refs[number], tags=_tags(element)))
        for element in sorted(by_kind["relation"], key=_id_of):
            members = [
                (str(m["type"])[0], int(m["ref"]), str(m.get("role", "")))
                for m in element.get("members", ())
                if m.get("type") in _KINDS
            ]
            out.write(
                writer, "relation", _make.Relation(id=_id_of(element), members=members, tags=_tags(element))
            )
    return out.ascending(folder)


def deleted_in(path: Path, file_format: str) -> _Deleted:
    """Kind and number of the objects that an editor marked as deleted (`action="delete"`).

    InputError for an answer of Overpass that the server did not finish.
    """
    some = False
    for chunk in _chunks(path, file_format):
        some = some or b"delete" in chunk
        if (at := chunk.find(b"<remark>")) >= 0:
            said = chunk[at + 8 : at + 208].partition(b"</")[0]
            raise _unfinished(path, said.decode("utf-8", "replace").strip())
    if not some:
        return set()
    found: _Deleted = set()
    with _opened(path, file_format) as file:
        for _, element in ElementTree.iterparse(file):  # noqa: S314 - expat refuses entity bombs
            if element.tag in _KINDS:
                if element.get("action") == "delete":
                    found.add((element.tag, int(element.get("id", "0"))))
                element.clear()
    return found


def needs_sorting(source: osmium.io.File) -> bool:
    """Whether a PBF leaves its points' places to the ways, or begins with numbers below 0."""
    header = osmium.io.Reader(source, osmium.osm.NOTHING).header()
    if "LocationsOnWays" in [header.get(f"pbf_optional_feature_{i}") for i in range(8)]:
        return True
    for node in osmium.FileProcessor(source, osmium.osm.NODE):
        if node.id < 0:
            return True
        break
    for way in osmium.FileProcessor(source, osmium.osm.WAY):
        return bool(way.id < 0 or any(node.ref < 0 for node in way.nodes))
    return False


class _Sorted:
    """A PBF that is being written; remembers whether its numbers ascend."""

    def __init__(self, path: Path, deleted: _Deleted) -> None:
        self.path, self._deleted = path, deleted
        self._last: dict[str, int] = {}
        self._ascends = True

    def write(self, writer: osmium.SimpleWriter, kind: str, thing: Any) -> None:
        if (kind, thing.id) in self._deleted:
            return
        number = _number(thing.id)
        self._ascends &= number > self._last.get(kind, 0)
        self._last[kind] = number
        _WRITE[kind](writer, thing)

    def ascending(self, folder: Path) -> osmium.io.File:
        """The file, sorted by number where it is not, of an object given twice the newest version."""
        if self._ascends:
            return osmium.io.File(str(self.path), "pbf")
        ordered, merge = folder / "ordered.osm.pbf", osmium.MergeInputReader()
        merge.add_file(str(self.path))
        with osmium.SimpleWriter(str(ordered)) as writer:
            merge.apply(writer, simplify=True)
        return osmium.io.File(str(ordered), "pbf")


def _id_of(element: dict[str, Any]) -> int:
    return int(element["id"])


def _tags(element: dict[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in (element.get("tags") or {}).items()}


def _refs(way: dict[str, Any], places: dict[int, _Place], numbers: dict[_Place, int]) -> list[int]:
    """The numbers of a way's nodes; what only its geometry knows is added to `places`.

    Places without a number get one in `numbers`, so that ways meet where they did.
    """
    line = way.get("geometry") or ()
    if way.get("nodes"):
        refs = [int(ref) for ref in way["nodes"]]
        for ref, place in zip(refs, line, strict=False):
            if place is not None and ref not in places:
                places[ref] = (float(place["lon"]), float(place["lat"]))
        return refs
    refs = []
    for place in filter(None, line):
        at = float(place["lon"]), float(place["lat"])
        ref = numbers.setdefault(at, _ABOVE_ALL + 1 + len(numbers))
        places[ref] = at
        refs.append(ref)
    return refs


def _opened(path: Path, file_format: str) -> IO[bytes]:
    if file_format == "osm.gz":
        return cast("IO[bytes]", gzip.open(path))
    return bz2.open(path) if file_format == "osm.bz2" else path.open("rb")


def _chunks(path: Path, file_format: str) -> Iterator[bytes]:
    """The unpacked bytes, each piece with the end of the one before so that no word is cut."""
    with _opened(path, file_format) as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            yield tail + chunk
            tail = chunk[-16:]


def _number(number: int) -> int:
    return number if number >= 0 else _ABOVE_ALL - number


def _node(writer: osmium.SimpleWriter, node: osmium.osm.Node) -> None:
    writer.add_node(node if node.id >= 0 else _make.Node(node, id=_number(node.id)))


def _way(writer: osmium.SimpleWriter, way: osmium.osm.Way) -> None:
    refs = [node if isinstance(node, int) else node.ref for node in way.nodes]
    if way.id >= 0 and min(refs, default=0) >= 0:
        writer.add_way(way)
    else:
        writer.add_way(_make.Way(way, id=_number(way.id), nodes=[_number(ref) for ref in refs]))


def _relation(writer: osmium.SimpleWriter, relation: osmium.osm.Relation) -> None:
    members = [
        (m[0], _number(m[1]), m[2]) if isinstance(m, tuple) else (m.type, _number(m.ref), m.role)
        for m in relation.members
    ]
    writer.add_relation(_make.Relation(relation, id=_number(relation.id), members=members))


_WRITE: Final[dict[str, Callable[..., None]]] = {"node": _node, "way": _way, "relation": _relation}
