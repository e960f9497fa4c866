"""The options of every verb that reads a city: its files, and what is known of ground and people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from commands.options import Datum
from core.errors import SettingError
from core.text import listed
from data.standards import DEFAULT_STANDARD
from jobs.study.cases import StudyFiles
from jobs.study.layers import Answers, Layers


def groups_of(words: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """Names and files of `--group NAME=FILE`; a name may come again. SettingError for anything else."""
    return tuple((name, Path(path)) for name, path in map(_group, words))


def named_pairs(option: str, words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Names and values of an option NAME=VALUE. SettingError for anything else, and a name given twice."""
    pairs: dict[str, str] = {}
    for word in words:
        name, _, value = (part.strip() for part in word.partition("="))
        if not (name and value):
            raise SettingError("{option} wants NAME=VALUE; this is “{word}”.", option=option, word=word)
        if name in pairs:
            raise SettingError("{option} is given twice for “{name}”.", option=option, name=name)
        pairs[name] = value
    return tuple(pairs.items())


def _group(word: str) -> tuple[str, str]:
    name, _, path = (part.strip() for part in word.partition("="))
    if not (name and path):
        raise SettingError("--group wants a name and a file, as elderly=FILE; this is “{word}”.", word=word)
    return name, path


def _layer(words: str) -> Any:
    return Option(help=words, rich_help_panel="Where people live")


def _answer(words: str) -> Any:
    return Option(help=words, rich_help_panel="What a file leaves open")


@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """The files of a study as the user names them; see the help of any verb that takes them."""

    facilities: Annotated[tuple[Path, ...], Option(help="Facility list; give it again for more.")] = ()
    population: Annotated[
        tuple[Path, ...],
        Option(help="Residents: table, map layer or raster; give it again for parts of one whole."),
    ] = ()
    network: Annotated[Path | None, Option(help="Streets: OSM, GraphML or lines.")] = None
    units: Annotated[
        tuple[Path, ...],
        Option(help="Districts, streets, communities; may be given again, a level a file."),
    ] = ()
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
    residential: Annotated[
        Path | None, _layer("Residential land: polygons; shares of it stand beside shares of residents.")
    ] = None
    compounds: Annotated[Path | None, _layer("Residential compounds: polygons or points.")] = None
    group: Annotated[
        tuple[str, ...],
        _layer("elderly=FILE, children=FILE; may be given again, files of one name are added up."),
    ] = ()
    group_unit: Annotated[
        tuple[str, ...], _answer("NAME=count|per_ha|per_km2|percent: what the group's numbers are.")
    ] = ()
    population_column: Annotated[str, _answer("Column or band of residents: its name or number.")] = ""
    population_layer: Annotated[str, _answer("Layer of residents.")] = ""
    population_datum: Annotated[
        str, _answer("System of the residents: auto, wgs84, gcj02, bd09 or epsg:N.")
    ] = "auto"
    units_level: Annotated[
        str, _answer("Level of units that do not say it: district, street, community.")
    ] = ""
    units_layer: Annotated[
        tuple[str, ...], _answer("LEVEL=NAME: which layer holds a level; may be given again.")
    ] = ()
    units_within: Annotated[
        str, _answer("Name or number of the unit that the study is of, where --units hold a wider ground.")
    ] = ""
    network_layer: Annotated[str, _answer("Layer of streets.")] = ""
    network_class: Annotated[str, _answer("Column that tells the class of a street.")] = ""

    def files(self, *, lists: bool = True, land_alone: bool = False) -> StudyFiles:
        """SettingError for what must be given and is not (with `lists`, facilities too), a pair that is not
        NAME=VALUE, or a unit, level or system that is not known.

        With `land_alone` residential land may stand in for residents who are unknown: then what only speaks
        of residents is refused.
        """
        of_land = land_alone and not self.population and self.residential is not None
        if of_land:
            self._require_no_residents()
        residents = (self.residential,) if of_land and self.residential is not None else self.population
        wanted = "--population (or --residential)" if land_alone else "--population"
        given = {wanted: residents, "--network": self.network}
        if lists:
            given = {"--facilities": self.facilities, **given}
        missing = [option for option, value in given.items() if not value]
        if missing or self.network is None:
            raise SettingError("Missing: {options}.", options=listed(missing))
        return StudyFiles(
            self.facilities,
            residents[0],
            self.network,
            self.units[0] if self.units else None,
            standard=self.standard,
            datum=self.datum,
            name=self.name,
            population_unit=self.population_unit,
            heal_m=self.heal,
            layers=self._layers(),
            more_population=residents[1:],
            more_units=self.units[1:],
            answers=Answers(
                population_column=self.population_column,
                population_layer=self.population_layer,
                population_datum=self.population_datum,
                group_units=named_pairs("--group-unit", self.group_unit),
                units_level=self.units_level,
                units_layers=named_pairs("--units-layer", self.units_layer),
                units_within=self.units_within.strip(),
                network_layer=self.network_layer,
                network_class=self.network_class,
            ),
            land_alone=of_land,
        )

    def _require_no_residents(self) -> None:
        """SettingError for options that say something of residents, of whom nothing is known."""
        of_residents = (
            "population_unit", "totals", "totals_column", "buildings", "settled", "water", "group",
            "group_unit", "population_column", "population_layer", "population_datum",
        )  # fmt: skip
        nothing = StudyOptions()
        given = [f"--{name.replace('_', '-')}" for name in of_residents
                 if getattr(self, name) != getattr(nothing, name)]  # fmt: skip
        if given:
            raise SettingError(
                "Without --population the residents are unknown and land is counted alone; leave out "
                "{options}: they speak of residents.",
                options=listed(given),
            )
        if not self.units:
            raise SettingError("Land alone is counted inside units: give them with --units.")

    def _layers(self) -> Layers:
        return Layers(
            totals=self.totals,
            totals_column=self.totals_column,
            buildings=self.buildings,
            settled=self.settled,
            water=self.water,
            urban=self.urban,
            area=self.area,
            residential=self.residential,
            compounds=self.compounds,
            groups=groups_of(self.group),
        )
