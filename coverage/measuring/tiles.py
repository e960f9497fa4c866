"""A study too large to be measured at once: its cells in tiles, each with the streets around it.

A way of at most m metres never leaves the ground within m metres of where it begins. So what a tile measures
on the streets of its cells' box and a margin m around it is exact up to m metres. Cells that have farther to
go to a facility of any tier are measured again with twice the margin, until none is left or the window
holds every street there is. The metres of all tiles joined are those of one measurement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from coverage.checks.loads import own_tiers
from coverage.checks.measured import Measured
from coverage.measuring.measure import Distances, measure
from coverage.model.standard import Check, Standard
from coverage.model.study import Study
from coverage.model.tables import Bools, FacilityTable, Floats, Ints, PopulationGrid
from geo.distance.equidistant import Ties
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped

# The streets within some metres of a place, and whether these are all there are.
StreetsWithin = Callable[[Floats, float], tuple[WalkNetwork, bool]]
Tiers = tuple[str, ...]
_BY_TIER: Final = ("straight_m", "straight_row", "walk_m", "walk_row")
_NONE: Final = np.empty(0, np.int64)


@dataclass(frozen=True)
class TileMeasures:
    """What was measured of the cells `rows` (k,) of the whole grid, ascending.

    Tier → (k,) metres and rows of the whole facility table, as `Distances` has them. `linked`, `snap_m`
    (k,) say how they join the streets; of entrances the same, and `door_m` how far each lies from the
    tile's box. `ties` by tiers: (cell of the whole grid, facility) of cells with several equally near.
    `low`, `high` (2,) are the corners of the box of all streets looked at.
    """

    rows: Ints
    straight_m: Mapping[str, Floats]
    straight_row: Mapping[str, Ints]
    walk_m: Mapping[str, Floats]
    walk_row: Mapping[str, Ints]
    linked: Bools
    snap_m: Floats
    door_linked: Bools
    door_snap_m: Floats
    door_m: Floats
    ties: Mapping[Tiers, tuple[Ints, Ints]]
    low: Floats
    high: Floats


def tile_rows(xy: Floats, count: int) -> list[Ints]:
    """Rows of the cells (n, 2) in `count` tiles of nearly as many cells each: columns from west to east, each
    cut from south to north; as square as `count` allows. Fewer tiles where there are fewer cells."""
    columns = next(n for n in range(math.isqrt(count), 0, -1) if count % n == 0)
    west_first = np.lexsort((xy[:, 1], xy[:, 0]))
    tiles = []
    for column in np.array_split(west_first, columns):
        south_first = column[np.lexsort((xy[column, 0], xy[column, 1]))]
        tiles += [np.sort(tile) for tile in np.array_split(south_first, count // columns)]
    return [tile for tile in tiles if len(tile)]


def tiers_together(standard: Standard, facilities: FacilityTable) -> list[Tiers]:
    """The tiers that are asked together which of their facilities is nearest: each alone, and those of load
    rules."""
    tiers = tuple(dict.fromkeys((*standard.tiers, *facilities.tiers)))
    loads = [own_tiers(rule) for rule in standard.rules if rule.check is Check.LOAD]
    alone = [(tier,) for tier in tiers]
    return list(dict.fromkeys([*alone, *(several for several in loads if several)]))


def measure_tile(
    study: Study, standard: Standard, rows: Ints, streets: StreetsWithin, *, margin_m: float
) -> TileMeasures:
    """Measure the cells `rows` of the study's grid on the streets around them; its network is not looked at.

    `margin_m` > 0 is the first margin: the longest reach of the standard.
    """
    grid, facilities, walking = study.grid, study.facilities, standard.walking
    tiers = tuple(dict.fromkeys((*standard.tiers, *facilities.tiers)))
    there = [tier for tier in tiers if len(facilities.of_tier(tier))]
    low, high = grid.xy[rows].min(axis=0), grid.xy[rows].max(axis=0)
    doors = facilities.entrances.xy
    outside = np.maximum(np.maximum(low - doors, doors - high), 0.0)
    made = TileMeasures(
        rows=rows,
        straight_m={tier: np.full(len(rows), np.inf) for tier in tiers},
        straight_row={tier: np.full(len(rows), -1) for tier in tiers},
        walk_m={tier: np.full(len(rows), np.inf) for tier in tiers},
        walk_row={tier: np.full(len(rows), -1) for tier in tiers},
        linked=np.zeros(len(rows), bool),
        snap_m=np.full(len(rows), np.inf),
        door_linked=np.zeros(len(doors), bool),
        door_snap_m=np.full(len(doors), np.inf),
        door_m=np.hypot(*outside.T),
        ties=dict.fromkeys(tiers_together(standard, facilities), (_NONE, _NONE)),
        low=np.full(2, np.inf),
        high=np.full(2, -np.inf),
    )
    left = np.arange(len(rows))
    while len(left):
        # Within the margin a place must join the street that it joins among all streets.
        clear_m = walking.snap_limit_m + walking.island_m
        network, every = streets(grid.xy[rows[left]], margin_m + clear_m)
        part = replace(study, grid=cells_of(grid, rows[left]), network=network)
        got = measure(part.grid, facilities, network, tiers=tiers, walking=walking)
        exact = np.full(len(left), every) | (~got.cells.linked & (got.cells.snap_m <= margin_m))
        exact |= np.all([got.walk_m[tier] <= margin_m for tier in there], axis=0)
        made = _with(made, Measured(part, got, standard), left, exact)
        left, margin_m = left[~exact], margin_m * 2
    return made


def _with(made: TileMeasures, measured: Measured, left: Ints, exact: Bools) -> TileMeasures:
    """What was measured of the tile's cells `left`, as far as it is `exact`, is written into `made`."""
    got, now = measured.distances, left[exact]
    for name in _BY_TIER:
        for tier, values in getattr(made, name).items():
            values[now] = getattr(got, name)[tier][exact]
    made.linked[now], made.snap_m[now] = got.cells.linked[exact], got.cells.snap_m[exact]
    ties = {}
    for several, before in made.ties.items():
        tied = measured.ties(several)
        kept = exact[tied.point]
        ties[several] = _put_together([before, (made.rows[left[tied.point[kept]]], tied.facility[kept])])
    first = len(left) == len(made.rows)
    corners = measured.study.network.vertex_xy
    return replace(
        made,
        ties=ties,
        door_linked=got.entrances.linked if first else made.door_linked,
        door_snap_m=got.entrances.snap_m if first else made.door_snap_m,
        low=np.minimum(made.low, corners.min(axis=0, initial=np.inf)),
        high=np.maximum(made.high, corners.max(axis=0, initial=-np.inf)),
    )


def joined_tiles(study: Study, standard: Standard, tiles: Sequence[TileMeasures]) -> Measured:
    """The study as measured at once. ValueError unless the tiles hold every cell once."""
    n = len(study.grid)
    rows = np.concatenate([tile.rows for tile in tiles])
    if len(rows) != n or len(np.unique(rows)) != n:
        raise ValueError("the tiles do not hold every cell once")

    by_tier = {
        name: {
            tier: _in_order(rows, [getattr(tile, name)[tier] for tile in tiles]) for tier in tiles[0].walk_m
        }
        for name in _BY_TIER
    }
    cells = _snapped(
        _in_order(rows, [tile.linked for tile in tiles]), _in_order(rows, [tile.snap_m for tile in tiles])
    )
    # Of an entrance the tile that it lies nearest to has the streets around it.
    nearest = np.argmin([tile.door_m for tile in tiles], axis=0), np.arange(len(tiles[0].door_m))
    linked = np.array([tile.door_linked for tile in tiles])[nearest]
    each_m = np.array([tile.door_snap_m for tile in tiles])
    doors = _snapped(linked, np.where(linked, each_m[nearest], each_m.min(axis=0)))
    distances = Distances(
        **by_tier,
        cells=cells,
        entrances=doors,
        entrance_of=study.facilities.entrances.facility,
    )
    measured = Measured(study, distances, standard)
    for several in tiles[0].ties:
        point, facility = _put_together([tile.ties[several] for tile in tiles])
        measured.keep_ties(several, Ties(point, facility))
    return measured


def cells_of(grid: PopulationGrid, rows: Ints) -> PopulationGrid:
    """Some cells of a grid, as they are there."""
    return PopulationGrid(
        cell_id=grid.cell_id[rows],
        xy=grid.xy[rows],
        residents=grid.residents[rows],
        area_m2=grid.area_m2[rows],
        spacing_m=grid.spacing_m,
        crs=grid.crs,
        groups={name: values[rows] for name, values in grid.groups.items()},
    )


def _put_together(pairs: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    point = np.concatenate([point for point, _ in pairs] or [np.empty(0, np.int64)])
    facility = np.concatenate([facility for _, facility in pairs] or [np.empty(0, np.int64)])
    order = np.lexsort((facility, point))
    return point[order], facility[order]


def _in_order(rows: Ints, parts: Sequence[Any]) -> Any:
    values = np.concatenate(parts)
    made = np.empty_like(values)
    made[rows] = values
    return made


_ANY_EDGE: Final = 0


def _snapped(linked: Bools, snap_m: Floats) -> Snapped:
    """Where the streets themselves are not at hand: whether and how far, not on which."""
    nowhere = np.full((len(linked), 2), np.nan)
    return Snapped(np.where(linked, _ANY_EDGE, -1), np.zeros(len(linked)), snap_m, nowhere)
