"""Every goal with every condition, against trying every choice of sites."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InfeasibleError
from coverage.siting import Goal, choose_sites


def neighbour(name):
    """A helper module of this folder (test folders are no packages)."""
    spec = importlib.util.spec_from_file_location(f"siting_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


brute, shapes = neighbour("brute"), neighbour("towns")
towns = shapes.towns
quick = settings(max_examples=80, derandomize=True, deadline=None)

NAMES = ("most-people", "fewest-sites", "least-walking", "least-worst")
RULED = ("budget", "spacing", "quota", "close", "apart")
CONDITIONS = ("none", "required", "forbidden", "budget", "spacing", "quota", "close", "apart", "importance")


def conditions(town, kind, keep):
    """A random condition of one kind."""
    others = [s for s in range(town.n_sites) if s not in keep]
    match kind:
        case "required":
            return {"required": town.some(2, others)}
        case "forbidden":
            return {"forbidden": town.some(3, others)}
        case "budget":
            return {"cost": town.rng.integers(1, 4, town.n_sites).astype(float), "budget": 5.0}
        case "spacing":
            return {"site_xy": town.site_xy, "spacing_m": float(town.rng.integers(1, 8))}
        case "quota":
            return {"quotas": (town.quota(),)}
        case "close":
            return {"closable": keep, "close": min(1, len(keep))}
        case "apart":
            return {"apart_from": ((town.some(4, others), 1),)}
        case "importance":
            return {"importance": town.rng.integers(1, 4, town.metres.shape[1]).astype(float)}
    return {}


def best(values, smallest):
    values = list(values)
    if not values:
        return None
    return min(values) if smallest else max(values)


def agrees(call, expected):
    """The plan of `call`, or None where both say that there is none."""
    if expected is None:
        with pytest.raises(InfeasibleError):
            call()
        return None
    plan = call()
    if plan.nobody_reached:  # nothing to choose from is not a proof
        assert not plan.proven and plan.sites == ()
        return None
    assert plan.objective == pytest.approx(expected, abs=1e-6)
    assert plan.proven and plan.gap == 0.0 and plan.bound == plan.objective
    return plan


def weight_of(town, goal):
    return town.residents * (1.0 if goal.importance is None else goal.importance)


def times_served(town, is_open):
    return np.isfinite(brute.dense(town.metres)[list(is_open)]).sum(axis=0)


def open_sites(opened, closed, keep):
    return [*opened, *(s for s in keep if s not in closed)]


@quick
@given(towns(), st.sampled_from(CONDITIONS), st.integers(0, 3), st.sampled_from([0.0, 0.5]))
def test_most_people(town, kind, count, backup):
    keep = town.some(2)
    goal = Goal("most-people", count=count, backup=backup, **conditions(town, kind, keep))
    weight = weight_of(town, goal)

    def value(opened, closed):
        times = times_served(town, open_sites(opened, closed, keep))
        return weight[times >= 1].sum() + backup * weight[times >= 2].sum()

    expected = best((value(*choice) for choice in brute.choices(town.n_sites, goal, keep)), smallest=False)
    plan = agrees(lambda: choose_sites(town.residents, town.reach, goal=goal, keep=keep), expected)
    if plan:
        assert value(plan.sites, plan.closed) == pytest.approx(plan.objective)
        assert brute.allowed(plan.sites, plan.closed, goal, keep)


@quick
@given(towns(), st.sampled_from(CONDITIONS), st.sampled_from([0.3, 0.8, 1.0]))
def test_fewest_sites(town, kind, share):
    keep = town.some(2)
    goal = Goal("fewest-sites", share=share, **conditions(town, kind, keep))
    weight = weight_of(town, goal)
    # whom only too near sites could serve count among those whose share is to be served
    free = [s for s in range(town.n_sites) if s not in set(keep) | set(goal.forbidden)]
    wanted = share * weight[times_served(town, [*free, *keep]) > 0].sum()
    price = np.ones(town.n_sites) if goal.cost is None else goal.cost

    def reaches(opened, closed):
        return weight[times_served(town, open_sites(opened, closed, keep)) > 0].sum() >= wanted - 1e-6

    expected = best(
        (price[list(o)].sum() for o, c in brute.choices(town.n_sites, goal, keep) if reaches(o, c)),
        smallest=True,
    )
    plan = agrees(lambda: choose_sites(town.residents, town.reach, goal=goal, keep=keep), expected)
    if plan:
        assert reaches(plan.sites, plan.closed)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(towns(8, 20), st.sampled_from(RULED), st.integers(1, 4), st.sampled_from([0, 2]), st.booleans())
def test_most_people_under_rules_the_way_of_large_models(town, kind, count, few, proves):
    """Prices on the rules bound what they allow and exclude no site of a better plan."""
    keep = town.some(2)
    goal = Goal("most-people", count=count, **conditions(town, kind, keep))
    weight = weight_of(town, goal)
    expected = best(
        (
            weight[times_served(town, open_sites(*choice, keep)) >= 1].sum()
            for choice in brute.choices(town.n_sites, goal, keep)
        ),
        smallest=False,
    )
    limit = 10**9 if proves else -1
    with (
        mock.patch("coverage.siting.covering.most_people._LARGE", 0),
        mock.patch.multiple("coverage.siting.covering.ruled_cover", _FEW=few, _PROVABLE=limit),
    ):
        plan = agrees(lambda: choose_sites(town.residents, town.reach, goal=goal, keep=keep), expected)
    if plan:
        assert brute.allowed(plan.sites, plan.closed, goal, keep)


def walking(town, goal, keep, opened, closed):
    """(metres to the nearest of each cell that counts), inf where somebody is left out."""
    metres = brute.dense(town.metres)
    free = brute.candidates(town.n_sites, goal, keep)
    counts = (weight_of(town, goal) > 0) & np.isfinite(metres[[*free, *keep]]).any(axis=0)
    is_open = open_sites(opened, closed, keep)
    nearest = metres[is_open].min(axis=0) if is_open else np.full(len(counts), np.inf)
    return nearest[counts], weight_of(town, goal)[counts]


@quick
@given(towns(), st.sampled_from(CONDITIONS), st.integers(0, 4), st.sampled_from([None, 9.0]))
def test_least_walking(town, kind, count, unreached_m):
    keep = town.some(2)
    goal = Goal("least-walking", count=count, unreached_m=unreached_m, **conditions(town, kind, keep))

    def value(opened, closed):
        metres, weight = walking(town, goal, keep, opened, closed)
        return (np.minimum(metres, np.inf if unreached_m is None else unreached_m) * weight).sum()

    found = [value(*choice) for choice in brute.choices(town.n_sites, goal, keep)]
    expected = best((v for v in found if np.isfinite(v)), smallest=True)
    agrees(lambda: choose_sites(town.residents, town.metres, goal=goal, keep=keep), expected)


@quick
@given(towns(), st.sampled_from(CONDITIONS), st.integers(0, 4))
def test_least_worst(town, kind, count):
    keep = town.some(2)
    goal = Goal("least-worst", count=count, **conditions(town, kind, keep))
    found = [
        walking(town, goal, keep, *choice)[0].max(initial=0.0)
        for choice in brute.choices(town.n_sites, goal, keep)
    ]
    expected = best((v for v in found if np.isfinite(v)), smallest=True)
    agrees(lambda: choose_sites(town.residents, town.metres, goal=goal, keep=keep), expected)


def load_limits(town, keep, with_capacity):
    if with_capacity:
        return {"capacity": np.where(town.rng.random(town.n_sites) < 0.3, np.inf, 4.0)}
    return {"band": (3.0, 7.0)}


def flow(town, goal, keep, is_open, **how):
    capacity = {s: np.inf if goal.capacity is None else goal.capacity[s] for s in is_open}
    low = {}
    if goal.band is not None:
        low = {s: goal.band[0] for s in is_open if s not in keep}
        capacity |= {s: min(capacity[s], goal.band[1]) for s in low}
    metres = brute.dense(town.metres)
    return brute.flow_value(metres, weight_of(town, goal), town.residents, is_open, capacity, low, **how)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(towns(5, 8), st.booleans(), st.integers(0, 3))
def test_most_people_with_load_limits(town, with_capacity, count):
    keep = town.some(1)
    goal = Goal("most-people", count=count, **load_limits(town, keep, with_capacity))
    found = [flow(town, goal, keep, [*o, *keep]) for o, _ in brute.choices(town.n_sites, goal, keep)]
    expected = best((-v for v in found if v is not None), smallest=False)
    plan = agrees(lambda: choose_sites(town.residents, town.metres, goal=goal, keep=keep), expected)
    if plan and goal.band:
        assert all(3.0 - 1e-6 <= load <= 7.0 + 1e-6 for load in plan.loads)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(towns(5, 8), st.booleans(), st.sampled_from([0.4, 1.0]))
def test_fewest_sites_with_load_limits(town, with_capacity, share):
    keep = town.some(1)
    goal = Goal("fewest-sites", share=share, **load_limits(town, keep, with_capacity))
    wanted = share * town.residents[times_served(town, range(town.n_sites)) > 0].sum()
    found = [
        len(o)
        for o, _ in brute.choices(town.n_sites, goal, keep)
        if (served := flow(town, goal, keep, [*o, *keep])) is not None and -served >= wanted - 1e-6
    ]
    agrees(
        lambda: choose_sites(town.residents, town.metres, goal=goal, keep=keep), best(found, smallest=True)
    )


@settings(max_examples=40, derandomize=True, deadline=None)
@given(towns(5, 8), st.booleans(), st.integers(0, 4))
def test_least_walking_with_load_limits(town, with_capacity, count):
    keep = town.some(1)
    goal = Goal("least-walking", count=count, **load_limits(town, keep, with_capacity))
    found = [
        flow(town, goal, keep, [*o, *keep], by_distance=True)
        for o, _ in brute.choices(town.n_sites, goal, keep)
    ]
    expected = best((v for v in found if v is not None), smallest=True)
    agrees(lambda: choose_sites(town.residents, town.metres, goal=goal, keep=keep), expected)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(towns(), st.integers(0, 3), st.sampled_from(["most-people", "least-walking", "least-worst"]))
def test_one_more_site_is_never_worse(town, count, name):
    goal = Goal(name, count=count, unreached_m=30.0 if name == "least-walking" else None)
    try:
        fewer = choose_sites(town.residents, town.metres, goal=goal).objective
    except InfeasibleError:
        return
    more = choose_sites(town.residents, town.metres, goal=replace(goal, count=count + 1)).objective
    assert more >= fewer - 1e-9 if goal.maximises else more <= fewer + 1e-9


@settings(max_examples=40, derandomize=True, deadline=None)
@given(towns(), st.integers(0, 3), st.sampled_from(NAMES))
def test_the_order_of_sites_and_cells_changes_nothing(town, count, name):
    goal = Goal(name, count=None if name == "fewest-sites" else count, unreached_m=30.0)
    sites, cells = town.rng.permutation(town.n_sites), town.rng.permutation(town.metres.shape[1])
    try:
        as_given = choose_sites(town.residents, town.metres, goal=goal)
    except InfeasibleError:
        return
    mixed = choose_sites(town.residents[cells], town.metres[sites][:, cells], goal=goal)
    assert mixed.objective == pytest.approx(as_given.objective)


LOOSER = ("budget", "spacing", "quota", "required", "forbidden", "capacity", "band", "share")


def pair_of_limits(town, kind):
    """(strict, loose) conditions of one kind."""
    price = {"cost": town.rng.integers(1, 4, town.n_sites).astype(float)}
    label = {"label": town.rng.integers(0, 3, town.n_sites), "name": "street"}
    some = town.some(2)
    return {
        "budget": (price | {"budget": 4.0}, price | {"budget": 6.0}),
        "spacing": ({"site_xy": town.site_xy, "spacing_m": 6.0}, {"site_xy": town.site_xy, "spacing_m": 3.0}),
        "quota": (
            {"quotas": (shapes.Quota(default=(0.0, 1.0), **label),)},
            {"quotas": (shapes.Quota(default=(0.0, 2.0), **label),)},
        ),
        "required": ({"required": some}, {}),
        "forbidden": ({"forbidden": some}, {}),
        "capacity": ({"capacity": np.full(town.n_sites, 3.0)}, {"capacity": np.full(town.n_sites, 5.0)}),
        "band": ({"band": (3.0, 6.0)}, {"band": (2.0, 7.0)}),
        "share": ({"share": 0.9}, {"share": 0.6}),
    }[kind]


@settings(max_examples=120, derandomize=True, deadline=None)
@given(
    towns(6, 10), st.sampled_from(LOOSER), st.sampled_from(["most-people", "fewest-sites", "least-walking"])
)
def test_a_looser_limit_is_never_worse(town, kind, name):
    strict, loose = (
        Goal(name, count=None if name == "fewest-sites" else 2, unreached_m=30.0, **limit)
        for limit in pair_of_limits(town, kind)
    )
    if kind == "forbidden" and name != "most-people":
        allowed = np.setdiff1d(np.arange(town.n_sites), strict.forbidden)
        if set(town.metres[allowed].indices) != set(town.metres.indices):
            return  # whom the others can reach is another number then, and only they are counted
    try:
        before = choose_sites(town.residents, town.metres, goal=strict).objective
    except InfeasibleError:
        return
    after = choose_sites(town.residents, town.metres, goal=loose).objective
    assert after >= before - 1e-6 if strict.maximises else after <= before + 1e-6


@settings(max_examples=30, derandomize=True, deadline=None)
@given(towns(), st.integers(0, 3), st.floats(0.5, 6.0))
def test_a_longer_reach_never_serves_fewer(town, count, reach_m):
    near, far = (
        choose_sites(town.residents, town.metres, goal=Goal(count=count, reach_m=limit)).objective
        for limit in (reach_m, reach_m + 1.0)
    )
    assert far >= near


@settings(max_examples=60, derandomize=True, deadline=None)
@given(towns(9, 25), st.integers(1, 3), st.sampled_from(["most-people", "least-walking", "fewest-sites"]))
def test_a_loose_gap_is_not_called_proved_and_its_bound_holds(town, count, name):
    goal = Goal(name, count=None if name == "fewest-sites" else count, share=0.7, unreached_m=30.0)
    best_value = choose_sites(town.residents, town.metres, goal=goal).objective
    loose = choose_sites(town.residents, town.metres, goal=replace(goal, gap=0.5))
    assert not loose.proven or loose.objective == pytest.approx(best_value)
    wrong_side = best_value - loose.bound if goal.maximises else loose.bound - best_value
    assert wrong_side <= 1e-6 * max(1.0, best_value)
    assert loose.gap <= 0.5 + 1e-9


@pytest.mark.parametrize("pairs", [-1, 10**9])
@settings(max_examples=30, derandomize=True, deadline=None)
@given(town=towns(5, 8), with_capacity=st.booleans(), count=st.integers(0, 3))
def test_the_way_of_large_models_with_load_limits_stays_between_plan_and_bound(
    pairs, town, with_capacity, count
):
    """With HiGHS and without it, prices bound what the limits allow, and the plan keeps them."""
    keep = town.some(1)
    goal = Goal("most-people", count=count, **load_limits(town, keep, with_capacity))
    found = [flow(town, goal, keep, [*o, *keep]) for o, _ in brute.choices(town.n_sites, goal, keep)]
    expected = best((-v for v in found if v is not None), smallest=False)
    with mock.patch.multiple("coverage.siting.capacity.loads", _SMALL=-1, _MOST_PAIRS=pairs):
        plan = choose_sites(town.residents, town.metres, goal=goal, keep=keep)
    assert plan.objective - 1e-6 <= expected <= plan.bound + 1e-6
    assert -flow(town, goal, keep, [*plan.sites, *keep]) == pytest.approx(plan.objective, abs=1e-6)
    assert pairs < 0 or plan.proven


@settings(max_examples=30, derandomize=True, deadline=None)
@given(town=towns(5, 8), share=st.sampled_from([0.3, 0.7]))
def test_the_bound_of_large_models_on_fewest_sites_with_capacity_holds(town, share):
    goal = Goal("fewest-sites", share=share, capacity=np.full(town.n_sites, 4.0))
    with mock.patch.multiple("coverage.siting.capacity.loads", _SMALL=-1, _MOST_PAIRS=-1):
        try:
            plan = choose_sites(town.residents, town.metres, goal=goal)
        except InfeasibleError:
            return
    exact = choose_sites(town.residents, town.metres, goal=goal)
    assert plan.bound <= exact.objective <= plan.objective


@settings(max_examples=40, derandomize=True, deadline=None)
@given(town=towns(5, 8), with_capacity=st.booleans(), count=st.integers(0, 4))
def test_least_walking_of_large_models_with_load_limits_stays_within_its_bound(town, with_capacity, count):
    keep = town.some(1)
    goal = Goal("least-walking", count=count, unreached_m=9.0, **load_limits(town, keep, with_capacity))
    exact = choose_sites(town.residents, town.metres, goal=goal, keep=keep)
    with mock.patch("coverage.siting.walking.least_walking._MOST_FLOW", -1):
        plan = choose_sites(town.residents, town.metres, goal=goal, keep=keep)
    assert plan.bound - 1e-6 <= exact.objective <= plan.objective + 1e-6
    assert len(plan.loads) == len(plan.sites) <= count
    if goal.band:
        assert all(3.0 - 1e-6 <= load <= 7.0 + 1e-6 for load in plan.loads)
