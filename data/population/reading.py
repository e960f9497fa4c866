"""How a population file is to be understood, where it does not say so itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

import shapely

from core.errors import SettingError

RasterUnit = Literal["auto", "ask", "count", "per_ha", "per_km2"]
SpreadBy = Literal["area", "floor", "mask"]
RASTER_UNITS: Final[tuple[str, ...]] = get_args(RasterUnit)
SPREADS: Final[tuple[str, ...]] = get_args(SpreadBy)


@dataclass(frozen=True)
class Reading:
    """Answers to what a file may leave open; the defaults answer nothing.

    `area` (WGS-84) is where the study lies: whoever lives more than `rim_m` outside is left out and
    told. Rasters are read there only; `unit` is what a pixel's number counts ("auto" takes counts
    where nothing tells, "ask" raises UnclearUnitError instead), `known_residents` of the area
    checks it. `groups` name → a file of that group's people. Polygons: `by` says what residents
    follow, with the file of `buildings` for "floor", of settlements (polygons or a raster) as
    `mask` for "mask"; nobody lives in `water`.
    """

    unit: str = "auto"
    area: shapely.Geometry | None = None
    rim_m: float = 0.0
    known_residents: float | None = None
    groups: Mapping[str, Path] = field(default_factory=dict)
    by: str = "area"
    buildings: Path | None = None
    mask: Path | None = None
    water: Path | None = None

    def __post_init__(self) -> None:
        if self.unit not in RASTER_UNITS:
            raise SettingError(
                "The population unit “{unit}” is not known; use one of {units}.",
                unit=self.unit,
                units=", ".join(RASTER_UNITS),
            )
        if self.by not in SPREADS:
            raise SettingError(
                "Residents cannot be spread by “{by}”; use one of {ways}.",
                by=self.by,
                ways=", ".join(SPREADS),
            )
        if self.by == "floor" and self.buildings is None:
            raise SettingError("To spread residents by floor area a layer of buildings is needed.")
        if self.by == "mask" and self.mask is None:
            raise SettingError("To spread residents by settlement a layer of settlements is needed.")
