"""OpenStreetMap XML brought into the order that the reader wants: nodes first, numbers above 0."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import osmium

from core.progress import Progress, silent
from core.text import text

# Editors such as JOSM number what was never uploaded -1, -2, …; osmium's tables hold no such numbers.
# OpenStreetMap's own are below 2^36.
_ABOVE_ALL: Final = 1 << 38
_TOLD_EVERY: Final = 50_000


def sorted_pbf(source: osmium.io.File, folder: Path, progress: Progress = silent) -> osmium.io.File:
    """The same objects as a PBF in `folder`: nodes, ways, relations, and no negative number."""
    out = folder / "sorted.osm.pbf"
    with osmium.SimpleWriter(str(out)) as writer:
        for share, kind in enumerate((osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION)):
            for number, thing in enumerate(osmium.FileProcessor(source, kind)):
                if number % _TOLD_EVERY == 0:
                    progress(share / 3, text("Sorting the street file: {count:,}", count=number))
                if thing.visible:
                    _WRITE[kind](writer, thing)
    return osmium.io.File(str(out), "pbf")


def _number(number: int) -> int:
    return number if number >= 0 else _ABOVE_ALL - number


def _node(writer: osmium.SimpleWriter, node: osmium.osm.Node) -> None:
    writer.add_node(node if node.id >= 0 else node.replace(id=_number(node.id)))


def _way(writer: osmium.SimpleWriter, way: osmium.osm.Way) -> None:
    refs = [node.ref for node in way.nodes]
    if way.id >= 0 and min(refs, default=0) >= 0:
        writer.add_way(way)
    else:
        writer.add_way(way.replace(id=_number(way.id), nodes=[_number(ref) for ref in refs]))


def _relation(writer: osmium.SimpleWriter, relation: osmium.osm.Relation) -> None:
    members = [(member.type, _number(member.ref), member.role) for member in relation.members]
    writer.add_relation(relation.replace(id=_number(relation.id), members=members))


_WRITE: Final[dict[osmium.osm.osm_entity_bits, Callable[..., None]]] = {
    osmium.osm.NODE: _node,
    osmium.osm.WAY: _way,
    osmium.osm.RELATION: _relation,
}
