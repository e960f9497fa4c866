"""Floor area of buildings people live in: footprint times floors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.errors import InputError
from core.text import text
from coverage.model.tables import Bools, Floats
from data.intake.findings import INFO, Finding
from data.population.columns import find_column
from data.vector import layers, read_vector
from geo.crs import WGS84

FLOOR_COLUMNS: Final = ("floors", "floor", "building:levels", "levels", "层数", "楼层", "楼层数", "建筑层数")
HEIGHT_COLUMNS: Final = ("height", "高度", "建筑高度", "height_m")
USE_COLUMNS: Final = ("building", "use", "fclass", "type", "用途", "类型", "建筑用途")
# A storey of housing is taken to be 3 m high.
_STOREY_M: Final = 3.0
_MOST_FLOORS: Final = 200.0
_NO_HOMES: Final = re.compile(
    r"industrial|commercial|retail|office|warehouse|school|kindergarten|university|hospital|church|temple"
    r"|garage|parking|station|stadium|supermarket|greenhouse|shed|hotel|train|transport|civic|public|government"
    r"|工业|厂|商业|办公|仓|学校|教育|医|车库|车站|体育|宾馆|酒店|公共|行政",
    re.IGNORECASE,
)
_HOMES_TOO: Final = re.compile(r"住|apartment|residential", re.IGNORECASE)


@dataclass(frozen=True)
class Buildings:
    """Inner points (n, 2) in metres and floor area in m² > 0 of the buildings that may hold homes."""

    xy: Floats
    floor_m2: Floats
    findings: tuple[Finding, ...] = ()


def read_buildings(path: Path, crs: str) -> Buildings:
    """Buildings of a layer called buildings, else of all layers. InputError if it has none."""
    names = layers(path)
    names = ("buildings",) if "buildings" in names else names
    frames = [read_vector(path, layer=name) for name in names]
    frames = [frame.set_crs(WGS84) if frame.crs is None else frame for frame in frames]
    return buildings_of(
        gpd.GeoDataFrame(pd.concat([frame.to_crs(crs) for frame in frames], ignore_index=True), crs=crs),
        path.name,
    )


def buildings_of(frame: gpd.GeoDataFrame, file: str) -> Buildings:
    """Buildings of a metric frame; no floors and no height means one floor, and is counted."""
    frame = frame[shapely.get_dimensions(frame.geometry.to_numpy()) == 2]
    homes = _homes(frame)
    frame = frame[homes]
    if not len(frame):
        raise InputError("{file}: the layer has no building that people could live in.", file=file)
    shapes = shapely.make_valid(frame.geometry.to_numpy())
    floors = _floors(frame)
    message = text(
        "{buildings:,} buildings carry the residents; {others:,} of other uses do not. {unknown:,} do not "
        "say how many floors they have and count with one.",
        buildings=len(frame),
        others=int((~homes).sum()),
        unknown=int(np.isnan(floors).sum()),
    )
    return Buildings(
        shapely.get_coordinates(shapely.point_on_surface(shapes)),
        np.maximum(shapely.area(shapes), 0.01) * np.nan_to_num(floors, nan=1.0),
        (Finding(file, "", 0, "", INFO, "population-buildings", message),),
    )


def _homes(frame: gpd.GeoDataFrame) -> Bools:
    column = find_column([str(name) for name in frame.columns], USE_COLUMNS)
    if column is None:
        return np.ones(len(frame), bool)
    use = frame[column].fillna("").astype(str)
    other = use.str.contains(_NO_HOMES).to_numpy(bool) & ~use.str.contains(_HOMES_TOO).to_numpy(bool)
    return np.asarray(~other)


def _floors(frame: gpd.GeoDataFrame) -> Floats:
    """Floors as stated, else height by storeys, else NaN; nothing above what is ever built."""
    columns = [str(name) for name in frame.columns]
    floors = _numbers(frame, find_column(columns, FLOOR_COLUMNS))
    heights = np.maximum(np.round(_numbers(frame, find_column(columns, HEIGHT_COLUMNS)) / _STOREY_M), 1.0)
    known = np.where((floors > 0) & (floors <= _MOST_FLOORS), floors, heights)
    return np.where(known <= _MOST_FLOORS, known, np.nan)


def _numbers(frame: gpd.GeoDataFrame, column: str | None) -> Floats:
    if column is None:
        return np.full(len(frame), np.nan)
    words = frame[column].astype(str).str.extract(r"(\d+(?:\.\d+)?)")[0]
    numbers: Floats = pd.to_numeric(words, errors="coerce").to_numpy(float, na_value=np.nan)
    return numbers
