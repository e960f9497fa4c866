"""Polygons as packed rings with who they belong to; `map.js` puts them together again."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from maps.model import Lines
from maps.polylines import pack


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
