"""How far one gets on foot: the street pieces reached, and the ground they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import NDArray

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
) -> tuple[Isochrone, ...]:
    """The isochrones of linked facilities for every limit, in the order of the limits.

    Snap legs count. A shape contains every reached piece, and no place farther than `half_street_m`
    from one: none that is farther than the limit plus half a street. A longer limit never gives
    less. Facilities that reach no street have no shape.
    """
    found = reached(network, facilities, limit_m=max(limits_m, default=0.0), kind=kind)
    if kind is Kind.DISSOLVED:
        return _dissolved(network, found, limits_m, half_street_m)
    return tuple(isochrone(network, found, limit, kind, half_street_m) for limit in limits_m)


def reached(network: WalkNetwork, facilities: Snapped, *, limit_m: float, kind: Kind) -> Stretches:
    """The search behind isochrones of any limit up to `limit_m`."""
    if kind is Kind.EACH:
        return stretches_of_each(network, facilities, limit_m=limit_m)
    nearest = stretches_to_nearest(network, facilities, limit_m=limit_m)
    return nearest if kind is Kind.NEAREST else together(nearest)


def isochrone(
    network: WalkNetwork, found: Stretches, limit_m: float, kind: Kind, half_street_m: float
) -> Isochrone:
    """The pieces and shapes of one limit."""
    if kind is Kind.DISSOLVED:
        return _dissolved(network, found, [limit_m], half_street_m)[0]
    pieces = found.within(limit_m)
    start, end, piece = segments_of(network, pieces)
    if kind is Kind.NEAREST:
        owners, shapes = skins_that_tile(start, end, pieces.owner[piece], half_street_m=half_street_m)
    else:
        owners, shapes = skins_apart(start, end, pieces.owner[piece], half_street_m=half_street_m)
    return Isochrone(limit_m, pieces, owners, _array_of(shapes))


def _dissolved(
    network: WalkNetwork, found: Stretches, limits_m: Sequence[float], half_street_m: float
) -> tuple[Isochrone, ...]:
    """One shape a limit. What a shorter limit reaches is drawn once: longer ones add to it."""
    rising = sorted(set(limits_m))
    pieces, steps = rising_steps(network, found, rising)
    shapes = skins(steps, half_street_m=half_street_m)
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
