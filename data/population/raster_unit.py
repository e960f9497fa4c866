"""What the numbers of a population raster count: residents per pixel, per hectare or per km²."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import rasterio

from core.errors import SettingError
from core.text import Text, text
from data.intake.findings import INFO, WARNING, Finding

COUNT: Final = "count"
PER_HA: Final = "per_ha"
PER_KM2: Final = "per_km2"
UNITS: Final = (COUNT, PER_HA, PER_KM2)
_M2: Final = {PER_HA: 10_000.0, PER_KM2: 1_000_000.0}

# Densities first: “people per hectare” also holds the word of a count. “1km” in a name is a cell
# size, no unit. WorldPop: ppp per pixel, pph per hectare, pd per km²; GHS-POP and LandScan: counts.
_HINTS: Final = (
    (
        PER_KM2,
        re.compile(
            r"/ ?(?:sq|km)|per[ _-]?(?:sq|km)|km ?\^?-2|\bkm[2²]\b|_pd_|平方公里|平方千米", re.IGNORECASE
        ),
    ),
    (
        PER_HA,
        re.compile(r"/ ?ha\b|per[ _-]?ha|per[ _-]hectare|ha ?\^?-1|(?:\b|_)pph(?:\b|_)|公顷", re.IGNORECASE),
    ),
    (
        COUNT,
        re.compile(
            r"(?:\b|_)ppp(?:\b|_)|per[ _-]?(?:pixel|cell|grid)|count|persons?\b|people\b|inhabitants"
            r"|residents|ghs_pop|landscan|人口数|每格|/格|/像元|(?:^|\W)人$",
            re.IGNORECASE,
        ),
    ),
)
_TAGS: Final = re.compile(r"unit|description|title|long_name|单位", re.IGNORECASE)

# A total decides where it fits one reading much better than the next best one.
_FITS: Final = np.log(1.5)
_CLEARLY: Final = 0.4


class UnclearUnitError(SettingError):
    """Nothing says what a raster counts. `sums` unit → the residents there would be."""

    def __init__(self, file: str, sums: Mapping[str, float]) -> None:
        super().__init__(_question(file, sums))
        self.sums = dict(sums)


@dataclass(frozen=True)
class UnitOfRaster:
    """The unit taken, how it is known ("told", "file", "name", "totals", "assumed"), remarks."""

    unit: str
    source: str
    findings: tuple[Finding, ...] = ()


def residents_of(values: np.ndarray, area_m2: np.ndarray, unit: str) -> np.ndarray:
    """Numbers of a raster as residents; a density counts with each pixel's true area."""
    return values if unit == COUNT else values * (area_m2 / _M2[unit])


def stated_unit(raster: rasterio.DatasetReader, band: int, name: str) -> tuple[str, str]:
    """(unit, "file" or "name") by the raster's own words, else by the file's name, else ("", "")."""
    words = [raster.units[band - 1] or "", raster.descriptions[band - 1] or ""]
    for tags in (raster.tags(band), raster.tags()):
        words += [str(value) for key, value in tags.items() if _TAGS.search(key)]
    for word in words:
        if unit := _hint(word):
            return unit, "file"
    unit = _hint(name.rsplit(".", 1)[0])
    return (unit, "name") if unit else ("", "")


def decide_unit(
    stated: tuple[str, str], sums: Mapping[str, float], known: float | None, file: str
) -> UnitOfRaster:
    """The unit by what the file states and by a known total; doubt is told with every reading's total.

    `sums` unit → the residents there would be. A total that clearly fits another unit than the
    stated one overrules it.
    """
    fitting = _fitting(sums, known) if known else ""
    unit, source = stated
    if fitting and unit and fitting != unit and not _alike(sums[fitting], sums[unit]):
        return UnitOfRaster(fitting, "totals", (_overruled(file, unit, fitting, sums, known or 0.0),))
    if unit:
        return UnitOfRaster(unit, source, (_told(file, unit, sums),))
    if fitting:
        return UnitOfRaster(fitting, "totals", (_told(file, fitting, sums),))
    return UnitOfRaster(COUNT, "assumed", (_assumed(file, sums),))


def _hint(words: str) -> str:
    return next((unit for unit, pattern in _HINTS if pattern.search(words)), "")


def _fitting(sums: Mapping[str, float], known: float) -> str:
    away = sorted((abs(np.log(max(total, 1e-9) / known)), unit) for unit, total in sums.items())
    best, unit = away[0]
    others = [far for far, other in away[1:] if not _alike(sums[other], sums[unit])]
    return unit if best < _FITS and best < _CLEARLY * min(others, default=np.inf) else ""


def _alike(one: float, other: float) -> bool:
    """On cells of a hectare, residents per cell and per hectare are the same."""
    return bool(np.isclose(one, other, rtol=0.02))


def unit_words(unit: str) -> Text:
    """The unit for a reader."""
    if unit == PER_HA:
        return text("residents per hectare")
    return text("residents per km²") if unit == PER_KM2 else text("residents per pixel")


def _told(file: str, unit: str, sums: Mapping[str, float]) -> Finding:
    message = text(
        "The raster's numbers are taken as {unit}: {residents:,.0f} residents in all.",
        unit=unit_words(unit),
        residents=sums[unit],
    )
    return Finding(file, "", 0, "", INFO, "population-unit", message)


def _overruled(file: str, stated: str, fitting: str, sums: Mapping[str, float], known: float) -> Finding:
    message = text(
        "The raster says {stated}, which would make {stated_residents:,.0f} residents. Known are "
        "{known:,.0f}, which fits {fitting} ({residents:,.0f}); that is taken. Please confirm the unit.",
        stated=unit_words(stated),
        stated_residents=sums[stated],
        known=known,
        fitting=unit_words(fitting),
        residents=sums[fitting],
    )
    return Finding(file, "", 0, "", WARNING, "population-unit-contradicted", message)


def _question(file: str, sums: Mapping[str, float]) -> Text:
    return text(
        "{file} does not say what its numbers count: {count:,.0f} residents if they are per pixel, "
        "{per_ha:,.0f} if per hectare, {per_km2:,.0f} if per km². Please state the unit: count, per_ha or "
        "per_km2.",
        file=file,
        count=sums[COUNT],
        per_ha=sums[PER_HA],
        per_km2=sums[PER_KM2],
    )


def _assumed(file: str, sums: Mapping[str, float]) -> Finding:
    message = text(
        "The raster does not say what its numbers count. Residents per pixel are taken, {count:,.0f} in "
        "all; per hectare it would be {per_ha:,.0f}, per km² {per_km2:,.0f}. Please state the unit.",
        count=sums[COUNT],
        per_ha=sums[PER_HA],
        per_km2=sums[PER_KM2],
    )
    return Finding(file, "", 0, "", WARNING, "population-unit-unclear", message)
