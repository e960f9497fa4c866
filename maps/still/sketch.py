"""Small maps on a page: our ground, the rows of a list, and what they are compared with.

`sketch_script()` and `sketch_style()` draw what `sketch_data` describes; no host is asked for anything.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import numpy as np
import shapely

from core.text import Text, text
from coverage.model.tables import LEVELS
from maps import palette
from maps.ground_layers import area_parts, border_parts, name_groups, packed_lines, street_parts
from maps.model import Basemap, Floats, Lines
from maps.offline import asset, leaflet_module, leaflet_style
from maps.polylines import pack
from maps.safe_text import Voice
from maps.still.picture import Over, over_data

Bounds = tuple[float, float, float, float]
LonLat = tuple[float, float]

# Small streets beyond these are left out: a page must not carry a megabyte of them.
_MOST_VERTICES: Final = 90_000
_MOST_BUILDINGS: Final = 4_000


@dataclass(frozen=True)
class Dots:
    """Points in WGS-84 degrees; `look` is a key of `palette.DOTS`, `titles` are users' words (or none).

    With `keys`, one a point, they can be dragged: the map then tells the key and where it was let go.
    """

    lon: Floats
    lat: Floats
    look: str = "plain"
    titles: Sequence[str] = ()
    keys: Sequence[str] = ()


@dataclass(frozen=True)
class Sketch:
    """What one small map shows within `bounds` (west, south, east, north in degrees).

    `units` and `buildings` are polygons in degrees, `ways` lines from one place to another; `over` is
    what lies over the ground and under the points.
    """

    bounds: Bounds
    dots: tuple[Dots, ...] = ()
    units: Sequence[shapely.Geometry] = ()
    buildings: Sequence[shapely.Geometry] = ()
    ways: Sequence[tuple[LonLat, LonLat]] = ()
    over: Sequence[Over] = ()


@dataclass(frozen=True)
class Frame:
    """How a map stands on the page: maps of one `group` move together; `click` lets a place be chosen."""

    title: Text
    height_px: int = 320
    group: str = ""
    click: bool = False
    wheel: bool = True


@dataclass(frozen=True)
class Ground:
    """A basemap ready to be drawn; `id` tells two apart."""

    id: str
    content: Mapping[str, Any] = field(default_factory=dict)


def ground_of(basemap: Basemap, around: Bounds, voice: Voice) -> Ground:
    """The ground within `around` (degrees); the smallest streets only where all of them are few enough."""
    near = _clipped(basemap, around)
    streets = dict(near.streets)
    while len(streets) > 1 and sum(len(lines.lon) for lines in streets.values()) > _MOST_VERTICES:
        del streets[min(streets)]
    near = replace(near, streets=streets)
    levels = [level for level in reversed(LEVELS) if len(near.outlines.get(level, ()))]
    content = {
        "lines": packed_lines(near),
        "areas": area_parts(near),
        "streets": street_parts(near),
        "borders": [part for level in levels for part in border_parts(level)],
        "names": name_groups(near, voice) if len(near.labels) else [],
    }
    written = json.dumps(content, sort_keys=True).encode()
    number = hashlib.sha1(written, usedforsecurity=False).hexdigest()[:12]
    return Ground(number, content)


def sketch_data(sketch: Sketch, ground: Ground, frame: Frame, voice: Voice) -> dict[str, Any]:
    """What the script is given for one map; all words in it are safe HTML."""
    west, south, east, north = sketch.bounds
    return {
        "bounds": [[south, west], [north, east]],
        "ground": {"id": ground.id, **ground.content},
        "picture": {
            "areas": [*_shapes(_few(sketch), "building"), *_shapes(sketch.units, "unit")],
            "moves": [{"from": start, "to": end, "style": palette.WAY} for start, end in sketch.ways],
            "over": over_data(sketch.over, voice),
            "points": [_points(dots, voice) for dots in sketch.dots if len(dots.lon)],
        },
        "height": frame.height_px,
        "group": frame.group,
        "click": frame.click,
        "wheel": frame.wheel,
        "words": {
            "title": voice(frame.title),
            "zoomIn": voice(text("Zoom in")),
            "zoomOut": voice(text("Zoom out")),
        },
    }


@cache
def sketch_script() -> str:
    """The JavaScript module of the maps, Leaflet included."""
    return leaflet_module() + asset("lines.js") + asset("picture.js") + asset("sketch.js")


@cache
def sketch_style() -> str:
    """The CSS of the maps, Leaflet's included."""
    return leaflet_style() + asset("sketch.css")


def window(lon: Floats, lat: Floats, *, width_m: float = 3_000.0) -> Bounds:
    """A square of `width_m` around the place with most points near it: where a shift can be seen."""
    usable = np.isfinite(lon) & np.isfinite(lat)
    x, y = lon[usable], lat[usable]
    if not len(x):
        return (-180.0, -60.0, 180.0, 60.0)
    metre_y = 1 / 111_320.0
    metre_x = metre_y / max(float(np.cos(np.radians(np.median(y)))), 0.05)
    half_x, half_y = width_m / 2 * metre_x, width_m / 2 * metre_y
    near = (np.abs(x[:, None] - x) <= half_x) & (np.abs(y[:, None] - y) <= half_y)
    best = int(near.sum(axis=1).argmax())
    cx, cy = float(x[near[best]].mean()), float(y[near[best]].mean())
    return (cx - half_x, cy - half_y, cx + half_x, cy + half_y)


def widened(bounds: Bounds, metres: float) -> Bounds:
    """The box with a rim of so many metres."""
    west, south, east, north = bounds
    rim_y = metres / 111_320.0
    rim_x = rim_y / max(float(np.cos(np.radians((south + north) / 2))), 0.05)
    return (west - rim_x, south - rim_y, east + rim_x, north + rim_y)


def _few(sketch: Sketch) -> Sequence[shapely.Geometry]:
    """The buildings within the bounds, as long as a page can carry them."""
    if not len(sketch.buildings):
        return ()
    tree = shapely.STRtree(sketch.buildings)
    rows = np.sort(tree.query(shapely.box(*widened(sketch.bounds, 500.0))))[:_MOST_BUILDINGS]
    return [sketch.buildings[row] for row in rows.tolist()]


def _shapes(shapes: Sequence[shapely.Geometry], look: str) -> list[dict[str, Any]]:
    if not len(shapes):
        return []
    parts = shapely.get_parts(np.array(shapes, object))
    outer = shapely.get_exterior_ring(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
    lon, lat = shapely.get_coordinates(outer).T
    start = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(outer))]).astype(np.int64)
    rings = b64encode(pack(Lines(lon, lat, start))).decode()
    return [{"rings": rings, "style": palette.SHAPES[look]}]


def _points(dots: Dots, voice: Voice) -> dict[str, Any]:
    usable = np.isfinite(dots.lon) & np.isfinite(dots.lat)
    titles = [voice(title) for title, use in zip(dots.titles, usable, strict=False) if use] or None
    lon, lat = dots.lon[usable].round(6).tolist(), dots.lat[usable].round(6).tolist()
    keys = [key for key, use in zip(dots.keys, usable, strict=False) if use] or None
    return {"lon": lon, "lat": lat, "style": palette.DOTS[dots.look], "titles": titles, "keys": keys}


def _clipped(basemap: Basemap, around: Bounds) -> Basemap:
    """The lines whose box meets `around`, whole; the names within it."""
    west, south, east, north = around
    labels = basemap.labels
    shown = labels["lon"].between(west, east) & labels["lat"].between(south, north)
    return Basemap(
        streets={number: _near(lines, around) for number, lines in basemap.streets.items()},
        water=_near(basemap.water, around),
        water_lines=_near(basemap.water_lines, around),
        green=_near(basemap.green, around),
        outlines={level: _near(lines, around) for level, lines in basemap.outlines.items()},
        labels=labels[shown].reset_index(drop=True),
    )


def _near(lines: Lines, around: Bounds) -> Lines:
    if not len(lines):
        return lines
    west, south, east, north = around
    first = lines.start[:-1]
    low_x, high_x = np.minimum.reduceat(lines.lon, first), np.maximum.reduceat(lines.lon, first)
    low_y, high_y = np.minimum.reduceat(lines.lat, first), np.maximum.reduceat(lines.lat, first)
    kept = (low_x <= east) & (high_x >= west) & (low_y <= north) & (high_y >= south)
    size = np.diff(lines.start)
    vertices = np.repeat(kept, size)
    start = np.concatenate([[0], np.cumsum(size[kept])]).astype(np.int64)
    return Lines(lines.lon[vertices], lines.lat[vertices], start)
