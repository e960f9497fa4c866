"""A place by its name: its outline and how it is cut into tiles; its districts,
streets and communities, as far as OpenStreetMap has their outlines.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import osmnx
import shapely

from core.errors import InputError
from coverage.model.tables import LEVELS
from data.osm_fetch.door import Door
from data.streets.osm_clip import widened
from geo.crs import WGS84

# A square of about 10 km: some ten thousand streets of a dense city, answered in seconds.
TILE_DEGREES: Final = 0.1
_ROUGH_DEGREES: Final = 0.002
_TABLE: Final = Path(__file__).with_name("levels.toml")
_COLUMNS: Final = ("unit_id", "name", "level", "parent_id")


@dataclass(frozen=True)
class Place:
    """What was found under a name; `outline` in WGS-84 degrees."""

    name: str
    outline: shapely.Geometry

    @property
    def rough(self) -> shapely.Geometry:
        """A plainer outline around the true one: short enough for a question to a server."""
        return self.outline.buffer(_ROUGH_DEGREES).simplify(_ROUGH_DEGREES / 2)

    def as_geojson(self) -> dict[str, Any]:
        """The outline as a GeoJSON collection of one feature."""
        shape = json.loads(shapely.to_geojson(self.outline))
        feature = {"type": "Feature", "properties": {"name": self.name}, "geometry": shape}
        return {"type": "FeatureCollection", "features": [feature]}

    def tiles(self, margin_m: float) -> list[shapely.Polygon]:
        """Squares of a fixed raster that cover the outline and `margin_m` more, from the south-west.

        Fixed, so that an answer kept for one margin serves another as well.
        """
        west, south, east, north = (np.array(widened(self.outline.bounds, margin_m)) / TILE_DEGREES).tolist()
        columns, rows = range(int(west // 1), int(east // 1) + 1), range(int(south // 1), int(north // 1) + 1)
        squares = [
            shapely.box(*(np.array([x, y, x + 1, y + 1]) * TILE_DEGREES)) for y in rows for x in columns
        ]
        # The outline in pieces of a tile's size, so that a long coast draws no needless tiles.
        west, south, east, north = self.outline.bounds
        xs = np.arange(west, east + TILE_DEGREES, TILE_DEGREES)
        ys = np.arange(south, north + TILE_DEGREES, TILE_DEGREES)
        boxes = [shapely.box(x, y, x + TILE_DEGREES, y + TILE_DEGREES) for x in xs for y in ys]
        cut = shapely.intersection(self.outline, np.array(boxes, object))
        parts = [shapely.box(*widened(part.bounds, margin_m)) for part in cut if not part.is_empty]
        near = shapely.union_all(parts)
        return [square for square in squares if near.intersects(square)]


def find_place(door: Door, name: str) -> Place:
    """The first place of that name that has an outline; InputError if there is none."""
    try:
        found = door.ask(lambda: osmnx.geocode_to_gdf(name))
    except TypeError as problem:  # OSMnx: found, but only as a point
        raise _unknown(name) from problem
    if found is None:
        raise _unknown(name)
    return Place(str(found["display_name"].iloc[0]), shapely.make_valid(found.geometry.iloc[0]))


def _unknown(name: str) -> InputError:
    return InputError(
        "OpenStreetMap knows no place with an outline called “{name}”. Write it as on the map, with the "
        "city or the country: “玄武区, 南京市” or “Porto Alegre, Brazil”.",
        name=name,
    )


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
