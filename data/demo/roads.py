"""The main roads: radials from the old town, rings, shore roads and the few bridges."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.shapes import Points, blob, curve, inside
from data.demo.strokes import Strokes, join, strokes_of
from data.demo.terrain import Terrain
from data.demo.zones import Zone

PRIMARY: Final = 0
SECONDARY: Final = 1
_STEP_M: Final = 70.0
_SHORE_M: Final = 55.0

# Waypoints in km. The first three cross the river; nothing else does.
_CROSSING: Final = (
    (
        (15.2, 13.4),
        (15.3, 15.4),
        (15.4, 16.7),
        (15.1, 18.4),
        (14.8, 20.3),
        (14.4, 23),
        (13.4, 26.3),
        (13, 31),
    ),
    ((9.6, 13.2), (8.9, 15), (8.4, 16.6), (8.6, 18.6), (8.3, 20.4), (9.3, 24.4), (9.2, 31)),
    ((25.4, 12.1), (26, 14.6), (26.5, 17), (26.3, 21.2), (25.6, 24.2), (24.6, 26.9), (24.5, 31)),
)
_LAND: Final = (
    ((15.2, 13.4), (15.3, 11), (15.9, 8.6), (17.1, 5.4), (18, 1.5), (18.2, -1)),
    ((15.2, 13.4), (12.3, 13.35), (9.6, 13.2), (6.6, 13.9), (2.6, 14.6), (-1, 14.4)),
    ((15.2, 13.4), (17.4, 13.3), (18.8, 13.25), (21.2, 13.25), (23.4, 12.8), (25.4, 12.1), (30.2, 11.6),
     (31.5, 12.8), (36, 13.4)),
    ((13.6, 12.1), (11.4, 10.5), (8.9, 8.9), (6, 6.8), (3.6, 5.2), (0, 3)),
    ((16.7, 12), (18.3, 9.5), (21.6, 7.4), (25.4, 6.3), (28.6, 3.2), (31, 0)),
    ((0, 21.4), (3.2, 21.6), (8.3, 20.4), (11.6, 19.9), (14.8, 20.3), (18, 19.4), (21.2, 18.7), (26.3, 19.2),
     (31.2, 19.6), (36, 19.4)),
    ((14.8, 20.3), (18.4, 23.4), (21.4, 24.4), (24.6, 26.9), (27, 30)),
    ((8.9, 8.9), (12.6, 7.4), (15.9, 8.6), (18.9, 7.8), (21.6, 7.4)),
    ((21.6, 7.4), (24.2, 9.6), (25.4, 12.1)),
    ((25.4, 6.3), (28, 8.6), (30.2, 9.9), (30.2, 11.6), (31.5, 12.8), (31.3, 15.0)),
    ((9.3, 24.4), (13.4, 26.3), (18.4, 23.4)),
    ((3.6, 5.2), (2.7, 8.6), (2.3, 12), (2.6, 14.6), (1.2, 17.3)),
    ((26.3, 21.2), (31.2, 19.6)),
    ((17.1, 5.4), (14.6, 1.7), (9, 1.6), (6.8, 4.2), (3.6, 5.2)),
)  # fmt: skip


def main_roads(terrain: Terrain, zones: tuple[Zone, ...], rng: np.random.Generator) -> Strokes:
    """Primary and secondary roads; only stretches marked as bridges touch water, none a hill."""
    barred = terrain.forbidden
    crossing = [_bridged(curve(np.array(way), step_m=_STEP_M), terrain) for way in _CROSSING]
    ways = [curve(np.array(way), step_m=_STEP_M) for way in _LAND]
    old = next(zone.polygon for zone in zones if zone.key == "old")
    ways.append(_rim(old))
    ways.append(_rim(blob((16.0, 12.9), (4.1, 3.3), wobble=0.03, rng=rng)))
    rims = [_rim(zone.polygon) for zone in zones if zone.key.startswith(("new", "riverside"))]
    shores = [*_shores(terrain), *(_rim(hill.buffer(70)) for hill in terrain.hills.values())]
    land = [*(_kept(_skirting(way, barred), PRIMARY, terrain) for way in ways)]
    minor = [_kept(_skirting(way, barred), SECONDARY, terrain) for way in [*rims, *shores]]
    return join([*crossing, *land, *minor])


def _rim(polygon: shapely.Geometry) -> Points:
    ring = shapely.segmentize(polygon.exterior.simplify(8), _STEP_M)
    return np.asarray(shapely.get_coordinates(ring))


def _shores(terrain: Terrain) -> list[Points]:
    """Both river roads where the built-up land is near, and the road round each lake."""
    town = shapely.box(5_500, 13_000, 28_500, 21_000)
    river = terrain.water["云江"].buffer(_SHORE_M).boundary.intersection(town)
    parts = shapely.get_parts(shapely.line_merge(river))
    lakes = [terrain.water[name].buffer(_SHORE_M).exterior for name in terrain.water if name != "云江"]
    return [
        np.asarray(shapely.get_coordinates(shapely.segmentize(p.simplify(4), _STEP_M)))
        for p in [*parts, *lakes]
    ]


def _skirting(xy: Points, barred: shapely.Geometry) -> Points:
    """Moves vertices that lie on barred ground to its rim, so that a road runs round a hill."""
    around = barred.buffer(25)
    bad = inside(around, xy)
    ways_out = shapely.shortest_line(shapely.points(xy[bad]), around.boundary)
    moved = xy.copy()
    moved[bad] = shapely.get_coordinates(ways_out).reshape(-1, 2, 2)[:, 1]
    return moved


def _segments(xy: Points) -> NDArray[np.float64]:
    ends = np.stack([xy[:-1], xy[1:]], axis=1)
    return ends[np.hypot(*(ends[:, 1] - ends[:, 0]).T) > 1.0]


def _kept(xy: Points, rank: int, terrain: Terrain) -> Strokes:
    """The stretches on free ground within the outline."""
    ends = _segments(xy)
    lines = shapely.linestrings(ends)
    shapely.prepare(terrain.outline)
    ok = (
        shapely.covers(terrain.outline, lines)
        & ~_touches(terrain.wet, lines)
        & ~_touches(terrain.green, lines)
    )
    run = np.cumsum(~ok)[ok]
    return strokes_of(ends[ok], np.full(ok.sum(), rank, np.int8), run, np.zeros(ok.sum(), np.int64))


def _bridged(xy: Points, terrain: Terrain) -> Strokes:
    """A primary road that crosses the river: the stretch over water is a line of its own."""
    ends = _segments(xy)
    lines = shapely.linestrings(ends)
    shapely.prepare(terrain.outline)
    within = shapely.covers(terrain.outline, lines) & ~_touches(terrain.green, lines)
    ends, lines = ends[within], lines[within]
    over = _touches(terrain.wet, lines)
    run = np.cumsum(np.r_[True, over[1:] != over[:-1]])
    same = np.zeros(len(ends), np.int64)
    made = strokes_of(ends, same.astype(np.int8), run, same)
    return replace(made, bridge=_touches(terrain.wet, made.lines))


def _touches(ground: shapely.Geometry, lines: NDArray[np.object_]) -> NDArray[np.bool_]:
    shapely.prepare(ground)
    return np.asarray(shapely.intersects(ground, lines), dtype=bool)
