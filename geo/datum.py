"""The shifted coordinates of Chinese map services: WGS-84 ↔ GCJ-02 ↔ BD-09.

GCJ-02 (Amap, Tencent) and BD-09 (Baidu) are published as formulas (a = 6378245 m,
ee = 0.00669342162296594323). Their inverses are found by fixed-point iteration, so that going there
and back is exact to well under a millimetre; the one-step inverses in circulation err by metres.

The boundary question: the services shift inside a box around China (72.004–137.8347°E,
0.8293–55.8271°N) that also holds parts of its neighbours; outside it nothing is shifted, here too.
At the rim of the box a shifted point may coincide with an unshifted one outside. The inverse then
takes the point inside the box, so every place inside comes back exactly, and a place outside comes
back exactly unless it lies within a shift (about 1.5 km) of the rim.

CGCS2000 degrees equal WGS-84 degrees here (they differ by centimetres).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.text import Sayable, text

Floats = NDArray[np.float64]
LonLat = tuple[Floats, Floats]

WGS84: Final = "wgs84"
GCJ02: Final = "gcj02"
BD09: Final = "bd09"
SYSTEMS: Final = (WGS84, GCJ02, BD09)
SYSTEM_TITLES: Final = {
    WGS84: text("WGS-84 / CGCS2000"),
    GCJ02: text("GCJ-02 (Amap, Tencent)"),
    BD09: text("BD-09 (Baidu)"),
    "mixed": text("several systems"),
    "unknown": text("not known"),
}

_BOX: Final = (72.004, 0.8293, 137.8347, 55.8271)
_AXIS_M: Final = 6378245.0
_EE: Final = 0.00669342162296594323
_BAIDU_TURN: Final = np.pi * 3000.0 / 180.0
_BAIDU_LON, _BAIDU_LAT = 0.0065, 0.006
# Both maps shrink differences by more than 20 a step; 1e-13° is a hundredth of a micrometre.
_TOLERANCE_DEG: Final = 1e-13
_MOST_STEPS: Final = 30
_WIDEST_SHIFT_DEG: Final = 0.05


def system_title(system: str) -> Sayable:
    """What a reader calls a system of a list; “epsg:N” in capitals."""
    return SYSTEM_TITLES.get(system, system.upper())


def convert(lon: ArrayLike, lat: ArrayLike, source: str, target: str) -> LonLat:
    """Degrees in `source` to degrees in `target`, both one of SYSTEMS; KeyError otherwise.

    Elementwise over broadcast arrays, returned as float arrays of at least one dimension; NaN and
    infinite values and whatever lies outside the box come back as they are.

    >>> [round(float(v[0]), 8) for v in convert(118.7969, 32.0603, WGS84, GCJ02)]
    [118.80208356, 32.0582243]
    >>> [round(float(v[0]), 8) for v in convert(118.7969, 32.0603, WGS84, BD09)]
    [118.80850371, 32.06458284]
    """
    shift_from, shift_to = _SHIFTS[source], _SHIFTS[target]
    x, y = _arrays(lon, lat)
    if source == target:
        return x, y
    if shift_from:
        # Solve shift(place) = (x, y) where the place lies in the box; the rest was never shifted.
        candidates = _within(x, y, margin_deg=_WIDEST_SHIFT_DEG)
        goal_x, goal_y = x[candidates], y[candidates]
        place_x, place_y = goal_x.copy(), goal_y.copy()
        for _ in range(_MOST_STEPS):
            there_x, there_y = shift_from(place_x, place_y)
            miss_x, miss_y = goal_x - there_x, goal_y - there_y
            place_x += miss_x
            place_y += miss_y
            if max(np.abs(miss_x).max(initial=0.0), np.abs(miss_y).max(initial=0.0)) < _TOLERANCE_DEG:
                break
        inside = _within(place_x, place_y, margin_deg=1e-9)
        x[candidates] = np.where(inside, place_x, goal_x)
        y[candidates] = np.where(inside, place_y, goal_y)
    return _inside_only(shift_to, x, y) if shift_to else (x, y)


def in_china_box(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Whether the services shift a WGS-84 place; the box's own rim counts as inside."""
    return _within(*_arrays(lon, lat))


def _within(x: Floats, y: Floats, margin_deg: float = 0.0) -> NDArray[np.bool_]:
    west, south, east, north = _BOX
    return (
        (x >= west - margin_deg)
        & (x <= east + margin_deg)
        & (y >= south - margin_deg)
        & (y <= north + margin_deg)
    )


def _arrays(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    x, y = np.broadcast_arrays(
        np.atleast_1d(np.asarray(lon, np.float64)), np.atleast_1d(np.asarray(lat, np.float64))
    )
    return x.copy(), y.copy()


def _inside_only(shift: Callable[[Floats, Floats], LonLat], x: Floats, y: Floats) -> LonLat:
    inside = in_china_box(x, y)
    x[inside], y[inside] = shift(x[inside], y[inside])
    return x, y


def _to_gcj02(lon: Floats, lat: Floats) -> LonLat:
    x, y = lon - 105.0, lat - 35.0
    root, wave = np.sqrt(np.abs(x)), _waves(x, (6.0, 20.0), (2.0, 20.0))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north_m += _waves(y, (1.0, 20.0), (1 / 3, 40.0), (1 / 12, 160.0), (1 / 30, 320.0))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east_m += _waves(x, (1.0, 20.0), (1 / 3, 40.0), (1 / 12, 150.0), (1 / 30, 300.0))
    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1.0 - _EE) / (magic * np.sqrt(magic))
    parallel_m = _AXIS_M / np.sqrt(magic) * np.cos(phi)
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _waves(angle: Floats, *terms: tuple[float, float]) -> Floats:
    """Σ ⅔ · amplitude · sin(frequency · π · angle)."""
    total = np.zeros_like(angle)
    for frequency, amplitude in terms:
        total += amplitude * np.sin(frequency * np.pi * angle)
    return total * (2.0 / 3.0)


def _to_bd09(lon: Floats, lat: Floats) -> LonLat:
    lon, lat = _to_gcj02(lon, lat)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_TURN)
    return radius * np.cos(angle) + _BAIDU_LON, radius * np.sin(angle) + _BAIDU_LAT


_SHIFTS: Final[dict[str, Callable[[Floats, Floats], LonLat] | None]] = {
    WGS84: None,
    GCJ02: _to_gcj02,
    BD09: _to_bd09,
}
