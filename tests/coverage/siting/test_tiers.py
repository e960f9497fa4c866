"""Centres and stations together, against trying every pair of choices."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial.distance import pdist

from core.errors import InfeasibleError, SettingError
from coverage.siting import (
    Goal,
    Quota,
    TwoTiers,
    alternatives,
    as_tiers,
    both,
    choose_both,
    curve,
    deciding,
    removal_losses,
)
from tests.coverage.siting.towns import towns

KINDS = (
    "none", "required", "forbidden", "close", "budget", "costs", "spacing", "quota", "least", "apart",
    "importance", "backup",
)  # fmt: skip
NEAR, FAR = 3.0, 6.0
small = towns(5, 9)


def subsets(rows, most=None):
    rows = sorted(rows)
    for n in range(len(rows) + 1 if most is None else min(most, len(rows)) + 1):
        yield from combinations(rows, n)


def shared(town):
    """A town of two tiers: some places open as a centre, as a station or as both."""
    rng, n = town.rng, town.n_sites
    centres = town.some(1)
    stations = town.some(2)
    near, far = (limited(town.metres, reach) for reach in (NEAR, FAR))
    share = float(rng.choice([0.3, 0.5, 0.8]))
    others = rng.integers(0, 5, town.metres.shape[1]).astype(float) if rng.random() < 0.3 else None
    return TwoTiers(town.residents, far, near, centres, stations, share, others), n


def limited(metres, reach):
    keep = metres.data <= reach
    row = np.repeat(np.arange(metres.shape[0]), np.diff(metres.indptr))[keep]
    indptr = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=metres.shape[0]))))
    return sparse.csr_array((metres.data[keep], metres.indices[keep], indptr), shape=metres.shape)


def conditions(town, tiers, kind):
    rng, n = town.rng, town.n_sites
    match kind:
        case "required":
            full = set(tiers.centres) & set(tiers.stations)
            return {"required": town.some(2, set(range(n)) - full)}
        case "forbidden":
            return {"forbidden": town.some(3)}
        case "close":
            closable = town.some(3, set(tiers.centres) | set(tiers.stations))
            opened = sum(c in closable for c in tiers.centres) + sum(s in closable for s in tiers.stations)
            return {"closable": closable, "close": min(1, opened)}
        case "budget":
            return {"cost": rng.integers(1, 4, n).astype(float), "budget": 5.0}
        case "costs":
            return {"cost": rng.integers(1, 5, 2 * n).astype(float), "budget": 6.0}
        case "spacing":
            return {"site_xy": town.site_xy, "spacing_m": float(rng.integers(1, 8))}
        case "quota":
            return {"quotas": (town.quota(),)}
        case "least":
            return {"quotas": (Quota(rng.integers(-1, 2, n), {0: (1.0, 2.0)}, name="street"),)}
        case "apart":
            return {"apart_from": ((tuple(rng.integers(0, 2 * n, 2)), 1),)}
        case "importance":
            return {"importance": rng.integers(1, 4, town.metres.shape[1]).astype(float)}
        case "backup":
            return {"backup": 0.5}
    return {}


def ways(tiers, goal, n, counts):
    """Every (opened, closed) of rows of both tiers that keeps the conditions, tried one by one."""
    there = [*tiers.centres, *(n + s for s in tiers.stations)]
    closable = [row for row in there if row % n in goal.closable]
    free = [set(range(n)) - set(goal.forbidden) - set(kept) for kept in (tiers.centres, tiers.stations)]
    for closed in combinations(closable, goal.close):
        stay = [row for row in there if row not in closed]
        for c, s in product(subsets(free[0], counts[0]), subsets(free[1], counts[1])):
            opened = [*c, *(n + row for row in s)]
            if not set(c) & set(s) and fits(goal, opened, stay, n):
                yield opened, list(closed), stay


def fits(goal, opened, stay, n):
    places = [row % n for row in opened]
    if not set(goal.required) <= set(places):
        return False
    if goal.budget is not None:
        cost = goal.cost if len(goal.cost) == 2 * n else np.tile(goal.cost, 2)
        if cost[opened].sum() > goal.budget:
            return False
    if goal.spacing_m and opened:
        xy = goal.site_xy[[*places, *(row % n for row in stay)]]
        apart = [
            m for (i, _), m in zip(combinations(range(len(xy)), 2), pdist(xy), strict=True) if i < len(places)
        ]
        if min(apart, default=np.inf) < goal.spacing_m - 1e-9:
            return False
    if any(len(set(rows) & set(opened)) > most for rows, most in goal.apart_from):
        return False
    for quota in goal.quotas:
        here = quota.label[[row % n for row in (*opened, *stay)]]
        for part in set(quota.label[quota.label >= 0]) | set(quota.limits):
            low, high = quota.of(int(part))
            if not low <= (here == part).sum() <= high:
                return False
    return True


def times(tiers, n, is_open, by=None):
    """(2, cells) how often each cell is served as a centre serves, and as a station."""
    far, near = (
        dense(reach) if by is None else by(reach) for reach in (tiers.centre_reach, tiers.station_reach)
    )
    centres, every = [row for row in is_open if row < n], [row % n for row in is_open]
    return far[centres], near[every]


def dense(reach):
    full = np.full(reach.shape, np.inf)
    full[np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr)), reach.indices] = reach.data
    return full


def weights(tiers, goal):
    """(2, cells) residents of each rule, with its share and their importance."""
    people = tiers.residents if tiers.station_residents is None else tiers.station_residents
    factor = 1.0 if goal.importance is None else goal.importance
    return [tiers.centre_share * tiers.residents * factor, (1.0 - tiers.centre_share) * people * factor]


def served(tiers, goal, n, is_open):
    total = 0.0
    for weight, metres in zip(weights(tiers, goal), times(tiers, n, is_open), strict=True):
        count = np.isfinite(metres).sum(axis=0)
        total += weight[count >= 1].sum() + goal.backup * weight[count >= 2].sum()
    return total


def settled(call, values, smallest):
    """The plan of `call`, which must be as good as the best of `values`; None where there is none."""
    values = list(values)
    if not values:
        with pytest.raises(InfeasibleError):
            call()
        return None
    found = call()
    assert found.plan.objective == pytest.approx(min(values) if smallest else max(values), abs=1e-6)
    # nothing to choose from is not a proof
    assert found.plan.proven != found.plan.nobody_reached and found.plan.bound == found.plan.objective
    return found


def rows_of(found, tiers, n):
    opened = [*found.centres, *(n + s for s in found.stations)]
    closed = [*found.closed_centres, *(n + s for s in found.closed_stations)]
    there = [*tiers.centres, *(n + s for s in tiers.stations)]
    return opened, [row for row in there if row not in closed]


quick = settings(max_examples=250, derandomize=True, deadline=None)


@quick
@given(small, st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 3))
def test_most_people(town, kind, centres, stations):
    tiers, n = shared(town)
    goal = Goal(count=0, **conditions(town, tiers, kind))
    found = settled(
        lambda: choose_both(tiers, goal=goal, centres=centres, stations=stations),
        (served(tiers, goal, n, [*o, *stay]) for o, _, stay in ways(tiers, goal, n, (centres, stations))),
        smallest=False,
    )
    if found:
        opened, stay = rows_of(found, tiers, n)
        assert len(found.centres) <= centres and len(found.stations) <= stations
        assert fits(goal, opened, stay, n)
        assert served(tiers, goal, n, [*opened, *stay]) == pytest.approx(found.plan.objective)


@quick
@given(small, st.sampled_from(KINDS[:-1]), st.sampled_from([0.3, 0.8, 1.0]), st.sampled_from([None, 1]))
def test_fewest_sites(town, kind, share, most):
    tiers, n = shared(town)
    goal = Goal("fewest-sites", share=share, **conditions(town, tiers, kind))
    price = (
        np.ones(2 * n)
        if goal.cost is None
        else np.tile(goal.cost, 2)[-2 * n :]
        if len(goal.cost) == n
        else goal.cost
    )
    there = [*tiers.centres, *(n + s for s in tiers.stations)]
    can = [row for row in range(2 * n) if row in there or row % n not in goal.forbidden]
    # also rows too near to an open one: whom only they could serve are asked for too
    wanted = share * served(tiers, goal, n, can)
    good = [
        price[o].sum()
        for o, _, stay in ways(tiers, goal, n, (most, None))
        if served(tiers, goal, n, [*o, *stay]) >= wanted - 1e-6
    ]
    settled(lambda: choose_both(tiers, goal=goal, centres=most), good, smallest=True)


def walked(tiers, goal, n, is_open, missing):
    total = 0.0
    for weight, metres in zip(weights(tiers, goal), times(tiers, n, is_open), strict=True):
        total += (np.minimum(metres.min(axis=0, initial=np.inf), missing) * weight).sum()
    return total


def can_walk(tiers, goal, n):
    """(2, cells) whom something open or possible reaches, in each rule."""
    there = [*tiers.centres, *(n + s for s in tiers.stations)]
    rows = [row for row in range(2 * n) if row in there or row % n not in goal.forbidden]
    if goal.spacing_m:
        alone = Goal(count=0, site_xy=goal.site_xy, spacing_m=goal.spacing_m)
        rows = [row for row in rows if row in there or fits(alone, [row], list(there), n)]
    return [np.isfinite(metres).any(axis=0) for metres in times(tiers, n, rows)]


@quick
@given(small, st.sampled_from(KINDS[:-1]), st.integers(0, 2), st.integers(0, 2))
def test_least_walking(town, kind, centres, stations):
    tiers, n = shared(town)
    goal = Goal("least-walking", count=0, unreached_m=9.0, **conditions(town, tiers, kind))
    outside = sum(
        9.0 * weight[~can].sum()
        for weight, can in zip(weights(tiers, goal), can_walk(tiers, goal, n), strict=True)
    )
    settled(
        lambda: choose_both(tiers, goal=goal, centres=centres, stations=stations),
        (
            walked(tiers, goal, n, [*o, *stay], 9.0) - outside
            for o, _, stay in ways(tiers, goal, n, (centres, stations))
        ),
        smallest=True,
    )


def limits_of(town, kind):
    rng, n = town.rng, town.n_sites
    match kind:
        case "capacity":
            return {"capacity": np.where(rng.random(n) < 0.3, np.inf, 4.0)}
        case "capacities":
            return {"capacity": rng.integers(2, 9, 2 * n).astype(float)}
        case "band":
            return {"band": (3.0, 7.0)}
    return {"band": (np.repeat([4.0, 2.0], n), np.repeat([9.0, 5.0], n))}


def flow_value(tiers, goal, n, opened, stay):
    """The most weight that can be shared out: limits hold for each role, low ends for the own one."""
    is_open, pairs = [*opened, *stay], []
    for row in is_open:
        for role, reach in enumerate((tiers.centre_reach, tiers.station_reach)):
            if role or row < n:
                full = dense(reach)[row % n]
                pairs += [(row, role, cell) for cell in np.flatnonzero(np.isfinite(full))]
    people = [
        tiers.residents,
        tiers.residents if tiers.station_residents is None else tiers.station_residents,
    ]
    cost = [-weights(tiers, goal)[role][cell] for _, role, cell in pairs]
    upper, limit = [], []
    for role, cell in product((0, 1), range(len(tiers.residents))):
        upper.append([float((r, c) == (role, cell)) for _, r, c in pairs]), limit.append(1.0)
    for row in is_open:
        for role in (0, 1):
            load = [people[role][c] if (s, r) == (row, role) else 0.0 for s, r, c in pairs]
            low, high = load_limits(goal, n, row, row in opened)
            if np.isfinite(high):
                upper.append(load), limit.append(high)
            if role == int(row >= n) and low:
                upper.append([-v for v in load]), limit.append(-low)
    if not pairs:
        return None if any(load_limits(goal, n, row, True)[0] for row in opened) else 0.0
    found = linprog(cost, upper, limit, bounds=(0, 1))
    return -found.fun if found.status == 0 else None


def load_limits(goal, n, row, new):
    low, high = 0.0, np.inf
    if goal.capacity is not None:
        high = goal.capacity[row if len(goal.capacity) == 2 * n else row % n]
    if goal.band is not None and new:
        least, most = (np.broadcast_to(end, 2 * n)[row] for end in goal.band)
        low, high = least, min(high, most)
    return low, high


@settings(max_examples=120, derandomize=True, deadline=None)
@given(
    towns(4, 6),
    st.sampled_from(["capacity", "capacities", "band", "bands"]),
    st.integers(0, 2),
    st.integers(0, 2),
)
def test_most_people_with_load_limits(town, kind, centres, stations):
    tiers, n = shared(town)
    goal = Goal(count=0, **limits_of(town, kind))
    values = [flow_value(tiers, goal, n, o, stay) for o, _, stay in ways(tiers, goal, n, (centres, stations))]
    found = settled(
        lambda: choose_both(tiers, goal=goal, centres=centres, stations=stations),
        (value for value in values if value is not None),
        smallest=False,
    )
    for row, load in zip(found.plan.sites, found.plan.loads, strict=True):
        low, high = load_limits(goal, n, row, new=True)
        assert low - 1e-6 <= load <= high + 1e-6


@settings(max_examples=60, derandomize=True, deadline=None)
@given(towns(4, 6), st.sampled_from(["capacity", "bands"]), st.sampled_from([0.4, 1.0]))
def test_fewest_sites_with_load_limits(town, kind, share):
    tiers, n = shared(town)
    goal = Goal("fewest-sites", share=share, **limits_of(town, kind))
    wanted = share * served(tiers, goal, n, range(2 * n))
    good = [
        len(o)
        for o, _, stay in ways(tiers, goal, n, (None, None))
        if (value := flow_value(tiers, goal, n, o, stay)) is not None and value >= wanted - 1e-6
    ]
    settled(lambda: choose_both(tiers, goal=goal), good, smallest=True)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(small, st.integers(1, 2), st.integers(1, 2))
def test_a_plan_of_two_tiers_is_explained_as_any_other(town, centres, stations):
    tiers, n = shared(town)
    demand, goal = both(tiers, Goal(count=0), centres, stations)
    plan = demand.choose(goal)
    points = curve(demand, plan)
    assert [point.sites for point in points] == list(range(1, len(plan.sites) + 1))
    every = list(ways(tiers, Goal(count=0), n, (centres, stations)))
    for point in points:
        best = max(
            served(tiers, Goal(count=0), n, [*o, *stay]) for o, _, stay in every if len(o) <= point.sites
        )
        assert point.in_order <= point.best + 1e-9
        assert point.best == pytest.approx(best) == pytest.approx(point.bound)
    for other in alternatives(demand, plan, most=2, within=0.5):
        again = as_tiers(tiers, other)
        assert len(again.centres) <= centres and len(again.stations) <= stations
        assert set(other.sites) != set(plan.sites) and other.objective <= plan.objective + 1e-9
    there = [*tiers.centres, *(n + s for s in tiers.stations)]
    lost = removal_losses(demand)
    assert set(lost) == set(there)
    flat = TwoTiers(
        tiers.residents, tiers.centre_reach, tiers.station_reach, centre_share=0.5,
        station_residents=tiers.station_residents,
    )  # fmt: skip
    for row in there:
        rest = [r for r in there if r != row]
        before, after = (2.0 * served(flat, Goal(count=0), n, rows) for rows in (there, rest))
        assert lost[row] == pytest.approx(before - after)


def test_a_centre_serves_as_station_where_it_is_open_already():
    reach = sparse.csr_array(np.eye(2, dtype=bool))
    town = TwoTiers(np.array([4.0, 3.0]), reach, reach, centres=(0,))
    found = choose_both(town, goal=Goal(count=0), centres=0, stations=1)
    assert (found.centres, found.stations) == ((), (1,))


def test_what_decides_is_named_by_tier():
    reach = sparse.csr_array(np.eye(4, dtype=bool))
    town = TwoTiers(np.array([4.0, 3.0, 2.0, 1.0]), reach, reach)
    demand, goal = both(town, Goal(count=0), 1, 2)
    plan = demand.choose(goal)
    said = [str(rule) for rule in deciding(demand, plan)]
    assert said == ["new sites: at most 3", "new centres: at most 1 site", "new stations: at most 2 sites"]


def test_too_many_required_places_are_named():
    reach = sparse.csr_array(np.eye(3, dtype=bool))
    town = TwoTiers(np.ones(3), reach, reach, names={2: "old mill"})
    with pytest.raises(InfeasibleError, match="missed by 1"):
        choose_both(town, goal=Goal(count=0, required=(0, 1, 2)), centres=1, stations=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"goal": Goal("least-worst", count=1), "centres": 1, "stations": 1},
        {"goal": Goal(count=1), "centres": 1},
        {"goal": Goal(count=1, required=(0,), forbidden=(0,)), "centres": 1, "stations": 1},
        {"goal": Goal(count=1, required=(1,)), "centres": 1, "stations": 1},
        {"goal": Goal(count=1, backup=0.5, band=(1.0, 2.0)), "centres": 1, "stations": 1},
    ],
)
def test_what_makes_no_sense_together_is_refused(wrong):
    reach = sparse.csr_array(np.eye(3, dtype=bool))
    with pytest.raises(SettingError):
        choose_both(TwoTiers(np.ones(3), reach, reach, centres=(1,), stations=(1,)), **wrong)
