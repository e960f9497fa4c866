"""KML placemarks and GPX way points, read without a validating parser: no entities, no references to other
files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from core.text import text
from data.formats.encoding import decoded_xml
from data.formats.geometry import Point, extent_of, inner_point
from data.formats.limits import Limits
from data.formats.raw import Cell, RawSheet, Row, UnreadableError

_DOCTYPE: Final = re.compile(rb"<!(doctype|entity)", re.IGNORECASE)
_SPACES: Final = re.compile(r"\s+")


def refuse_doctype(content: bytes) -> None:
    """UnreadableError for XML with a document type, by which entity bombs and references come in."""
    if _DOCTYPE.search(content) or _DOCTYPE.search(content.replace(b"\0", b"")):
        raise UnreadableError(
            text("The file declares XML entities, which a list never needs; it was not opened.")
        )


def parse_xml(content: bytes) -> ET.Element:
    """The root of an XML file without a document type, in any encoding that lists come in, name spaces that
    it uses undeclared included; UnreadableError if it is broken."""
    refuse_doctype(content)
    try:
        return ET.fromstring(decoded_xml(content))  # noqa: S314 (declarations are refused above)
    except (ET.ParseError, expat.ExpatError, ValueError, LookupError) as error:
        raise UnreadableError(text("The XML of the file is broken or cut off.")) from error


def read_kml(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """One sheet a folder that holds placemarks (named by the folder), WGS-84 as KML demands."""
    root = parse_xml(content)
    sheets = [
        replace(
            _sheet_of(
                name, [dict(_fields(mark)) for mark in marks], [_point(mark) for mark in marks], limits
            ),
            extents=[None, *(_extent(mark) for mark in marks)],
        )
        for name, marks in _folders(root, "")
    ]
    if not sheets:
        raise UnreadableError(text("The KML file holds no placemarks."))
    return tuple(sheets)


def read_gpx(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """One sheet of the way points of a GPS device, WGS-84; UnreadableError if there are none."""
    marks = [element for element in parse_xml(content).iter() if _tag(element) == "wpt"]
    if not marks:
        raise UnreadableError(text("The GPX file holds no way points."))
    records = [
        {_tag(child): _squeezed(child.text) for child in mark if child.text and not len(child)}
        for mark in marks
    ]
    found = [
        inner_point({"type": "Point", "coordinates": [mark.get("lon"), mark.get("lat")]}) for mark in marks
    ]
    return (_sheet_of("", records, found, limits),)


def _folders(element: ET.Element, name: str) -> Iterator[tuple[str, list[ET.Element]]]:
    marks = [child for child in element if _tag(child) == "Placemark"]
    if marks:
        yield name, marks
    for child in element:
        if _tag(child) in ("Folder", "Document", "kml"):
            yield from _folders(child, _child_text(child, "name") or name)


def _sheet_of(
    name: str,
    records: Sequence[Mapping[str, Cell]],
    found: Sequence[tuple[Point | None, str]],
    limits: Limits,
) -> RawSheet:
    names = list(dict.fromkeys(key for record in records for key in record))
    if len(records) > limits.rows or len(names) > limits.columns:
        raise UnreadableError(text("The KML file holds more placemarks or fields than are read."))
    rows: list[Row] = [list(names), *([record.get(key) for key in names] for record in records)]
    return RawSheet(
        name,
        rows,
        crs="EPSG:4326",
        points=[None, *(point for point, _ in found)],
        geometry_kind=["", *(kind for _, kind in found)],
    )


def _fields(mark: ET.Element) -> Iterator[tuple[str, Cell]]:
    for child in mark:
        if _tag(child) in ("name", "address", "description", "phoneNumber"):
            yield _tag(child), _squeezed(child.text)
    for data in mark.iter():
        if _tag(data) == "Data":
            yield data.get("name", ""), _squeezed(_child_text(data, "value"))
        elif _tag(data) == "SimpleData":
            yield data.get("name", ""), _squeezed(data.text)


def _point(mark: ET.Element) -> tuple[tuple[float, float] | None, str]:
    for element in mark.iter():
        kind = _tag(element)
        if kind in ("Point", "Polygon", "LineString"):
            coordinates = next((e.text for e in element.iter() if _tag(e) == "coordinates"), "") or ""
            return inner_point({"type": kind, "coordinates": _nested(kind, coordinates)})
    return None, ""


def _extent(mark: ET.Element) -> bytes | None:
    """All areas of a placemark with their holes, else its points where there are several."""
    areas = [element for element in mark.iter() if _tag(element) == "Polygon"]
    if areas:
        rings = [
            [_nested("LineString", ring.text or "") for ring in area.iter() if _tag(ring) == "coordinates"]
            for area in areas
        ]
        return extent_of({"type": "MultiPolygon", "coordinates": rings})
    points = [
        pair
        for element in mark.iter()
        if _tag(element) == "Point"
        for pair in [_nested("Point", _child_text(element, "coordinates"))]
        if pair
    ]
    return extent_of({"type": "MultiPoint", "coordinates": points}) if len(points) > 1 else None


def _nested(kind: str, coordinates: str) -> Any:
    try:
        pairs = [[float(v) for v in pair.split(",")[:2]] for pair in coordinates.split()]
    except ValueError:
        return []
    if kind == "Point":
        return pairs[0] if pairs else []
    return [pairs] if kind == "Polygon" else pairs


def _child_text(element: ET.Element, tag: str) -> str:
    return next((child.text or "" for child in element if _tag(child) == tag), "").strip()


def _tag(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _squeezed(written: str | None) -> str | None:
    return _SPACES.sub(" ", written or "").strip() or None
