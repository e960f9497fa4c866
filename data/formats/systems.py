"""Coordinate systems as files declare them: each is tried once before anything is measured in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from core.errors import InputError, SettingError
from core.text import Text, listed, text
from geo.crs import WGS84
from geo.datum import SYSTEMS, convert
from geo.datum import WGS84 as WGS84_DATUM

# There and back a place must come out where it was, to so many degrees (a millimetre).
_BACK_DEG: Final = 1e-8
# CGCS2000 and WGS-84 differ by centimetres; PROJ answers “ballpark” all the same.
_SAME: Final = re.compile(
    r"china[ _]?(?:geodetic[ _]coordinate[ _]system[ _])?2000|cgcs[ _]?2000|wgs|itrf", re.I
)
# Datums whose shift depends on the place: EPSG's geographic system, whose parameter sets say how far.
_OLD: Final = (
    (re.compile(r"beijing[ _]?(?:19)?54", re.I), 4214),
    (re.compile(r"xi'?an[ _]?(?:19)?80", re.I), 4610),
)
# EPSG has no parameters for Xian 1980; provinces publish sets that move places by 40 to 100 m.
_XIAN_M: Final = 100.0
_GEOD: Final = Geod(ellps="WGS84")


@dataclass(frozen=True)
class System:
    """A system that can be used: `crs`, its `name` for a reader, and a `warning` where places may be off."""

    crs: CRS
    name: str
    warning: Text | None = None


def usable_system(declared: Any, file: str, at: Sequence[float]) -> System:
    """The declared system, tried at one place `at` (x, y in it).

    InputError that names the file for local, engineering and undefined systems, and where the place
    does not come back. CGCS2000 counts as WGS-84. Beijing 1954 and Xian 1980 carry a warning that
    says how far places may be off, and so does any other system for which PROJ knows no shift.
    """
    try:
        crs = _parsed(declared if isinstance(declared, str | int) else declared.to_wkt())
    except CRSError as error:
        raise _unusable(file, str(declared)[:60]) from error
    if crs.is_engineering or not (crs.is_geographic or crs.is_projected):
        raise _unusable(file, crs.name)
    try:
        there = _to_degrees(crs.to_wkt())
        lon, lat = there.transform(float(at[0]), float(at[1]))
        back = there.transform(lon, lat, direction="INVERSE")
        again = there.transform(*back)
    except (ProjError, CRSError) as error:
        raise _unusable(file, crs.name) from error
    fine = np.isfinite([lon, lat]).all() and abs(lon) <= 180 and abs(lat) <= 90
    if not fine or max(abs(again[0] - lon), abs(again[1] - lat)) > _BACK_DEG:
        raise InputError(
            "{file}: its coordinates ({x:.6g}, {y:.6g}) lie nowhere on earth in the coordinate system it "
            "declares, {system}. Save it with its true system.",
            file=file,
            x=float(at[0]),
            y=float(at[1]),
            system=crs.name,
        )
    return System(crs, _name(crs), _warning(crs, file, (lon, lat), there.accuracy))


@lru_cache(maxsize=64)
def _parsed(declared: str | int) -> CRS:
    """The horizontal part of a system."""
    crs = CRS.from_user_input(declared).to_2d()
    return crs.sub_crs_list[0] if crs.is_compound else crs


@lru_cache(maxsize=64)
def _to_degrees(wkt: str) -> Transformer:
    return Transformer.from_crs(wkt, WGS84, always_xy=True)


@lru_cache(maxsize=64)
def _name(crs: CRS) -> str:
    code = crs.to_epsg(min_confidence=70)
    return f"EPSG:{code}" if code else crs.name


def _warning(crs: CRS, file: str, place: tuple[float, float], accuracy: float) -> Text | None:
    geodetic = crs.geodetic_crs
    datum = " ".join(
        str(name)
        for name in (
            crs.name,
            geodetic and geodetic.name,
            geodetic and geodetic.datum and geodetic.datum.name,
        )
    )
    for pattern, code in _OLD:
        if pattern.search(datum):
            # The farthest that any published parameter set moves the place.
            moved = [0.0]
            for way in TransformerGroup(code, WGS84, always_xy=True).transformers:
                lon, lat = way.transform(*place)
                if way.accuracy >= 0 and np.isfinite([lon, lat]).all():
                    moved.append(float(_GEOD.inv(*place, lon, lat)[2]))
            return text(
                "{file} is in {system}, whose shift against WGS-84 is not known here: its places may lie up "
                "to about {metres:,.0f} m off. Save it in CGCS2000 where that matters.",
                file=file,
                system=crs.name,
                metres=(max(moved) if max(moved) > 0 else _XIAN_M),
            )
    if accuracy >= 0 or crs.is_bound or _SAME.search(datum):
        return None
    return text(
        "{file} is in {system}, for which no shift against WGS-84 is known here: its places may be off. "
        "Save it in CGCS2000 or WGS-84.",
        file=file,
        system=crs.name,
    )


def _unusable(file: str, system: str) -> InputError:
    return InputError(
        "{file}: its coordinate system ({system}) is local or undefined: nothing says where on earth it "
        "lies. Save the file in CGCS2000 or WGS-84 and send it again.",
        file=file,
        system=system,
    )


@dataclass(frozen=True)
class Placed:
    """A layer in WGS-84 degrees, the name of the system it was read in, and what limits trust in it."""

    frame: gpd.GeoDataFrame
    system: str
    warnings: tuple[Text, ...] = ()


def in_degrees(frame: gpd.GeoDataFrame, file: str, *, datum: str = "auto", residents: bool = False) -> Placed:
    """A layer brought to WGS-84 degrees from the system it declares, or from `datum`.

    `datum`: auto (as declared, WGS-84 where nothing is declared and the numbers are degrees), wgs84,
    gcj02, bd09 or epsg:N, which overrule what is declared. InputError as `usable_system`, and for
    numbers without a system that are no degrees. The index and the order of rows stay.
    """
    inside = middle_of(frame.geometry.to_numpy())
    if inside is None:
        return Placed(frame.set_crs(WGS84, allow_override=True), "")
    if datum.startswith("epsg:"):
        frame = frame.set_crs(epsg_of(datum), allow_override=True)
    if frame.crs is None:
        if abs(inside[0]) > 180 or abs(inside[1]) > 90:
            raise no_system(file, inside, residents=residents)
        said: tuple[Text, ...] = ()
        if datum == "auto":
            said = (text("{file} does not say its coordinate system; WGS-84 is taken.", file=file),)
        placed = Placed(frame.set_crs(WGS84), "EPSG:4326", said)
    else:
        system = usable_system(frame.crs, file, inside)
        moved = frame.set_crs(system.crs, allow_override=True).to_crs(WGS84)
        placed = Placed(moved, system.name, () if system.warning is None else (system.warning,))
    if datum not in SYSTEMS:
        return placed
    if datum == WGS84_DATUM:
        return replace(placed, system=datum)
    shapes = shapely.transform(
        placed.frame.geometry.to_numpy(),
        lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1], datum, WGS84_DATUM)),
    )
    return replace(
        placed,
        frame=placed.frame.set_geometry(gpd.GeoSeries(shapes, placed.frame.index, crs=WGS84)),
        system=datum,
    )


def middle_of(shapes: NDArray[np.object_]) -> tuple[float, float] | None:
    """The middle of the layer's bounds; None where no row has a shape."""
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2


def no_system(file: str, at: Sequence[float], *, residents: bool = False) -> InputError:
    """The refusal of numbers that are no degrees and have no system; that of `residents` can be named."""
    said = {"file": file, "x": float(at[0]), "y": float(at[1])}
    if residents:
        return InputError(
            "{file} does not say its coordinate system, and its coordinates ({x:.6g}, {y:.6g}) are no "
            "degrees. Name it with --population-datum epsg:N, or save the file with its system.",
            **said,
        )
    return InputError(
        "{file} does not say its coordinate system, and its coordinates ({x:.6g}, {y:.6g}) are no degrees. "
        "Save it with its system (a shapefile has it in its .prj) and send it again.",
        **said,
    )


def epsg_of(datum: str) -> int:
    """The number of "epsg:4549". SettingError for one that does not exist."""
    try:
        number = int(datum.partition(":")[2])
        CRS.from_epsg(number)
    except (ValueError, CRSError) as error:
        raise SettingError("The coordinate system “{datum}” is not known.", datum=datum) from error
    return number


def require_datum(datum: str) -> None:
    """SettingError unless it is auto, wgs84, gcj02, bd09 or epsg:N."""
    if datum.startswith("epsg:"):
        epsg_of(datum)
    elif datum not in ("auto", *SYSTEMS):
        raise SettingError(
            "The coordinate system “{datum}” is not known; use one of {systems} or epsg:N.",
            datum=datum,
            systems=listed(("auto", *SYSTEMS)),
        )
