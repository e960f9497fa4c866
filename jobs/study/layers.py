"""Further files of a study: what is known of the ground and of who lives on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import SettingError


@dataclass(frozen=True)
class Layers:
    """Each may be left out.

    `totals` census totals by unit, which the residents are scaled to (`totals_column` names the
    residents' column where it is unusual); `buildings` or `settled`
    (polygons or a raster) what residents of large polygons follow; `water` where nobody lives;
    `urban` the built-up area, for units that do not say what they are; `area` the study area, in
    place of the units' ground; `groups` name → a file of that group ("elderly", "children").
    """

    totals: Path | None = None
    buildings: Path | None = None
    settled: Path | None = None
    water: Path | None = None
    urban: Path | None = None
    area: Path | None = None
    groups: tuple[tuple[str, Path], ...] = ()
    totals_column: str = ""

    @property
    def by_role(self) -> Mapping[str, Path]:
        """The files that are given, by what they are: "water", "group:elderly", …"""
        named = {role: path for role, path in vars(self).items() if isinstance(path, Path)}
        return {**named, **{f"group:{name}": path for name, path in self.groups}}


def distinct_groups(named: Iterable[tuple[str, Path]]) -> tuple[tuple[str, Path], ...]:
    """Groups with their files. SettingError for a name given twice."""
    found: dict[str, Path] = {}
    for name, path in named:
        if name in found:
            raise SettingError("The group “{name}” is given twice.", name=name)
        found[name] = path
    return tuple(found.items())
