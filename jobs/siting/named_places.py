"""Names and coordinates that a planner writes, to rows of a table."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from core.errors import InputError
from core.text import Text, text

_PAIR: Final = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*[,，;、\s]\s*(-?\d{1,2}(?:\.\d+)?)\s*$")
_MOST_GUESSES: Final = 3


def lonlat_of(written: str) -> tuple[float, float] | None:
    """Longitude and latitude in degrees, or None where it is a name.

    >>> lonlat_of("118.7969, 32.0603"), lonlat_of("北苑空地")
    ((118.7969, 32.0603), None)
    """
    match = _PAIR.match(unicodedata.normalize("NFKC", written))
    if match is None:
        return None
    lon, lat = float(match[1]), float(match[2])
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def rows_called(name: str, names: Sequence[str], *, what: Text) -> list[int]:
    """All rows of that name; InputError with the nearest names where there is none."""
    plain = [_plain(other) for other in names]
    rows = [row for row, other in enumerate(plain) if other == _plain(name)]
    if rows:
        return rows
    like = difflib.get_close_matches(_plain(name), [other for other in plain if other], _MOST_GUESSES, 0.5)
    if like:
        raise InputError(
            "There is no “{name}” among {what}. Is one of these meant: {like}?",
            name=name,
            what=what,
            like="、".join(dict.fromkeys(like)),
        )
    if not any(plain):
        raise InputError(
            "“{name}” cannot be found: {what} have no names. Write longitude and latitude, "
            "as 118.7969,32.0603.",
            name=name,
            what=what,
        )
    raise InputError("There is no “{name}” among {what}.", name=name, what=what)


def row_called(name: str, names: Sequence[str], *, what: Text) -> int:
    """The one row of that name; InputError if there are several."""
    rows = rows_called(name, names, what=what)
    if len(rows) > 1:
        raise InputError(
            "“{name}” is not one place: {count} of {what} are called so. Write longitude and "
            "latitude instead.",
            name=name,
            count=len(rows),
            what=what,
        )
    return rows[0]


CANDIDATES: Final = text("the candidate places")
EXISTING: Final = text("the existing facilities of the tier")


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()
