"""How far one gets on foot: the street pieces reached, and the ground they stand for.

`lighter` makes outlines of very many corners light enough to be sent and shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from core.progress import Progress, silent
from geo.csr_ranges import ranges
from geo.isochrone.reached_segments import (
    Pieces,
    Stretches,
    piece_vertices,
    stretches_of_each,
    stretches_to_nearest,
    together,
)
from geo.isochrone.street_buffer import HALF_STREET_M, skins, skins_apart, skins_that_tile
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]


class Kind(StrEnum):
    """How the isochrones of several facilities go together."""

    DISSOLVED = "dissolved"  # one shape: everywhere within the limit of any of them
    EACH = "each"  # one shape a facility, as if it stood alone; they overlap
    NEAREST = "nearest"  # one shape a facility: where it is the nearest; they share borders


@dataclass(frozen=True)
class Isochrone:
    """What lies within `limit_m` on foot.

    `facility[i]` (rows of the facilities, ascending; -1 for the dissolved one) has `shape[i]`, a
    valid MultiPolygon in metres. `pieces.owner` is the facility's row too (0 where dissolved).
    """

    limit_m: float
    pieces: Pieces
    facility: Ints
    shape: NDArray[np.object_]


def isochrones(
    network: WalkNetwork,
    facilities: Snapped,
    *,
    limits_m: Sequence[float],
    kind: Kind = Kind.DISSOLVED,
    half_street_m: float = HALF_STREET_M,
    progress: Progress = silent,
) -> tuple[Isochrone, ...]:
    """The isochrones of linked facilities for every limit, in the order of the limits.

    Snap legs count. A shape contains every reached piece, and no place farther than `half_street_m`
    from one: none that is farther than the limit plus half a street. A longer limit never gives
    less. Facilities that reach no street have no shape.
    """
    found = reached(network, facilities, limit_m=max(limits_m, default=0.0), kind=kind)
    if kind is Kind.DISSOLVED:
        return _dissolved(network, found, limits_m, half_street_m, progress)
    return tuple(isochrone(network, found, limit, kind, half_street_m, progress) for limit in limits_m)


def reached(network: WalkNetwork, facilities: Snapped, *, limit_m: float, kind: Kind) -> Stretches:
    """The search behind isochrones of any limit up to `limit_m`."""
    if kind is Kind.EACH:
        return stretches_of_each(network, facilities, limit_m=limit_m)
    nearest = stretches_to_nearest(network, facilities, limit_m=limit_m)
    return nearest if kind is Kind.NEAREST else together(nearest)


def isochrone(
    network: WalkNetwork,
    found: Stretches,
    limit_m: float,
    kind: Kind,
    half_street_m: float,
    progress: Progress = silent,
) -> Isochrone:
    """The pieces and shapes of one limit."""
    if kind is Kind.DISSOLVED:
        return _dissolved(network, found, [limit_m], half_street_m, progress)[0]
    pieces = found.within(limit_m)
    start, end, piece = segments_of(network, pieces)
    skins_of = skins_that_tile if kind is Kind.NEAREST else skins_apart
    owners, shapes = skins_of(start, end, pieces.owner[piece], half_street_m=half_street_m, progress=progress)
    return Isochrone(limit_m, pieces, owners, _array_of(shapes))


def _dissolved(
    network: WalkNetwork,
    found: Stretches,
    limits_m: Sequence[float],
    half_street_m: float,
    progress: Progress,
) -> tuple[Isochrone, ...]:
    """One shape a limit. What a shorter limit reaches is drawn once: longer ones add to it."""
    rising = sorted(set(limits_m))
    pieces, steps = rising_steps(network, found, rising)
    shapes = skins(steps, half_street_m=half_street_m, progress=progress)
    by_limit = {
        limit_m: Isochrone(limit_m, of, *_one(shape))
        for limit_m, of, shape in zip(rising, pieces, shapes, strict=True)
    }
    return tuple(by_limit[limit_m] for limit_m in limits_m)


def rising_steps(
    network: WalkNetwork, found: Stretches, rising: Sequence[float]
) -> tuple[list[Pieces], list[tuple[Floats, Floats]]]:
    """For ascending limits the pieces within each, and the segments (n, 2 each) that each adds."""
    steps, pieces = [], []
    before = np.full((2 * len(found.edge), 2), np.nan)
    for limit_m in rising:
        reached_now, number = found.numbered(limit_m)
        span = np.column_stack([reached_now.from_m, reached_now.to_m])
        more = reached_now.some((before[number] != span).any(axis=1))
        before[number] = span
        pieces.append(reached_now)
        steps.append(segments_of(network, more)[:2])
    return pieces, steps


def _one(shape: shapely.MultiPolygon) -> tuple[Ints, NDArray[np.object_]]:
    shapes = [] if shape.is_empty else [shape]
    return np.full(len(shapes), -1, np.int64), _array_of(shapes)


def _array_of(shapes: Sequence[shapely.MultiPolygon]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), object)
    array[:] = shapes
    return array


def segments_of(network: WalkNetwork, pieces: Pieces) -> tuple[Floats, Floats, Ints]:
    """The straight segments of pieces: their ends (n, 2) each, and the piece of each."""
    xy, piece = piece_vertices(network, pieces)
    inside = np.flatnonzero(piece[1:] == piece[:-1])
    return xy[inside], xy[inside + 1], piece[inside]


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
_RINGS_AT_ONCE: Final = 5_000
# The polygons of so many corners are taken out of their shapes at once.
_CORNERS_AT_ONCE: Final = 2_000_000
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
    corners = shapely.get_num_coordinates(shapes)
    if int(corners.sum()) <= most or not len(shapes):
        return Lighter(shapes)
    west, south, _, north = shapely.total_bounds(shapes)
    to_metres = np.array([np.cos(np.radians((south + north) / 2)), 1.0]) * _DEGREE_M
    cuts = np.flatnonzero(np.diff(np.cumsum(corners) // _CORNERS_AT_ONCE)) + 1
    parts = [_Rings(some, np.array([west, south]), to_metres) for some in np.split(shapes, cuts)]
    enclosed_m2 = np.concatenate([rings.enclosed_m2() for rings in parts])
    until = np.cumsum([len(rings.ring) for rings in parts])
    step = 0
    while True:
        off_m, filled_m2 = _STEPS[min(step, len(_STEPS) - 1)]
        grown = _LAST ** max(step - len(_STEPS) + 1, 0)
        off_m, filled_m2 = off_m * grown, filled_m2 * grown
        kept = np.flatnonzero(enclosed_m2 >= filled_m2)
        some = kept[:: max(1, min(_SAMPLE, len(kept) // 1000))]
        left = np.concatenate(
            [
                shapely.get_num_coordinates(rings.simplified(rows, off_m))
                for rings, rows in zip(parts, _split(some, until), strict=True)
            ]
        )
        if left.mean() * len(kept) <= most or left.mean() <= 4.0:
            break
        step += 1
    drawn = [rings.drawn(rows, off_m) for rings, rows in zip(parts, _split(kept, until), strict=True)]
    return Lighter(np.concatenate(drawn), off_m, filled_m2)


def _split(rows: Ints, until: Ints) -> list[Ints]:
    """Ascending rows of all rings as rows of those of each part."""
    pieces = np.split(rows, np.searchsorted(rows, until[:-1]))
    return [piece - first for piece, first in zip(pieces, [0, *until[:-1].tolist()], strict=True)]


@dataclass(frozen=True)
class _Rings:
    """The rings of shapes in degrees, made in metres from `origin` when they are asked for, a few at a
    time: those of a large city take more than a gigabyte. `polygon` and `ring` (-1 is the outer one) number
    them."""

    shapes: Shapes
    origin: Floats
    to_metres: Floats

    @cached_property
    def polygon(self) -> Ints:
        count = shapely.get_num_interior_rings(shapely.get_parts(self.shapes)) + 1
        return np.repeat(np.arange(len(count)), count)

    @cached_property
    def ring(self) -> Ints:
        count = np.bincount(self.polygon)
        return ranges(np.full(len(count), -1), count)

    def parts(self, rows: Ints) -> Iterator[Shapes]:
        """Some of the rings, in their order."""
        polygons = shapely.get_parts(self.shapes)
        for first in range(0, len(rows), _RINGS_AT_ONCE):
            some = rows[first : first + _RINGS_AT_ONCE]
            polygon, ring = polygons[self.polygon[some]], self.ring[some]
            found = shapely.get_interior_ring(polygon, np.maximum(ring, 0))
            found[ring < 0] = shapely.get_exterior_ring(polygon[ring < 0])
            yield shapely.transform(found, lambda degrees: (degrees - self.origin) * self.to_metres)

    def enclosed_m2(self) -> Floats:
        """The ground in every hole, inf for outer rings."""
        areas = [shapely.area(shapely.polygons(some)) for some in self.parts(np.arange(len(self.ring)))]
        return np.where(self.ring < 0, np.inf, np.concatenate(areas))

    def simplified(self, rows: Ints, off_m: float) -> Shapes:
        """Some of the rings by Douglas and Peucker's rule; those that vanish are empty."""
        parts = [shapely.simplify(rings, off_m, preserve_topology=False) for rings in self.parts(rows)]
        return np.concatenate([np.empty(0, object), *parts])

    def drawn(self, rows: Ints, off_m: float) -> Shapes:
        """The shapes in degrees of the rings that are kept, simplified and valid again."""
        parts, part = shapely.get_parts(_polygons(self, rows, off_m), return_index=True)
        back = shapely.transform(parts, lambda metres: metres / self.to_metres + self.origin)
        shape = np.repeat(np.arange(len(self.shapes)), shapely.get_num_geometries(self.shapes))
        whole = np.empty(len(self.shapes), object)
        shapely.multipolygons(back, indices=shape[part], out=whole)
        return whole


def _polygons(rings: _Rings, rows: Ints, off_m: float) -> Shapes:
    """Simplified and valid again; a polygon that would vanish stays as it is, a hole that would is filled."""
    simple, outer = rings.simplified(rows, off_m), rings.ring[rows] < 0
    gone = shapely.get_num_coordinates(simple) < 4
    simple[gone & outer] = np.concatenate([np.empty(0, object), *rings.parts(rows[gone & outer])])
    simple = simple[~gone | outer]
    polygon = np.cumsum(outer[~gone | outer]) - 1
    xy = shapely.get_coordinates(simple)
    corners = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(simple))])
    first = np.searchsorted(polygon, np.arange(int(polygon[-1]) + 2))
    found = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (corners, first))
    broken = ~shapely.is_valid(found)
    found[broken] = shapely.make_valid(found[broken], method="structure", keep_collapsed=False)
    return np.asarray(found, object)
