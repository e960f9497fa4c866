"""What the numbers of a list can be: degrees, degrees swapped or multiplied, or metres.

Only ranges are judged here, on plain arrays; which datum the degrees are in comes after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from coverage.model.tables import Bools, Floats

DEGREES: Final = 0
SWAPPED: Final = 1
SCALED: Final = 2
METRES: Final = 3
ZERO: Final = 4
IMPOSSIBLE: Final = 5

Bounds = tuple[float, float, float, float]

# The box of China's land and near waters; inside it a longitude can never be a latitude.
CHINA: Final[Bounds] = (73.0, 3.0, 136.0, 54.0)
# Smaller factors would turn a slip of the keyboard into a place.
_SCALES: Final = (1e6, 1e5, 1e7, 1e4)
_LAND: Final[Bounds] = (73.0, 18.0, 136.0, 54.0)


@dataclass(frozen=True)
class Ranges:
    """For every pair its `kind`, and `lon`, `lat` in degrees mended as the kind says (metres as given).

    `scale` is by what scaled ones were divided, `turned` which of them also had to be exchanged.
    """

    kind: NDArray[np.int8]
    lon: Floats
    lat: Floats
    scale: Floats
    turned: Bools


def judge_ranges(
    first: Floats, second: Floats, area: Bounds | None = None, *, planar: bool = False
) -> Ranges:
    """Judge pairs given as (longitude, latitude); NaN pairs are IMPOSSIBLE. `planar`: their titles speak of
    X and Y, so that whole numbers which can be metres of a web map are no degrees that lack their point.

    Degrees outside China count as swapped only where the numbers leave no choice, or where `area`
    (degrees) holds the swapped place and not the given one.
    """
    kind = np.full(len(first), IMPOSSIBLE, np.int8)
    lon, lat, scale = first.copy(), second.copy(), np.ones(len(first))
    degrees = (np.abs(first) <= 180) & (np.abs(second) <= 90)
    kind[degrees] = DEGREES
    swapped = _swapped(first, second, area)
    kind[swapped] = SWAPPED
    lon[swapped], lat[swapped] = second[swapped], first[swapped]
    turned = np.zeros(len(first), bool)
    # Only a whole number can have lost its point.
    whole = np.asarray((first % 1 == 0) & (second % 1 == 0), bool)
    if planar and area is None:
        whole &= ~(is_web_mercator(first, second) | is_web_mercator(second, first))
    for factor in _SCALES:
        for one, other, exchanged in ((first, second, False), (second, first, True)):
            fits = (kind == IMPOSSIBLE) & whole & inside(one / factor, other / factor, area or _LAND)
            kind[fits], scale[fits], turned[fits] = SCALED, factor, exchanged
            lon[fits], lat[fits] = one[fits] / factor, other[fits] / factor
    kind[(kind == IMPOSSIBLE) & (np.abs(first) > 1e4) & (np.abs(second) > 1e4)] = METRES
    kind[(first == 0) & (second == 0)] = ZERO
    return Ranges(kind, lon, lat, scale, turned)


def _swapped(first: Floats, second: Floats, area: Bounds | None) -> Bools:
    could_be = (np.abs(first) <= 90) & (np.abs(second) <= 180)
    must_be = could_be & (np.abs(second) > 90)
    chinese = inside(second, first, CHINA)
    if area is None:
        return must_be | chinese
    placed = inside(second, first, area) & ~inside(first, second, area)
    return must_be | chinese | (could_be & placed)


def is_web_mercator(east: Floats, north: Floats) -> Bools:
    """Whether pairs can be metres of web maps (EPSG:3857) within China."""
    return np.asarray((east > 8.1e6) & (east < 15.2e6) & (north > 3.3e5) & (north < 7.3e6), bool)


def inside(lon: Floats, lat: Floats, bounds: Bounds, margin_deg: float = 0.0) -> Bools:
    """Whether degrees lie in (west, south, east, north); the rim counts as inside."""
    west, south, east, north = bounds
    return (
        (lon >= west - margin_deg)
        & (lon <= east + margin_deg)
        & (lat >= south - margin_deg)
        & (lat <= north + margin_deg)
    )
