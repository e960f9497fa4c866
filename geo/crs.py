"""The metric coordinate system of a study area, and the two doors between degrees and metres."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from core.errors import InputError

WGS84: Final = "EPSG:4326"

# CGCS2000 3-degree Gauss-Kruger zones without zone prefix: central meridians 75°E … 135°E are
# EPSG:4534 … EPSG:4554 (EPSG registry). The scale is 1 on the meridian and 1.00025 at the rim of
# a zone at 32°N, so 1,250 m are right to 0.3 m; UTM there is off by up to 0.5 m.
_CHINA_BOUNDS: Final = (73.4, 17.9, 135.2, 53.7)
_FIRST_CHINA_ZONE: Final = 4534
_CORNERS_AT_ONCE: Final = 100_000
# So begins what PROJ says of a way it need not choose.
_STEPS: Final = "proj=pipeline "


def metric_crs(lon: float, lat: float) -> str:
    """Name the metric CRS for an area centred at `lon`, `lat` (degrees, WGS-84).

    Inside China's bounding box the official CGCS2000 3-degree zone, elsewhere the UTM zone
    (WGS-84). Both keep straight distances of 1,250 m right to a metre inside their zone.

    >>> metric_crs(118.79, 32.06), metric_crs(-51.2, -30.05)
    ('EPSG:4549', 'EPSG:32722')
    """
    if not (-180 <= lon <= 180 and -84 <= lat <= 84):
        raise InputError(
            "The study area is centred at longitude {lon}, latitude {lat}, which is not a place "
            "this tool can measure. Are the coordinates degrees in WGS-84?",
            lon=lon,
            lat=lat,
        )
    west, south, east, north = _CHINA_BOUNDS
    if west <= lon <= east and south <= lat <= north:
        zone = round(lon / 3)
        return f"EPSG:{_FIRST_CHINA_ZONE + min(max(zone, 25), 45) - 25}"
    zone = min(math.floor((lon + 180) / 6) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def project(lon: ArrayLike, lat: ArrayLike, crs: str) -> NDArray[np.float64]:
    """Degrees in WGS-84 to metres: an (n, 2) array of x (east) and y (north) in `crs`."""
    x, y = _transformer(WGS84, crs).transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.column_stack([np.atleast_1d(x), np.atleast_1d(y)])


def unproject(xy: NDArray[np.float64], crs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres in `crs`, (n, 2), back to longitude and latitude in WGS-84 degrees."""
    lon, lat = _transformer(crs, WGS84).transform(xy[:, 0], xy[:, 1])
    return lon, lat


def unprojected(shapes: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    """Shapes in metres of `crs` as shapes in WGS-84 degrees. Of millions of corners few are held twice."""
    xy = shapely.get_coordinates(shapes)
    for first in range(0, len(xy), _CORNERS_AT_ONCE):
        some = xy[first : first + _CORNERS_AT_ONCE]
        some[:, 0], some[:, 1] = unproject(some, crs)
    return np.asarray(shapely.set_coordinates(shapes.copy(), xy))


def require_metric(crs: str) -> None:
    """Refuse a CRS whose unit is not the metre, and Web Mercator, whose metres are not metres."""
    try:
        parsed = CRS.from_user_input(crs)
    except CRSError as error:
        raise InputError("“{crs}” is no coordinate system.", crs=crs[:80]) from error
    if parsed.to_epsg() == 3857 or not parsed.is_projected:
        raise InputError("Distances cannot be measured in {crs}; a metric CRS is needed.", crs=crs)


@cache
def _transformer(source: str, target: str) -> Transformer:
    """From the steps it consists of where there is one way only, which gives the same bits.

    PROJ makes it anew in every thread, and each run of a page is one: 0.3 ms from the steps, but
    0.1 s from the names, when it searches its database for ways.
    """
    found = Transformer.from_crs(source, target, always_xy=True)
    steps = found.definition
    return Transformer.from_pipeline(steps) if steps.startswith(_STEPS) else found
