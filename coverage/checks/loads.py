"""`load`: residents per facility, against a band. Who goes to which: to the nearest, by capacity, or shared
by distance.

Facilities with limited room are a transport problem, solved exactly. Most residents are at a facility with
room to spare and stay there; only where room is short must be computed. So a linear program holds the cells
in question and grows by those that its prices of room would move, until none would: then the prices prove
the whole plan best.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import coo_array, csr_array

from core.errors import SettingError
from core.text import text
from coverage.checks.by_unit import facilities_by_unit
from coverage.checks.measured import Measured
from coverage.measuring.facility_reach import walking_reach
from coverage.measuring.measure import BOUNDARY_M
from coverage.model.results import LoadResult, RuleResult, judge, ratio
from coverage.model.standard import ANY_TIER, Rule, settlement_title
from coverage.model.study import Study
from coverage.model.tables import RURAL, Bools, Floats, Ints
from geo.network.snapping import take

# Facilities a cell may go to at first; the prices add those that it needs beyond.
_FIRST: Final = 4
# A move that saves less than this a resident is not looked for.
_SAVES_M: Final = 1e-4
# Fuller than full by less than this is the solver's rounding.
_ROOM: Final = 1e-9


@dataclass(frozen=True)
class ToNearest:
    """Everybody goes to the nearest facility on foot; equally near ones of the tier share equally."""


@dataclass(frozen=True)
class ByCapacity:
    """Everybody goes to the nearest facility with room: of all ways to place as many residents as
    possible within `limit_m` on foot, the one with the least walking. Residents may be split.

    A facility holds what its column `capacity` states, else the upper end of the rule's band;
    one of another tier that states nothing holds everybody.
    """

    limit_m: float


@dataclass(frozen=True)
class ByDistance:
    """Everybody is shared among the facilities within `limit_m` on foot: every `half_m` farther halves
    the share."""

    half_m: float
    limit_m: float


Manner = ToNearest | ByCapacity | ByDistance
TO_NEAREST: Final = ToNearest()


@dataclass(frozen=True)
class Allocation:
    """`loads` (facilities,): residents who go there; `residents_without`: those who can go nowhere.

    `resident_m`: metres walked by all residents of `loads` together, inf never among them.
    """

    loads: Floats
    residents_without: float
    resident_m: float

    @property
    def mean_m(self) -> float:
        """Metres walked by a resident on average; 0 where nobody goes anywhere."""
        placed = float(self.loads.sum())
        return self.resident_m / placed if placed > 0 else 0.0


def allocate(rule: Rule, measured: Measured, manner: Manner = TO_NEAREST) -> Allocation:
    """Send the residents that `rule` speaks of to the facilities it accepts.

    With ToNearest a facility of the rule's own tier goes before an equally near one of another
    accepted tier. SettingError if a distance of `manner` is not positive.
    """
    if isinstance(manner, ToNearest):
        return _to_nearest(rule, measured)
    if not manner.limit_m > 0 or (isinstance(manner, ByDistance) and not manner.half_m > 0):
        raise SettingError("A distance to share residents by must be more than 0 m.")
    subject = np.flatnonzero(measured.study.subject_to(rule.settlement) & (measured.residents > 0))
    accepted = np.flatnonzero(measured.study.facilities.frame["tier"].isin(rule.serves).to_numpy(bool))
    reach = walking_reach(
        measured.study.network,
        measured.study.facilities,
        measured.distances.entrances,
        accepted,
        take(measured.distances.cells, subject),
        limit_m=manner.limit_m + BOUNDARY_M,
    )
    metres = csr_array(reach.T.tocsr())  # cells × facilities; a missing entry is out of reach
    residents = measured.residents[subject]
    if isinstance(manner, ByCapacity):
        flows = least_walking(residents, metres, _capacity(rule, measured)[accepted])
    else:
        flows = shared_by_distance(residents, metres, half_m=manner.half_m)
    loads = np.zeros(len(measured.study.facilities))
    loads[accepted] = flows.sum(axis=0)
    without = max(float(residents.sum() - flows.data.sum()), 0.0)
    return Allocation(loads, without, float((flows * metres).sum()))


def tier_loads(measured: Measured, tiers: tuple[str, ...], goes: Bools) -> Floats:
    """(facilities,) residents of the cells that go to the nearest of `tiers`, ties shared equally.

    `goes` (n,) are cells for which one can be reached.
    """
    residents = np.where(goes, measured.residents, 0.0)
    ties = measured.ties(tiers)
    n = len(measured.study.facilities)
    shared = np.bincount(ties.facility, weights=residents[ties.point] * ties.share, minlength=n)
    residents[ties.point] = 0.0
    nearest = measured.distances.walk_to(tiers)[1]
    return np.asarray(shared + np.bincount(nearest[goes], weights=residents[goes], minlength=n))


def own_tiers(rule: Rule) -> tuple[str, ...]:
    """The accepted tiers whose facilities a load rule judges."""
    return tuple(tier for tier in rule.serves if rule.tier in (tier, ANY_TIER))


def _to_nearest(rule: Rule, measured: Measured) -> Allocation:
    subject = measured.study.subject_to(rule.settlement)
    walk_m, _ = measured.distances.walk_to(rule.serves)
    reached = subject & np.isfinite(walk_m)
    loads = np.zeros(len(measured.study.facilities))
    left = reached
    for tiers in (own_tiers(rule), *((tier,) for tier in rule.serves if tier not in own_tiers(rule))):
        if tiers:
            goes = left & (measured.distances.walk_to(tiers)[0] <= walk_m + BOUNDARY_M)
            loads += tier_loads(measured, tiers, goes)
            left = left & ~goes
    without = float(measured.residents[subject & ~reached].sum())
    return Allocation(loads, without, float((measured.residents[reached] * walk_m[reached]).sum()))


def _capacity(rule: Rule, measured: Measured) -> Floats:
    frame = measured.study.facilities.frame
    high = rule.band[1] if rule.band else np.inf
    own = frame["tier"].isin(own_tiers(rule)).to_numpy(bool)
    assumed = np.where(own, high, np.inf)
    if "capacity" not in frame:
        return assumed
    stated = frame["capacity"].to_numpy(float)
    return np.where(np.isnan(stated), assumed, stated)


def shared_by_distance(residents: Floats, metres: csr_array, *, half_m: float) -> csr_array:
    """Residents (cells,) to facilities, cells × facilities like `metres` (stored entries only).

    A facility draws a cell by w = 0.5^(metres / half_m); it gets residents · w / Σw (Huff 1963,
    with exponential decay). A cell with no entry goes nowhere.
    """
    count = np.diff(metres.indptr)
    cell = np.repeat(np.arange(len(residents)), count)
    # Counted from the cell's nearest, so that far cells do not vanish in the smallest floats.
    nearest = np.full(len(residents), np.inf)
    np.minimum.at(nearest, cell, metres.data)
    draw = np.exp2(-(metres.data - nearest[cell]) / half_m)
    whole = np.bincount(cell, weights=draw, minlength=len(residents))
    return csr_array(
        (residents[cell] * draw / whole[cell], metres.indices, metres.indptr), shape=metres.shape
    )


def check_load(rule: Rule, measured: Measured, *, manner: Manner = TO_NEAREST) -> RuleResult:
    """Residents of the rule's settlement go to facilities it accepts; by default the nearest on foot.

    Judged are the facilities of the rule's own tier that stand in its settlement. Residents who go
    to one of another accepted tier or settlement are served there: they are neither in a load of
    this rule nor without a facility. Equally near facilities of the rule's own tier share equally;
    they go before an equally near one of another tier. Both ends of the band are within.
    """
    allocation = allocate(rule, measured, manner)
    load = load_result(rule, measured.study, allocation)
    share = ratio(load.within, len(load.rows))
    low, high = rule.band or (0.0, np.inf)
    subject = measured.study.subject_to(rule.settlement)
    nothing = text("The list has no such facility.")
    if rule.settlement != "any":
        who = settlement_title(rule.settlement)
        nothing = text("The list has no such facility in {who} ground.", who=who)
        if rule.settlement == RURAL and measured.study.settlement_assumed >= measured.study.grid.total:
            nothing = text("Nothing says which ground is urban and which is rural.")
    return RuleResult(
        rule,
        judge(share, measured.limits),
        float(measured.residents[subject].sum()),
        load.residents_within,
        share,
        load=load,
        reason=nothing if share is None else None,
        by_unit=facilities_by_unit(
            measured,
            np.asarray(load.rows, np.int64),
            {"within": load.in_band, "under": load.residents < low, "over": load.residents > high},
        ),
    )


def load_result(rule: Rule, study: Study, allocation: Allocation) -> LoadResult:
    """The loads of the facilities that `rule` judges, against its band (both ends are within)."""
    low, high = rule.band or (0.0, np.inf)
    chosen = study.facilities.frame["tier"].isin(own_tiers(rule) or (rule.tier,)).to_numpy(bool)
    if rule.settlement != "any":
        chosen = chosen & (study.facility_settlement == rule.settlement)
    rows = np.flatnonzero(chosen)
    residents = allocation.loads[rows]
    under, over = int((residents < low).sum()), int((residents > high).sum())
    return LoadResult(
        tuple(rows.tolist()),
        residents,
        (residents >= low) & (residents <= high),
        len(rows) - under - over,
        under,
        over,
        allocation.residents_without,
    )


def nearest_loads(measured: Measured, subject: Bools) -> Floats:
    """(facilities,) residents of the `subject` cells whose nearest facility of its tier it is, on foot.

    Equally near facilities of a tier share equally.
    """
    loads = np.zeros(len(measured.study.facilities))
    for tier in measured.standard.tiers:
        reached = subject & np.isfinite(measured.distances.walk_to([tier])[0])
        loads += tier_loads(measured, (tier,), reached)
    return loads


def least_walking(residents: Floats, metres: csr_array, capacity: Floats) -> csr_array:
    """Residents (cells,) to facilities with `capacity` (facilities,; inf is allowed), cells × facilities
    (the entries of `metres`, 0 where nobody goes).

    As many residents as can be placed are placed; among such plans the metres walked are least
    (to 0.1 mm a resident). `metres` cells × facilities; a missing entry cannot be used. Fractions
    of residents may be split. Exact: the optimum of the linear program, proved by its dual prices.
    """
    task = _Task(residents, csr_array(metres), capacity)
    if not metres.nnz:
        return csr_array(metres.shape, dtype=float)
    open_entries = task.first_entries()
    while True:
        flow, price = task.solve(open_entries)
        missing = task.worth_opening(open_entries, price)
        if not missing.any():
            return task.flows(open_entries, flow)
        open_entries = open_entries | missing


@dataclass(frozen=True)
class _Task:
    """Entries of `metres` are numbered as stored; a cell without an open entry stays at its nearest."""

    residents: Floats
    metres: csr_array
    capacity: Floats

    @cached_property
    def cell(self) -> Ints:
        """(entries,) whose entry it is."""
        return np.repeat(np.arange(len(self.residents)), np.diff(self.metres.indptr))

    @cached_property
    def nearest(self) -> Ints:
        """Entry numbers: of each cell with any, the nearest."""
        order = np.lexsort((self.metres.indices, self.metres.data, self.cell))
        return np.asarray(order[np.diff(self.cell[order], prepend=-1) != 0])

    @property
    def unserved_cost(self) -> float:
        """More than any chain of moves that makes room for one resident can cost."""
        return float((len(self.capacity) + 1) * (self.metres.data.max() + 1.0))

    def first_entries(self) -> Bools:
        """The nearest few of every cell whose nearest facility is over its capacity."""
        nearest = self.nearest
        at = self.metres.indices[nearest]
        wanted = np.bincount(at, weights=self.residents[self.cell[nearest]], minlength=len(self.capacity))
        pressed = np.zeros(len(self.residents), dtype=bool)
        pressed[self.cell[nearest]] = (wanted > self.capacity + _ROOM)[at]
        order = np.lexsort((self.metres.data, self.cell))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order)) - self.metres.indptr[self.cell[order]]
        return np.asarray(pressed[self.cell] & (rank < _FIRST))

    def solve(self, open_entries: Bools) -> tuple[Floats, Floats]:
        """Residents on each open entry, and the price of room at each facility in metres."""
        from scipy.optimize import linprog  # takes half a second to import, and few share by capacity

        entries = np.flatnonzero(open_entries)
        price = np.zeros(len(self.capacity))
        if not len(entries):
            return np.empty(0), price
        cells, row = np.unique(self.cell[entries], return_inverse=True)
        n, m = len(entries), len(cells)
        limited = np.flatnonzero(np.isfinite(self.capacity))
        column = np.searchsorted(limited, self.metres.indices[entries])
        bounded = np.flatnonzero(np.isfinite(self.capacity)[self.metres.indices[entries]])
        rooms = _ones(column[bounded], bounded, (len(limited), n + m))
        # After the entries, one variable a cell: the residents who are placed nowhere.
        people = _ones(np.append(row, np.arange(m)), np.arange(n + m), (m, n + m))
        done = linprog(
            np.concatenate([self.metres.data[entries], np.full(m, self.unserved_cost)]),
            A_ub=rooms,
            b_ub=np.maximum(self.capacity - self._staying(open_entries), 0.0)[limited],
            A_eq=people,
            b_eq=self.residents[cells],
            method="highs-ds",
        )
        if not done.success:
            raise ArithmeticError(f"the transport problem was not solved: {done.message}")
        price[limited] = np.maximum(-done.ineqlin.marginals, 0.0)
        return np.asarray(done.x[:n]), price

    def worth_opening(self, open_entries: Bools, price: Floats) -> Bools:
        """Entries that would shorten the plan at these prices, with what their cell has now."""
        cost = self.metres.data + price[self.metres.indices]
        now = np.full(len(self.residents), self.unserved_cost)
        np.minimum.at(now, self.cell[open_entries], cost[open_entries])
        staying = self._staying_entries(open_entries)
        now[self.cell[staying]] = cost[staying]
        better = ~open_entries & (cost < now[self.cell] - _SAVES_M)
        moved = np.zeros(len(self.residents), dtype=bool)
        moved[self.cell[better]] = True
        # One who stays may also make room by being placed nowhere.
        moved |= now > self.unserved_cost + _SAVES_M
        better[self.nearest[moved[self.cell[self.nearest]]]] = True
        return np.asarray(better & ~open_entries)

    def _staying_entries(self, open_entries: Bools) -> Ints:
        in_question = np.zeros(len(self.residents), dtype=bool)
        in_question[self.cell[open_entries]] = True
        nearest = self.nearest
        return nearest[~in_question[self.cell[nearest]]]

    def _staying(self, open_entries: Bools) -> Floats:
        """(facilities,) residents that are not in question."""
        entries = self._staying_entries(open_entries)
        at, people = self.metres.indices[entries], self.residents[self.cell[entries]]
        return np.bincount(at, weights=people, minlength=len(self.capacity)).astype(float)

    def flows(self, open_entries: Bools, flow: Floats) -> csr_array:
        """The plan, cells × facilities."""
        placed = np.zeros(len(self.metres.data))
        placed[open_entries] = flow
        staying = self._staying_entries(open_entries)
        placed[staying] = self.residents[self.cell[staying]]
        return csr_array((placed, self.metres.indices, self.metres.indptr), shape=self.metres.shape)


def _ones(row: Ints, column: Ints, shape: tuple[int, int]) -> coo_array:
    return coo_array((np.ones(len(row)), (row, column)), shape=shape)


if TYPE_CHECKING:  # the checks import this module
    from coverage.checks.measured import Measured
