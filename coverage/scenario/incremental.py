"""Opening, closing and moving facilities with the distances at once.

After an edit only the cells are measured again whose nearest facility it can be or was. The distances
are equal, to the last bit, to those of measuring everything anew; so is everything computed from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.errors import SettingError
from coverage.assessment import Assessment
from coverage.measuring.measure import Distances
from coverage.measuring.near_cells import blocks, cells_of_edges
from coverage.model.edits import Close, FacilityEdit, Move, Open
from coverage.model.tables import FacilityTable, Floats, Ints
from coverage.scenario.change_log import Journal
from coverage.scenario.facility_slots import DOOR, Slots
from coverage.scenario.incremental_tier import Ground, LiveTier
from geo.network.snapping import Snapped, snap, take


@dataclass
class _Done:
    """An edit with what it takes to take it back: what it wrote, and facility → slot as it was before."""

    edit: FacilityEdit
    journal: Journal
    ids_before: dict[str, int]


@dataclass
class Live:
    """An assessment whose facilities can be edited one by one; made by `live`. Not for several threads.

    Only the last edit can be taken back: what was done and undone is the history of who asks.
    """

    base: Assessment
    ground: Ground
    slots: Slots
    tiers: dict[str, LiveTier]
    ids: dict[str, int]
    done: list[_Done] = field(default_factory=list)

    @property
    def edits(self) -> tuple[FacilityEdit, ...]:
        """What has been done and not undone."""
        return tuple(step.edit for step in self.done)

    def do(self, edit: FacilityEdit) -> None:
        """Make an edit. SettingError if its facility is not there, or its number is taken."""
        journal, ids = Journal(), dict(self.ids)
        self._change(edit, journal, ids)
        self.done.append(_Done(edit, journal, self.ids))
        self.ids = ids

    def undo(self) -> None:
        """Take the last edit back; nothing if there is none."""
        if self.done:
            step = self.done.pop()
            step.journal.undo()
            self.ids = step.ids_before

    def distances_to(self, facilities: FacilityTable) -> Distances:
        """As `measure` would give them for `facilities`, which must be the list as it is now."""
        slots = np.flatnonzero(self.slots.open)
        row_of = np.full(len(self.slots.open) + 1, -1, np.int64)  # the last entry stands for "none"
        row_of[slots] = np.arange(len(slots))
        wanted = dict.fromkeys((*self.base.standard.tiers, *facilities.tiers))
        tiers = {tier: self.tiers.get(tier) or _empty_tier(self.ground) for tier in wanted}
        return Distances(
            straight_m={tier: live.straight_m.copy() for tier, live in tiers.items()},
            walk_m={tier: live.walk_m.copy() for tier, live in tiers.items()},
            straight_row={tier: row_of[live.straight_row] for tier, live in tiers.items()},
            walk_row={tier: row_of[live.walk_row] for tier, live in tiers.items()},
            cells=self.ground.cells,
            facilities=take(self.slots.doors, slots),
            nodes={tier: (live.node_m.copy(), row_of[live.node_owner]) for tier, live in tiers.items()},
        )

    def _change(self, edit: FacilityEdit, journal: Journal, ids: dict[str, int]) -> None:
        if isinstance(edit, Open):
            if edit.facility_id in ids:
                raise SettingError("The facility number {number} is taken already.", number=edit.facility_id)
            slot = ids[edit.facility_id] = self._new_slot(edit)
            self._opened(slot, journal)
            return
        slot = ids.get(edit.facility_id, -1)
        if slot < 0:
            raise SettingError("There is no facility “{number}” in the list.", number=edit.facility_id)
        tier = self.tiers[self.slots.tier[slot]]
        if isinstance(edit, Close):
            del ids[edit.facility_id]
            journal.write(self.slots, "open", np.array([slot]), np.array([False]))
            tier.close(slot, self.ground, self.slots, journal)
        else:
            old = int(self.slots.edge[slot]), self.slots.xy[slot].copy()
            self._put(slot, edit, journal)
            tier.move(slot, old, self.ground, self.slots, journal)

    def _opened(self, slot: int, journal: Journal) -> None:
        tier = self.slots.tier[slot]
        if tier not in self.tiers:
            self.tiers[tier] = _empty_tier(self.ground)
        journal.write(self.slots, "open", np.array([slot]), np.array([True]))
        self.tiers[tier].open(slot, self.ground, self.slots, journal)

    def _snap(self, x: float, y: float) -> Snapped:
        limit = self.base.standard.walking.snap_limit_m
        return snap(self.ground.network, np.array([[x, y]]), limit_m=limit)

    def _new_slot(self, edit: Open) -> int:
        return self.slots.add((edit.x, edit.y), edit.tier, self._snap(edit.x, edit.y))

    def _put(self, slot: int, edit: Move, journal: Journal) -> None:
        door, at = self._snap(edit.x, edit.y), np.array([slot])
        journal.write(self.slots, "xy", at, np.array([[edit.x, edit.y]]))
        for name, values in zip(DOOR, (door.edge, door.offset_m, door.snap_m, door.xy), strict=True):
            journal.write(self.slots, name, at, values)


def live(base: Assessment) -> Live:
    """Ready to edit the facilities of an assessment, which stays as it is."""
    study, distances = base.study, base.measured.distances
    ground = Ground(
        study.network,
        distances.cells,
        study.grid.xy,
        cells_of_edges(study.network, distances.cells),
        blocks(study.grid.xy),
    )
    facilities = study.facilities
    doors = distances.facilities
    slots = Slots(
        facilities.xy.copy(),
        doors.edge.copy(),
        doors.offset_m.copy(),
        doors.snap_m.copy(),
        doors.xy.copy(),
        facilities.frame["tier"].astype(str).tolist(),
        np.ones(len(facilities), bool),
    )
    return Live(
        base=base,
        ground=ground,
        slots=slots,
        tiers={tier: _tier(tier, distances, ground) for tier in distances.walk_m},
        ids={number: row for row, number in enumerate(facilities.frame["facility_id"])},
    )


def _tier(tier: str, distances: Distances, ground: Ground) -> LiveTier:
    node_m, node_owner = distances.nodes[tier]
    return LiveTier(
        node_m.copy(),
        node_owner.copy(),
        distances.walk_m[tier].copy(),
        distances.walk_row[tier].copy(),
        distances.straight_m[tier].copy(),
        distances.straight_row[tier].copy(),
        ground.blocks.highest(distances.straight_m[tier]),
    )


def _empty_tier(ground: Ground) -> LiveTier:
    def nothing(n: int) -> tuple[Floats, Ints]:
        return np.full(n, np.inf), np.full(n, -1, np.int64)

    cells, nodes = len(ground.cell_xy), len(ground.network.node_xy)
    farthest_m = np.full(len(ground.blocks.low), np.inf)
    return LiveTier(*nothing(nodes), *nothing(cells), *nothing(cells), farthest_m)
