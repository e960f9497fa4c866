"""Metres in China's projected systems: which they can be by their size, where they then lie, and which one it
is by the list's words and the area."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from core.errors import SettingError
from core.text import text
from coverage.model.tables import Bools, Floats, UnitTable
from data.intake.datum.coordinates import DatumDecision, Evidence
from data.intake.datum.likelihood import UNKNOWN, declared_units, membership
from data.intake.datum.placing import CHINA, Bounds, inside, is_web_mercator
from data.intake.datum.reference import Reference
from data.intake.datum.scores import belief_by_buildings
from geo.crs import project
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
# What web maps are drawn in: its metres are as often of shifted places as of true ones.
WEB_MERCATOR: Final = "EPSG:3857"
_RADIUS_M: Final = 6_378_137.0


def easting_northing(first: Floats, second: Floats) -> tuple[Floats, Floats, Bools]:
    """Pairs of metres as (easting, northing), and which of them are neither.

    Surveyors write X = north, Y = east: the northing is told by its size, so either order is taken.
    """
    turned = (_is_northing(first) & _is_easting(second)) | is_web_mercator(second, first)
    straight = (_is_easting(first) & _is_northing(second)) | is_web_mercator(first, second)
    east = np.where(turned, second, first)
    north = np.where(turned, first, second)
    return east, north, ~(turned | straight)


def candidates(east: Floats, north: Floats) -> tuple[str, ...]:
    """The systems all these metres can be in, so that they lie in China; most usual first."""
    zones = np.unique(np.floor(east / _PREFIX).astype(int))
    codes = list(_UNPREFIXED) if zones.max(initial=0) == 0 else []
    if len(zones) == 1 and zones[0] > 0:
        codes = [table[int(zones[0])] for table in (_PREFIXED_3, _PREFIXED_6) if int(zones[0]) in table]
    possible = [f"EPSG:{code}" for code in codes]
    if is_web_mercator(east, north).all():
        possible.append(WEB_MERCATOR)
    return tuple(crs for crs in possible if inside(*about_degrees(east, north, crs), CHINA).all())


def about_degrees(east: Floats, north: Floats, crs: str) -> LonLat:
    """Degrees of metres in one of China's systems, right to 0.1° within a zone.

    On a sphere: there are fifty such systems, and making an exact transformation takes a tenth of a
    second. What lies nowhere near need not be looked at exactly.
    """
    if crs == WEB_MERCATOR:
        return np.degrees(east / _RADIUS_M), np.degrees(np.arctan(np.sinh(north / _RADIUS_M)))
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


_UNDECIDED: Final = DatumDecision(UNKNOWN, False, 0.0)
_MERIDIAN: Final = re.compile(r"中央(?:子午|经)线\D{0,4}(\d{2,3})|cm\s?=?\s?(\d{2,3})", re.IGNORECASE)
_NAMED: Final = re.compile(r"epsg\D{0,2}(\d{4,5})", re.IGNORECASE)
_MERCATOR: Final = re.compile(r"墨卡托|mercator|900913|102100", re.IGNORECASE)
_NEAR_DEG: Final = 0.05
_ABOUT_DEG: Final = 0.3
_MOSTLY: Final = 0.9
_ALONE: Final = 0.97
# Looking at a system exactly takes a tenth of a second.
_FEW: Final = 6
# A centimetre.
_SAME_DEG: Final = 1e-7


def decide_projection(
    rows: pd.DataFrame,
    wanted: str,
    words: str,
    area: Bounds | None,
    units: UnitTable | None,
    reference: Reference | None = None,
) -> DatumDecision:
    """Decide on rows whose `given_lon`, `given_lat` are easting and northing.

    Decided where one system is wanted or named, or where only one puts (nearly) all rows into the
    area, or where only one is possible at all; unknown otherwise, those that fit ranked by how near the
    buildings of `reference` the rows then lie.
    """
    if wanted.startswith("epsg:"):
        return DatumDecision(wanted, True, 1.0)
    east, north = rows["given_lon"].to_numpy(float), rows["given_lat"].to_numpy(float)
    possible = candidates(east, north)
    named = [crs for crs in possible if _is_named(crs, words)]
    fitting = [crs for crs in possible if _fits(rows, crs, area, units)] if area else list(possible)
    chosen = [crs for crs in fitting if crs in named] or fitting
    if area and not chosen:
        return _UNDECIDED
    if len(chosen) <= _FEW:
        chosen = _different(chosen, east, north)
    if len(chosen) > 1 and named:
        chosen = named[:1]
    if chosen == [WEB_MERCATOR] and not named:
        return replace(_UNDECIDED, ranking=((WEB_MERCATOR.lower(), _ALONE),))
    if len(chosen) != 1:
        return _ranked(rows, chosen, reference)
    system = chosen[0].lower()
    message = text(
        "As metres of {system} the rows lie in the area; by the size of the numbers {count} systems "
        "were possible.",
        system=system.upper(),
        count=len(possible),
    )
    return DatumDecision(
        system, True, _ALONE, (Evidence("projection", system, 2.0, message),), ((system, _ALONE),)
    )


def _different(systems: list[str], east: Floats, north: Floats) -> list[str]:
    """One of those that put the rows into the same places, as the 3-degree and 6-degree zones of one
    meridian do: the most usual."""
    kept: list[str] = []
    seen: list[Floats] = []
    for crs in systems:
        at = np.column_stack(to_degrees(east, north, crs))
        if not any(np.allclose(at, other, rtol=0.0, atol=_SAME_DEG) for other in seen):
            kept.append(crs)
            seen.append(at)
    return kept


def _ranked(rows: pd.DataFrame, chosen: list[str], reference: Reference | None) -> DatumDecision:
    """Undecided: several systems fit. Such as UTM and Gauss-Kruger of the same zone, 1.4 km apart."""
    if reference is None or not chosen:
        return _UNDECIDED
    east, north = rows["given_lon"].to_numpy(float), rows["given_lat"].to_numpy(float)
    belief = belief_by_buildings([to_degrees(east, north, crs) for crs in chosen], reference)
    if belief is None:
        return _UNDECIDED
    order = np.argsort(-belief, kind="stable")
    return replace(_UNDECIDED, ranking=tuple((chosen[k].lower(), float(belief[k])) for k in order))


def _fits(rows: pd.DataFrame, crs: str, area: Bounds | None, units: UnitTable | None) -> bool:
    east, north = rows["given_lon"].to_numpy(float), rows["given_lat"].to_numpy(float)
    if area and inside(*about_degrees(east, north, crs), area, _ABOUT_DEG).mean() < _MOSTLY:
        return False
    lon, lat = to_degrees(east, north, crs)
    if area and inside(lon, lat, area, _NEAR_DEG).mean() < _MOSTLY:
        return False
    unit = None if units is None else declared_units(rows, units)
    if units is None or unit is None or not (unit >= 0).any():
        return True
    # Not far outside what the rows declare, where they declare anything.
    _, away_m = membership(unit, units, project(lon, lat, units.crs)[:, None, :])
    return bool(np.nanmedian(away_m) < 500)


def _is_named(crs: str, words: str) -> bool:
    code = int(crs.rpartition(":")[2])
    if crs == WEB_MERCATOR and _MERCATOR.search(words):
        return True
    if any(int(found) == code for found in _NAMED.findall(words)):
        return True
    meridians = {int(one or other) for one, other in _MERIDIAN.findall(words)}
    return 4534 <= code <= 4554 and 75 + 3 * (code - 4534) in meridians
