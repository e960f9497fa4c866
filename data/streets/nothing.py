"""Why a street file leaves nothing to walk on: elsewhere, swapped, all closed, or no streets at all."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import shapely
from pyproj import Geod, Transformer

from core.errors import InputError
from data.streets.raw import RawStreets, used_bounds
from geo.crs import WGS84

_GEOD: Final = Geod(ellps="WGS84")
# China's; only for degrees that could be either.
_LONGITUDES: Final = (73.0, 136.0)
_LATITUDES: Final = (3.0, 54.0)

Bounds = tuple[float, float, float, float]


def swapped(bounds: Bounds, area: shapely.Geometry | None) -> bool:
    """Whether degrees are latitude before longitude: impossible as they stand, or where the residents
    (`area`) are only the other way round; without residents, where they would be a place in China."""
    west, south, east, north = bounds
    if abs(west) <= 90 < max(abs(south), abs(north)) <= 180:
        return True
    if area is not None:
        here, turned = shapely.box(*bounds), shapely.box(south, west, north, east)
        return bool(shapely.intersects(turned, area) and not shapely.intersects(here, area))
    in_latitudes = _LATITUDES[0] <= west <= east <= _LATITUDES[1]
    return in_latitudes and _LONGITUDES[0] <= south <= north <= _LONGITUDES[1]


def nothing_to_walk(path: Path, raw: RawStreets, area: shapely.Geometry | None) -> InputError:
    """The refusal that says why no street is left."""
    if not len(raw.way_class):
        if raw.closed:
            return InputError(
                "{path} has no street that may be walked: all its {count} {count:street is|streets are} "
                "closed on foot, motorways or the like.",
                path=path.name,
                count=raw.closed,
            )
        return InputError(
            "{path} has no street that may be walked: it holds no lines that are streets, or not their "
            "points.",
            path=path.name,
        )
    if area is None:
        return InputError("{path} has no street that may be walked.", path=path.name)
    west, south, east, north = used_bounds(raw)
    to_degrees = Transformer.from_crs(raw.crs, WGS84, always_xy=True)
    lon, lat = to_degrees.transform((west + east) / 2, (south + north) / 2)
    there = shapely.centroid(area)
    metres = float(_GEOD.inv(lon, lat, there.x, there.y)[2])
    return InputError(
        "{path}: its streets lie elsewhere, {km:,.0f} km away from the residents (around {lon:.3f}, "
        "{lat:.3f}). Is it the file of another city, or is its coordinate system a wrong one?",
        path=path.name,
        km=metres / 1000,
        lon=float(lon),
        lat=float(lat),
    )
