"""Reachable supply: places per 1,000 people, shared among all who can reach them (2SFCA, E2SFCA).

A district's ratio hides that a bed at its far end is no bed. The two-step floating catchment area
asks, for every facility, how many people can reach it, and for every resident, how much of that is
within reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from core.errors import SettingError
from coverage.checks.measured import Measured
from coverage.checks.supply import places_of
from coverage.measuring.measure import BOUNDARY_M
from coverage.model.results import ratio
from coverage.model.standard import Rule
from coverage.model.tables import Floats


@dataclass(frozen=True)
class Zone:
    """Up to `minutes` on foot (the boundary counts) a person counts with `weight`."""

    minutes: float
    weight: float


# Within 30 minutes everybody alike: the plain two-step method (Luo and Wang 2003).
PLAIN: Final = (Zone(30.0, 1.0),)
# The enhanced one: 1, 0.68, 0.22 within 10, 20, 30 minutes, from Luo and Qi 2009 (Health & Place 15,
# 1100-1107) as PySAL's `access` gives "the weight function from the original paper". The paper itself
# was not at hand.
# Its zones are minutes of driving; here they are walked.
ENHANCED: Final = (Zone(10.0, 1.0), Zone(20.0, 0.68), Zone(30.0, 0.22))
# The same weights in zones of a walk: 5, 10 and 15 minutes, the living circles. A choice of this program, not
# of a paper.
WALKING: Final = (Zone(5.0, 1.0), Zone(10.0, 0.68), Zone(15.0, 0.22))


@dataclass(frozen=True)
class Supply:
    """Reachable places per 1,000 of a group.

    `facility_per_1000` (facilities,): places per 1,000 weighted people who can reach it, 0 where
    nobody can; `cell_per_1000` (cells,): the weighted sum of these over the facilities in reach.
    `people` and `people_met` are of the group; met is whose cell reaches the rule's figure.
    `places_unreached`: places of facilities that nobody of the group can reach.
    """

    facility_per_1000: Floats
    cell_per_1000: Floats
    people: float
    people_met: float
    places_unreached: float

    @property
    def share(self) -> float | None:
        """Of the group, who reach the rule's figure."""
        return ratio(self.people_met, self.people)


def reachable_supply(rule: Rule, measured: Measured, *, zones: Sequence[Zone] = ENHANCED) -> Supply | None:
    """A ratio rule's supply within walking zones; None where the group or the places are not known.

    Minutes are those of the standard's walking speed. SettingError if the zones do not widen.
    """
    group = measured.study.grid.groups.get(rule.group)
    places = places_of(rule, measured)
    if group is None or not places.any():
        return None
    speed = measured.standard.walking.metres_per_minute
    limits_m = [zone.minutes * speed for zone in zones]
    held = np.flatnonzero(places)
    reach = measured.reach_of(held, on_foot=True, limit_m=max(limits_m, default=0.0) + BOUNDARY_M)
    weights = zone_weights(reach, limits_m, [zone.weight for zone in zones])
    per_facility, per_cell = floating_catchment(places[held], group, weights)
    all_facilities = np.zeros(len(places))
    all_facilities[held] = 1000.0 * per_facility
    met = per_cell * 1000.0 >= rule.figure * (1.0 - 1e-12)
    return Supply(
        all_facilities,
        1000.0 * per_cell,
        float(group.sum()),
        float(group[met].sum()),
        float(places[held][per_facility == 0.0].sum()),
    )


def zone_weights(metres: csr_array, limits_m: Sequence[float], weights: Sequence[float]) -> csr_array:
    """Facilities × cells: the weight of the zone each entry of `metres` lies in, 0 beyond the last.

    A zone holds its outer limit. SettingError if limits do not rise or a weight is negative.
    """
    if not limits_m or np.any(np.diff(limits_m, prepend=0.0) <= 0) or min(weights) < 0:
        raise SettingError("Zones must widen one after another, and their weights must not be negative.")
    zone = np.searchsorted(np.asarray(limits_m) + BOUNDARY_M, metres.data, side="left")
    return csr_array((np.append(weights, 0.0)[zone], metres.indices, metres.indptr), shape=metres.shape)


def floating_catchment(places: Floats, people: Floats, weights: csr_array) -> tuple[Floats, Floats]:
    """Places a person at each facility, and within reach of a person in each cell.

    R_j = S_j / Σ_i w_ij P_i (0 where nobody reaches j) and A_i = Σ_j w_ij R_j. Σ_i P_i A_i is the
    places of all facilities that anybody reaches.
    """
    demand = weights @ people
    per_facility = np.divide(places, demand, out=np.zeros(len(places)), where=demand > 0)
    return per_facility, np.asarray(weights.T @ per_facility)
