"""Metres to facilities that may be more than a point: to the nearest of their entrances, 0 within an outline.

Every facility counts once, however many doors it has. See `coverage.model.entrances`.
"""

from __future__ import annotations

import numpy as np
import shapely
from scipy.sparse import csr_array

from coverage.model.entrances import Entrances
from coverage.model.tables import Bools, FacilityTable, Floats, Ints
from geo.distance.near_places import PointBlocks
from geo.distance.nearest import Nearest, nearest_on_foot, nearest_straight
from geo.distance.open_ground import NO_WAYS, StraightWays, take_straight, with_straight
from geo.distance.reach import bounded_reach, reach_straight
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped, take


def straight_nearest(
    points: Floats | PointBlocks, xy: Floats, facilities: FacilityTable, rows: Ints
) -> Nearest:
    """The nearest of some facilities in a straight line, by position in `rows`; of those as near the first.

    `points` are the places `xy` (n, 2), or blocks of them.
    """
    entrances = facilities.entrances
    drawn = np.isin(rows, entrances.outline_of)
    at, owner = entrances.of_rows(rows[~drawn])
    found = nearest_straight(points, entrances.xy[at])
    if entrances.are_facilities:
        return found
    index = np.append(np.flatnonzero(~drawn)[owner], -1)[found.index]
    if not drawn.any():
        return Nearest(found.metres, index)
    own = np.flatnonzero(np.isin(entrances.outline_of, rows))
    tree = shapely.STRtree(entrances.outline[own])
    (point, outline), metres = tree.query_nearest(shapely.points(xy), return_distance=True)
    nearest = found.metres.copy()
    ways = StraightWays(point, entrances.outline_of[own[outline]], metres)
    take_straight(_by_position(ways, rows), nearest, index)
    return Nearest(nearest, index)


def of_facilities(found: Nearest, xy: Floats, facilities: FacilityTable, rows: Ints) -> Nearest:
    """The nearest facility on foot where `found` names the nearest entrance, for places `xy` (n, 2)."""
    entrances = facilities.entrances
    if entrances.are_facilities:
        return found
    index = np.append(entrances.facility, -1)[found.index]
    metres = found.metres.copy()
    take_straight(_inside(entrances, rows, xy), metres, index)
    return Nearest(metres, index)


def walking_nearest(
    network: WalkNetwork,
    points: Snapped,
    facilities: FacilityTable,
    doors: Snapped,
    rows: Ints,
    *,
    limit_m: float = np.inf,
) -> Nearest:
    """The nearest of some facilities on foot, by position in `rows`; `doors` are all entrances, snapped."""
    at, owner = facilities.entrances.of_rows(rows)
    found = nearest_on_foot(network, points, take(doors, at), limit_m=limit_m)
    index, metres = np.append(owner, -1)[found.index], found.metres.copy()
    if points.place is not None:
        take_straight(_by_position(_inside(facilities.entrances, rows, points.place), rows), metres, index)
    return Nearest(metres, index)


def straight_reach(facilities: FacilityTable, rows: Ints, xy: Floats, *, limit_m: float) -> csr_array:
    """Some facilities × places `xy` (n, 2): straight metres not farther than `limit_m`; zeros are stored."""
    entrances = facilities.entrances
    at, owner = entrances.of_rows(rows)
    found = _merged(reach_straight(entrances.xy[at], xy, limit_m=limit_m), owner, len(rows))
    own = np.flatnonzero(np.isin(entrances.outline_of, rows))
    if not len(own) or not len(xy):
        return found
    places = shapely.points(xy)
    tree = shapely.STRtree(entrances.outline[own])
    point, outline = tree.query(places, predicate="dwithin", distance=limit_m)
    metres = shapely.distance(places[point], entrances.outline[own[outline]])
    ways = StraightWays(point, entrances.outline_of[own[outline]], metres)
    return with_straight(found, _by_position(ways, rows))


def walking_reach(
    network: WalkNetwork,
    facilities: FacilityTable,
    doors: Snapped,
    rows: Ints,
    points: Snapped,
    *,
    limit_m: float,
) -> csr_array:
    """Some facilities × points: metres on foot not farther than `limit_m`; `doors` are all entrances."""
    at, owner = facilities.entrances.of_rows(rows)
    found = _merged(bounded_reach(network, take(doors, at), points, limit_m=limit_m), owner, len(rows))
    if points.place is None:
        return found
    ways = _by_position(_inside(facilities.entrances, rows, points.place), rows)
    return with_straight(found, ways)


def inside_any(facilities: FacilityTable, xy: Floats) -> Bools:
    """(n,) which places lie within the outline of a facility without doors, or on its edge."""
    found = np.zeros(len(xy), bool)
    found[_inside(facilities.entrances, facilities.entrances.outline_of, xy).point] = True
    return found


def _inside(entrances: Entrances, rows: Ints, xy: Floats) -> StraightWays:
    """The places that lie within the outline of a facility without doors, or on its edge: 0 m."""
    own = np.flatnonzero(np.isin(entrances.outline_of, rows))
    if not len(own) or not len(xy):
        return NO_WAYS
    point, outline = shapely.STRtree(entrances.outline[own]).query(shapely.points(xy), predicate="intersects")
    return StraightWays(point, entrances.outline_of[own[outline]], np.zeros(len(point)))


def _by_position(ways: StraightWays, rows: Ints) -> StraightWays:
    """Facilities by their position in `rows`."""
    order = np.argsort(rows)
    position = order[np.searchsorted(rows, ways.facility, sorter=order)] if len(ways) else ways.facility
    return StraightWays(ways.point, position, ways.metres)


def _merged(reach: csr_array, owner: Ints, n: int) -> csr_array:
    """Entrances × points to facilities × points: the least metres; columns ascend, zeros stay stored."""
    if len(owner) == n:
        return reach
    row = owner[np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr))]
    order = np.lexsort((reach.data, reach.indices, row))
    key = (row * reach.shape[1] + reach.indices)[order]
    first = order[np.flatnonzero(np.diff(key, prepend=-1))]
    indptr = np.searchsorted(row[first], np.arange(n + 1))
    return csr_array((reach.data[first], reach.indices[first], indptr), shape=(n, reach.shape[1]))
