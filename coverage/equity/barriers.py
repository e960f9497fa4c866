"""The worst barriers: where a short crossing would save most walking and bring most within reach.

A crossing is a straight line between two places on streets. Opened, it lets people at its far end b
walk |ab| to its near end a and on from there, so b becomes d(a) + |ab| from a facility instead of d(b),
and everything behind it gets nearer. That is searched exactly, crossing by crossing; only which ones
are worth searching comes from an estimate, the way saved at b times the residents around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from coverage.checks.measured import Measured
from coverage.checks.reach import BOUNDARY_M, accepted, limit_m
from coverage.measuring.near_cells import CellsOfEdges, cells_of_edges
from coverage.model.standard import Rule
from coverage.model.tables import Floats, Ints
from coverage.scenario.incremental import arrivals
from geo.distance.distance_updates import spread
from geo.distance.nearest import at_points, nearest_on_foot, node_distances
from geo.distance.reach import bounded_reach
from geo.network.snapping import Snapped, snap, street_points, take

_EVERY_M: Final = 100.0  # how far apart the ends of possible crossings are
_SQUARE_M: Final = 250.0  # of the crossings that end in one square only the most promising is searched
_AT_ONCE: Final = 4_000  # far ends looked at together
_SEARCHED: Final = 150  # so many of the most promising crossings are searched
_SAME: Final = 0.5  # with more than this share of its worth listed already, a crossing is the same barrier
_NAMES: Final = ("near", "far", "length_m", "metres", "now_m")


@dataclass(frozen=True)
class Limits:
    """What counts as a short crossing of a barrier.

    At most `longest_m`, and the way between its ends now at least `detour` times as long. Gaps of
    less than `shortest_m` are rather streets that meet in truth and were drawn apart.
    """

    shortest_m: float = 50.0
    longest_m: float = 600.0
    detour: float = 5.0
    most: int = 10


@dataclass(frozen=True)
class Crossing:
    """A crossing from `start` (the near end) to `end`; rank 1 saves most walking.

    `length_m` its length, `walk_m` the way between its ends now (inf: none). With this crossing alone
    `saved_km` is what all residents together walk less to their nearest facility, one way each;
    `residents` are those who then meet the rule and do not now; `cells` (rows of the grid) get nearer.
    """

    rank: int
    start: tuple[float, float]
    end: tuple[float, float]
    length_m: float
    walk_m: float
    saved_km: float
    residents: float
    cells: Ints

    @property
    def detour(self) -> float:
        """How many times longer the way is now."""
        return self.walk_m / self.length_m if self.length_m > 0 else float("inf")


def worst_barriers(rule: Rule, measured: Measured, *, limits: Limits | None = None) -> tuple[Crossing, ...]:
    """The crossings that would save residents of a walk rule most walking, most first.

    One that shortens mostly the ways that an earlier one shortens is the same barrier and left out.
    Residents who cannot walk to any facility now count among `residents`, not in `saved_km`.
    """
    limits = limits or Limits()
    network = measured.study.network
    facilities = measured.study.facilities
    counted = accepted(rule, facilities, measured.standard).rows
    doors = take(measured.distances.entrances, facilities.entrances.of_rows(counted)[0])
    if not doors.linked.any():
        return ()
    limit = limit_m(rule, measured.standard)
    points = street_points(network, every_m=_EVERY_M)
    now_m = nearest_on_foot(network, points, doors).metres
    pairs = _pairs(points, now_m, limit, limits)
    people = measured.residents * measured.study.subject_to(rule.settlement)
    node_m, _ = node_distances(network, doors, np.flatnonzero(doors.linked), np.inf)
    search = _Search(
        measured,
        people,
        limit,
        measured.distances.walk_to(rule.serves)[0],
        node_m,
        cells_of_edges(network, measured.distances.cells),
    )
    found = [_searched(search, points, pair) for pair in _promising(pairs, points, search)]
    best = []
    for rank, crossing in enumerate(_distinct(found, search, measured, limits), 1):
        near, far = _ends(crossing, measured)
        walk_m = float(nearest_on_foot(network, far, near).metres[0])
        best.append(replace(crossing, rank=rank, walk_m=walk_m))
    return tuple(best)


@dataclass(frozen=True)
class _Pairs:
    """Possible crossings: near and far end (rows of the street points) and length.

    `metres` is the way at the far end with the crossing, `now_m` the one without.
    """

    near: Ints
    far: Ints
    length_m: Floats
    metres: Floats
    now_m: Floats

    def some(self, rows: Ints) -> _Pairs:
        return _Pairs(*(getattr(self, name)[rows] for name in _NAMES))


@dataclass(frozen=True)
class _Search:
    """What every crossing is searched against: the distances now, and who counts."""

    measured: Measured
    people: Floats
    limit_m: float
    cell_m: Floats
    node_m: Floats
    of_edges: CellsOfEdges


def _pairs(points: Snapped, now_m: Floats, limit: float, limits: Limits) -> _Pairs:
    """For every far end the nearest near end that a crossing to saves at least its own length of way.

    The way between two places is never shorter than the difference of their metres; so pairs whose
    difference is twice the crossing or more are possible, and the detour itself is measured later.
    """
    near, far = np.flatnonzero(now_m < limit), np.flatnonzero(now_m > 0.5 * limit)
    if not len(near):
        far = near
    parts = []
    for first in range(0, len(far), _AT_ONCE):
        rows = far[first : first + _AT_ONCE]
        close = cKDTree(points.xy[rows]).sparse_distance_matrix(
            cKDTree(points.xy[near]), limits.longest_m, output_type="ndarray"
        )
        b, a, length_m = rows[close["i"]], near[close["j"]], close["v"]
        good = np.flatnonzero((now_m[b] - now_m[a] >= 2 * length_m) & (length_m >= limits.shortest_m))
        order = good[np.lexsort((now_m[a[good]], length_m[good], b[good]))]
        best = order[np.flatnonzero(np.diff(b[order], prepend=-1))]
        a, b, length_m = a[best], b[best], length_m[best]
        parts.append(_Pairs(a, b, length_m, now_m[a] + length_m, now_m[b]))
    empty = _Pairs(*(np.empty(0, np.int64),) * 2, *(np.empty(0),) * 3)
    return _Pairs(*(np.concatenate([getattr(part, name) for part in (*parts, empty)]) for name in _NAMES))


def _promising(pairs: _Pairs, points: Snapped, search: _Search) -> Iterator[_Pairs]:
    """The most promising pair of every square of far ends, one by one; those that promise most."""
    square = np.floor(points.xy[pairs.far] / _SQUARE_M).astype(np.int64)
    # Residents in the square of the rule's limit around each place.
    xy = points.xy[pairs.far]
    cells = search.measured.study.grid.xy
    low = cells.min(axis=0)
    at = ((cells - low) // _EVERY_M).astype(np.int64)
    counts = np.zeros(at.max(axis=0) + 2)
    np.add.at(counts, (at[:, 0] + 1, at[:, 1] + 1), search.people)
    run = counts.cumsum(axis=0).cumsum(axis=1)
    first, last = (
        np.clip(np.round((xy + off - low) / _EVERY_M), 0, at.max(axis=0) + 1).astype(np.int64)
        for off in (-search.limit_m, search.limit_m)
    )
    (x0, y0), (x1, y1) = first.T, last.T
    around = np.asarray(run[x1, y1] - run[x0, y1] - run[x1, y0] + run[x0, y0])
    promise = around * np.where(np.isfinite(pairs.now_m), pairs.now_m - pairs.metres, search.limit_m)
    order = np.lexsort((pairs.metres, -promise, square[:, 1], square[:, 0]))
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(square[order], axis=0) != 0).any(axis=1)
    best = order[new]
    best = best[np.argsort(-promise[best], kind="stable")][:_SEARCHED]
    for row in best[promise[best] > 0]:
        yield pairs.some(np.array([row]))


def _searched(search: _Search, points: Snapped, pair: _Pairs) -> Crossing:
    """A crossing and whom it serves: its far end is a door, the way on from there its way in."""
    network, distances = search.measured.study.network, search.measured.distances
    door = replace(take(points, pair.far), snap_m=pair.metres)
    node_m, owner = search.node_m.copy(), np.ones(len(search.node_m), np.int64)
    mended = spread(network.graph, node_m, owner, arrivals(network, door, np.zeros(1, np.int64)))
    _, cells = search.of_edges.near_nodes(mended.node, door.edge)
    metres, _ = at_points(network, distances.cells, cells, (node_m, owner), (door, np.zeros(1, np.int64)))
    nearer = metres < search.cell_m[cells]
    cells, metres = cells[nearer], metres[nearer]
    before, people = search.cell_m[cells], search.people[cells]
    known = np.isfinite(before)
    gained = (before > search.limit_m + BOUNDARY_M) & (metres <= search.limit_m + BOUNDARY_M)
    (a,), (b,) = points.xy[pair.near].tolist(), points.xy[pair.far].tolist()
    return Crossing(
        rank=0,
        start=(a[0], a[1]),
        end=(b[0], b[1]),
        length_m=float(pair.length_m[0]),
        walk_m=float(pair.now_m[0] - pair.metres[0] + pair.length_m[0]),  # at least
        saved_km=float((people * (before - metres))[known].sum()) / 1000,
        residents=float(people[gained].sum()),
        cells=cells,
    )


def _distinct(
    found: list[Crossing], search: _Search, measured: Measured, limits: Limits
) -> Iterator[Crossing]:
    """Those with enough detour, most saved first, each barrier once."""
    known = np.zeros(len(search.people), bool)
    listed = 0
    for crossing in sorted(found, key=lambda c: (-c.saved_km, -c.residents, c.length_m, c.start)):
        people = search.people[crossing.cells]
        again = float(people[known[crossing.cells]].sum())
        if listed == limits.most or not people.sum() > 0 or again > _SAME * float(people.sum()):
            continue
        # Its way now is known to be at least `walk_m`; where that is too little, it is searched.
        long_enough = crossing.detour >= limits.detour
        if not long_enough:
            near, far = _ends(crossing, measured)
            least_m = limits.detour * crossing.length_m
            shorter = bounded_reach(measured.study.network, near, far, limit_m=least_m).data
            long_enough = not len(shorter) or float(shorter[0]) >= least_m
        if long_enough:
            known[crossing.cells] = True
            listed += 1
            yield crossing


def _ends(crossing: Crossing, measured: Measured) -> tuple[Snapped, Snapped]:
    near, far = (
        snap(measured.study.network, np.array([xy]), limit_m=1.0) for xy in (crossing.start, crossing.end)
    )
    return near, far
