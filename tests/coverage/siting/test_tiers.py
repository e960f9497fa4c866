"""Centres and stations together, against trying every pair of choices."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from coverage.siting import Goal, TwoTiers, choose_both


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 2), st.integers(0, 2))
def test_the_best_centres_and_stations_are_found(seed, centres, stations):
    rng = np.random.default_rng(seed)
    metres = rng.uniform(0, 10, (5, 9))
    far, near = metres <= 5.0, metres <= 2.5
    residents = rng.integers(0, 9, 9).astype(float)

    def value(c, s):
        by_centre = far[list(c)].any(axis=0)
        by_any = near[list(c) + list(s)].any(axis=0)
        return 0.5 * residents[by_centre].sum() + 0.5 * residents[by_any].sum()

    best = max(
        value(c, s)
        for c in combinations(range(5), centres)
        for s in combinations(range(5), stations)
        if not set(c) & set(s)
    )
    town = TwoTiers(residents, sparse.csr_array(far), sparse.csr_array(near))
    found = choose_both(town, goal=Goal(count=0), centres=centres, stations=stations)
    assert found.plan.objective == pytest.approx(best)
    assert value(found.centres, found.stations) == pytest.approx(best)
    assert found.plan.proven


def test_a_centre_serves_as_station_where_it_is_open_already():
    reach = sparse.csr_array(np.eye(2, dtype=bool))
    town = TwoTiers(np.array([4.0, 3.0]), reach, reach, centres=(0,))
    found = choose_both(town, goal=Goal(count=0), centres=0, stations=1)
    assert (found.centres, found.stations) == ((), (1,))
