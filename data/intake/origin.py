"""Whose outlines a units file holds, and so in which system they are: by what its makers always leave in
it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from core.text import Text, text
from coverage.model.tables import Floats, UnitTable
from data.formats.layers import opened
from data.intake.placing import CHINA, inside
from data.source import OSM_CREDIT, credits_of
from geo.crs import WGS84 as DEGREES
from geo.datum import GCJ02, WGS84, convert

_SQLITE: Final = b"SQLite format 3\x00"
# The columns of DataV's outlines, which are GCJ-02 whatever their file says.
_DATAV: Final = ("acroutes", "childrennum", "subfeatureindex")
# As it leaves the service; whoever converts it writes more decimals.
_DATAV_DECIMALS: Final = 6
_OSM: Final = re.compile(r"osm_?(way_)?id|@id|full_id|admin_level")
_CENSUS: Final = (
    re.compile(r"code_(county|town|pr?efecture|perfecture)|gb_?code"),
    re.compile(r"pop_?20[0-2]\d"),
)
_SAMPLE: Final = 20


@dataclass(frozen=True)
class Origin:
    """`system` is gcj02, wgs84 or "" where nothing tells it."""

    system: str

    @property
    def known(self) -> bool:
        return self.system != ""


def origin_of(path: Path, units: UnitTable) -> Origin:
    """By columns of DataV, OpenStreetMap or a census, a note on the source beside the file, the demo city's
    own label; outside China, where no system is shifted, always WGS-84."""
    west, south, east, north = units.frame.to_crs(DEGREES).total_bounds
    middle = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    if not bool(inside(*middle, CHINA)[0]):
        return Origin(WGS84)
    with opened(path) as file:
        titles = {str(field).casefold() for layer in file.layers for field in layer.fields}
    if any(title in titles for title in _DATAV):
        return Origin(GCJ02 if _as_delivered(units) else "")
    if OSM_CREDIT in credits_of((path,)) or any(_OSM.fullmatch(title) for title in titles):
        return Origin(WGS84)
    if all(any(word.fullmatch(title) for title in titles) for word in _CENSUS) or _is_demo(path):
        return Origin(WGS84)
    return Origin("")


def converted_units(units: UnitTable, file: str) -> tuple[UnitTable, Text]:
    """Outlines in GCJ-02 as WGS-84, and what to say of it."""
    degrees = units.frame.to_crs(DEGREES)

    def moved(lonlat: Floats) -> Floats:
        return np.column_stack(convert(lonlat[:, 0], lonlat[:, 1], GCJ02, WGS84))

    shapes = shapely.transform(np.asarray(degrees.geometry.array, object), moved)
    frame = gpd.GeoDataFrame(degrees.drop(columns="geometry"), geometry=shapes, crs=DEGREES)
    message = text(
        "By its columns {file} holds outlines of DataV, which are GCJ-02; they were converted to WGS-84.",
        file=file,
    )
    return UnitTable(frame.to_crs(units.crs)), message


def _as_delivered(units: UnitTable) -> bool:
    """Whether the corners have no more decimals than the service gives."""
    shapes = np.asarray(units.frame.to_crs(DEGREES).geometry.array, object)[:_SAMPLE]
    corners = shapely.get_coordinates(shapes)
    return bool(
        np.abs(corners - corners.round(_DATAV_DECIMALS)).max(initial=0.0) < 10.0 ** -(_DATAV_DECIMALS + 2)
    )


def _is_demo(path: Path) -> bool:
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            return False
    names: Iterable[str] = (str(name) for name, _ in pyogrio.list_layers(f"GPKG:{path}"))
    told = (pyogrio.read_info(f"GPKG:{path}", layer=name).get("layer_metadata") or {} for name in names)
    return any(about.get("synthetic") == "true" for about in told)
