"""The parts that only large models use: the relaxation, its bound, the walk, fixing sites."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from coverage.siting import Goal, Quota, Watch, choose_sites
from coverage.siting.covering.best_cover import _large, best_cover
from coverage.siting.covering.local_search import LocalSearch, SwapSearch, greedy, improved, without_the_least
from coverage.siting.covering.lp_bound import Dual, DualSearch
from coverage.siting.greenfield.bound_and_improve import BoundAndImprove, Recombination, Regions
from coverage.siting.greenfield.windows import Windows, priced_cover
from coverage.siting.model.cover_model import (
    CoverModel,
    at_most,
    build_model,
    implied,
    most_program,
    without_dominated,
)
from coverage.siting.model.highs import Limits


def plane(seed, sites=60, cells=400, radius=0.16):
    rng = np.random.default_rng(seed)
    near = np.linalg.norm(rng.random((sites, 1, 2)) - rng.random((1, cells, 2)), axis=2) <= radius
    return rng.integers(1, 50, cells).astype(float), sparse.csr_array(near)


def model_of(seed, **how) -> CoverModel:
    residents, reach = plane(seed, **how)
    cover = sparse.csr_array(reach, dtype=float)
    return build_model(cover, residents, np.arange(cover.shape[0]), np.zeros(cover.shape[1], bool))


def exact(model, count):
    return best_cover(model, count, Limits(60.0)).value


def relaxation(model, count):
    program = most_program(model, at_most(count, model.n_sites))
    found = linprog(-program.cost, program.matrix, program.row_high, bounds=(0.0, 1.0))
    return -found.fun


@settings(max_examples=10, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_the_bound_comes_down_to_the_relaxation_and_never_below(seed, count):
    model = model_of(seed)
    dual = DualSearch(model, count, greedy(model, count)).run(4_000, Limits(60.0), 0.0, tolerance=1e-5)
    wanted = relaxation(model, count)
    assert wanted * (1 - 1e-9) <= dual.bound <= wanted * (1 + 2e-5)


@settings(max_examples=15, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_sites_decided_by_prices_are_decided_rightly(seed, count):
    model = model_of(seed)
    best = best_cover(model, count, Limits(60.0))
    dual = DualSearch(model, count, greedy(model, count)).run(200, Limits(60.0), 0.0)
    chosen = np.flatnonzero(np.isin(model.rows, best.chosen))
    below = best.value * (1 - 1e-6)
    assert not dual.needless(below)[chosen].any()
    assert np.isin(np.flatnonzero(dual.certain(below)), chosen).all()


@settings(max_examples=15, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_the_large_way_and_the_small_way_agree(seed, count):
    model = without_dominated(model_of(seed))
    chosen, _ = improved(model, greedy(model, count))
    large = _large(model, count, chosen, Limits(60.0))
    assert large.value == pytest.approx(exact(model, count))
    assert large.bound == pytest.approx(large.value)
    assert len(large.chosen) <= count


@settings(max_examples=20, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_swap_profits_stay_true_after_many_swaps(seed, count):
    model = model_of(seed)
    search = SwapSearch(model, greedy(model, count))
    rng = np.random.default_rng(seed)
    for _ in range(30):
        site = int(rng.integers(model.n_sites))
        if search.slot_of[site] < 0:
            search.swap(int(rng.integers(len(search.chosen))), site)
    fresh = SwapSearch(model, search.chosen)
    for name in ("gain", "loss", "both", "value"):
        assert np.allclose(getattr(search, name), getattr(fresh, name)), name


@settings(max_examples=15, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8))
def test_a_walk_never_loses_the_best_and_stays_within_the_bound(seed, count):
    model = model_of(seed)
    chosen, value = improved(model, greedy(model, count))
    walk = LocalSearch(model, chosen, seed)
    walk.run(Limits(60.0), np.inf, 100)
    assert value <= walk.value <= exact(model, count) + 1e-9
    assert walk.value == pytest.approx(model.value(walk.best))


@settings(max_examples=8, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_crossed_plans_never_lose_the_best_and_reach_the_optimum(seed, count):
    model = model_of(seed)
    chosen, value = improved(model, greedy(model, count))
    wanted = exact(model, count)
    recombination = Recombination(model, chosen, np.ones(model.n_sites), seed)
    recombination.run(Limits(5.0), wanted * (1 - 1e-9))
    assert value <= recombination.value == pytest.approx(wanted)
    assert len(recombination.best) == count
    assert recombination.value == pytest.approx(model.value(recombination.best))


@settings(max_examples=12, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 16), st.integers(1, 200))
def test_windows_lower_the_bound_but_never_below_the_optimum(seed, count, steps):
    """At any prices, also bad ones from few steps."""
    model = model_of(seed, radius=0.2)
    dual = DualSearch(model, count, greedy(model, count)).run(steps, Limits(60.0), 0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("coverage.siting.greenfield.windows._SITES_A_WINDOW", 2.0)
        windows = Windows(model, dual)
    windows.run(Limits(60.0))
    assert exact(model, count) * (1 - 1e-9) <= windows.bound <= dual.bound


def packed(sites=150, cells=1_500, seed=6) -> CoverModel:
    """Circles that have to be packed: the relaxation tiles the square with fractions of them."""
    rng = np.random.default_rng(seed)
    site_xy, cell_xy = rng.uniform(0, 30, (sites, 2)), rng.uniform(0, 30, (cells, 2))
    near = np.linalg.norm(site_xy[:, None] - cell_xy[None], axis=2) <= 4.5
    weight = rng.integers(1, 101, cells).astype(float)
    return build_model(sparse.csr_array(near, dtype=float), weight, np.arange(sites), np.zeros(cells, bool))


@pytest.fixture(scope="module")
def crowded() -> tuple[CoverModel, Dual]:
    model = packed()
    return model, DualSearch(model, 14, greedy(model, 14)).run(2_000, Limits(60.0), 0.0)


def test_windows_close_part_of_the_gap_where_circles_are_packed(crowded):
    windows = Windows(*crowded)
    windows.run(Limits(60.0))
    assert windows.bound < crowded[1].bound * (1 - 1e-4)


def test_larger_windows_never_raise_the_bound_and_need_not_be_solved(crowded, monkeypatch):
    monkeypatch.setattr("coverage.siting.greenfield.windows._SITES_A_WINDOW", 2.0)
    windows, bounds = Windows(*crowded), []
    for parts in (1, 2, 3, 100):
        windows.run(Limits(60.0), most_parts=parts)
        bounds.append(windows.bound)
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] < bounds[0]


def test_a_search_from_both_sides_ends_with_a_gap_smaller_than_that_of_the_relaxation(crowded):
    model, dual = crowded
    chosen, value = improved(model, greedy(model, 14))
    search = BoundAndImprove(model, dual, chosen)
    search.run(Limits(4.0), lambda value, bound: False)
    assert value <= search.value == pytest.approx(model.value(search.chosen))
    assert search.value <= search.bound < dual.bound
    assert len(search.chosen) == 14


def test_a_search_from_both_sides_ends_when_it_is_told_enough(crowded):
    model, dual = crowded
    search = BoundAndImprove(model, dual, improved(model, greedy(model, 14))[0])
    limits = Limits(60.0)
    search.run(limits, lambda value, bound: bound < dual.bound)
    assert limits.left() > 30.0


@settings(max_examples=10, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 12))
def test_parts_opened_again_never_lose_and_all_at_once_are_the_optimum(seed, count, size):
    model = model_of(seed)
    start = greedy(model, count)
    place = np.random.default_rng(seed).random((2, model.n_sites))
    regions = Regions(model, start, place)
    regions.run(size, Limits(60.0))
    wanted = exact(model, count)
    assert model.value(start) <= regions.value <= wanted * (1 + 1e-9)
    assert regions.value == pytest.approx(model.value(regions.best))
    assert len(set(regions.best.tolist())) == len(start)
    if size >= count:
        assert regions.value == pytest.approx(wanted)


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 1.5))
def test_a_priced_cover_is_never_worse_than_the_start_nor_better_than_the_best(seed, dear):
    model = model_of(seed, sites=9, cells=60, radius=0.3)
    rng = np.random.default_rng(seed)
    charge = dear * rng.random(9) * (model.cover @ model.weight)
    start = np.flatnonzero(rng.random(9) < 0.3)

    def value(sites):
        return model.value(np.array(sites, np.int64)) - charge[list(sites)].sum()

    found = value(priced_cover(model, charge, start, seed))
    every = [[site for site in range(9) if number >> site & 1] for number in range(1 << 9)]
    assert value(start) - 1e-9 <= found <= max(map(value, every)) + 1e-9


def test_what_alone_covers_least_goes_first():
    cover = sparse.csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], float))
    model = CoverModel(cover, np.array([5.0, 1.0, 1.0, 3.0]), np.arange(3))
    assert without_the_least(model, np.arange(3), 2).tolist() == [0, 2]
    assert without_the_least(model, np.arange(3), 1).tolist() == [0]
    assert without_the_least(model, np.arange(3), 5).tolist() == [0, 1, 2]


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.integers(0, 10**6))
def test_dominated_sites_and_implied_groups_are_contained_in_others(seed):
    model = model_of(seed, sites=25, cells=60, radius=0.3)
    sets = [set(model.groups_of(site).tolist()) for site in range(model.n_sites)]
    stays = set(without_dominated(model).rows.tolist())
    for site, groups in enumerate(sets):
        assert (site in stays) != any(
            groups < other or (groups == other and k < site) for k, other in enumerate(sets)
        )
    covering = [set(model.by_group[[g]].indices.tolist()) for g in range(model.n_groups)]
    gone = implied(model.cover, model.by_group)
    for group, sites in enumerate(covering):
        assert gone[group] == any(other < sites for other in covering)


def test_rules_on_a_large_model_give_the_same_as_without_the_shortcut():
    residents, reach = plane(3, sites=400, cells=2_500)
    quota = Quota(np.arange(400) % 7, default=(0.0, 1.0), name="street")
    plan = choose_sites(residents, reach, goal=Goal(count=5, quotas=(quota,)))
    assert plan.proven
    assert np.bincount(np.array(plan.sites) % 7).max() == 1


def test_progress_is_told_and_a_cancelled_search_hands_over_its_best():
    residents, reach = plane(4, sites=500, cells=4_000, radius=0.12)
    told = []
    goal = Goal(count=25, time_limit_s=20.0)
    plan = choose_sites(residents, reach, goal=goal, watch=Watch(told.append, lambda: len(told) >= 2))
    assert len(told) >= 2 and plan.seconds < 10.0
    assert len(plan.sites) == 25 and plan.objective <= plan.bound


def test_the_same_seed_gives_the_same_plan():
    residents, reach = plane(5, sites=300, cells=2_000)
    one, two = (choose_sites(residents, reach, goal=Goal(count=8, seed=3)) for _ in range(2))
    assert (one.sites, one.objective, one.bound) == (two.sites, two.objective, two.bound)
