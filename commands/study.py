"""The options of every verb that reads a city: its files, and what is known of ground and people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from commands.layers import groups_of
from commands.options import Datum, UnitsFile
from data.standards import DEFAULT_STANDARD
from jobs.study.cases import StudyFiles
from jobs.study.layers import Layers


def _layer(words: str) -> Any:
    return Option(help=words, rich_help_panel="Where people live")


@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """The files of a study as the user names them; see the help of any verb that takes them."""

    facilities: Annotated[tuple[Path, ...], Option(help="Facility list; give it again for more.")]
    population: Annotated[Path, Option(help="Residents: table, map layer or GeoTIFF.")]
    network: Annotated[Path, Option(help="Streets: OSM, GraphML or lines.")]
    units: UnitsFile = None
    standard: Annotated[str, Option(help="A preset's id, or a TOML file.")] = DEFAULT_STANDARD
    datum: Datum = "auto"
    name: Annotated[str, Option(help="What the area is called in the results.")] = ""
    population_unit: Annotated[
        str,
        Option(help="What a raster counts: auto, count, per_ha, per_km2."),
    ] = "auto"
    heal: Annotated[float, Option(min=0, help="Close gaps between streets up to so many metres.")] = 0.0
    area: Annotated[Path | None, _layer("The study area; without it, the ground of the units.")] = None
    totals: Annotated[
        Path | None,
        _layer("Census totals by unit (table); residents are scaled to them."),
    ] = None
    totals_column: Annotated[str, _layer("Its column of residents.")] = ""
    buildings: Annotated[
        Path | None,
        _layer("Residents of large areas follow floor area (footprint × floors)."),
    ] = None
    settled: Annotated[Path | None, _layer("… or settlements: polygons, or a GeoTIFF above 0.")] = None
    water: Annotated[Path | None, _layer("Where nobody lives.")] = None
    urban: Annotated[Path | None, _layer("Built-up area, for units that do not say urban or rural.")] = None
    group: Annotated[tuple[str, ...], _layer("elderly=FILE, children=FILE; may be given again.")] = ()

    def files(self) -> StudyFiles:
        """SettingError for a `--group` that is not NAME=FILE, or a name given twice."""
        return StudyFiles(
            self.facilities,
            self.population,
            self.network,
            self.units,
            standard=self.standard,
            datum=self.datum,
            name=self.name,
            population_unit=self.population_unit,
            heal_m=self.heal,
            layers=self._layers(),
        )

    def _layers(self) -> Layers:
        return Layers(
            totals=self.totals,
            totals_column=self.totals_column,
            buildings=self.buildings,
            settled=self.settled,
            water=self.water,
            urban=self.urban,
            area=self.area,
            groups=groups_of(self.group),
        )
