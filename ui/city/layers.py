"""Further files of a city: the ground, and who lives where on it. Folded away until somebody has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from core.errors import InputError
from core.text import Text, text
from jobs.study.layers import Layers
from ui.shell.choices import words
from ui.widgets.pick import pick
from ui.widgets.uploads import file_from

# What the readers open; what a file holds is told by its content, not by its ending.
VECTOR_TYPES: Final = (
    *("gpkg", "geojson", "json", "zip", "geojsonl", "geojsonseq"),
    *("fgb", "parquet", "topojson", "kml", "kmz", "csv", "gz", "tar", "tgz"),
)
_RASTER_TYPES: Final = ("tif", "tiff", "img", "asc", "nc")
_GROUND_TYPES: Final = (*VECTOR_TYPES, *_RASTER_TYPES)
_TABLE_TYPES: Final = ("xlsx", "xls", "et", "ods", "csv", "tsv", "txt")
PEOPLE_TYPES: Final = tuple(dict.fromkeys((*_RASTER_TYPES, *_TABLE_TYPES, *VECTOR_TYPES)))
STREET_TYPES: Final = ("osm", "pbf", "xml", "bz2", "graphml", *VECTOR_TYPES)
_COLUMNS: Final = 3


@dataclass(frozen=True)
class _Box:
    """A box for one file; `role` is its field in `Layers`, or the name of a group."""

    role: str
    title: Text
    about: Text
    types: Sequence[str]


_BOXES: Final = (
    _Box(
        "area",
        text("Study area"),
        text("Only who lives inside counts. Without it: the ground of the units."),
        VECTOR_TYPES,
    ),
    _Box(
        "totals",
        text("Census totals by unit"),
        text("A table with a unit and its residents in each row; the residents are scaled to them."),
        _TABLE_TYPES,
    ),
    _Box(
        "urban",
        text("Built-up area"),
        text("Tells urban from rural for units that do not say it."),
        VECTOR_TYPES,
    ),
    _Box(
        "buildings",
        text("Buildings"),
        text("Residents of large areas follow the floor area (footprint × floors)."),
        VECTOR_TYPES,
    ),
    _Box(
        "settled",
        text("Settlements"),
        text("In place of buildings: polygons, or a GeoTIFF with numbers above 0."),
        _GROUND_TYPES,
    ),
    _Box(
        "water",
        text("Water"),
        text("Where nobody lives: polygons, or a GeoTIFF with numbers above 0."),
        _GROUND_TYPES,
    ),
    _Box(
        "residential",
        text("Residential land"),
        text("Shares are given by it too. Without residents, with units, everything is counted by it."),
        VECTOR_TYPES,
    ),
    _Box(
        "compounds",
        text("Residential compounds"),
        text("Shares are given by them too: outlines or places, with their households if known."),
        (*VECTOR_TYPES, *_TABLE_TYPES),
    ),
)
_GROUPS: Final = (
    _Box(
        "elderly",
        text("Elderly residents"),
        text("Places or areas with their numbers, or a GeoTIFF."),
        PEOPLE_TYPES,
    ),
    _Box(
        "children", text("Children"), text("Places or areas with their numbers, or a GeoTIFF."), PEOPLE_TYPES
    ),
    _Box("", text("Another group"), text("For example preschool; write its name below."), PEOPLE_TYPES),
)
RASTER_UNITS: Final = {
    "auto": text("told by the file"),
    "count": text("residents in each cell"),
    "per_ha": text("residents per hectare"),
    "per_km2": text("residents per km²"),
}


@dataclass(frozen=True)
class FurtherFiles:
    """What was put into the boxes, as files of the session; `raster_unit` as `StudyFiles.population_unit`."""

    files: dict[str, Path]
    groups: dict[str, Path]
    group_name: str
    totals_column: str
    raster_unit: str

    def kept(self) -> Layers:
        """As layers of a study. InputError for a group without its name, or a name without its file."""
        named = [(name or self._name_of_other(), path) for name, path in self.groups.items()]
        if self.group_name and "" not in self.groups:
            raise InputError("Please choose the file of the group “{name}”.", name=self.group_name)
        return Layers(**self.files, groups=tuple(named), totals_column=self.totals_column)

    def _name_of_other(self) -> str:
        if not self.group_name:
            raise InputError("Please give the further group of residents a name.")
        return self.group_name


def ask_for_layers() -> FurtherFiles:
    """The boxes, under a fold."""
    tr = words()
    with st.expander(tr(text("More about where people live"))):
        st.caption(tr(text("All of it is optional. What each file changed is told below the result.")))
        files, groups = _ask(_BOXES), _ask(_GROUPS)
        left, middle, right = st.columns(_COLUMNS, gap="medium")
        column = left.text_input(
            tr(text("Column of residents in the census totals")),
            max_chars=60,
            placeholder=tr(text("only if it has an unusual name")),
            key="city-totals-column",
        )
        unit = pick(
            middle.selectbox, text("What a raster of residents counts"), list(RASTER_UNITS),
            key="city-raster-unit", said=lambda option: tr(RASTER_UNITS[option]),
        )  # fmt: skip
        name = right.text_input(tr(text("Name of the other group")), max_chars=40, key="city-group-name")
    return FurtherFiles(files, groups, name.strip(), column.strip(), str(unit))


def _ask(boxes: Sequence[_Box]) -> dict[str, Path]:
    """Role → the file chosen, three boxes abreast."""
    tr, found = words(), {}
    for begin in range(0, len(boxes), _COLUMNS):
        for place, box in zip(st.columns(_COLUMNS, gap="medium"), boxes[begin:], strict=False):
            path = file_from(place, tr(box.title), box.types, key=f"city-{box.role or 'other'}")
            place.caption(tr(box.about))
            if path is not None:
                found[box.role] = path
    return found
