"""The one point a facility's geometry stands for."""

from __future__ import annotations

import math
from typing import Any

Point = tuple[float, float]


def inner_point(geometry: Any) -> tuple[Point | None, str]:
    """The point of a GeoJSON geometry and the geometry's kind.

    A point, a multi-point of one and a collection of one are themselves; an area gives a point inside it.
    Lines, several points, and what is broken give None with their kind ("" where there is no geometry).
    """
    if not isinstance(geometry, dict):
        return None, ""
    kind = str(geometry.get("type", ""))
    coordinates: Any = geometry.get("coordinates")
    try:
        if kind == "Point":
            return _point(coordinates), kind
        if kind == "MultiPoint" and len(coordinates) == 1:
            return _point(coordinates[0]), "Point"
        if kind == "GeometryCollection" and len(geometry["geometries"]) == 1:
            return inner_point(geometry["geometries"][0])
        if kind in ("Polygon", "MultiPolygon"):
            return _inside(geometry), kind
    except (TypeError, ValueError, IndexError, KeyError):
        return None, kind
    return None, kind


def _point(coordinates: Any) -> Point | None:
    x, y = float(coordinates[0]), float(coordinates[1])
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _inside(geometry: Any) -> Point | None:
    # Imported here: most lists have points only, and the child process stays small without it.
    import shapely
    from shapely.geometry import shape

    try:
        point = shapely.make_valid(shape(geometry)).representative_point()
    except shapely.errors.ShapelyError:
        return None
    return None if point.is_empty else (point.x, point.y)
