"""Who goes to which facility: to the nearest, by capacity, or shared by distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_array

from core.errors import SettingError
from coverage.checks.allocation_capacity import least_walking
from coverage.measuring.facility_reach import walking_reach
from coverage.measuring.measure import BOUNDARY_M
from coverage.model.standard import ANY_TIER, Rule
from coverage.model.tables import Bools, Floats
from geo.network.snapping import take

if TYPE_CHECKING:  # the checks import this module
    from coverage.checks.measured import Measured


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
