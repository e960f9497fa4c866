"""Metres from every cell to the nearest facility of every tier: computed once, reduced many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from coverage.measuring.facility_reach import of_facilities, straight_nearest
from coverage.model.standard import Walking
from coverage.model.tables import Bools, FacilityTable, Floats, Ints, PopulationGrid
from geo.distance.near_places import blocks_of
from geo.distance.nearest import joined, nearest_by_nodes, node_distances
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped, snap_once

# What counts as equal, a millimetre: less than any list states, more than projecting a point there
# and back moves it. Without it a facility exactly at the figure could fail by its last bit, and the
# tables, which show millimetres, would contradict the verdict.
BOUNDARY_M: Final = 0.001


@dataclass(frozen=True)
class Distances:
    """Tier → metres for each cell (n,), `inf` where no facility of the tier can be reached.

    `straight_row` and `walk_row` give the facility's row in the facility table, -1 where none.
    `cells` and `entrances` say where each cell, and each entrance of the facilities, was snapped to the
    streets; `entrance_of` is the facility of each entrance. `nodes` tier → metres from each junction to the
    nearest entrance of the tier, on foot, and its row; kept so that nobody has to search again.
    """

    straight_m: Mapping[str, Floats]
    walk_m: Mapping[str, Floats]
    straight_row: Mapping[str, Ints]
    walk_row: Mapping[str, Ints]
    cells: Snapped
    entrances: Snapped
    entrance_of: Ints
    nodes: Mapping[str, tuple[Floats, Ints]] = field(default_factory=dict)

    def straight_to(self, tiers: Sequence[str]) -> tuple[Floats, Ints]:
        """Straight metres to the nearest facility of any of `tiers`, and its row."""
        return self._once(tiers, self.straight_m, self.straight_row)

    def walk_to(self, tiers: Sequence[str]) -> tuple[Floats, Ints]:
        """Walking metres to the nearest facility of any of `tiers`, and its row."""
        return self._once(tiers, self.walk_m, self.walk_row)

    def nodes_to(self, tiers: Sequence[str]) -> tuple[Floats, Ints]:
        """Metres on foot from each junction to the nearest entrance of any of `tiers`, and its lowest row."""
        # The least metres of several, and of equal ones the lowest row.
        found = [self.nodes[tier] for tier in tiers]
        metres, row = found[0]
        for other_m, other in found[1:]:
            nearer = (other_m < metres) | ((other_m == metres) & (other < row))
            metres, row = np.where(nearer, other_m, metres), np.where(nearer, other, row)
        return metres, row

    def _once(
        self, tiers: Sequence[str], metres: Mapping[str, Floats], rows: Mapping[str, Ints]
    ) -> tuple[Floats, Ints]:
        """Several rules ask about the same tiers: what was found for them is kept."""
        if len(tiers) == 1:
            return metres[tiers[0]], rows[tiers[0]]
        key = id(metres), tuple(tiers)
        if key not in self._found:
            self._found[key] = _nearest_of(tiers, metres, rows)
        return self._found[key]

    @cached_property
    def _found(self) -> dict[tuple[int, tuple[str, ...]], tuple[Floats, Ints]]:
        return {}

    @property
    def unlinked_cells(self) -> Ints:
        """Rows of the cells farther from any street than the snap limit."""
        return np.flatnonzero(self.cells.edge < 0)

    @cached_property
    def facility_snap_m(self) -> Floats:
        """(facilities,) straight metres from the entrance nearest to a street to that street."""
        return self._least(self.entrances.snap_m)

    @cached_property
    def facility_linked(self) -> Bools:
        """(facilities,) whether any entrance has a street within the snap limit."""
        return np.isfinite(self._least(np.where(self.entrances.linked, 0.0, np.inf)))

    def _least(self, values: Floats) -> Floats:
        starts = np.flatnonzero(np.diff(self.entrance_of, prepend=-1))
        return np.minimum.reduceat(values, starts) if len(starts) else values


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
    facility; the same spot is walked to straight. Both are to the nearest entrance, 0 within an outline
    without doors. All three tables must be in one CRS (ValueError if not).
    """
    if not grid.crs == facilities.crs == network.crs:
        raise ValueError("the tables are in different coordinate systems")
    cells = snap_once(network, grid.xy, limit_m=walking.snap_limit_m)
    entrances = facilities.entrances
    doors = snap_once(network, entrances.xy, limit_m=walking.snap_limit_m)
    rows = {tier: facilities.of_tier(tier) for tier in tiers}
    at = {tier: entrances.of_rows(rows[tier])[0] for tier in tiers}
    blocks = blocks_of(grid.xy)
    straight = {tier: straight_nearest(blocks, grid.xy, facilities, rows[tier]) for tier in tiers}
    nodes = {tier: nodes_to_rows(network, doors, at[tier]) for tier in tiers}
    places = joined(network, cells, np.flatnonzero(cells.linked))
    walk = {
        tier: of_facilities(
            nearest_by_nodes(network, places, nodes[tier], (doors, at[tier])), grid.xy, facilities, rows[tier]
        )
        for tier in tiers
    }
    return Distances(
        straight_m={tier: near.metres for tier, near in straight.items()},
        walk_m={tier: near.metres for tier, near in walk.items()},
        straight_row={tier: np.append(rows[tier], -1)[near.index] for tier, near in straight.items()},
        walk_row={tier: near.index for tier, near in walk.items()},
        cells=cells,
        entrances=doors,
        entrance_of=entrances.facility,
        nodes=nodes,
    )


def nodes_to_rows(network: WalkNetwork, doors: Snapped, rows: Ints) -> tuple[Floats, Ints]:
    """Metres on foot from each junction to the nearest of the entrances `rows`, and its row.

    inf and -1 where none is reached.
    """
    linked = rows[doors.edge[rows] >= 0]
    if not len(linked):
        n = len(network.node_xy)
        return np.full(n, np.inf), np.full(n, -1, np.int64)
    return node_distances(network, doors, linked, np.inf)


def _nearest_of(
    tiers: Sequence[str], metres: Mapping[str, Floats], rows: Mapping[str, Ints]
) -> tuple[Floats, Ints]:
    """Of tiers equally near the one named first."""
    best_m, best = metres[tiers[0]], rows[tiers[0]]
    for tier in tiers[1:]:
        nearer = metres[tier] < best_m
        best_m, best = np.where(nearer, metres[tier], best_m), np.where(nearer, rows[tier], best)
    return best_m, best
