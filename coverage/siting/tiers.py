"""Centres and stations chosen together, where a centre also serves as a station."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from coverage.siting.arrays import Floats, Ints
from coverage.siting.choose import choose_sites
from coverage.siting.conditions import Quota
from coverage.siting.goals import FEWEST_SITES, Goal, Plan, Watch
from coverage.siting.problem import read_problem


@dataclass(frozen=True, eq=False)
class TwoTiers:
    """One set of places, and whom each would serve as a centre and as a station.

    `centre_reach` and `station_reach` (sites × cells) as in `choose_sites`, with the same rows;
    `centres` and `stations` are the rows open as such today. `centre_share` is the weight of the
    centre's rule against the station's in what is maximised.
    """

    residents: Floats
    centre_reach: sparse.csr_array
    station_reach: sparse.csr_array
    centres: Sequence[int] = ()
    stations: Sequence[int] = ()
    centre_share: float = field(default=0.5)


@dataclass(frozen=True)
class TierPlan:
    """Rows to open as centres and as stations; `plan` counts residents × rule, each rule with its share."""

    centres: tuple[int, ...]
    stations: tuple[int, ...]
    plan: Plan


def choose_both(
    town: TwoTiers, *, goal: Goal, centres: int, stations: int, watch: Watch | None = None
) -> TierPlan:
    """The best `centres` centres and `stations` stations for `goal` (most-people or fewest-sites).

    Every cell stands twice in the model: once to be reached by a centre, once by a station or a
    centre. A centre serves as a station those whom a station there would reach. A place gets at most
    one new site.
    """
    n = town.centre_reach.shape[0]
    centre, station = _bool(town.centre_reach, goal.reach_m), _bool(town.station_reach, goal.reach_m)
    reach = sparse.csr_array(sparse.block_array([[centre, station], [None, station]]), dtype=bool)
    keep = [*town.centres, *(n + row for row in town.stations)]
    wanted = replace(
        goal,
        count=None if goal.name == FEWEST_SITES else centres + stations,
        reach_m=None,
        quotas=(*map(_twice, goal.quotas), *_numbers(town, n, centres, stations)),
        importance=_importance(town, goal),
    )
    plan = choose_sites(np.tile(town.residents, 2), reach, goal=wanted, keep=keep, watch=watch)
    opened = np.array(plan.sites, np.int64)
    return TierPlan(tuple(opened[opened < n].tolist()), tuple((opened[opened >= n] - n).tolist()), plan)


def _bool(reach: sparse.csr_array, reach_m: float | None) -> sparse.csr_array:
    """Who is served, without distances."""
    people = np.zeros(reach.shape[1])
    metres = read_problem(people, reach, Goal(count=0, reach_m=reach_m), (), None).metres
    return sparse.csr_array((np.ones(metres.nnz, bool), metres.indices, metres.indptr), shape=metres.shape)


def _twice(quota: Quota) -> Quota:
    """A quota over places counts a place's centre and its station alike."""
    return replace(quota, label=np.tile(quota.label, 2))


def _numbers(town: TwoTiers, n: int, centres: int, stations: int) -> tuple[Quota, Quota]:
    """How many of each tier, and one new site per place."""
    tier: Ints = np.repeat(np.arange(2), n)
    limits = {0: (0.0, float(centres + len(town.centres))), 1: (0.0, float(stations + len(town.stations)))}
    taken = {int(row): (0.0, 2.0) for row in (*town.centres, *town.stations)}
    place = Quota(np.tile(np.arange(n), 2), taken, default=(0.0, 1.0), name="place")
    return Quota(tier, limits, name="tier"), place


def _importance(town: TwoTiers, goal: Goal) -> Floats:
    share = np.repeat([town.centre_share, 1.0 - town.centre_share], len(town.residents))
    return share if goal.importance is None else share * np.tile(goal.importance, 2)
