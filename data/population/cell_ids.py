"""Cells that are named instead of placed: H3, geohash and quadkey, as the shapes that they stand for."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

_H3: Final = re.compile(r"8[0-9a-f]{14}$", re.IGNORECASE)
_GEOHASH: Final = re.compile(r"[0-9b-hjkmnp-z]{5,12}$", re.IGNORECASE)
_QUADKEY: Final = re.compile(r"[0-3]{10,23}$")
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
    if _most(probe, _H3) and _valid_h3(probe):
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


def _valid_h3(values: Sequence[str]) -> bool:
    import h3

    return sum(bool(h3.is_valid_cell(value.lower())) for value in values) >= 0.95 * len(values)


def shapes_of_ids(kind: str, values: Sequence[str]) -> NDArray[np.object_]:
    """The polygon of each cell in WGS-84 degrees; None for what is no cell."""
    shape_of = {"h3": _h3, "geohash": _geohash, "quadkey": _quadkey}[kind]
    return np.asarray([shape_of(str(value).strip()) for value in values], object)


def _h3(cell: str) -> shapely.Polygon | None:
    import h3

    cell = cell.lower()
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
