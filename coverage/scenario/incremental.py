"""Opening, closing and moving facilities with the answer at once.

After an edit only the cells are measured again whose nearest facility it can be or was. The distances
are equal, to the last bit, to those of measuring everything anew; so is everything computed from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from core.errors import SettingError
from coverage.assessment import Assessment, judge_all
from coverage.checks.measured import Measured
from coverage.measuring.measure import Distances
from coverage.measuring.near_cells import blocks, cells_of_edges
from coverage.model.edits import Close, FacilityEdit, Move, Open
from coverage.model.study import Study
from coverage.model.tables import FacilityTable, Floats, Ints
from coverage.scenario.apply import edited_facilities, with_facilities
from coverage.scenario.change_log import Journal
from coverage.scenario.facility_slots import DOOR, Slots
from coverage.scenario.incremental_rules import Ruled, judge, ruled
from coverage.scenario.incremental_tier import Ground, LiveTier
from geo.csr_ranges import distinct
from geo.network.snapping import Snapped, snap, take


@dataclass(frozen=True)
class Effect:
    """What an edit did: residents gained and lost for each radius and walk rule, and the cells concerned."""

    edit: FacilityEdit
    gained: Mapping[str, float]
    lost: Mapping[str, float]
    cells: Ints


@dataclass
class _Done:
    """An edit with what it takes to undo it; `ids` before and after."""

    effect: Effect
    journal: Journal
    ids: tuple[dict[str, int], dict[str, int]]
    residents_met: tuple[dict[str, float], dict[str, float]]


@dataclass
class Live:
    """An assessment whose facilities can be edited one by one; made by `live`. Not for several threads."""

    base: Assessment
    ground: Ground
    slots: Slots
    tiers: dict[str, LiveTier]
    rules: list[Ruled]
    ids: dict[str, int]
    residents_met: dict[str, float]
    done: list[_Done] = field(default_factory=list)
    undone: list[_Done] = field(default_factory=list)

    @property
    def edits(self) -> tuple[FacilityEdit, ...]:
        """What has been done and not undone."""
        return tuple(step.effect.edit for step in self.done)

    def do(self, edit: FacilityEdit) -> Effect:
        """Make an edit. SettingError if its facility is not there, or its number is taken."""
        journal, ids = Journal(), dict(self.ids)
        before = self.residents_met
        touched = self._changes(edit, journal, ids)
        gained, lost = judge(self.rules, self.tiers, touched, (self.base.study.grid.residents, journal))
        cells = distinct(np.concatenate([cells for pair in touched.values() for cells in pair]))
        journal.close()
        self.residents_met = {name: met + gained[name] - lost[name] for name, met in before.items()}
        effect = Effect(edit, gained, lost, cells)
        self.done.append(_Done(effect, journal, (self.ids, ids), (before, self.residents_met)))
        self.undone.clear()
        self.ids = ids
        return effect

    def undo(self) -> Effect | None:
        """Take the last edit back; None if there is none. The effect is that of the edit undone."""
        if not self.done:
            return None
        step = self.done.pop()
        step.journal.undo()
        self.ids, self.residents_met = step.ids[0], step.residents_met[0]
        self.undone.append(step)
        return step.effect

    def redo(self) -> Effect | None:
        """Make the edit again that was undone last; None if there is none."""
        if not self.undone:
            return None
        step = self.undone.pop()
        step.journal.redo()
        self.ids, self.residents_met = step.ids[1], step.residents_met[1]
        self.done.append(step)
        return step.effect

    def study(self) -> Study:
        """The study with the list as it is now."""
        base = self.base.study
        return with_facilities(base, reduce(edited_facilities, self.edits, base.facilities))

    def distances(self) -> Distances:
        """As `measure` would give them for the list as it is now."""
        return self.distances_to(self.study().facilities)

    def distances_to(self, facilities: FacilityTable) -> Distances:
        """The same where the list as it is now is at hand already."""
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

    def assessment(self) -> Assessment:
        """The whole assessment of the list as it is now; equal to assessing it anew."""
        study = self.study()
        return judge_all(Measured(study, self.distances_to(study.facilities), self.base.standard))

    def _changes(
        self, edit: FacilityEdit, journal: Journal, ids: dict[str, int]
    ) -> dict[str, tuple[Ints, ...]]:
        """Tier → the cells whose metres changed."""
        if isinstance(edit, Open):
            if edit.facility_id in ids:
                raise SettingError("The facility number {number} is taken already.", number=edit.facility_id)
            slot = ids[edit.facility_id] = self._new_slot(edit)
            return {edit.tier: self._opened(slot, journal)}
        slot = ids.get(edit.facility_id, -1)
        if slot < 0:
            raise SettingError("There is no facility “{number}” in the list.", number=edit.facility_id)
        tier = self.slots.tier[slot]
        if isinstance(edit, Close):
            del ids[edit.facility_id]
            return {tier: self._closed(slot, journal)}
        old = int(self.slots.edge[slot]), self.slots.xy[slot].copy()
        self._put(slot, edit, journal)
        return {tier: self.tiers[tier].move(slot, old, self.ground, self.slots, journal)}

    def _opened(self, slot: int, journal: Journal) -> tuple[Ints, Ints]:
        tier = self.slots.tier[slot]
        if tier not in self.tiers:
            self.tiers[tier] = _empty_tier(self.ground)
        journal.write(self.slots, "open", np.array([slot]), np.array([True]))
        return self.tiers[tier].open(slot, self.ground, self.slots, journal)

    def _closed(self, slot: int, journal: Journal) -> tuple[Ints, Ints]:
        journal.write(self.slots, "open", np.array([slot]), np.array([False]))
        return self.tiers[self.slots.tier[slot]].close(slot, self.ground, self.slots, journal)

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
    facilities, rules = study.facilities, ruled(base)
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
        rules=rules,
        ids={number: row for row, number in enumerate(facilities.frame["facility_id"])},
        residents_met={r.rule.id: base.result(r.rule.id).residents_met for r in rules},
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
