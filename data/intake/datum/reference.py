"""What is known to lie where it says: buildings, named places and water, in true coordinates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from data.guard import guarded
from data.intake.datum.placing import Bounds
from data.population.columns import find_column
from data.vector import layers, read_vector
from geo.crs import WGS84

NAME_COLUMNS: Final = ("name", "名称", "name_zh", "name:zh", "Name_County", "标准名称")
_LARGEST_BUILDING_M2: Final = 60_000.0
_WATER: Final = re.compile(r"water|river|lake|水|河|湖", re.IGNORECASE)
_M2_PER_SQUARE_DEGREE: Final = 111_320.0**2


@dataclass(frozen=True)
class Reference:
    """Geometries in WGS-84 degrees: building outlines, names with the place of each, water."""

    buildings: NDArray[np.object_]
    names: tuple[str, ...]
    places: NDArray[np.object_]
    water: NDArray[np.object_]

    @property
    def bounds(self) -> Bounds | None:
        """(west, south, east, north) of all it holds, in degrees; None if that is nothing."""
        shapes = np.concatenate([self.buildings, self.places, self.water])
        if not len(shapes):
            return None
        west, south, east, north = shapely.total_bounds(shapes)
        return float(west), float(south), float(east), float(north)


def reference_of(frame: gpd.GeoDataFrame, layer: str = "") -> Reference:
    """Sort a layer's rows: areas of a building's size, areas of water, and all that has a name."""
    frame = frame if frame.crs is None else frame.to_crs(WGS84)
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    shapes = np.asarray(frame.geometry.array, object)
    area_m2 = shapely.area(shapes) * _M2_PER_SQUARE_DEGREE
    is_area = np.isin(shapely.get_type_id(shapes), (3, 6))
    wet = is_area & _is_water(frame, layer)
    is_building = is_area & ~wet & (area_m2 < _LARGEST_BUILDING_M2)
    column = find_column([str(name) for name in frame.columns], NAME_COLUMNS)
    names = frame[column].fillna("").astype(str).str.strip() if column else pd.Series("", index=frame.index)
    named = (names != "").to_numpy() & ~np.isin(shapely.get_type_id(shapes), (1, 5))
    return Reference(shapes[is_building], tuple(names[named]), shapes[named], shapes[wet])


@guarded
def read_reference(path: Path) -> Reference:
    """All layers of a file in true coordinates, together."""
    parts = [reference_of(read_vector(path, layer=name), name) for name in layers(path)]
    return Reference(
        np.concatenate([part.buildings for part in parts]),
        tuple(name for part in parts for name in part.names),
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.water for part in parts]),
    )


def _is_water(frame: gpd.GeoDataFrame, layer: str) -> NDArray[np.bool_]:
    said = np.full(len(frame), bool(_WATER.search(layer)))
    for column in ("natural", "water", "class", "类型"):
        if column in frame.columns:
            said |= frame[column].fillna("").astype(str).str.contains(_WATER).to_numpy(bool)
    return said
