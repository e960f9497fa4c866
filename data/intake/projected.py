"""Metres in China's projected systems: which they can be, and where they then lie."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from core.errors import SettingError
from coverage.model.tables import Bools, Floats
from data.intake.placing import CHINA, inside
from geo.datum import LonLat

# CGCS2000 Gauss-Kruger zones: 3-degree with prefix (25 … 45 = EPSG:4513 …) and without (75°E … 135°E =
# EPSG:4534 …), 6-degree with prefix (13 … 23 = EPSG:4491 …) and without (EPSG:4502 …); UTM 43N … 53N.
_PREFIXED_3: Final = {zone: 4513 + zone - 25 for zone in range(25, 46)}
_PREFIXED_6: Final = {zone: 4491 + zone - 13 for zone in range(13, 24)}
_UNPREFIXED: Final = (*range(4534, 4555), *range(4502, 4513), *range(32643, 32654))
_NORTHINGS: Final = (1.5e6, 6.2e6)
_EASTINGS: Final = (1.0e5, 9.0e5)
_PREFIX: Final = 1e6
_FALSE_EASTING_M: Final = 500_000.0
_METRES_A_DEGREE: Final = 111_000.0


def easting_northing(first: Floats, second: Floats) -> tuple[Floats, Floats, Bools]:
    """Pairs of metres as (easting, northing), and which of them are neither.

    Surveyors write X = north, Y = east: the northing is told by its size, so either order is taken.
    """
    turned = _is_northing(first) & _is_easting(second)
    straight = _is_easting(first) & _is_northing(second)
    east = np.where(turned, second, first)
    north = np.where(turned, first, second)
    return east, north, ~(turned | straight)


def candidates(east: Floats, north: Floats) -> tuple[str, ...]:
    """The systems all these metres can be in, so that they lie in China; most usual first."""
    return tuple(crs for crs in _possible(east) if inside(*about_degrees(east, north, crs), CHINA).all())


def _possible(east: Floats) -> list[str]:
    zones = np.unique(np.floor(east / _PREFIX).astype(int))
    if len(zones) == 1 and zones[0] > 0:
        zone = int(zones[0])
        codes = [table[zone] for table in (_PREFIXED_3, _PREFIXED_6) if zone in table]
    else:
        codes = list(_UNPREFIXED) if zones.max(initial=0) == 0 else []
    return [f"EPSG:{code}" for code in codes]


def about_degrees(east: Floats, north: Floats, crs: str) -> LonLat:
    """Degrees of metres in one of China's systems, right to 0.1° within a zone.

    On a sphere: there are fifty such systems, and making an exact transformation takes a tenth of a
    second. What lies nowhere near need not be looked at exactly.
    """
    lat = north / _METRES_A_DEGREE
    away_m = np.mod(east, _PREFIX) - _FALSE_EASTING_M
    return _meridian(int(crs.rpartition(":")[2])) + away_m / (_METRES_A_DEGREE * np.cos(np.radians(lat))), lat


def _meridian(code: int) -> float:
    """Central meridian of a zone, by its EPSG number."""
    if code >= 32600:
        return 6.0 * (code - 32600) - 183.0
    three_degrees, first = code >= 4513, 4513 if code < 4534 else 4534
    if three_degrees:
        return 75.0 + 3.0 * (code - first)
    return 75.0 + 6.0 * (code - (4491 if code < 4502 else 4502))


def to_degrees(east: Floats, north: Floats, crs: str) -> LonLat:
    """WGS-84 degrees of metres in `crs`; SettingError if the system is not known."""
    lon, lat = _to_wgs84(crs).transform(east, north)
    return np.asarray(lon, float), np.asarray(lat, float)


@cache
def _to_wgs84(crs: str) -> Transformer:
    """Making one takes a tenth of a second, and a list of metres may be in fifty systems."""
    try:
        return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except CRSError as error:
        raise SettingError("The coordinate system “{crs}” is not known.", crs=crs) from error


def is_geographic(crs: str) -> bool | None:
    """Whether a file's own CRS gives degrees; None if it cannot be understood."""
    try:
        return bool(CRS.from_user_input(crs).is_geographic)
    except CRSError:
        return None


def _is_northing(values: Floats) -> Bools:
    return (values >= _NORTHINGS[0]) & (values <= _NORTHINGS[1])


def _is_easting(values: Floats) -> Bools:
    zone = np.floor(values / _PREFIX)
    within = values - zone * _PREFIX
    known = (zone == 0) | ((zone >= 13) & (zone <= 23)) | ((zone >= 25) & (zone <= 45))
    return np.asarray(known & (within >= _EASTINGS[0]) & (within <= _EASTINGS[1]), bool)
