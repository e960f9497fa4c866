"""Districts, streets and communities of a place, as far as OpenStreetMap has their outlines."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import osmnx
import shapely

from coverage.model.tables import LEVELS
from data.osm_fetch.door import Door
from data.osm_fetch.place import Place
from geo.crs import WGS84

_TABLE: Final = Path(__file__).with_name("levels.toml")
_COLUMNS: Final = ("unit_id", "name", "level", "parent_id")


def admin_levels(country: str) -> Mapping[str, str]:
    """Which `admin_level` is which level of units in a country (two letters, lower case)."""
    tables = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return dict(tables.get(country, tables["other"]))


def fetch_units(door: Door, place: Place, levels: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Units whose inner point lies in the place, with their parents, in WGS-84 degrees; maybe none.

    `levels` names the `admin_level` of each level of units.
    """
    tags: dict[str, bool | str | list[str]] = {"admin_level": sorted(levels.values())}
    found = door.ask(lambda: osmnx.features_from_polygon(place.rough, tags))
    return _table(found, place, levels)


def _table(found: gpd.GeoDataFrame | None, place: Place, levels: Mapping[str, str]) -> gpd.GeoDataFrame:
    if found is None or "boundary" not in found:
        return gpd.GeoDataFrame({name: [] for name in _COLUMNS}, geometry=[], crs=WGS84)
    frame = found[~found.index.duplicated()].reset_index()
    level_of = {number: level for level, number in levels.items()}
    inner = frame.geometry.representative_point()
    wanted = (frame["boundary"] == "administrative") & (frame.geometry.geom_type.str.endswith("Polygon"))
    wanted &= frame["admin_level"].isin(list(level_of)) & inner.within(place.outline)
    frame, inner = frame[wanted], inner[wanted]
    units = gpd.GeoDataFrame(
        {
            "unit_id": frame["element"].str[0] + frame["id"].astype(str),
            "name": frame["name"].fillna("").astype(str) if "name" in frame else "",
            "level": frame["admin_level"].map(level_of),
        },
        geometry=frame.geometry.to_numpy(),
        crs=WGS84,
    )
    units = units.assign(parent_id=_parents(units, inner.to_numpy()))
    order = np.lexsort((units["unit_id"], units["level"].map(LEVELS.index)))
    return units.iloc[order].reset_index(drop=True)[[*_COLUMNS, "geometry"]]


def _parents(units: gpd.GeoDataFrame, inner: np.ndarray) -> list[str]:
    """The unit of the next level up, where one is there, in which a unit's inner point lies; "" without."""
    parents = [""] * len(units)
    shapes, level = units.geometry.to_numpy(), units["level"].to_numpy()
    for child, points in enumerate(inner):
        for above in reversed(LEVELS[: LEVELS.index(level[child])]):
            rows = np.flatnonzero((level == above) & shapely.contains(shapes, points))
            if len(rows):
                parents[child] = str(units["unit_id"].iloc[rows[0]])
                break
    return parents
