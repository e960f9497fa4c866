"""The ground within a straight distance of facilities, as shapes that can be measured fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely

from coverage.checks.by_unit import sum_by
from coverage.model.tables import Bools, Floats, Ints, Shapes

# A quarter of a circle is drawn with so many corners, on a radius that gives the circle's area.
_QUARTER_CORNERS: Final = 32
# The reached ground is halved until no piece is wider: a unit then meets only what lies near it.
_WIDEST_M: Final = 2000.0


@dataclass(frozen=True)
class Pieces:
    """Polygons with an index; the pieces of reached ground are disjoint."""

    shape: Shapes
    tree: shapely.STRtree = field(repr=False)

    def area_in(self, shapes: Shapes) -> Floats:
        """(k,) m² of each polygon that lie in the pieces. Only pieces on a rim are cut."""
        shapely.prepare(shapes)
        of, piece = self.tree.query(shapes, predicate="intersects")
        areas = shapely.area(self.shape[piece])
        rim = np.flatnonzero(~shapely.contains(shapes[of], self.shape[piece]))
        areas[rim] = shapely.area(shapely.intersection(shapes[of[rim]], self.shape[piece[rim]]))
        return sum_by(of, areas, len(shapes))

    def cut(self, shapes: Shapes) -> tuple[Ints, Shapes]:
        """What of each polygon lies in the pieces: the polygon's number, and the part. Only pieces on a rim
        are cut."""
        shapely.prepare(shapes)
        of, piece = self.tree.query(shapes, predicate="intersects")
        parts = self.shape[piece]
        rim = np.flatnonzero(~shapely.contains(shapes[of], parts))
        parts[rim] = shapely.intersection(shapes[of[rim]], parts[rim])
        return of, parts

    def contains(self, points: Shapes) -> Bools:
        """(k,) which points lie in the pieces or on their rim."""
        found = np.zeros(len(points), bool)
        found[self.tree.query(points, predicate="intersects")[0]] = True
        return found


def indexed(shapes: Shapes) -> Pieces:
    """Polygons that may overlap, with their index."""
    return Pieces(shapes, shapely.STRtree(shapes))


def circles(centres: Shapes, radius_m: Floats | float) -> Shapes:
    """(k,) polygons with the area of the circle; their rim is within 0.03 % of the radius of it.

    `centres` are points; several points, or a polygon, have the ground within the radius of any of them.
    """
    angle = np.pi / (2 * _QUARTER_CORNERS)
    drawn = radius_m * np.sqrt(angle / np.sin(angle))
    made: Shapes = shapely.buffer(centres, drawn, quad_segs=_QUARTER_CORNERS)
    return made


def pieces_of(shape: Shapes) -> Pieces:
    """The polygons of a shape, halved until none is wide."""
    parts = shapely.get_parts(shape)
    done: list[Shapes] = []
    while len(parts):
        west, south, east, north = shapely.bounds(parts).T
        wide = np.maximum(east - west, north - south) > _WIDEST_M
        done.append(parts[~wide])
        halves = [
            half
            for part, box in zip(parts[wide], shapely.bounds(parts[wide]), strict=True)
            for half in _halves(part, box)
        ]
        parts = shapely.get_parts(np.array(halves, dtype=object)) if halves else parts[:0]
        parts = parts[shapely.get_dimensions(parts) == 2]
    return indexed(np.concatenate(done) if done else np.empty(0, object))


def _halves(part: shapely.Polygon, box: Floats) -> Iterator[shapely.Geometry]:
    """Both sides of the middle of the longer side. Clipping is linear; the rare invalid half is repaired."""
    west, south, east, north = box
    if east - west >= north - south:
        middle = (west + east) / 2
        halves = [(west, south, middle, north), (middle, south, east, north)]
    else:
        middle = (south + north) / 2
        halves = [(west, south, east, middle), (west, middle, east, north)]
    for corners in halves:
        half = shapely.clip_by_rect(part, *corners)
        yield half if shapely.is_valid(half) else shapely.make_valid(half)
