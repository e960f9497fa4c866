"""Places in cells that look like something else: WKT, GeoJSON, hexadecimal geometry, links to maps."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import shapely

from core.text import Text, text
from data.formats.geometry import inner_point
from data.formats.raw import Cell
from data.intake.numbers import LAT, LON, Angle, plain


@dataclass(frozen=True)
class PlaceInCell:
    """Longitude and latitude (or easting and northing) of a cell; `words` is what it says of its system."""

    first: Angle
    second: Angle
    words: str = ""


_WKT: Final = re.compile(
    r"\s*(?:SRID=(\d+);)?\s*((?:MULTI)?(?:POINT|POLYGON)|GEOMETRYCOLLECTION)\s*(?:Z|M|ZM)?\s*\(",
    re.IGNORECASE,
)
_HEXADECIMAL: Final = re.compile(r"(?:\\\\x|0x)?(0[01][0-9A-Fa-f]{40,})")
_LINK: Final = re.compile(r"(https?://|geo:|[a-z]+map://|www\.)\S+", re.IGNORECASE)
_PAIR_IN_LINK: Final = re.compile(r"(-?\d{1,3}\.\d{3,})(?:[,~/;|\s]|!4d)+(-?\d{1,3}\.\d{3,})")
_LAT_OF_LINK: Final = re.compile(r"[?&#](?:m?lat|latitude|y)=(-?\d{1,3}\.\d+)", re.IGNORECASE)
_LON_OF_LINK: Final = re.compile(r"[?&#](?:m?lon|m?lng|longitude|x)=(-?\d{1,3}\.\d+)", re.IGNORECASE)
_SAID_BY_LINK: Final = re.compile(r"(?:coord_?type|coordinate|coordsys|datum)=(\w+)", re.IGNORECASE)
_MANY_PLACES: Final = re.compile(r"direction|route|/dir/|origin=|from=", re.IGNORECASE)
_AT_THE_END: Final = re.compile(
    r"[\[(【{]\s*(-?\d{1,3}\.\d{3,})\s*[,，;；\s]\s*(-?\d{1,3}\.\d{3,})\s*[\])】}]\s*$"
)


def place_in(cell: Cell) -> PlaceInCell | None:
    """The place that a cell holds as WKT, EWKT, EWKB in hexadecimal digits, GeoJSON, a link to a map, or in
    brackets after an address; None for anything else, also for a way between two places."""
    if not isinstance(cell, str) or len(cell) < 12:
        return None
    written = plain(cell)
    wkt = _WKT.match(written)
    if wkt is not None:
        return _of_shape(shapely.from_wkt(written.rpartition(";")[2], on_invalid="ignore"), _epsg(wkt[1]))
    if _HEXADECIMAL.fullmatch(written):
        return _from_hexadecimal(written)
    if written.startswith("{") and '"coordinates"' in written:
        return _from_json(written)
    link = _LINK.search(written)
    if link is not None:
        return _in_link(unquote(link[0]))
    ending = _AT_THE_END.search(written)
    if ending is not None and ending.start() > 0:
        return _ordered(ending[1], ending[2], "")
    return None


def without_place(written: str) -> str:
    """An address without the coordinates in brackets at its end.

    >>> without_place("秦淮区路1号[118.794156,32.030694]")
    '秦淮区路1号'
    """
    return _AT_THE_END.sub("", written).strip()


def notation_of(cell: Cell, title: str = "") -> Text | None:
    """The name of a notation of places that is recognised and not read; None for anything else."""
    written = plain(cell) if isinstance(cell, str) else ""
    if not written:
        return None
    for pattern, name in _NOT_READ:
        if pattern.fullmatch(written):
            return name
    is_named = "geohash" in title.lower() or "网格码" in title
    if _GEOHASH.fullmatch(written) and (is_named or (written[0] in "twxyv" and len(written) >= 7)):
        return text("geohashes")
    return None


_NOT_READ: Final = (
    (re.compile(r"\d{1,2}[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}\s?(\d{2}){2,5}|\d{1,2}[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}\s\d+\s\d+"),
     text("MGRS grid references")),
    (re.compile(r"[2-9CFGHJMPQRVWX]{4,8}\+[2-9CFGHJMPQRVWX]{2,4}(\s.*)?", re.IGNORECASE), text("Plus Codes")),
    (re.compile(r"///?[a-z]+\.[a-z]+\.[a-z]+"), text("what3words addresses")),
)  # fmt: skip
_GEOHASH: Final = re.compile(r"(?=[0-9b-hjkmnp-z]*\d)(?=[0-9b-hjkmnp-z]*[b-hjkmnp-z])[0-9b-hjkmnp-z]{6,12}")


def _epsg(code: str | None) -> str:
    return f"epsg:{code}" if code and code != "0" else ""


def _of_shape(shape: Any, words: str) -> PlaceInCell | None:
    if shape is None or shape.is_empty:
        return None
    if shape.geom_type in ("MultiPoint", "GeometryCollection") and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    if "Polygon" in shape.geom_type:
        shape = shape.representative_point()
    if shape.geom_type != "Point":
        return None
    return PlaceInCell(_angle(shape.x, LON), _angle(shape.y, LAT), words)


def _from_hexadecimal(written: str) -> PlaceInCell | None:
    found = _HEXADECIMAL.fullmatch(written)
    if found is None or len(found[1]) % 2:
        return None
    shape = shapely.from_wkb(found[1], on_invalid="ignore")
    return None if shape is None else _of_shape(shape, _epsg(str(shapely.get_srid(shape))))


def _from_json(written: str) -> PlaceInCell | None:
    try:
        document = json.loads(written)
    except ValueError:
        return None
    point, _ = inner_point(document.get("geometry") if "geometry" in document else document)
    return None if point is None else PlaceInCell(_angle(point[0], LON), _angle(point[1], LAT))


def _in_link(link: str) -> PlaceInCell | None:
    """The one place of a link; the site that it leads to tells the system where it knows but one."""
    if _MANY_PLACES.search(link):
        return None
    said = _SAID_BY_LINK.search(link)
    words = said[1] if said else re.split(r"[/?#]", link.partition("//")[2] or link)[0]
    lon, lat = _LON_OF_LINK.search(link), _LAT_OF_LINK.search(link)
    if lon is not None and lat is not None:
        return PlaceInCell(_angle(lon[1], LON), _angle(lat[1], LAT), words)
    pin = re.search(r"!3d(-?\d{1,3}\.\d+)!4d(-?\d{1,3}\.\d+)", link)
    if pin is not None:
        return _ordered(pin[2], pin[1], words)
    pairs = dict.fromkeys(_PAIR_IN_LINK.findall(link))
    one = next(iter(pairs)) if len(pairs) == 1 else None
    return _ordered(one[0], one[1], words) if one else None


def _ordered(one: str, other: str, words: str) -> PlaceInCell:
    """In the order of longitude and latitude, where their size tells it."""
    swap = abs(float(one)) <= 54 < 73 <= abs(float(other))
    lon, lat = (other, one) if swap else (one, other)
    return PlaceInCell(_angle(lon, LON), _angle(lat, LAT), words)


def _angle(value: float | str, axis: str) -> Angle:
    written = value if isinstance(value, str) else repr(float(value))
    return Angle(float(value), axis, len(written.partition(".")[2].rstrip("0")))
