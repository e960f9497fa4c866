"""Metres from every cell to the nearest facility of every tier: computed once, reduced many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from coverage.standard import Walking
from coverage.tables import FacilityTable, Floats, Ints, PopulationGrid
from geo.nearest import Nearest, nearest_on_foot, nearest_straight
from geo.network import WalkNetwork
from geo.snapping import Snapped, snap

# What counts as equal, a millimetre: less than any list states, more than projecting a point there
# and back moves it. Without it a facility exactly at the figure could fail by its last bit, and the
# tables, which show millimetres, would contradict the verdict.
BOUNDARY_M: Final = 0.001


@dataclass(frozen=True)
class Distances:
    """Tier → metres for each cell (n,), `inf` where no facility of the tier can be reached.

    `straight_row` and `walk_row` give the facility's row in the facility table, -1 where none.
    `cells` and `facilities` say where each was snapped to the streets.
    """

    straight_m: Mapping[str, Floats]
    walk_m: Mapping[str, Floats]
    straight_row: Mapping[str, Ints]
    walk_row: Mapping[str, Ints]
    cells: Snapped
    facilities: Snapped

    def straight_to(self, tiers: Sequence[str]) -> tuple[Floats, Ints]:
        """Straight metres to the nearest facility of any of `tiers`, and its row."""
        return _nearest_of(tiers, self.straight_m, self.straight_row)

    def walk_to(self, tiers: Sequence[str]) -> tuple[Floats, Ints]:
        """Walking metres to the nearest facility of any of `tiers`, and its row."""
        return _nearest_of(tiers, self.walk_m, self.walk_row)

    @property
    def unlinked_cells(self) -> Ints:
        """Rows of the cells farther from any street than the snap limit."""
        return np.flatnonzero(self.cells.edge < 0)


def measure(
    grid: PopulationGrid,
    facilities: FacilityTable,
    network: WalkNetwork,
    *,
    tiers: Sequence[str],
    walking: Walking,
) -> Distances:
    """Straight and walking metres from each cell to the nearest facility of each of `tiers`.

    Walking metres include the way from the cell to its street and from the street to the
    facility. All three tables must be in one CRS (ValueError if not).
    """
    if not grid.crs == facilities.crs == network.crs:
        raise ValueError("the tables are in different coordinate systems")
    cells = snap(network, grid.xy, limit_m=walking.snap_limit_m)
    doors = snap(network, facilities.xy, limit_m=walking.snap_limit_m)
    straight = {tier: _straight(grid, facilities, tier) for tier in tiers}
    walk = {tier: _on_foot(network, cells, doors, facilities.of_tier(tier)) for tier in tiers}
    return Distances(
        straight_m={tier: near.metres for tier, near in straight.items()},
        walk_m={tier: near.metres for tier, near in walk.items()},
        straight_row={tier: near.index for tier, near in straight.items()},
        walk_row={tier: near.index for tier, near in walk.items()},
        cells=cells,
        facilities=doors,
    )


def _straight(grid: PopulationGrid, facilities: FacilityTable, tier: str) -> Nearest:
    rows = facilities.of_tier(tier)
    return _table_rows(nearest_straight(grid.xy, facilities.xy[rows]), rows)


def _on_foot(network: WalkNetwork, cells: Snapped, doors: Snapped, rows: Ints) -> Nearest:
    return _table_rows(nearest_on_foot(network, cells, _some(doors, rows)), rows)


def _some(doors: Snapped, rows: Ints) -> Snapped:
    return Snapped(doors.edge[rows], doors.offset_m[rows], doors.snap_m[rows], doors.xy[rows])


def _table_rows(near: Nearest, rows: Ints) -> Nearest:
    """Row numbers within one tier to row numbers of the whole facility table."""
    if not len(rows):
        return near
    return Nearest(near.metres, np.where(near.index >= 0, rows[np.maximum(near.index, 0)], -1))


def _nearest_of(
    tiers: Sequence[str], metres: Mapping[str, Floats], rows: Mapping[str, Ints]
) -> tuple[Floats, Ints]:
    all_metres = np.stack([metres[tier] for tier in tiers])
    all_rows = np.stack([rows[tier] for tier in tiers])
    best = all_metres.argmin(axis=0)[None, :]
    return np.take_along_axis(all_metres, best, 0)[0], np.take_along_axis(all_rows, best, 0)[0]
