"""Places in cells that look like something else: WKT, GeoJSON, hexadecimal geometry, links to maps."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import shapely

from core.text import Text, text
from data.formats.geometry import inner_point
from data.formats.raw import Cell
from data.intake.tables.numbers import LAT, LON, Angle, plain


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
_LINK: Final = re.compile(r"(https?://|geo:|[a-z]{1,12}map://|www\.)\S+", re.IGNORECASE)
_PAIR_IN_LINK: Final = re.compile(r"(-?\d{1,3}\.\d{3,})(?:[,~/;|\s]|!4d)+(-?\d{1,3}\.\d{3,})")
_LAT_OF_LINK: Final = re.compile(r"[?&#](?:m?lat|latitude|y)=(-?\d{1,3}\.\d+)", re.IGNORECASE)
_LON_OF_LINK: Final = re.compile(r"[?&#](?:m?lon|m?lng|longitude|x)=(-?\d{1,3}\.\d+)", re.IGNORECASE)
_SAID_BY_LINK: Final = re.compile(r"(?:coord_?type|coordinate|coordsys|datum)=(\w+)", re.IGNORECASE)
_MANY_PLACES: Final = re.compile(r"direction|route|/dir/|origin=|from=", re.IGNORECASE)
_AT_THE_END: Final = re.compile(
    r"[\[(【{]\s*(-?\d{1,3}\.\d{3,})\s*[,，;；\s]\s*(-?\d{1,3}\.\d{3,})\s*[\])】}]\s*$"
)


# {"lng": 118.78, "lat": 32.04}, 经度：118.78，纬度：32.04, X=118.78,Y=32.04
_NAMED: Final = r"(?<![a-z\u4e00-\u9fff])(?:{names})[\"']?\s*[:=]\s*[\"']?(-?\d{{1,3}}\.\d{{3,}})(?![\d°'])"
_LON_NAMED: Final = re.compile(_NAMED.format(names="longitude|long|lng|lon|经度|东经|x"), re.IGNORECASE)
_LAT_NAMED: Final = re.compile(_NAMED.format(names="latitude|lat|纬度|北纬|y"), re.IGNORECASE)
# new BMap.Point(118.80, 32.04), AMap.LngLat(118.79, 32.03)
_CALLED: Final = re.compile(
    r"(?:new\s+)?(B|A|T|BMapG|TMap|q)(?:Map)?(?:GL|L)?\.(?:maps\.)?(?:Point|LngLat|LatLng)"
    r"\(\s*(-?\d+\.\d+)\s*,\s*(-?\d+\.\d+)\s*\);?",
    re.IGNORECASE,
)
_MAPS: Final = {
    "b": "baidu",
    "bmapg": "baidu",
    "a": "amap",
    "q": "tencent",
    "tmap": "tencent",
    "t": "tianditu",
}


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
    lon, lat = _LON_NAMED.search(written), _LAT_NAMED.search(written)
    if lon is not None and lat is not None and not _LINK.search(written):
        return PlaceInCell(_angle(lon[1], LON), _angle(lat[1], LAT))
    called = _CALLED.fullmatch(written)
    if called is not None:
        return _ordered(called[2], called[3], _MAPS.get(called[1].lower(), ""))
    link = _LINK.search(written)
    if link is not None:
        return _in_link(unquote(link[0]))
    ending = _AT_THE_END.search(written)
    if ending is not None and ending.start() > 0:
        return _ordered(ending[1], ending[2], "")
    return None


def coded_place(cell: Cell) -> PlaceInCell | None:
    """The middle of the square that a geohash or a whole Plus Code names, as finely given as the square is
    small; None for anything else.

    >>> [round(coded_place(code).first.value, 3) for code in ("wtsqpp7kr3", "8P4W2QMQ+4H")]
    [118.789, 118.789]
    """
    written = plain(cell) if isinstance(cell, str) else ""
    if re.fullmatch(f"[{_BASE_32}]{{6,12}}", written):
        lon, lat, side_deg = _of_geohash(written)
    elif _PLUS_CODE.fullmatch(written.upper()):
        lon, lat, side_deg = _of_plus_code(written.upper().replace("+", ""))
    else:
        return None
    decimals = max(0, round(-math.log10(side_deg)))
    return PlaceInCell(Angle(lon, LON, decimals), Angle(lat, LAT, decimals))


Square = tuple[float, float, float]
_BASE_32: Final = "0123456789bcdefghjkmnpqrstuvwxyz"
_BASE_20: Final = "23456789CFGHJMPQRVWX"


def _of_geohash(code: str) -> Square:
    """Bits halve longitude and latitude in turn, longitude first."""
    bits = "".join(f"{_BASE_32.index(letter):05b}" for letter in code)
    east, north = bits[::2], bits[1::2]
    width, height = 360.0 / 2 ** len(east), 180.0 / 2 ** len(north)
    return -180 + (int(east, 2) + 0.5) * width, -90 + (int(north, 2) + 0.5) * height, max(width, height)


def _of_plus_code(code: str) -> Square:
    """Five pairs of digits to base 20, then digits of a grid of four columns and five rows."""
    lon, lat, width, height = -180.0, -90.0, 20.0 * 20, 20.0 * 20
    for k in range(0, min(len(code), 10), 2):
        width, height = width / 20, height / 20
        lat, lon = lat + _BASE_20.index(code[k]) * height, lon + _BASE_20.index(code[k + 1]) * width
    for digit in code[10:]:
        width, height = width / 4, height / 5
        row, column = divmod(_BASE_20.index(digit), 4)
        lat, lon = lat + row * height, lon + column * width
    return lon + width / 2, lat + height / 2, max(width, height)


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


_PLUS_CODE: Final = re.compile(r"[2-9C][2-9CFGHJMPQRV][2-9CFGHJMPQRVWX]{6}\+[2-9CFGHJMPQRVWX]{2,5}")
_NOT_READ: Final = (
    (re.compile(r"\d{1,2}[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}\s?(\d{2}){2,5}|\d{1,2}[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}\s\d+\s\d+"),
     text("MGRS grid references")),
    (re.compile(r"\W*(\d{2,3}\.\d{3,}\s*[,，\s]\s*\d{2,3}\.\d{3,}\W+){2,}\d{2,3}\.\d{3,}\s*[,，\s]\s*\d{2,3}\.\d{3,}\W*"),
     text("outlines of several points")),
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
