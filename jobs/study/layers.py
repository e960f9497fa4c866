"""Further files of a study, what is known of the ground and of who lives on it; and the user's answers
to what the files leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import SettingError
from core.text import listed


@dataclass(frozen=True)
class Layers:
    """Each may be left out.

    `totals` census totals by unit, which the residents are scaled to (`totals_column` names the
    residents' column where it is unusual); `buildings` or `settled`
    (polygons or a raster) what residents of large polygons follow; `water` where nobody lives;
    `urban` the built-up area, for units that do not say what they are; `area` the study area, in
    place of the units' ground; `groups` name and a file of that group ("elderly", "children"); the
    files of one name are added up; `residential` land and `compounds` are further things to divide by.
    SettingError for a group that is called as a column of cells is.
    """

    totals: Path | None = None
    buildings: Path | None = None
    settled: Path | None = None
    water: Path | None = None
    urban: Path | None = None
    area: Path | None = None
    groups: tuple[tuple[str, Path], ...] = ()
    totals_column: str = ""
    residential: Path | None = None
    compounds: Path | None = None

    def __post_init__(self) -> None:
        if not self.groups:
            return
        # Imported here: the first page waits for this module, and tables bring pandas along.
        from coverage.publish.wide import is_free_for_a_group

        for name, _ in self.groups:
            if not is_free_for_a_group(name):
                raise SettingError(
                    "A group of residents cannot be called “{name}”: a column of the tables is called so. "
                    "Choose another name.",
                    name=name,
                )

    @property
    def by_role(self) -> Mapping[str, Path]:
        """The files that are given, by what they are: "water", "group:elderly", "group:elderly:2", …"""
        named = {role: path for role, path in vars(self).items() if isinstance(path, Path)}
        for name, path in self.groups:
            role = f"group:{name}"
            same = sum(1 for other in named if other.startswith(f"{role}:"))
            named[role if role not in named else f"{role}:{2 + same}"] = path
        return named


GROUP_UNITS: Final = ("count", "per_ha", "per_km2", "percent")


@dataclass(frozen=True)
class Answers:
    """What the user says where files leave it open; "" and () leave the choice to the reader.

    `population_column` a column's or band's name, or its number from 1; `population_layer` a layer
    of the residents' files; `population_datum` auto, wgs84, gcj02, bd09 or epsg:N; `group_units`
    (name, unit of GROUP_UNITS); `units_level` the level of all units of a file without levels;
    `units_layers` (level, layer); `units_within` the unit, by name or number, that the study is of;
    `network_layer`, `network_class` the streets' layer and column of
    classes. SettingError for what cannot be.
    """

    population_column: str = ""
    population_layer: str = ""
    population_datum: str = "auto"
    group_units: tuple[tuple[str, str], ...] = ()
    units_level: str = ""
    units_layers: tuple[tuple[str, str], ...] = ()
    units_within: str = ""
    network_layer: str = ""
    network_class: str = ""

    def __post_init__(self) -> None:
        for name, unit in self.group_units:
            if unit not in GROUP_UNITS:
                raise SettingError(
                    "The unit “{unit}” of the group “{name}” is not known; use one of {units}.",
                    unit=unit,
                    name=name,
                    units=listed(GROUP_UNITS),
                )
        levels = (*filter(None, [self.units_level]), *(level for level, _ in self.units_layers))
        if not levels:
            return
        from coverage.model.tables import LEVELS

        for level in levels:
            if level not in LEVELS:
                raise SettingError(
                    "The level “{level}” is not known; use one of {levels}.",
                    level=level,
                    levels=listed(LEVELS),
                )
