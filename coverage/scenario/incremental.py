"""A scenario's assessment from that of the study as it is: only what can differ is measured again.

While facilities open, close and move, the distances follow: after a change only the cells are measured
again whose nearest facility it can be or was. They are equal, to the last bit, to those of measuring
everything again; so is everything computed from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, silent
from core.text import text
from coverage.assessment import Assessment, judge_all, judge_rules
from coverage.checks.measured import Measured
from coverage.measuring.measure import Distances, measure
from coverage.measuring.near_cells import Blocks, CellsOfEdges, blocks, cells_of_edges
from coverage.model.edits import AddBarrier, AddStreet, Edit, Scenario, UseStandard
from coverage.model.tables import Bools, FacilityTable, Floats, Ints
from coverage.scenario.apply import Variant, apply
from geo.distance.distance_updates import Mended, Offers, first_of, spread, taken_from
from geo.distance.nearest import at_points, nearest_straight
from geo.distance.open_ground import SAME_SPOT_M, straight_ways, take_straight
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped, ends, snap, take

Number = TypeVar("Number", bound=np.generic)
# Edits after which distances may have to be measured anew: streets, or a standard with other tiers.
_OF_GROUND: Final = (AddStreet, AddBarrier, UseStandard)


@dataclass(frozen=True)
class Ground:
    """What stays as it is whatever becomes of the facilities."""

    network: WalkNetwork
    snap_limit_m: float
    cells: Snapped
    cell_xy: Floats
    of_edges: CellsOfEdges
    blocks: Blocks


@dataclass
class Slots:
    """Every facility that is or was: those of the base first, then those opened, in order.

    `open` says which are there now; these in order are the rows of the facility list as it is now.
    `edge`, `offset_m`, `snap_m` and `on_street` (n, 2) say where each joins the streets.
    """

    number: list[str]
    tier: list[str]
    xy: Floats
    edge: Ints
    offset_m: Floats
    snap_m: Floats
    on_street: Floats
    open: Bools

    @property
    def doors(self) -> Snapped:
        """Where the slots join the streets."""
        return Snapped(self.edge, self.offset_m, self.snap_m, self.on_street, self.xy)

    def open_of(self, tier: str) -> Ints:
        """The open slots of a tier, ascending."""
        return np.flatnonzero(self.open & (np.asarray(self.tier, dtype=object) == tier))

    def add(self, number: str, tier: str) -> int:
        """One slot more, not open yet, which stands nowhere; returns its number."""
        self.number.append(number)
        self.tier.append(tier)
        for name in ("edge", "offset_m", "snap_m", "open"):
            setattr(self, name, np.append(getattr(self, name), getattr(self, name).dtype.type(0)))
        for name in ("xy", "on_street"):
            setattr(self, name, np.concatenate([getattr(self, name), np.zeros((1, 2))]))
        return len(self.tier) - 1

    def put(self, slot: int, xy: Floats, door: Snapped) -> None:
        """Let a slot stand at `xy` (2,), with this door to the streets."""
        self.xy[slot] = xy
        self.edge[slot], self.offset_m[slot] = door.edge[0], door.offset_m[0]
        self.snap_m[slot], self.on_street[slot] = door.snap_m[0], door.xy[0]


@dataclass
class LiveTier:
    """Metres and facility of one tier for nodes and cells; facilities are slots.

    `farthest_m` (blocks,) is no less than the straight metres of any cell of the block.
    """

    ground: Ground
    slots: Slots
    node_m: Floats
    node_owner: Ints
    walk_m: Floats
    walk_row: Ints
    straight_m: Floats
    straight_row: Ints
    farthest_m: Floats

    def open(self, slot: int) -> None:
        """Count `slot`, which is among the open ones now, in."""
        self._open_straight(slot)
        mended, edge = NOTHING, self.slots.edge[[slot]]
        if edge[0] >= 0:
            offers = arrivals(self.ground.network, self.slots.doors, np.array([slot]))
            mended = spread(self.ground.network.graph, self.node_m, self.node_owner, offers)
        self._cells_after(mended, edge[edge >= 0], self.slots.xy[[slot]], slot)

    def close(self, slot: int) -> None:
        """Count `slot`, which is no longer among the open ones, out."""
        self._close_straight(slot)
        edge = self.slots.edge[[slot]]
        mended = self._search_again(slot) if edge[0] >= 0 else NOTHING
        self._cells_after(mended, edge[edge >= 0], self.slots.xy[[slot]], slot)

    def move(self, slot: int, old_edge: int, old_xy: Floats) -> None:
        """Follow `slot`, which stayed open, from its old street and place to where it stands now.

        Forgetting the old door and spreading from the new one go in one round.
        """
        self._close_straight(slot)
        self._open_straight(slot)
        mended = self._search_again(slot)
        edges = [edge for edge in {old_edge, int(self.slots.edge[slot])} if edge >= 0]
        at = np.array([old_xy, self.slots.xy[slot]])
        self._cells_after(mended, np.array(edges, np.int64), at, slot)

    def _open_straight(self, slot: int) -> None:
        cells = self.ground.blocks.not_beyond(self.slots.xy[slot], self.farthest_m)
        metres = nearest_straight(self.ground.cell_xy[cells], self.slots.xy[[slot]]).metres
        now_m, now = self.straight_m[cells], self.straight_row[cells]
        nearer = (metres < now_m) | ((metres == now_m) & (slot < now))
        self.straight_m[cells[nearer]] = metres[nearer]
        self.straight_row[cells[nearer]] = slot

    def _close_straight(self, slot: int) -> None:
        cells: Ints = np.flatnonzero(self.straight_row == slot)
        rows = self.slots.open_of(self.slots.tier[slot])
        near = nearest_straight(self.ground.cell_xy[cells], self.slots.xy[rows])
        self.straight_m[cells] = near.metres
        self.straight_row[cells] = rows[near.index] if len(rows) else near.index
        np.maximum.at(self.farthest_m, self.ground.blocks.block_of[cells], near.metres)

    def _search_again(self, slot: int) -> Mended:
        """Forget the junctions whose nearest `slot` was and fill them from around and from all open doors."""
        graph, doors = self.ground.network.graph, self.slots.doors
        own = (self.node_owner == slot).nonzero()[0]
        forgotten, around = taken_from(graph, self.node_m, self.node_owner, own)
        rows = self.slots.open_of(self.slots.tier[slot])
        offered = arrivals(self.ground.network, doors, rows[doors.edge[rows] >= 0])
        offers = Offers(
            np.concatenate([around.node, offered.node]),
            np.concatenate([around.metres, offered.metres]),
            np.concatenate([around.owner, offered.owner]),
        )
        return first_of([forgotten, spread(graph, self.node_m, self.node_owner, offers)])

    def _cells_after(self, mended: Mended, own_edges: Ints, at: Floats, slot: int) -> None:
        """Recompute the cells that changed nodes or the facility's own streets lead to, and those around.

        `own_edges` are the facility's streets, `at` (k, 2) the places it stands or stood at.
        """
        cells, doors = self.ground.cells, self.slots.doors
        rows = self.slots.open_of(self.slots.tier[slot])
        edges, along = self.ground.of_edges.near_nodes(mended.node, own_edges)
        # The same spot is walked to straight: cells around the places are looked at too.
        around = cells.tree.query_ball_point(at, SAME_SPOT_M * (1 + 1e-9))
        more = np.setdiff1d(np.concatenate([np.asarray(some, np.int64) for some in around]), along)
        linked, apart = more[cells.edge[more] >= 0], more[cells.edge[more] < 0]
        found = [self._at(along, edges, rows), self._at(linked, cells.edge[linked], rows)]
        changed = np.concatenate([along, linked, apart])
        metres = np.concatenate([*(m for m, _ in found), np.full(len(apart), np.inf)])
        row = np.concatenate([*(r for _, r in found), np.full(len(apart), -1)])
        take_straight(straight_ways(self.ground.network, take(cells, changed), doors, rows), metres, row)
        self.walk_m[changed], self.walk_row[changed] = metres, row

    def _at(self, cells: Ints, edges: Ints, rows: Ints) -> tuple[Floats, Ints]:
        """Metres along streets of cells on `edges`, and the slot; -1 where none is reached."""
        on_these = rows[np.isin(self.slots.edge[rows], edges)]
        nodes, doors = (self.node_m, self.node_owner), (self.slots.doors, on_these)
        metres, row = at_points(self.ground.network, self.ground.cells, cells, nodes, doors)
        return metres, np.where(np.isfinite(metres), row, -1)


@dataclass
class Live:
    """Distances that follow a list of facilities; made by `live`. Not for several threads.

    The first `settled` slots are those of the base and of the facilities that were expected.
    """

    base: Assessment
    ground: Ground
    slots: Slots
    tiers: dict[str, LiveTier]
    settled: int

    def follow(self, facilities: FacilityTable) -> Distances:
        """As `measure` would give them for `facilities`: any list, but near the last one it is quick.

        Rows are told by number and tier: one that is at another place than before has moved.
        """
        slots = self._slots_of(facilities)
        for slot in np.setdiff1d(np.flatnonzero(self.slots.open), slots).tolist():
            self.slots.open[slot] = False
            self.tiers[self.slots.tier[slot]].close(slot)
        stay = self.slots.open[slots]
        for row in np.flatnonzero(~stay | (self.slots.xy[slots] != facilities.xy).any(axis=1)).tolist():
            slot = int(slots[row])
            self._put(slot, facilities.xy[row], is_new=not stay[row])
        return self._distances(facilities, slots)

    def _slots_of(self, facilities: FacilityTable) -> Ints:
        """A slot for each row, ascending as the rows are, since of equally near facilities the first counts.

        Rows of the base have theirs, and so have those that were expected. Those opened keep theirs as far as
        the list begins as the last one did.
        """
        frame = facilities.frame
        wanted = list(zip(frame["facility_id"].astype(str), frame["tier"].astype(str), strict=True))
        own = {self._named(slot): slot for slot in range(self.settled)}
        slots: list[int] = []
        for named in wanted:
            if own.get(named, -1) <= (slots[-1] if slots else -1):
                break
            slots.append(own[named])
        opened = [slot for slot in np.flatnonzero(self.slots.open).tolist() if slot >= len(own)]
        rest = wanted[len(slots) :]
        kept = in_common([self._named(slot) for slot in opened], rest)
        return np.array(
            [*slots, *opened[:kept], *(self.slots.add(*named) for named in rest[kept:])], np.int64
        )

    def _named(self, slot: int) -> tuple[str, str]:
        return self.slots.number[slot], self.slots.tier[slot]

    def _put(self, slot: int, xy: Floats, *, is_new: bool) -> None:
        """Open a slot at a place, or move it there."""
        old_edge, old_xy = int(self.slots.edge[slot]), self.slots.xy[slot].copy()
        door = snap(self.ground.network, xy.reshape(1, 2), limit_m=self.ground.snap_limit_m)
        self.slots.put(slot, xy, door)
        name = self.slots.tier[slot]
        tier = self.tiers.setdefault(name, _empty_tier(self.ground, self.slots))
        if is_new:
            self.slots.open[slot] = True
            tier.open(slot)
        else:
            tier.move(slot, old_edge, old_xy)

    def _distances(self, facilities: FacilityTable, slots: Ints) -> Distances:
        row_of = np.full(len(self.slots.open) + 1, -1, np.int64)  # the last entry stands for "none"
        row_of[slots] = np.arange(len(slots))
        wanted = dict.fromkeys((*self.base.standard.tiers, *facilities.tiers))
        tiers = {tier: self.tiers.get(tier) or _empty_tier(self.ground, self.slots) for tier in wanted}
        return Distances(
            straight_m={tier: live.straight_m.copy() for tier, live in tiers.items()},
            walk_m={tier: live.walk_m.copy() for tier, live in tiers.items()},
            straight_row={tier: row_of[live.straight_row] for tier, live in tiers.items()},
            walk_row={tier: row_of[live.walk_row] for tier, live in tiers.items()},
            cells=self.ground.cells,
            entrances=take(self.slots.doors, slots),
            entrance_of=np.arange(len(slots)),
            nodes={tier: (live.node_m.copy(), row_of[live.node_owner]) for tier, live in tiers.items()},
        )


def live(base: Assessment, expected: Sequence[tuple[str, str]] = ()) -> Live:
    """Ready to follow the facilities of an assessment, which stays as it is.

    `expected` are (number, tier) of a list that is to be followed, in its order: its new rows may then stand
    between those of the base without making anything be measured again.
    """
    study, distances = base.study, base.measured.distances
    ground = Ground(
        study.network,
        base.standard.walking.snap_limit_m,
        distances.cells,
        study.grid.xy,
        cells_of_edges(study.network, distances.cells),
        blocks(study.grid.xy),
    )
    frame, doors = study.facilities.frame, distances.entrances
    own = list(zip(frame["facility_id"].astype(str), frame["tier"].astype(str), strict=True))
    named, at = _in_one_order(own, expected)
    slots = Slots(
        [number for number, _ in named],
        [tier for _, tier in named],
        _spaced(study.facilities.xy, at, len(named)),
        _spaced(doors.edge, at, len(named)),
        _spaced(doors.offset_m, at, len(named)),
        _spaced(doors.snap_m, at, len(named)),
        _spaced(doors.xy, at, len(named)),
        _spaced(np.ones(len(frame), bool), at, len(named)),
    )
    slot_of = np.append(at, -1)  # the last entry stands for "none"
    tiers = {
        tier: LiveTier(
            ground,
            slots,
            node_m.copy(),
            slot_of[node_owner],
            distances.walk_m[tier].copy(),
            slot_of[distances.walk_row[tier]],
            distances.straight_m[tier].copy(),
            slot_of[distances.straight_row[tier]],
            ground.blocks.highest(distances.straight_m[tier]),
        )
        for tier, (node_m, node_owner) in distances.nodes.items()
    }
    return Live(base, ground, slots, tiers, len(named))


def _in_one_order(
    own: Sequence[tuple[str, str]], expected: Sequence[tuple[str, str]]
) -> tuple[list[tuple[str, str]], Ints]:
    """Both in one list that keeps the order of `own`, and as far as it can that of `expected`; and where
    each of `own` stands in it."""
    row_of = {named: row for row, named in enumerate(own)}
    found: list[tuple[str, str]] = []
    at: list[int] = []

    def up_to(row: int) -> None:
        for named in own[len(at) : row]:
            at.append(len(found))
            found.append(named)

    for named in dict.fromkeys(expected):
        if named in row_of:
            up_to(row_of[named] + 1)
        else:
            found.append(named)
    up_to(len(own))
    return found, np.array(at, np.int64)


def _spaced(values: NDArray[Number], at: Ints, count: int) -> NDArray[Number]:
    """`values` in the rows `at` of `count`; the others are 0."""
    spaced = np.zeros((count, *values.shape[1:]), values.dtype)
    spaced[at] = values
    return spaced


def _empty_tier(ground: Ground, slots: Slots) -> LiveTier:
    def nothing(n: int) -> tuple[Floats, Ints]:
        return np.full(n, np.inf), np.full(n, -1, np.int64)

    cells, nodes = len(ground.cell_xy), len(ground.network.node_xy)
    farthest_m = np.full(len(ground.blocks.low), np.inf)
    return LiveTier(ground, slots, *nothing(nodes), *nothing(cells), *nothing(cells), farthest_m)


def in_common(one: Sequence[object], other: Sequence[object]) -> int:
    """How many equal entries both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


NOTHING: Final = Mended(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))


def arrivals(network: WalkNetwork, doors: Snapped, rows: Ints) -> Offers:
    """What linked facilities offer the nodes at the ends of their streets."""
    u, v, to_u, to_v = ends(network, doors, rows)
    return Offers(np.concatenate([u, v]), np.concatenate([to_u, to_v]), np.tile(rows, 2))


def assess_scenario(base: Assessment, scenario: Scenario, *, progress: Progress = silent) -> Assessment:
    """The assessment after the scenario's edits: the same as assessing the edited study anew. Streets are
    measured anew; facilities alone incrementally; with figures, speeds or residents alone the distances
    stay. SettingError as `apply`.
    """
    progress(0.0, text("Measuring distances"))
    measured = Trail(base).measured(scenario)
    before, standard = base.measured, measured.standard
    same_ground = standard.walking == base.standard.walking and measured.study.grid is before.study.grid
    same_ground = same_ground and measured.distances.cells is before.distances.cells
    known = [gap for gap in base.gaps if same_ground and before.standard.rule(gap.rule_id) in standard.rules]
    return judge_all(measured, known=known, progress=progress)


@dataclass
class Trail:
    """One list of edits after another on the same city, each from where the last one led.

    Each edit is applied once, to the study after those before it; the distances then follow the list of
    facilities, so that one edit more takes milliseconds. What is answered does not depend on the lists
    asked before. Not for several threads.
    """

    base: Assessment
    _steps: list[tuple[Edit, Variant]] = field(default_factory=list)
    _ground: tuple[Edit, ...] = ()
    _engine: Live | None = None

    def judge(self, scenario: Scenario) -> Assessment:
        """The rules judged after the edits, without gaps, loads by tier and notes: for who only compares.

        SettingError as `apply`; the trail goes on as if it had not been asked.
        """
        return judge_rules(self.measured(scenario))

    def measured(self, scenario: Scenario) -> Measured:
        """The edited study with its distances, and the standard to judge them by."""
        now = apply(replace(scenario, edits=()), self.base.study, self.base.standard)
        steps = self._steps[: in_common([edit for edit, _ in self._steps], scenario.edits)]
        for edit in scenario.edits[len(steps) :]:
            before = steps[-1][1] if steps else now
            steps.append((edit, apply(replace(scenario, edits=(edit,)), before.study, before.standard)))
        self._steps = steps
        variant = steps[-1][1] if steps else now
        study, standard = variant.study, variant.standard
        if study.facilities.has_extents or self.base.study.facilities.has_extents:
            # Only facilities that are points are followed step by step; others are measured anew.
            tiers = tuple(dict.fromkeys((*standard.tiers, *study.facilities.tiers)))
            distances = measure(
                study.grid, study.facilities, study.network, tiers=tiers, walking=standard.walking
            )
            return Measured(study, distances, standard)
        ground = tuple(edit for edit in scenario.edits if isinstance(edit, _OF_GROUND))
        engine = self._engine if ground == self._ground else None
        # It stays away if what follows fails halfway.
        self._engine, self._ground = None, ground
        engine = engine or live(self._on_ground(variant))
        distances = engine.follow(variant.study.facilities)
        self._engine = engine
        return Measured(variant.study, distances, variant.standard)

    def _on_ground(self, variant: Variant) -> Assessment:
        """The base's facilities on the variant's streets and standard, measured but not judged."""
        base, walking = self.base, variant.standard.walking
        study = replace(base.study, network=variant.study.network)
        before, distances = base.standard, base.measured.distances
        same_ways = (walking.snap_limit_m, walking.island_m) == (
            before.walking.snap_limit_m,
            before.walking.island_m,
        )
        same_tiers = variant.standard.tiers == before.tiers
        if not (study.network is base.study.network and same_ways and same_tiers):
            tiers = tuple(dict.fromkeys((*variant.standard.tiers, *study.facilities.tiers)))
            distances = measure(study.grid, study.facilities, study.network, tiers=tiers, walking=walking)
        return replace(base, measured=Measured(study, distances, variant.standard), results=())
