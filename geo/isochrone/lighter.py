"""Outlines of very many corners made light enough to be sent and shown: as little changed as that takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

_DEGREE_M: Final = 111_320.0
# Metres that a corner may move, and how much enclosed ground (m²) is drawn as reached: tried in this order.
_STEPS: Final = (
    (1.0, 0.0),
    (2.0, 0.0),
    (3.0, 2_500.0),
    (5.0, 10_000.0),
    (7.0, 10_000.0),
    (10.0, 10_000.0),
    (10.0, 20_000.0),
    (15.0, 40_000.0),
)
_LAST: Final = 2.0  # from there on both grow by this factor
_SAMPLE: Final = 16  # one ring in so many tells how many corners a step leaves


@dataclass(frozen=True)
class Lighter:
    """`shapes` as they were given, or with outlines off by at most `off_m` and enclosed ground of less than
    `filled_m2` filled; 0 where nothing was changed."""

    shapes: Shapes
    off_m: float = 0.0
    filled_m2: float = 0.0


def lighter(shapes: Shapes, *, most: int) -> Lighter:
    """Polygons or multipolygons in degrees with about `most` corners altogether, or fewer.

    No polygon is lost. Shapes of more corners are simplified by Douglas and Peucker's rule, ring by ring,
    in the first of a few stated steps that suffices; those of fewer stay as they are.
    """
    if int(shapely.get_num_coordinates(shapes).sum()) <= most or not len(shapes):
        return Lighter(shapes)
    west, south, _, north = shapely.total_bounds(shapes)
    to_metres = np.array([np.cos(np.radians((south + north) / 2)), 1.0]) * _DEGREE_M
    polygons, shape = shapely.get_parts(shapes, return_index=True)
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    outer = np.diff(polygon, prepend=-1) != 0
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    rings = shapely.linearrings((xy - (west, south)) * to_metres, indices=ring)
    del xy, ring
    enclosed_m2 = np.where(outer, np.inf, shapely.area(shapely.polygons(rings)))
    step = 0
    while True:
        off_m, filled_m2 = _STEPS[min(step, len(_STEPS) - 1)]
        grown = _LAST ** max(step - len(_STEPS) + 1, 0)
        off_m, filled_m2 = off_m * grown, filled_m2 * grown
        kept = np.flatnonzero(enclosed_m2 >= filled_m2)
        some = kept[:: max(1, min(_SAMPLE, len(kept) // 1000))]
        left = shapely.get_num_coordinates(shapely.simplify(rings[some], off_m, preserve_topology=False))
        if left.mean() * len(kept) <= most or left.mean() <= 4.0:
            break
        step += 1
    drawn = _polygons(rings[kept], outer[kept], off_m)
    parts, part = shapely.get_parts(drawn, return_index=True)
    back = shapely.transform(parts, lambda metres: metres / to_metres + (west, south))
    whole = np.empty(len(shapes), object)
    shapely.multipolygons(back, indices=shape[part], out=whole)
    return Lighter(whole, off_m, filled_m2)


def _polygons(rings: Shapes, outer: NDArray[np.bool_], off_m: float) -> Shapes:
    """Simplified and valid again; a polygon that would vanish stays as it is, a hole that would is filled."""
    simple = shapely.simplify(rings, off_m, preserve_topology=False)
    gone = shapely.get_num_coordinates(simple) < 4
    simple = np.where(gone & outer, rings, simple)[~gone | outer]
    polygon = np.cumsum(outer[~gone | outer]) - 1
    xy = shapely.get_coordinates(simple)
    corners = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(simple))])
    first = np.searchsorted(polygon, np.arange(int(polygon[-1]) + 2))
    found = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (corners, first))
    broken = ~shapely.is_valid(found)
    found[broken] = shapely.make_valid(found[broken], method="structure", keep_collapsed=False)
    return np.asarray(found, object)
