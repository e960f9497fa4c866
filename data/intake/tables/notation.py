"""Coordinates in every notation of the lists: decimal degrees, degrees minutes seconds, metres.

What a cell says is read here; what the numbers mean is decided in `data.intake.datum.coordinates`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from data.formats.raw import Cell
from data.intake.tables.disguises import place_in
from data.intake.tables.numbers import LAT, LON, Angle, is_missing, plain

_LETTERS: Final = {
    "东经": (LON, 1), "西经": (LON, -1), "北纬": (LAT, 1), "南纬": (LAT, -1),
    "经度": (LON, 1), "纬度": (LAT, 1),
    "longitude": (LON, 1), "latitude": (LAT, 1), "lng": (LON, 1), "lon": (LON, 1), "lat": (LAT, 1),
    "e": (LON, 1), "w": (LON, -1), "n": (LAT, 1), "s": (LAT, -1), "东": (LON, 1), "西": (LON, -1),
    "北": (LAT, 1), "南": (LAT, -1),
}  # fmt: skip
_HEMISPHERE: Final = re.compile("|".join(sorted(_LETTERS, key=len, reverse=True)), re.IGNORECASE)
_MARKED: Final = re.compile(
    r"(?P<sign>[+-]?)(?P<d>\d{1,3}(?:\.\d+)?)\s*(?:°|º|˚|o|度|d|\s)"
    r"(?:\s*(?P<m>\d{1,2}(?:\.\d+)?)\s*(?:'|′|’|‘|`|´|分|m)?"
    r"(?:\s*(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:\"|″|”|“|''|′′|’’|秒|s)?)?)?"
)
_SPACED: Final = re.compile(r"(?P<sign>[+-]?)(?P<d>\d{1,3})([ :\-.])(?P<m>\d{1,2})\3(?P<s>\d{1,2}(?:\.\d+)?)")
_TWO: Final = re.compile(r"(?P<sign>[+-]?)(?P<d>\d{1,3})[ :](?P<m>\d{1,2}(?:\.\d+)?)(?P<s>)")
_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_GROUPED: Final = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d{1,3},\d+")
_SEPARATORS: Final = (r"[,;、|/]+\s*", r"\s+")
_WRAPPING: Final = re.compile(r"^\s*(point|坐标|经纬度)?\s*[:(\[{【]*\s*", re.IGNORECASE)
_SECONDS: Final = re.compile(r"(?<=m)(\s*[\d.]+)\s*s", re.IGNORECASE)
# Marks that NFKC takes apart, or that stand for others.
_MARKS: Final = str.maketrans(
    {"″": '"', "˝": '"', "ʺ": '"', "〃": '"', "´": "'", "ʹ": "'", "º": "°", "˚": "°", "゜": "°", "∘": "°"}
)
# A decimal number in quotation marks, or behind the apostrophe that makes it a text.
_QUOTED: Final = re.compile(r"^[“‘\"'`「『＇]+\s*([+-]?\d{1,3}\.\d+\s*[°度]?)\s*[”’\"'`」』＇]*$")
_DOT_FOR_DEGREES: Final = re.compile(r"(?<=\d)[。·](?=\d{1,2}\s*['′’‘`分](?!['′’‘`]))")
_DASHES: Final = str.maketrans({"−": "-", "–": "-", "﹣": "-", "。": ".", "．": ".", "·": "."})


# How the numbers of a column are to be taken where they are no decimal degrees: 1184720.26 and 118.472026,
# both 118°47′20.26″; 11847.3376 of a GPS receiver as 118°47.3376′; 118.4720 as 118°47.20′; or nothing tells.
DECIMAL: Final = ""
PACKED: Final = "dddmmss"
PACKED_MINUTES: Final = "dddmm.mm"
MINUTES_SECONDS: Final = "ddd.mmss"
MINUTES: Final = "ddd.mm"
UNCLEAR: Final = "unclear"
# A day as a spreadsheet counts them; 118:47:20 in a cell of times may come as a moment of the year 1900.
_DAY_ZERO: Final = datetime(1899, 12, 30)


def parse_angle(cell: Cell, style: str = DECIMAL) -> Angle | None:
    """One coordinate of a cell, or None if it cannot be read as one (or is missing).

    >>> parse_angle("东经118°46′12″")
    Angle(value=118.77, axis='lon', decimals=4)
    >>> parse_angle("１１８．７７２"), parse_angle("玄武")
    (Angle(value=118.772, axis='', decimals=3), None)
    """
    if isinstance(cell, bool) or is_missing(cell):
        return None
    if style and (packed := _packed(cell, style)):
        return packed
    if isinstance(cell, datetime) and cell.year <= 1900:
        hours = (cell - _DAY_ZERO).total_seconds() / 3600
        return Angle(hours, "", 4)
    if isinstance(cell, int | float):
        return Angle(float(cell), "", _decimals(repr(cell))) if math.isfinite(cell) else None
    # Before NFKC, which turns ″ into ′′ and º into o.
    cell = _QUOTED.sub(r"\1", str(cell).strip())
    written = _DOT_FOR_DEGREES.sub("°", plain(str(cell).translate(_MARKS))).translate(_DASHES)
    axis, sign, written = _strip_letters(_SECONDS.sub(r'\1"', written))
    angle = _decimal(written) or _sexagesimal(written)
    if angle is None:
        return None
    return Angle(sign * angle.value, axis, angle.decimals)


def parse_pair(cell: Cell) -> tuple[Angle, Angle] | None:
    """Two coordinates in one cell, in the order written; None if there are not exactly two.

    >>> [angle.value for angle in parse_pair("（118.78，32.04）")]
    [118.78, 32.04]
    """
    if not isinstance(cell, str):
        return None
    found = place_in(cell)
    if found is not None:
        return found.first, found.second
    written = plain(cell.translate(_MARKS))
    if written.startswith("["):
        written = written.replace('"', "").replace("'", "")
    written = _THIRD.sub(r"\1", written)
    written = _WRAPPING.sub("", written).rstrip(")]} ")
    for parts in _splits(written):
        if len(parts) == 2 and (first := parse_angle(parts[0])) and (second := parse_angle(parts[1])):
            return first, second
    return None


# [118.78, 32.04, 1]: what follows in a list of numbers is a height or a weight.
_THIRD: Final = re.compile(
    r"^([\[(]?\s*-?\d{1,3}\.\d{3,}\s*,\s*-?\d{1,3}\.\d{3,}\s*),\s*-?[\d.]+(?=\s*[\])]?\s*$)"
)


def _packed(cell: Cell, style: str) -> Angle | None:
    """A number whose digits are minutes and seconds; None if they cannot be, or it is no number."""
    written = repr(cell) if isinstance(cell, int | float) else plain(cell).translate(_DASHES)
    if not re.fullmatch(r"\d{1,20}(\.\d{1,40})?", written):
        return None
    whole, _, fraction = written.partition(".")
    if style == PACKED_MINUTES:
        minutes_m = float(f"{whole[-2:]}.{fraction or 0}")
        value = int(whole[:-2] or 0) + minutes_m / 60
        return Angle(value, "", 2 + len(fraction)) if minutes_m < 60 else None
    if style == PACKED:
        degrees, minutes, seconds = whole[:-4] or "0", whole[-4:-2] or "0", f"{whole[-2:]}.{fraction or 0}"
    else:
        fraction = fraction.ljust(4, "0")
        degrees, minutes = whole, fraction[:2]
        seconds = f"{fraction[2:4]}.{fraction[4:] or 0}"
    if style == MINUTES:
        value = int(degrees) + float(f"{minutes}.{fraction[2:]}") / 60
        return Angle(value, "", max(2, len(fraction))) if int(minutes) < 60 else None
    if int(minutes) >= 60 or float(seconds) >= 60:
        return None
    value = int(degrees) + int(minutes) / 60 + float(seconds) / 3600
    return Angle(value, "", 4 + len(seconds.partition(".")[2].rstrip("0")))


def _splits(written: str) -> Iterator[list[str]]:
    for separator in _SEPARATORS:
        yield [part for part in re.split(separator, written) if part.strip()]
    marks = list(_HEMISPHERE.finditer(written))
    if len(marks) == 2:
        cut = marks[1].start() if marks[0].start() == 0 else marks[0].end()
        yield [written[:cut], written[cut:]]


def _strip_letters(written: str) -> tuple[str, int, str]:
    axis, sign = "", 1
    for letters in _HEMISPHERE.findall(written):
        # "118.77e" is east, "1.1877e2" is an exponent.
        found_axis, found_sign = _LETTERS[letters.lower()]
        axis, sign = found_axis, found_sign
    if axis and not re.search(r"\d[eE][+-]?\d", written):
        return axis, sign, _HEMISPHERE.sub("", written).strip(" :=,.")
    return "", 1, written


def _decimal(written: str) -> Angle | None:
    if _GROUPED.fullmatch(written):
        written = written.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(written):
        written = written.replace(",", ".")
    bare = written.rstrip("°度米m ").strip()
    if not _DECIMAL.fullmatch(bare):
        return None
    return Angle(float(bare), "", _decimals(bare))


def _sexagesimal(written: str) -> Angle | None:
    for pattern in (_MARKED, _SPACED, _TWO):
        found = pattern.fullmatch(written.strip())
        if found:
            break
    else:
        return None
    degrees, minutes, seconds = (float(found[part] or 0) for part in ("d", "m", "s"))
    if minutes >= 60 or seconds >= 60:
        return None
    value = degrees + minutes / 60 + seconds / 3600
    return Angle(-value if found["sign"] == "-" else value, "", _fineness(found))


def _fineness(found: re.Match[str]) -> int:
    """A second is 31 m, as good as four decimals; a minute is 1.9 km, as bad as two."""
    if found["s"]:
        return 4 + _decimals(found["s"])
    if found["m"]:
        return 2 + _decimals(found["m"])
    return _decimals(found["d"])


def _decimals(written: str) -> int:
    number, _, exponent = written.lower().partition("e")
    places = len(number.partition(".")[2].rstrip("0"))
    return max(0, places - int(exponent or 0))
