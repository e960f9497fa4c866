"""Numbers, angles, dates and words as people type them into cells."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from data.formats.raw import Cell
from data.intake.tables.words import words

LON: Final = "lon"
LAT: Final = "lat"


@dataclass(frozen=True)
class Angle:
    """A number from a coordinate cell: degrees, or metres of a projected system.

    `axis` is "lon" or "lat" where the notation says it, else "". `decimals` is how finely it is
    given, in decimal places of a degree (minutes and seconds are converted).
    """

    value: float
    axis: str = ""
    decimals: int = 9


_MISSING: Final = frozenset(words("missing", "words"))
_DITTO: Final = frozenset(words("missing", "ditto"))
_LONGEST_MISSING: Final = max(map(len, (*_MISSING, *_DITTO)))
_ABOUT: Final = re.compile(
    r"^(大约|约为|约|近|大概|超过|不足|逾|~|≈|≥|≤|>|<)\s*|\s*(左右|上下|余|多|以上|以下|\+)$"
)
_UNIT: Final = re.compile(
    r"\s*(人次|人|名|位|户|张|个|床|座|间|处|所|平方米|平米|平方|㎡|m²|m2|m\^2|sqm|元|年|beds?|places?|people|persons?)$",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}([,， ']\d{3})+(\.\d+)?")
_TIMES: Final = {"万": 1e4, "千": 1e3, "百": 1e2, "亿": 1e8}
_MINUS: Final = str.maketrans({"－": "-", "−": "-", "–": "-", "﹣": "-", "‐": "-", "‑": "-", "—": "-"})


class Kind(StrEnum):
    """How a cell was understood."""

    EXACT = "exact"
    ABOUT = "about"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Number:
    """A number from a cell; `value` is NaN where it is missing or unreadable."""

    value: float
    kind: Kind


_NAN: Final = float("nan")


# Zero-width and direction marks, byte order marks, control characters: nobody sees them, copying brings them.
_INVISIBLE: Final = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
_GUARDED: Final = re.compile(r'="([^"]*)"')
_TELEPHONE: Final = re.compile(r"(?<!\d)(1[3-9]\d{9}|0\d{2,3}[-—\s]?\d{7,8}|\d{17}[\dXx])(?!\d)")
_QUOTED: Final = 60


def plain(cell: Cell) -> str:
    """Half-width text without spaces at the ends and invisible characters, whole floats without “.0”; what
    stands in ="…" is that."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    written = visible(str(cell))
    written = (written if written.isascii() else unicodedata.normalize("NFKC", written)).strip()
    guarded = _GUARDED.fullmatch(written)
    return guarded[1].strip() if guarded else written


def visible(written: str) -> str:
    """Without characters that nobody sees.

    >>> visible("\u200b118.78\ufeff")
    '118.78'
    """
    return _INVISIBLE.sub("", written) if _INVISIBLE.search(written) else written


def quoted(cell: Cell) -> str:
    """A cell as a finding may quote it: short, and without the telephone number or identity card in it.

    >>> quoted("张三 13800000000")
    '张三 …'
    """
    written = _TELEPHONE.sub("…", as_written(cell))
    return written if len(written) <= _QUOTED else written[: _QUOTED - 1] + "…"


def as_written(cell: Cell) -> str:
    """The text of a cell as it stands, spaces and line breaks within it made single spaces."""
    return plain(cell) if isinstance(cell, float) else " ".join(visible(str(cell)).split())


def is_missing(cell: Cell) -> bool:
    """Whether a cell says that there is nothing: empty, “－”, “无”, “暂无” and their like."""
    if not isinstance(cell, str):
        return cell is None or cell != cell
    if len(cell) > _LONGEST_MISSING and len(cell.strip()) > _LONGEST_MISSING:
        return False
    return plain(cell).lower().translate(_MINUS) in _MISSING


def is_ditto(cell: Cell) -> bool:
    """“同上”: the value of the row above."""
    if not isinstance(cell, str) or len(cell) > _LONGEST_MISSING:
        return False
    return plain(cell) in _DITTO or cell.strip() in _DITTO


def parse_number(cell: Cell) -> Number:
    """
    >>> [parse_number(cell).value for cell in ("１，２００人", "约300", "1.2万")]
    [1200.0, 300.0, 12000.0]
    """
    if isinstance(cell, bool):
        return Number(_NAN, Kind.UNREADABLE)
    if isinstance(cell, int | float):
        missing = cell != cell or cell in (float("inf"), float("-inf"))
        return Number(_NAN, Kind.MISSING) if missing else Number(float(cell), Kind.EXACT)
    if is_missing(cell):
        return Number(_NAN, Kind.MISSING)
    return _from_text(plain(cell).translate(_MINUS))


def _from_text(written: str) -> Number:
    times = 1.0
    about = False
    while True:
        shorter = _ABOUT.sub("", written)
        about = about or shorter != written
        shorter = _UNIT.sub("", shorter).strip()
        if shorter and shorter[-1] in _TIMES:
            times *= _TIMES[shorter[-1]]
            shorter = shorter[:-1]
        if shorter == written:
            break
        written = shorter
    if _GROUPED.fullmatch(written):
        written = re.sub(r"[,， ']", "", written)
    if not _NUMBER.fullmatch(written):
        return Number(_NAN, Kind.UNREADABLE)
    value = float(written) * times
    if not math.isfinite(value):
        return Number(_NAN, Kind.UNREADABLE)
    return Number(value, Kind.ABOUT if about else Kind.EXACT)


_EXCEL_EPOCH: Final = datetime(1899, 12, 30)
_SERIALS: Final = (10_000, 80_000)
_YEARS: Final = (1800, 2100)
_NUMERALS: Final = "〇一二三四五六七八九"
_DATE: Final = re.compile(
    r"(?P<y>(?:18|19|20)\d{2})(?:[年./\- ]+(?P<m>\d{1,2})(?:[月./\- ]+(?P<d>\d{1,2})日?)?月?)?年?(?:[ "
    r"t]\d.*)?",
    re.IGNORECASE,
)
_PACKED: Final = re.compile(r"(?P<y>(?:18|19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})?")


def parse_date(cell: Cell) -> str | None:
    """ISO text as exact as the cell: “2019”, “2019-05” or “2019-05-01”; "" if missing, None if unreadable.

    Takes dates, Excel serial numbers, years, “2019年5月”, “2019.5.1”, “201905”.

    >>> parse_date("2019年5月"), parse_date(43586), parse_date("2019.5.1"), parse_date("随时")
    ('2019-05', '2019-05-01', '2019-05-01', None)
    """
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if is_missing(cell):
        return ""
    written = _with_digits(plain(cell))
    if re.fullmatch(r"\d{5}(\.\d+)?", written) and _SERIALS[0] <= float(written) <= _SERIALS[1]:
        return (_EXCEL_EPOCH + timedelta(days=float(written))).date().isoformat()
    found = _PACKED.fullmatch(written) or _DATE.fullmatch(written)
    return _iso(found) if found else None


def _with_digits(written: str) -> str:
    """Chinese numerals of a date as digits.

    >>> _with_digits("二〇一二年十一月"), _with_digits("一九九八年三月二十一日")
    ('2012年11月', '1998年3月21日')
    """
    if not re.search(f"[{_NUMERALS}○零十]", written):
        return written
    written = re.sub(r"[○Ｏ零]", "〇", written)
    written = re.sub(
        r"([一二三]?)十([一二三四五六七八九]?)",
        lambda tens: (tens[1] or "一") + (tens[2] or "〇"),
        written,
    )
    return written.translate({ord(numeral): str(digit) for digit, numeral in enumerate(_NUMERALS)})


def _iso(found: re.Match[str]) -> str | None:
    year, month, day = found["y"], found["m"], found["d"]
    if not _YEARS[0] <= int(year) <= _YEARS[1]:
        return None
    if not month:
        return year
    try:
        date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return f"{year}-{int(month):02d}" + (f"-{int(day):02d}" if day else "")
