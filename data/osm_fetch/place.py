"""A place by its name: its outline and how it is cut into tiles."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import osmnx
import shapely

from core.errors import InputError
from data.osm_fetch.door import Door
from data.streets.osm_clip import widened

# A square of about 10 km: some ten thousand streets of a dense city, answered in seconds.
TILE_DEGREES: Final = 0.1
_ROUGH_DEGREES: Final = 0.002


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
        parts = [shapely.box(*widened(part.bounds, margin_m)) for part in self._parts()]
        near = shapely.union_all(parts)
        return [square for square in squares if near.intersects(square)]

    def _parts(self) -> list[shapely.Geometry]:
        """The outline in pieces of a tile's size, so that a long coast draws no needless tiles."""
        west, south, east, north = self.outline.bounds
        xs = np.arange(west, east + TILE_DEGREES, TILE_DEGREES)
        ys = np.arange(south, north + TILE_DEGREES, TILE_DEGREES)
        boxes = [shapely.box(x, y, x + TILE_DEGREES, y + TILE_DEGREES) for x in xs for y in ys]
        cut = shapely.intersection(self.outline, np.array(boxes, object))
        return [part for part in cut if not part.is_empty]


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
