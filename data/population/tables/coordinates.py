"""Where the rows of a population table lie: pairs of coordinates, corners, cells that are named
(H3, geohash, quadkey) as the shapes that they stand for."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from core.errors import InputError
from core.text import Text, text
from coverage.model.tables import Floats
from data.formats.asked import OpenQuestionError
from data.formats.systems import epsg_of, in_degrees, no_system, usable_system
from data.population.tables.numbers import written_numbers
from geo.crs import WGS84
from geo.datum import BD09, GCJ02, convert
from geo.datum import WGS84 as WGS84_DATUM

_H3: Final = re.compile(r"8[0-9a-f]{14}$", re.IGNORECASE)
# The same cells as numbers, which only a title tells from others.
_H3_NUMBER: Final = re.compile(r"[56]\d{17}$")
_GEOHASH: Final = re.compile(r"[0-9b-hjkmnp-z]{5,12}$", re.IGNORECASE)
_QUADKEY: Final = re.compile(r"[0-3]{10,23}$")
_HEX: Final = re.compile(r"0[01][0-9A-Fa-f]{40,}$")
_JSON_SHAPE: Final = re.compile(r'\s*\{.*"coordinates"', re.DOTALL)
_SEXAGESIMAL: Final = re.compile(
    r"^\s*([-东西南北经纬EWNSewns]{0,2})\s*(\d{1,3})\s*[°º度d]\s*(?:(\d{1,2}(?:\.\d+)?)\s*[′'’分m]\s*)?"
    r"(?:(\d{1,2}(?:\.\d+)?)\s*(?:[″\"”秒s]|''|′′)?\s*)?([EWNSewns])?\s*$"
)
_MOST_PROBED: Final = 200


def kind_of_ids(title: str, values: Sequence[str]) -> str:
    """ "h3", "geohash" or "quadkey" where (nearly) all values are such cells, else "".

    Geohashes and quadkeys look like words and numbers, so the title must name them, or all values be of
    one length and hold a letter.
    """
    probe = [str(value).strip() for value in values[:_MOST_PROBED] if str(value).strip()]
    if not probe:
        return ""
    name = title.casefold()
    if _most(probe, _H3_NUMBER) and ("h3" in name or "hex" in name):
        return "h3"
    if _most(probe, _H3):
        import h3

        if sum(bool(h3.is_valid_cell(value.lower())) for value in probe) >= 0.95 * len(probe):
            return "h3"
    if "quadkey" in name and _most(probe, _QUADKEY):
        return "quadkey"
    alike = len({len(value) for value in probe}) == 1
    mixed = all(re.search(r"[a-z]", v) for v in probe) and any(re.search(r"\d", v) for v in probe)
    if _most(probe, _GEOHASH) and ("geohash" in name or (alike and mixed and len(probe[0]) >= 6)):
        return "geohash"
    return ""


def _most(values: Sequence[str], pattern: re.Pattern[str]) -> bool:
    return sum(bool(pattern.match(value)) for value in values) >= 0.95 * len(values)


def shapes_of_ids(kind: str, values: Sequence[str]) -> NDArray[np.object_]:
    """The polygon of each cell in WGS-84 degrees; None for what is no cell."""
    shape_of = {"h3": _h3, "geohash": _geohash, "quadkey": _quadkey}[kind]
    return np.asarray([shape_of(str(value).strip()) for value in values], object)


def _h3(cell: str) -> shapely.Polygon | None:
    import h3

    cell = f"{int(cell):x}" if _H3_NUMBER.match(cell) else cell.lower()
    if not h3.is_valid_cell(cell):
        return None
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])


def _geohash(cell: str) -> shapely.Polygon | None:
    import pygeohash

    if not _GEOHASH.match(cell):
        return None
    at = pygeohash.decode_exactly(cell.lower())
    # The library answers in single precision; the rectangle's sides are halves of halves of the globe.
    bits = 5 * len(cell)
    width, height = 360.0 / 2 ** math.ceil(bits / 2), 180.0 / 2 ** (bits // 2)
    column, row = math.floor((at.longitude + 180.0) / width), math.floor((at.latitude + 90.0) / height)
    west, south = column * width - 180.0, row * height - 90.0
    return shapely.box(west, south, west + width, south + height)


def _quadkey(cell: str) -> shapely.Polygon | None:
    if not _QUADKEY.match(cell):
        return None
    x = int("".join(str(int(digit) & 1) for digit in cell), 2)
    y = int("".join(str(int(digit) >> 1) for digit in cell), 2)
    tiles = 1 << len(cell)
    north, south = (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / tiles)))) for row in (y, y + 1))
    return shapely.box(x / tiles * 360.0 - 180.0, south, (x + 1) / tiles * 360.0 - 180.0, north)


_LON: Final = re.compile(
    r"longitude|long|lon|lng|经度|东经|(?<![a-z])x(?![a-z])|(?<=^)x(?=min|max)|(?<=min)x|(?<=max)x|(?<=center)x"
)
_LAT: Final = re.compile(
    r"latitude|lat|纬度|北纬|(?<![a-z])y(?![a-z])|(?<=^)y(?=min|max)|(?<=min)y|(?<=max)y|(?<=center)y"
)
_SYSTEMS: Final = (
    (GCJ02, re.compile(r"gcj_?-?0?2?|火星|高德|amap|gaode|腾讯|tencent|mars")),
    (BD09, re.compile(r"bd_?-?0?9?(?:ll)?|百度|baidu")),
    (WGS84_DATUM, re.compile(r"wgs_?-?(?:19)?(?:84)?|gps|cgcs_?2000|大地2000|国家2000|2000|真实|84")),
)
_CENTRE: Final = re.compile(r"(?<=_)c$|^c(?=_)|cent(?:er|re|roid)|中心点?|质心|格心|mid(?:dle)?")
_SIDES: Final = (
    ("ll", re.compile(r"左下角?|西南角?|lower_?left|bottom_?left|south_?west|(?:^|_)(?:ll|ld|lb|bl|sw"
    r"|min)(?:_|$)|min|最小|起点?|start")),
    ("ur", re.compile(r"右上角?|东北角?|upper_?right|top_?right|north_?east|(?:^|_)(?:ur|ru|rt|tr|ne"
    r"|max)(?:_|$)|max|最大|终点?|end")),
    ("ul", re.compile(r"左上角?|西北角?|upper_?left|top_?left|north_?west|(?:^|_)(?:ul|lu|lt|tl|nw)(?:_|$)")),
    ("lr", re.compile(r"右下角?|东南角?|lower_?right|bottom_?right|south_?east|(?:^|_)(?:lr|rd|rb|br"
    r"|se)(?:_|$)")),
)  # fmt: skip
_OPPOSITE: Final = {"ll": "ur", "ul": "lr", "ur": "ll", "lr": "ul", "": "ur"}
_FILL: Final = re.compile(
    r"坐标|东经|北纬|longitude|latitude|coord(?:inate)?s?|网格|格网|grid|cell|point|点|角|度|deg(?:rees?)?|dd|ext(?:ent)?|[()°_.\s-]|小区|poi|loc(?:ation)?|p(?=_)"
)
_WORDS: Final = {
    "west": ("lon", "ll"), "left": ("lon", "ll"), "西": ("lon", "ll"), "east": ("lon", "ur"), "right":
    ("lon", "ur"),
    "东": ("lon", "ur"), "south": ("lat", "ll"), "bottom": ("lat", "ll"), "南": ("lat", "ll"), "north":
    ("lat", "ur"),
    "top": ("lat", "ur"), "北": ("lat", "ur"),
}  # fmt: skip
_SYSTEM_TITLES: Final = re.compile(
    r"坐标系统?|坐标(?:类型|来源|基准)|coord(?:inate)?_?(?:sys(?:tem)?|type)|crs|datum|srs"
)
_BOTH_TITLES: Final = re.compile(
    r"(?:纬度?|lat(?:itude)?)[,，、/_;]?(?:经度?|lon(?:gitude)?|lng)|(?:经度?|lon(?:gitude)?|lng)[,，、/_;]?(?:纬度?|lat(?:itude)?)"
    r"|坐标|经纬度|location|lnglat|lonlat|coord(?:inate)?s?|point|位置|中心点?(?:坐标)?|centroid"
)
_BOTH: Final = r"^\s*[\[(]?\s*(-?\d+\.?\d*)\s*[,，;\s]\s*(-?\d+\.?\d*)\s*[\])]?\s*$"
_UNIT_TITLES: Final = re.compile(
    r"(?:单位|行政区划?|区划)?名称|name|unit|社区|村居?|街道|镇街|街镇|乡镇|区县|区|所属(?:社区|街道|区县?)|社区名称|(?:区划|行政区划?|统计用区划)?代码|adcode|code"
)
# Nobody lives beyond; a latitude up there is a longitude.
_NO_LATITUDE: Final = 75.0
_NEAR_M: Final = 50.0


@dataclass(frozen=True)
class _Axis:
    axis: str
    system: str
    side: str
    centre: bool


@dataclass(frozen=True)
class Placing:
    """Where each row lies in WGS-84 degrees: `lon`, `lat` (NaN where it says nothing usable), and `shapes`
    where rows stand for ground, `are_cells` where that ground is a cell of a grid. `titles` were used
    for it, `system` is what they were read in; `said`
    are warnings, `aside` columns that could have been meant, each with the reason."""

    lon: Floats
    lat: Floats
    titles: tuple[str, ...]
    system: str
    shapes: NDArray[np.object_] | None = None
    are_cells: bool = False
    said: tuple[Text, ...] = ()
    aside: tuple[tuple[str, Text], ...] = field(default=())


def is_place_title(title: str) -> bool:
    """Whether a title is one of a place: an axis, or a unit."""
    plain = _plain(title)
    return _axis(plain) is not None or bool(_UNIT_TITLES.fullmatch(plain) or _BOTH_TITLES.fullmatch(plain))


def _plain(title: str) -> str:
    return (
        re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(title))).strip("_").lstrip("\ufeff").casefold()
    )


def _axis(plain: str) -> _Axis | None:
    """The axis, system and corner that a title names; None where a word in it is none of these."""
    if plain in _WORDS:
        axis, side = _WORDS[plain]
        return _Axis(axis, "", side, centre=False)
    for axis, pattern in (("lon", _LON), ("lat", _LAT)):
        found = pattern.search(plain)
        if found is None:
            continue
        rest = f"{plain[: found.start()]}_{plain[found.end() :]}".strip("_")
        system = next((name for name, words in _SYSTEMS if words.search(rest)), "")
        if system:
            rest = dict(_SYSTEMS)[system].sub("", rest)
        centre = bool(_CENTRE.search(rest))
        rest = _CENTRE.sub("", rest)
        side = "" if centre else next((name for name, words in _SIDES if words.search(rest)), "")
        if side:
            rest = dict(_SIDES)[side].sub("", rest)
        return None if _FILL.sub("", rest) else _Axis(axis, system, side, centre)
    return None


def placing_of(frame: pd.DataFrame, file: str, datum: str) -> Placing | None:
    """Where the rows lie; None where the table names no places at all.

    A pair named WGS-84 goes before one without a name, that before GCJ-02 and BD-09; opposite corners make
    rectangles; cells of H3, geohash and quadkey are their shapes. InputError for a corner alone, metres
    without
    a system, and pairs of which none is known to be right.
    """
    titles = [str(name) for name in frame.columns]
    axes = {title: axis for title in titles if (axis := _axis(_plain(title))) is not None}
    pairs = _pairs(axes)
    cells = _written_shapes(frame, titles, file, datum) or _cells(frame, titles)
    if cells is not None and not any(key[1] == "" for key in pairs):
        return cells
    box = _box(frame, pairs, file, datum)
    if box is not None:
        return box
    centres = {key: pair for key, pair in pairs.items() if key[1] == ""}
    if not centres:
        both = _both(frame, titles, file, datum)
        if both is not None:
            return both
        if pairs:
            lon, lat = next(iter(pairs.values()))
            raise InputError(
                "{file}: the columns {lon} and {lat} are a corner of each cell. Add its opposite corner or "
                "its centre, since the size of the cells is not known.",
                file=file,
                lon=lon,
                lat=lat,
            )
        return cells
    return _placed(frame, centres, file, datum)


def _pairs(axes: dict[str, _Axis]) -> dict[tuple[str, str], tuple[str, str]]:
    """(system, side) → the titles of longitude and latitude; a centre's before one without a word."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for title, axis in sorted(axes.items(), key=lambda item: not item[1].centre):
        found.setdefault((axis.system, axis.side), {}).setdefault(axis.axis, title)
    return {key: (pair["lon"], pair["lat"]) for key, pair in found.items() if len(pair) == 2}


def _written_shapes(frame: pd.DataFrame, titles: Sequence[str], file: str, datum: str) -> Placing | None:
    """Shapes that a column holds as WKB in hexadecimal digits or as GeoJSON."""
    for title in titles:
        words = frame[title].astype(str).str.strip()
        for pattern, reader in ((_HEX, shapely.from_wkb), (_JSON_SHAPE, shapely.from_geojson)):
            if len(words) and words.str.match(pattern).mean() > 0.5:
                shapes = reader(
                    words.where(words.str.match(pattern), None).to_numpy(object), on_invalid="ignore"
                )
                shapes_only = gpd.GeoDataFrame(geometry=shapes)
                placed = in_degrees(shapes_only, file, datum=datum, residents=True)
                inner = shapely.point_on_surface(placed.frame.geometry.to_numpy())
                return Placing(
                    shapely.get_x(inner), shapely.get_y(inner), (title,), placed.system,
                    placed.frame.geometry.to_numpy(), said=placed.warnings,
                )  # fmt: skip
    return None


def _written_degrees(column: pd.Series[Any]) -> Floats:
    """Numbers, or degrees, minutes and seconds: 118°46′12″E, 东经118度46分12秒."""
    numbers = written_numbers(column)
    if np.isfinite(numbers).any() or pd.api.types.is_numeric_dtype(column.dtype):
        return numbers
    parts = column.astype(str).str.extract(_SEXAGESIMAL)
    degrees, minutes, seconds = (pd.to_numeric(parts[k], errors="coerce") for k in (1, 2, 3))
    signs = np.where((parts[0].fillna("") + parts[4].fillna("")).str.contains(r"[西南WSws-]"), -1.0, 1.0)
    found: Floats = (degrees + minutes.fillna(0.0) / 60 + seconds.fillna(0.0) / 3600).to_numpy(float) * signs
    return found


def _cells(frame: pd.DataFrame, titles: Sequence[str]) -> Placing | None:
    for title in titles:
        column = frame[title]
        if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_integer_dtype(column.dtype):
            continue
        words = column.astype(str).str.strip()
        kind = kind_of_ids(title, words.tolist())
        if kind:
            shapes = shapes_of_ids(kind, words.tolist())
            centre = shapely.centroid(shapes)
            return Placing(
                shapely.get_x(centre), shapely.get_y(centre), (title,), kind, shapes, are_cells=True
            )
    return None


def _box(
    frame: pd.DataFrame, pairs: dict[tuple[str, str], tuple[str, str]], file: str, datum: str
) -> Placing | None:
    """Rectangles from opposite corners. A pair without a word beside an upper right one is the lower left."""
    for (system, side), (lon, lat) in pairs.items():
        other = pairs.get((system, _OPPOSITE[side]))
        if other is None or (side == "" and ("", "ll") in pairs):
            continue
        x0, y0, x1, y1 = (written_numbers(frame[title]) for title in (lon, lat, *other))
        if side == "" and not (np.nanmedian(x1 - x0) > 0 and np.nanmedian(y1 - y0) > 0):
            continue
        if side == "" and np.nanstd(x1 - x0) > 0.2 * abs(float(np.nanmedian(x1 - x0))):
            continue  # not a corner: some other place
        first, said, name = _degrees(x0, y0, file, _datum(datum, system))
        second, _, _ = _degrees(x1, y1, file, _datum(datum, system))
        fine = np.isfinite([*first, *second]).all(axis=0)
        shapes = np.full(len(frame), None, object)
        low = np.minimum(first, second)[:, fine]
        high = np.maximum(first, second)[:, fine]
        shapes[fine] = shapely.box(low[0], low[1], high[0], high[1])
        middle = (np.asarray(first) + np.asarray(second)) / 2
        return Placing(middle[0], middle[1], (lon, lat, *other), name, shapes, are_cells=True, said=said)
    return None


def _both(frame: pd.DataFrame, titles: Sequence[str], file: str, datum: str) -> Placing | None:
    """One column with both numbers, "118.78,32.06"."""
    for title in titles:
        if not _BOTH_TITLES.fullmatch(_plain(title)):
            continue
        parts = frame[title].astype(str).str.extract(_BOTH)
        if parts[0].notna().mean() > 0.5:
            place, said, name = _degrees(written_numbers(parts[0]), written_numbers(parts[1]), file, datum)
            return Placing(*place, (title,), name, said=said)
    return None


def _placed(
    frame: pd.DataFrame, centres: dict[tuple[str, str], tuple[str, str]], file: str, datum: str
) -> Placing:
    order = {WGS84_DATUM: 0, "": 1, GCJ02: 2, BD09: 3}
    (system, _), (lon, lat) = min(centres.items(), key=lambda item: order[item[0][0]])
    x, y = _written_degrees(frame[lon]), _written_degrees(frame[lat])
    column = next((str(t) for t in frame.columns if _SYSTEM_TITLES.fullmatch(_plain(str(t)))), "")
    if column and not system and datum == "auto":
        place, said, name = _by_row(x, y, frame[column], file, column)
    else:
        place, said, name = _degrees(x, y, file, _datum(datum, system))
    aside = []
    for (other, _), pair in centres.items():
        if pair == (lon, lat):
            continue
        there, _, _ = _degrees(
            written_numbers(frame[pair[0]]), written_numbers(frame[pair[1]]), file, _datum("auto", other)
        )
        metres = 111_000.0 * float(np.nanmedian(np.hypot((there[0] - place[0]) * 0.85, there[1] - place[1])))
        why = text("another pair of coordinates, {metres:,.0f} m away in the middle", metres=metres)
        if system == "" and other in (GCJ02, BD09) and metres > _NEAR_M:
            # The pair without a name is none of WGS-84; the named one is known.
            return _placed(frame, {(other, ""): pair}, file, datum)
        aside.append((", ".join(pair), why))
    return Placing(*place, (lon, lat, *([column] if column else [])), name, said=said, aside=tuple(aside))


def _datum(asked: str, system: str) -> str:
    return asked if asked != "auto" else system or "auto"


def _by_row(
    x: Floats, y: Floats, words: pd.Series[str], file: str, column: str
) -> tuple[tuple[Floats, Floats], tuple[Text, ...], str]:
    """Each row from the system that it names."""
    said = words.astype(str).map(_plain)
    lon, lat = x.copy(), y.copy()
    named: dict[str, int] = {}
    for word in said.unique():
        system = next((name for name, pattern in _SYSTEMS if word and pattern.search(word)), "")
        if word and not system:
            raise OpenQuestionError(
                text(
                    "{file}, column {column}: the coordinate system “{word}” is not known. State that of the "
                    "residents with --population-datum.",
                    file=file,
                    column=column,
                    word=word,
                ),
                option="--population-datum",
                field="population_datum",
                choices=(WGS84_DATUM, GCJ02, BD09),
            )
        rows = (said == word).to_numpy()
        named[system or WGS84_DATUM] = named.get(system or WGS84_DATUM, 0) + int(rows.sum())
        lon[rows], lat[rows] = convert(x[rows], y[rows], system or WGS84_DATUM, WGS84_DATUM)
    return (lon, lat), (), " + ".join(named)


def _degrees(
    x: Floats, y: Floats, file: str, datum: str
) -> tuple[tuple[Floats, Floats], tuple[Text, ...], str]:
    """Numbers as WGS-84 degrees, what is said of it, and the system they were read in."""
    fine = np.isfinite(x) & np.isfinite(y)
    if not fine.any():
        return (x, y), (), "EPSG:4326"
    at = float(np.median(x[fine])), float(np.median(y[fine]))
    if datum.startswith("epsg:"):
        if at[0] > 1_500_000 and abs(at[1]) < 1_000_000:
            x, y, at = y, x, (at[1], at[0])  # in surveying, x is north
        system = usable_system(epsg_of(datum), file, at)
        lon, lat = Transformer.from_crs(system.crs, WGS84, always_xy=True).transform(x, y)
        bad = ~np.isfinite(lon) | ~np.isfinite(lat)
        lon, lat = np.where(bad, np.nan, lon), np.where(bad, np.nan, lat)
        return (lon, lat), () if system.warning is None else (system.warning,), system.name
    said: tuple[Text, ...] = ()
    if abs(at[1]) > _NO_LATITUDE and abs(at[0]) <= 60.0:
        x, y, at = y, x, (at[1], at[0])
        said = (
            text("{file}: longitude and latitude are swapped; they are read the other way round.", file=file),
        )
    west, east, south, north = 73e6, 136e6, 17e6, 55e6
    if west < at[0] < east and south < at[1] < north:
        x, y, at = x / 1e6, y / 1e6, (at[0] / 1e6, at[1] / 1e6)
        said = (*said, text("{file}: the coordinates are read as millionths of a degree.", file=file))
    if abs(at[0]) > 180 or abs(at[1]) > 90:
        raise no_system(file, at, residents=True)
    if datum in (GCJ02, BD09):
        x, y = convert(x, y, datum, WGS84_DATUM)
    return (x, y), said, "EPSG:4326" if datum == "auto" else datum
