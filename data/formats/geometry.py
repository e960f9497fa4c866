"""The one point a facility's geometry stands for, and its extent where it is an area or several points."""

from __future__ import annotations

import math
from typing import Any, Final

Point = tuple[float, float]


def inner_point(geometry: Any) -> tuple[Point | None, str]:
    """The point of a GeoJSON geometry and the geometry's kind.

    A point, a multi-point of one and a collection of one are themselves; an area gives a point inside it,
    several points the first. Lines and what is broken give None with their kind ("": no geometry).
    """
    if not isinstance(geometry, dict):
        return None, ""
    kind = str(geometry.get("type", ""))
    coordinates: Any = geometry.get("coordinates")
    try:
        if kind == "Point":
            return _point(coordinates), kind
        if kind == "MultiPoint" and coordinates:
            return _point(coordinates[0]), "Point" if len(coordinates) == 1 else kind
        if kind == "GeometryCollection" and len(geometry["geometries"]) == 1:
            return inner_point(geometry["geometries"][0])
        if kind in ("Polygon", "MultiPolygon"):
            return _inside(geometry), kind
    except (TypeError, ValueError, IndexError, KeyError):
        return None, kind
    return None, kind


# What the column of extents is called in a text table.
EXTENT: Final = "extent"


def extent_of(geometry: Any) -> bytes | None:
    """An area, or several points, as WKB; None for all else and for what is broken."""
    kind = str(geometry.get("type", "")) if isinstance(geometry, dict) else ""
    if kind == "GeometryCollection" and len(geometry.get("geometries") or ()) == 1:
        return extent_of(geometry["geometries"][0])
    if kind not in ("Polygon", "MultiPolygon", "MultiPoint"):
        return None
    import shapely
    from shapely.geometry import shape

    try:
        return extent_wkb(shapely.force_2d(shape(geometry)))
    except (shapely.errors.ShapelyError, TypeError, ValueError, IndexError, KeyError):
        return None


def extent_wkb(shape: Any) -> bytes | None:
    """The same of a shape."""
    import shapely

    if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon", "MultiPoint"):
        return None
    if shape.geom_type == "MultiPoint":
        return bytes(shapely.to_wkb(shape)) if len(shape.geoms) > 1 else None
    areas = [part for part in shapely.get_parts(shapely.make_valid(shape)) if part.geom_type == "Polygon"]
    return bytes(shapely.to_wkb(shapely.union_all(areas))) if areas else None


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
