"""Fast interchange for least walking: what it keeps up to date is what counting afresh gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

from coverage.siting import Goal, choose_sites
from coverage.siting.model.highs import Limits
from coverage.siting.walking.p_median import SavingsWalk
from coverage.siting.walking.savings import SavingsModel, SavingsSwap, greedy_savings


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


def test_the_time_limit_holds_for_hundreds_of_sites_and_the_bound_is_no_trivial_one():
    rng = np.random.default_rng(8)
    xy = rng.integers(0, 20_000, (900, 2)).astype(float)
    metres = cdist(xy, xy)
    reach = sparse.csr_array(
        (metres.ravel(), np.tile(np.arange(900), 900), np.arange(901) * 900), shape=metres.shape
    )
    plan = choose_sites(np.ones(900), reach, goal=Goal("least-walking", count=200, time_limit_s=4.0))
    assert plan.seconds < 1.3 * 4.0 + 1.0
    assert 0.8 * plan.objective < plan.bound <= plan.objective
