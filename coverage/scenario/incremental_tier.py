"""The distances to one tier, kept right while its facilities open and close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from coverage.measuring.near_cells import Blocks, CellsOfEdges
from coverage.model.tables import Floats, Ints
from coverage.scenario.change_log import Journal
from coverage.scenario.facility_slots import Slots
from geo.distance.distance_updates import Mended, Offers, first_of, spread, taken_from
from geo.distance.nearest import at_points, nearest_straight
from geo.distance.open_ground import SAME_SPOT_M, straight_ways, take_straight
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped, ends, take


@dataclass(frozen=True)
class Ground:
    """What stays as it is under every facility edit."""

    network: WalkNetwork
    cells: Snapped
    cell_xy: Floats
    of_edges: CellsOfEdges
    blocks: Blocks


@dataclass
class LiveTier:
    """Metres and facility of the tier for nodes and cells; facilities are slots of `doors`.

    `farthest_m` (blocks,) is no less than the straight metres of any cell of the block.
    """

    node_m: Floats
    node_owner: Ints
    walk_m: Floats
    walk_row: Ints
    straight_m: Floats
    straight_row: Ints
    farthest_m: Floats

    def open(self, slot: int, ground: Ground, slots: Slots, journal: Journal) -> None:
        """Count `slot` in."""
        self._open_straight(slot, ground, slots, journal)
        self._open_on_foot(slot, ground, slots, journal)

    def close(self, slot: int, ground: Ground, slots: Slots, journal: Journal) -> None:
        """Count `slot`, which is no longer among the open ones, out."""
        self._close_straight(slot, ground, slots, journal)
        self._close_on_foot(slot, ground, slots, journal)

    def move(
        self, slot: int, old: tuple[int, Floats], ground: Ground, slots: Slots, journal: Journal
    ) -> None:
        """Follow `slot`, which stayed open, to where it stands now; `old` are its street and place before.

        Forgetting the old door and spreading from the new one go in one round.
        """
        old_edge, old_xy = old
        self._close_straight(slot, ground, slots, journal)
        self._open_straight(slot, ground, slots, journal)
        mended = self._search_again(slot, ground, slots)
        edges = np.array([edge for edge in {old_edge, int(slots.doors.edge[slot])} if edge >= 0], np.int64)
        at = np.array([old_xy, slots.xy[slot]])
        self._cells_after(mended, slot, (edges, at), (ground, slots), journal)

    def _open_straight(self, slot: int, ground: Ground, slots: Slots, journal: Journal) -> None:
        cells = ground.blocks.not_beyond(slots.xy[slot], self.farthest_m)
        metres = nearest_straight(ground.cell_xy[cells], slots.xy[[slot]]).metres
        now_m, now = self.straight_m[cells], self.straight_row[cells]
        nearer = (metres < now_m) | ((metres == now_m) & (slot < now))
        changed: Ints = cells[nearer]
        journal.write(self, "straight_m", changed, metres[nearer])
        journal.write(self, "straight_row", changed, np.full(len(changed), slot))

    def _close_straight(self, slot: int, ground: Ground, slots: Slots, journal: Journal) -> None:
        cells: Ints = np.flatnonzero(self.straight_row == slot)
        rows = slots.open_of(slots.tier[slot])
        near = nearest_straight(ground.cell_xy[cells], slots.xy[rows])
        journal.write(self, "straight_m", cells, near.metres)
        journal.write(self, "straight_row", cells, rows[near.index] if len(rows) else near.index)
        np.maximum.at(self.farthest_m, ground.blocks.block_of[cells], near.metres)

    def _open_on_foot(self, slot: int, ground: Ground, slots: Slots, journal: Journal) -> None:
        mended, edge = NOTHING, slots.doors.edge[[slot]]
        if edge[0] >= 0:
            offers = arrivals(ground.network, slots.doors, np.array([slot]))
            mended = spread(ground.network.graph, self.node_m, self.node_owner, offers)
        where = edge[edge >= 0], slots.xy[[slot]]
        self._cells_after(mended, slot, where, (ground, slots), journal)

    def _close_on_foot(self, slot: int, ground: Ground, slots: Slots, journal: Journal) -> None:
        edge = slots.doors.edge[[slot]]
        mended = self._search_again(slot, ground, slots) if edge[0] >= 0 else NOTHING
        where = edge[edge >= 0], slots.xy[[slot]]
        self._cells_after(mended, slot, where, (ground, slots), journal)

    def _search_again(self, slot: int, ground: Ground, slots: Slots) -> Mended:
        """Forget the junctions whose nearest `slot` was and fill them from around and from all open doors."""
        graph = ground.network.graph
        own = (self.node_owner == slot).nonzero()[0]
        forgotten, around = taken_from(graph, self.node_m, self.node_owner, own)
        rows = slots.open_of(slots.tier[slot])
        doors = arrivals(ground.network, slots.doors, rows[slots.doors.edge[rows] >= 0])
        offers = Offers(
            np.concatenate([around.node, doors.node]),
            np.concatenate([around.metres, doors.metres]),
            np.concatenate([around.owner, doors.owner]),
        )
        return first_of([forgotten, spread(graph, self.node_m, self.node_owner, offers)])

    def _cells_after(
        self,
        mended: Mended,
        slot: int,
        where: tuple[Ints, Floats],
        town: tuple[Ground, Slots],
        journal: Journal,
    ) -> None:
        """Recompute the cells that changed nodes or the facility's own streets lead to, and those around.

        `where`: the facility's streets, and the places it stands or stood at.
        """
        (own_edges, at), (ground, slots) = where, town
        journal.note(self, "node_m", mended.node, mended.metres)
        journal.note(self, "node_owner", mended.node, mended.owner)
        edges, cells = ground.of_edges.near_nodes(mended.node, own_edges)
        rows = slots.open_of(slots.tier[slot])
        on_these = rows[np.isin(slots.doors.edge[rows], edges)]
        at_nodes = self.node_m, self.node_owner
        metres, row = at_points(ground.network, ground.cells, cells, at_nodes, (slots.doors, on_these))
        row = np.where(np.isfinite(metres), row, -1)
        cells, metres, row = self._with_same_spot((cells, metres, row), at, rows, town)
        differs = (metres != self.walk_m[cells]) | (row != self.walk_row[cells])
        changed: Ints = cells[differs]
        journal.write(self, "walk_m", changed, metres[differs])
        journal.write(self, "walk_row", changed, row[differs])

    def _with_same_spot(
        self, found: tuple[Ints, Floats, Ints], at: Floats, rows: Ints, town: tuple[Ground, Slots]
    ) -> tuple[Ints, Floats, Ints]:
        """Cells with their metres and slots, the straight ways counted; the cells around `at` are added."""
        (cells, metres, row), (ground, slots) = found, town
        around = ground.cells.tree.query_ball_point(at, SAME_SPOT_M * (1 + 1e-9))
        more = np.setdiff1d(np.concatenate([np.asarray(some, np.int64) for some in around]), cells)
        linked = more[ground.cells.edge[more] >= 0]
        on_these = rows[np.isin(slots.doors.edge[rows], ground.cells.edge[linked])]
        at_nodes = self.node_m, self.node_owner
        near_m, near = at_points(ground.network, ground.cells, linked, at_nodes, (slots.doors, on_these))
        apart = more[ground.cells.edge[more] < 0]
        cells = np.concatenate([cells, linked, apart])
        metres = np.concatenate([metres, near_m, np.full(len(apart), np.inf)])
        row = np.concatenate([row, np.where(np.isfinite(near_m), near, -1), np.full(len(apart), -1)])
        ways = straight_ways(ground.network, take(ground.cells, cells), slots.doors, rows)
        take_straight(ways, metres, row)
        return cells, metres, row


NOTHING: Final = Mended(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))


def arrivals(network: WalkNetwork, doors: Snapped, rows: Ints) -> Offers:
    """What linked facilities offer the nodes at the ends of their streets."""
    u, v, to_u, to_v = ends(network, doors, rows)
    return Offers(np.concatenate([u, v]), np.concatenate([to_u, to_v]), np.tile(rows, 2))
