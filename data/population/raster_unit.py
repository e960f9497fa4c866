"""What the numbers of a population raster count: residents per pixel, per hectare or per km²."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import rasterio

from core.text import Text, text
from data.formats.asked import OpenQuestionError
from data.intake.findings import INFO, WARNING, Finding
from data.population.tables.heads import COUNT, PER_HA, PER_KM2, PERCENT, hinted_unit

UNITS: Final = (COUNT, PER_HA, PER_KM2)
_M2: Final = {PER_HA: 10_000.0, PER_KM2: 1_000_000.0}

# Keys of tags that may name a unit.
_TAGS: Final = re.compile(r"unit|description|title|long_name|单位", re.IGNORECASE)

# A total decides where it fits one reading much better than the next best one.
_FITS: Final = np.log(1.5)
_CLEARLY: Final = 0.4


class UnclearUnitError(OpenQuestionError):
    """Nothing says what a raster counts. `sums` unit → the residents there would be."""

    def __init__(self, file: str, sums: Mapping[str, float]) -> None:
        question = text(
            "{file} does not say what its numbers count: {count:,.0f} residents if they are per pixel, "
            "{per_ha:,.0f} if per hectare, {per_km2:,.0f} if per km². State the unit with --population-unit "
            "(count, per_ha or per_km2).",
            file=file,
            count=sums[COUNT],
            per_ha=sums[PER_HA],
            per_km2=sums[PER_KM2],
        )
        super().__init__(question, option="--population-unit", field="population_unit", choices=UNITS)
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
        if unit := hinted_unit(word):
            return unit, "file"
    unit = hinted_unit(name.rsplit(".", 1)[0])
    return (unit, "name") if unit else ("", "")


# Residents per km² of populated ground, on average over a study: a hamlet, and twice the densest city.
_SPARSE_KM2: Final = 5.0
_DENSE_KM2: Final = 100_000.0


def plausible_unit(values: np.ndarray, area_m2: np.ndarray) -> str:
    """The density that gives a number of people as cities have it on populated ground; "" where both do."""
    there = np.isfinite(values) & (values > 0)
    if not there.any():
        return ""
    km2 = float(area_m2[there].sum()) / 1e6
    fits = [
        unit
        for unit in (PER_HA, PER_KM2)
        if _SPARSE_KM2
        <= float(residents_of(values[there], area_m2[there], unit).sum()) / km2
        <= _DENSE_KM2 / 2
    ]
    return fits[0] if len(fits) == 1 else ""


def is_implausible(residents: float, area_m2: float) -> bool:
    """Whether so many people cannot live on so much populated ground."""
    return residents / max(area_m2 / 1e6, 1e-9) > _DENSE_KM2


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
    message = text(
        "The raster does not say what its numbers count. Residents per pixel are taken, {count:,.0f} in "
        "all; per hectare it would be {per_ha:,.0f}, per km² {per_km2:,.0f}. Please state the unit.",
        count=sums[COUNT],
        per_ha=sums[PER_HA],
        per_km2=sums[PER_KM2],
    )
    return UnitOfRaster(
        COUNT, "assumed", (Finding(file, "", 0, "", WARNING, "population-unit-unclear", message),)
    )


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
    if unit == PERCENT:
        return text("percent of the residents")
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
