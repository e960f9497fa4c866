"""Maximal covering against trying everything."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from coverage.siting import Goal, choose_sites


def covered_by(residents, reach, sites):
    return residents[np.asarray(reach[list(sites)].sum(axis=0)).ravel() > 0].sum() if len(sites) else 0.0


def best_by_trying(residents, reach, count, keep=()):
    others = [row for row in range(reach.shape[0]) if row not in keep]
    return max(
        covered_by(residents, reach, [*keep, *chosen])
        for n in range(min(count, len(others)) + 1)
        for chosen in combinations(others, n)
    )


@st.composite
def small_towns(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    sites, cells = draw(st.integers(1, 9)), draw(st.integers(1, 25))
    residents = rng.integers(0, 6, cells).astype(float)
    reach = sparse.csr_array(rng.random((sites, cells)) < draw(st.sampled_from([0.0, 0.1, 0.3, 0.6])))
    return residents, reach, draw(st.integers(0, 4))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(small_towns(), st.booleans())
def test_agrees_with_trying_every_choice(town, with_kept):
    residents, reach, count = town
    keep = (0,) if with_kept else ()
    plan = choose_sites(residents, reach, goal=Goal("most-people", count=count), keep=keep)
    assert plan.objective == pytest.approx(best_by_trying(residents, reach, count, keep))
    assert plan.proven and plan.gap == 0.0 and plan.bound == plan.objective
    assert plan.objective == pytest.approx(covered_by(residents, reach, [*keep, *plan.sites]))
    assert len(plan.sites) <= count and not set(plan.sites) & set(keep)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(small_towns())
def test_gains_never_increase_and_add_up(town):
    residents, reach, count = town
    plan = choose_sites(residents, reach, goal=Goal("most-people", count=count))
    assert list(plan.gained) == sorted(plan.gained, reverse=True)
    assert plan.residents_before + sum(plan.gained) == pytest.approx(plan.objective)
    assert [step.sites for step in plan.curve] == list(range(1, len(plan.sites) + 1))


def test_metres_count_up_to_the_boundary():
    metres = sparse.csr_array(
        (np.array([500.0, 500.1, 0.0]), np.array([0, 1, 2]), np.array([0, 3])), shape=(1, 3)
    )
    plan = choose_sites(np.ones(3), metres, goal=Goal("most-people", count=1, reach_m=500.0))
    assert plan.objective == 2.0


def test_cells_already_covered_count_but_are_not_gained():
    reach = sparse.csr_array(np.eye(3, dtype=bool))
    already = np.array([True, False, False])
    plan = choose_sites(np.array([5.0, 2.0, 1.0]), reach, goal=Goal("most-people", count=1), already=already)
    assert (plan.sites, plan.residents_before, plan.objective, plan.gained) == ((1,), 5.0, 7.0, (2.0,))
