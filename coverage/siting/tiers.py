"""Centres and stations chosen together, where a centre also serves as a station.

Both are one problem over 2n rows and 2m cells: row r is a centre at place r, row n + r a station
there; every cell stands twice, once to be reached by a centre and once by a station or a centre.
Whatever can be asked about a plan can be asked about that problem: `both` gives its demand and goal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from scipy import sparse

from core.errors import SettingError
from core.text import Sayable, text
from coverage.siting.choose import Demand
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING, LEAST_WORST, Goal, Plan, Quota, Watch
from coverage.siting.model.arrays import Floats, Ints
from coverage.siting.model.problem import read_problem

TITLES: Final = (text("centres"), text("stations"))
# What the number of new sites of a tier is called among the conditions, and a place of its own.
NEW: Final = text("new")
PLACE: Final = text("place")


@dataclass(frozen=True, eq=False)
class TwoTiers:
    """One set of places, and whom each would serve as a centre and as a station.

    `centre_reach` and `station_reach` (sites × cells) as in `choose_sites`, with the same rows;
    `centres` and `stations` are the rows open as such today. `centre_share` is the weight of the
    centre's rule against the station's in what is counted. `station_residents` are those the
    station's rule speaks of, where they are others. `centre_already` and `station_already` as
    `already` of `choose_sites`; a centre that is no row must be in both. `titles` of the tiers and
    `names` of places (row → name) are shown to the planner.
    """

    residents: Floats
    centre_reach: sparse.csr_array
    station_reach: sparse.csr_array
    centres: Sequence[int] = ()
    stations: Sequence[int] = ()
    centre_share: float = field(default=0.5)
    station_residents: Floats | None = None
    centre_already: Floats | None = None
    station_already: Floats | None = None
    titles: tuple[Sayable, Sayable] = TITLES
    names: Mapping[int, Sayable] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Places."""
        return int(self.centre_reach.shape[0])


@dataclass(frozen=True)
class TierPlan:
    """Rows to open and to close as centres and as stations.

    `plan` speaks of the rows and cells of `both`: it counts residents × rule, each rule with its share.
    """

    centres: tuple[int, ...]
    stations: tuple[int, ...]
    plan: Plan
    closed_centres: tuple[int, ...] = ()
    closed_stations: tuple[int, ...] = ()


def choose_both(
    town: TwoTiers,
    *,
    goal: Goal,
    centres: int | None = None,
    stations: int | None = None,
    watch: Watch | None = None,
) -> TierPlan:
    """The best `centres` centres and `stations` stations at most (None: as many as it takes).

    The goals are those of `choose_sites` but for least-worst; least-walking adds up the ways to the
    nearest centre and to the nearest of either. Conditions are over places: a required place gets a
    centre or a station, a forbidden one neither, a closable one may lose what is open there, and a
    quota counts either. `cost`, `capacity`, `site_xy` and the ends of `band` may have 2n values, of
    the places as centres and then as stations. A limit on the load holds for each of a centre's two
    roles by itself; a band's lower end for whom it serves as a centre. A place gets at most one new site.
    """
    demand, wanted = both(town, goal, centres, stations)
    return as_tiers(town, demand.choose(wanted, watch))


def as_tiers(town: TwoTiers, plan: Plan) -> TierPlan:
    """A plan of the rows of `both`, told by tier."""
    opened, closed = _by_tier(plan.sites, town.n), _by_tier(plan.closed, town.n)
    return TierPlan(opened[0], opened[1], plan, closed[0], closed[1])


def both(town: TwoTiers, goal: Goal, centres: int | None, stations: int | None) -> tuple[Demand, Goal]:
    """The problem over 2n rows and 2m cells, and the goal in its terms."""
    _check(town, goal, centres, stations)
    n, m = town.n, town.centre_reach.shape[1]
    near, far = (_served(reach, goal) for reach in (town.station_reach, town.centre_reach))
    nobody = sparse.csr_array((n, m), dtype=near.dtype)
    reach = sparse.vstack([sparse.hstack([far, near]), sparse.hstack([nobody, near])])
    there = np.array([*town.centres, *(n + row for row in town.stations)], np.int64)
    people = town.residents if town.station_residents is None else town.station_residents
    demand = Demand(
        np.concatenate((town.residents, people)),
        sparse.csr_array(reach),
        tuple(there.tolist()),
        _already(town),
    )
    role = np.repeat(np.arange(2), n), np.repeat(np.arange(2), m)
    share = np.repeat([town.centre_share, 1.0 - town.centre_share], m)
    # How many new sites of each tier.
    most = (centres, stations)
    limits = {tier: (0.0, float(number)) for tier, number in enumerate(most) if number is not None}
    label = np.repeat(np.arange(2), town.n)
    label[there] = -1
    titles = dict(enumerate(town.titles))
    return demand, replace(
        goal,
        count=None if goal.name == FEWEST_SITES else (centres or 0) + (stations or 0),
        reach_m=None if goal.name != LEAST_WALKING else goal.reach_m,
        required=(),
        forbidden=_twice_rows(goal.forbidden, n),
        closable=np.intersect1d(_twice_rows(goal.closable, n), there).tolist(),
        cost=None if goal.cost is None else _of_rows(goal.cost, n),
        capacity=None if goal.capacity is None else _of_rows(goal.capacity, n),
        site_xy=None if goal.site_xy is None else _of_rows(goal.site_xy, n),
        band=None if goal.band is None else _band(goal.band, n),
        roles=role if goal.has_loads else None,
        quotas=(
            *([Quota(label, limits, name=NEW, titles=titles)] if limits else []),
            _one_each(town, goal, there),
            # a quota over places counts a place's centre and its station alike
            *(replace(quota, label=np.tile(quota.label, 2)) for quota in goal.quotas),
        ),
        importance=share if goal.importance is None else share * np.tile(goal.importance, 2),
    )


def _check(town: TwoTiers, goal: Goal, centres: int | None, stations: int | None) -> None:
    if goal.name == LEAST_WORST:
        raise SettingError(
            "With the goal least-worst the second tier would not count: the way to the nearest of either is "
            "never the longer one. Plan one tier after the other."
        )
    if goal.name != FEWEST_SITES and (centres is None or stations is None):
        raise SettingError("The goal “{name}” needs the number of sites of both tiers.", name=goal.name)
    lost = np.intersect1d(goal.required, goal.forbidden)
    if len(lost):
        raise SettingError("The site {row} is both required and forbidden.", row=int(lost[0]))
    full = np.intersect1d(goal.required, np.intersect1d(town.centres, town.stations))
    if len(full):
        raise SettingError("The site {row} is required but open already.", row=int(full[0]))


def _served(reach: sparse.csr_array, goal: Goal) -> sparse.csr_array:
    """Who is served: without distances, unless it is they that count."""
    people = np.zeros(reach.shape[1])
    metres = read_problem(people, reach, Goal(count=0, reach_m=goal.reach_m), (), None).metres
    data = metres.data if goal.name == LEAST_WALKING else np.ones(metres.nnz, bool)
    return sparse.csr_array((data, metres.indices, metres.indptr), shape=metres.shape)


def _already(town: TwoTiers) -> Floats | None:
    given = (town.centre_already, town.station_already)
    if all(part is None for part in given):
        return None
    nobody = np.full(town.centre_reach.shape[1], np.inf)
    metres = [
        nobody if part is None else np.where(part, 0.0, np.inf) if np.asarray(part).dtype == bool else part
        for part in given
    ]
    return np.concatenate(metres)


def _by_tier(rows: Iterable[int], n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(places as centres, places as stations)."""
    given = tuple(rows)
    return tuple(row for row in given if row < n), tuple(row - n for row in given if row >= n)


def _twice_rows(rows: Sequence[int], n: int) -> list[int]:
    """Places as centres and as stations."""
    return [*rows, *(n + row for row in rows)]


def _of_rows(values: Floats, n: int) -> Floats:
    """One value per row: given so, or per place."""
    given = np.asarray(values, float)
    return np.concatenate((given, given)) if len(given) == n else given


def _band(band: tuple[Floats | float, Floats | float], n: int) -> tuple[Floats, Floats]:
    low, high = (_of_rows(np.broadcast_to(end, max(np.size(end), n)), n) for end in band)
    return low, high


def _one_each(town: TwoTiers, goal: Goal, there: Ints) -> Quota:
    """One new site per place at most, and at required places one."""
    label: Ints = np.tile(np.arange(town.n), 2)
    label[there] = -1
    required = {int(row): (1.0, 1.0) for row in goal.required}
    return Quota(label, required, default=(0.0, 1.0), name=PLACE, titles=town.names, told=False)
