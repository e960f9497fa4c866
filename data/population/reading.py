"""How a population file is to be understood, where it does not say so itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

import shapely

from core.errors import SettingError
from core.text import listed
from data.formats.systems import require_datum
from data.population.tables.heads import PERCENT

RasterUnit = Literal["auto", "ask", "count", "per_ha", "per_km2"]
SpreadBy = Literal["area", "floor", "mask"]
RASTER_UNITS: Final[tuple[str, ...]] = get_args(RasterUnit)
SPREADS: Final[tuple[str, ...]] = get_args(SpreadBy)
# Polygons up to 250 m square (grid cells, hexagons, blocks) count at their inner point; a projection
# may make a square of 250 m a little larger.
COARSE_M: Final = 252.0


@dataclass(frozen=True)
class Reading:
    """Answers to what a file may leave open; the defaults answer nothing.

    `area` (WGS-84) is where the study lies: whoever lives outside is left out and reported. Rasters
    are read there only; `unit` is what a number counts ("auto" takes counts where nothing says, "ask"
    raises UnclearUnitError instead), `known_residents` of the area checks it. `column`, `layer` and
    `datum` say where the residents stand and in which system. `groups` are a name and a file of that
    group's people each, those of one name added up, in the unit of `group_units`. Cells wider than
    `coarse_m` are spread over 100 m cells; `is_group` reads the file of a `group`, which may be in percent.
    With `units_given` a group's file may be a table of figures by unit, which the caller lays.
    Polygons: `by` says what residents follow, with the file of
    `buildings` for "floor", of settlements (polygons or a raster) as `mask` for "mask"; nobody lives in
    `water`.
    """

    unit: str = "auto"
    area: shapely.Geometry | None = None
    known_residents: float | None = None
    column: str = ""
    layer: str = ""
    datum: str = "auto"
    groups: tuple[tuple[str, Path], ...] = ()
    group_units: Mapping[str, str] = field(default_factory=dict)
    coarse_m: float = COARSE_M
    is_group: bool = False
    group: str = ""
    units_given: bool = False
    by: str = "area"
    buildings: Path | None = None
    mask: Path | None = None
    water: Path | None = None

    def __post_init__(self) -> None:
        if self.unit not in RASTER_UNITS and not (self.is_group and self.unit == PERCENT):
            raise SettingError(
                "The population unit “{unit}” is not known; use one of {units}.",
                unit=self.unit,
                units=listed(RASTER_UNITS),
            )
        require_datum(self.datum)
        if self.by not in SPREADS:
            raise SettingError(
                "Residents cannot be spread by “{by}”; use one of {ways}.",
                by=self.by,
                ways=listed(SPREADS),
            )
        if self.by == "floor" and self.buildings is None:
            raise SettingError("To spread residents by floor area a layer of buildings is needed.")
        if self.by == "mask" and self.mask is None:
            raise SettingError("To spread residents by settlement a layer of settlements is needed.")
