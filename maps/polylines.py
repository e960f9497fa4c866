"""Lines as a few bytes a vertex: whole 1e-5 degrees, differences, variable-length numbers.

Layout, all numbers LEB128 (seven bits a byte, low bits first): how many lines; the number of
vertices of each; then, for every vertex of all lines on end, longitude and latitude as zigzag
differences from the vertex before (the first from 0, 0). `maps/assets/lines.js` reads the same.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from core.errors import InputError
from maps.model import Ints, Lines

# 1e-5 degrees are 1.1 m: below the width of a line on any zoom the map offers.
UNITS_PER_DEGREE: Final = 100_000
_LIMIT: Final = 360 * UNITS_PER_DEGREE
# A shape's corners less than this off (about 4 m) cannot be told apart on the map.
TOLERANCE_DEG: Final = 4e-5


def pack(lines: Lines) -> bytes:
    """`lines` with every coordinate rounded to 1e-5 degrees."""
    whole = np.rint(np.column_stack([lines.lon, lines.lat]) * UNITS_PER_DEGREE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel()
    zigzag = (steps << 1) ^ (steps >> 63)
    numbers = np.concatenate([[len(lines)], np.diff(lines.start), zigzag])
    return _to_bytes(numbers.astype(np.uint64))


def unpack(data: bytes) -> Lines:
    """The reverse of `pack`; InputError if the bytes are not what `pack` writes."""
    numbers = _from_bytes(data)
    count = int(numbers[0]) if len(numbers) else -1
    lengths = numbers[1 : count + 1]
    zigzag = numbers[count + 1 :]
    if count < 0 or len(lengths) != count or len(zigzag) != 2 * int(lengths.sum()):
        raise _damaged()
    steps = (zigzag >> 1) ^ -(zigzag & 1)
    whole = np.cumsum(steps.reshape(-1, 2), axis=0)
    if len(whole) and np.abs(whole).max() > _LIMIT:
        raise _damaged()
    lon, lat = whole.T / UNITS_PER_DEGREE
    return Lines(lon.copy(), lat.copy(), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def packed_areas(areas: Sequence[shapely.Geometry]) -> dict[str, Any]:
    """`rings` (base64), and for each ring `owner` (which of `areas`) and `outer` (1 begins a polygon).

    `areas` are polygons or multipolygons in degrees; `count` of them, empty ones without a ring.
    """
    parts, owner_of_part = shapely.get_parts(np.array(areas, object), return_index=True)
    surface = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner_of_part = parts[surface], owner_of_part[surface]
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    lon, lat = shapely.get_coordinates(rings).T
    start = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(rings))]).astype(np.int64)
    return {
        "count": len(areas),
        "rings": b64encode(pack(Lines(lon, lat, start))).decode(),
        "owner": owner_of_part[part_of_ring].tolist(),
        "outer": np.diff(part_of_ring, prepend=-1).astype(int).tolist(),
    }


def _to_bytes(numbers: NDArray[np.uint64]) -> bytes:
    """LEB128 of each number, on end."""
    width = np.ones(len(numbers), np.int64)
    for septet in range(1, 6):
        width += numbers >= np.uint64(1 << (7 * septet))
    first = np.cumsum(width) - width
    out = np.zeros(int(width.sum()), np.uint8)
    for septet in range(int(width.max(initial=1))):
        has = width > septet
        low = (numbers[has] >> np.uint64(7 * septet)) & np.uint64(0x7F)
        more = (width[has] > septet + 1).astype(np.uint64) << np.uint64(7)
        out[first[has] + septet] = low | more
    return out.tobytes()


def _from_bytes(data: bytes) -> Ints:
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets < 0x80)
    if len(ends) == 0 or ends[-1] != len(octets) - 1:
        raise _damaged()
    starts = np.concatenate([[0], ends[:-1] + 1])
    width = ends - starts + 1
    if width.max() > 6:
        raise _damaged()
    place = np.arange(len(octets)) - np.repeat(starts, width)
    return np.add.reduceat((octets & 0x7F).astype(np.int64) << (7 * place), starts)


def _damaged() -> InputError:
    return InputError("The basemap file is damaged; run the assessment again to make a new one.")
