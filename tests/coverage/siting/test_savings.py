"""Fast interchange for least walking: what it keeps up to date is what counting afresh gives."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

from coverage.siting import Goal, choose, choose_sites
from coverage.siting.model import highs, plan_value
from coverage.siting.model.cover_model import at_most
from coverage.siting.model.highs import Limits
from coverage.siting.walking import p_median
from coverage.siting.walking.p_median import SavingsWalk
from coverage.siting.walking.savings import (
    SavingsModel,
    SavingsSwap,
    greedy_savings,
    median_program,
    median_values,
)


def model_of(seed, sites=25, cells=60):
    rng = np.random.default_rng(seed)
    saved = np.maximum(0.0, np.round(9.0 - 15.0 * cdist(rng.random((sites, 2)), rng.random((cells, 2)))))
    return SavingsModel(sparse.csr_array(saved), 9.0 * cells), rng


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8))
def test_after_many_swaps_all_is_as_counted_afresh(seed, count):
    model, rng = model_of(seed)
    search = SavingsSwap(model, rng.choice(model.n_sites, count, replace=False))
    for _ in range(20):
        site = int(rng.choice(np.flatnonzero(search.slot_of < 0)))
        search.swap(int(rng.integers(count)), site)
    fresh = SavingsSwap(model, search.chosen)
    for name in ("first", "second", "gain", "loss", "both", "value"):
        assert np.allclose(getattr(search, name), getattr(fresh, name)), name


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8))
def test_greedy_takes_the_most_at_every_step(seed, count):
    model, _ = model_of(seed)
    chosen, best = greedy_savings(model, count), np.zeros(model.n_cells)
    saved = model.saved.toarray()
    for site in chosen:
        gain = np.maximum(saved - best, 0.0).sum(axis=1)
        assert gain[site] == pytest.approx(gain.max())
        best = np.maximum(best, saved[site])


@settings(max_examples=10, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_a_walk_never_loses_the_best(seed, count):
    model, _ = model_of(seed)
    start = greedy_savings(model, count)
    walk = SavingsWalk(model, start, seed)
    walk.run(Limits(0.05), np.inf)
    assert walk.value == pytest.approx(model.value(walk.best))
    assert walk.value >= model.value(start) - 1e-9
    assert len(set(walk.best.tolist())) == count


@pytest.fixture
def own_clock(monkeypatch):
    """Time limits count this process's own seconds: other work on the machine does not matter."""
    monkeypatch.setattr(highs, "time", SimpleNamespace(perf_counter=time.process_time))
    monkeypatch.setattr(plan_value, "time", SimpleNamespace(perf_counter=time.process_time))
    monkeypatch.setattr(choose, "Limits", lambda *given: Limits(*given, started=time.process_time()))


def random_points(count, seed=8):
    """(cells × cells) metres between points in a square of 20 km, every pair stored."""
    xy = np.random.default_rng(seed).integers(0, 20_000, (count, 2)).astype(float)
    metres = cdist(xy, xy)
    everyone = np.tile(np.arange(count), count), np.arange(count + 1) * count
    return sparse.csr_array((metres.ravel(), *everyone), shape=metres.shape)


def test_the_time_limit_holds_for_hundreds_of_sites_and_the_bound_is_no_trivial_one(own_clock):
    goal = Goal("least-walking", count=200, time_limit_s=2.0)
    plan = choose_sites(np.ones(900), random_points(900), goal=goal)
    assert plan.seconds < 1.3 * 2.0
    assert 0.98 * plan.objective < plan.bound <= plan.objective


def test_two_hundred_of_six_hundred_sites_are_proved_where_once_the_search_gave_up(own_clock):
    plan = choose_sites(
        np.ones(600), random_points(600), goal=Goal("least-walking", count=200, time_limit_s=20.0)
    )
    assert plan.proven


def test_with_the_nearest_sites_alone_no_plan_saves_less_and_one_among_them_the_same():
    rng = np.random.default_rng(3)
    metres = random_points(60).toarray()
    model = SavingsModel(sparse.csr_array(99_999.0 - metres), 60 * 99_999.0)
    near = model.nearest(8)
    assert near.saved.nnz == 60 * 8
    for count in (5, 15, 30):
        chosen = rng.choice(60, count, replace=False)
        walked = model.total - model.value(chosen)
        walked_near = near.total - near.value(chosen)
        served = (np.sort(metres, axis=1)[:, 7] >= metres[:, chosen].min(axis=1)).all()
        assert walked_near <= walked + 1e-6
        assert walked_near == pytest.approx(walked) or not served


def test_too_few_near_sites_are_found_out(monkeypatch):
    reach, goal = random_points(40), Goal("least-walking", count=4)
    wanted = choose_sites(np.ones(40), reach, goal=goal)
    monkeypatch.setattr(p_median, "_NEAR", 0.1)
    monkeypatch.setattr(p_median, "_LEAST_NEAR", 2)
    plan = choose_sites(np.ones(40), reach, goal=goal)
    assert plan.proven
    assert plan.objective == pytest.approx(wanted.objective)


def test_the_program_of_steps_is_worth_what_the_plan_walks():
    model, rng = model_of(5)
    program = median_program(model, at_most(6, model.n_sites))
    chosen = rng.choice(model.n_sites, 6, replace=False)
    values = median_values(model, chosen)
    assert highs.keeps_rows(program, values)
    assert highs.objective_of(program, values) == pytest.approx(model.total - model.value(chosen))
