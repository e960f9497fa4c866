from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.measuring.cell_groups import cell_groups


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(0, 10_000))
def test_groups_are_summed_as_one_by_one(seed: int) -> None:
    dice = np.random.default_rng(seed)
    cells = dice.permutation(60)[: dice.integers(5, 60)]
    parts = [np.sort(p) for p in np.array_split(cells, dice.integers(1, 6)) if len(p)]
    xy, weights = dice.integers(0, 20, (60, 2)) * 100.0 + 350_000, dice.uniform(0.1, 9.0, 60)
    unit_of = dice.integers(-1, 7, 60)
    groups = cell_groups(parts)
    sums, middles = groups.sums(weights), groups.middles(xy, weights)
    medians, largest = groups.medians(xy[:, 0], weights), groups.largest(xy[:, 0])
    shares = groups.shares(unit_of, weights)
    for number, part in enumerate(parts):
        assert np.isclose(sums[number], weights[part].sum())
        away = np.hypot(*(xy - np.average(xy[part], axis=0, weights=weights[part])).T)
        assert middles[number] in part and away[middles[number]] <= away[part].min() + 1e-6
        nearer = [weights[part][xy[part, 0] <= at].sum() for at in np.unique(xy[part, 0])]
        half = np.unique(xy[part, 0])[np.searchsorted(nearer, sum(weights[part]) / 2 * (1 - 1e-9))]
        assert (medians[number], largest[number]) == (half, xy[part, 0].max())
        held = {u: weights[part][unit_of[part] == u].sum() for u in range(7) if u in unit_of[part]}
        assert [unit for unit, _, _ in shares[number]] == sorted(held, key=lambda u: -held[u])
        for unit, residents, cell in shares[number]:
            assert np.isclose(residents, held[unit]) and cell in part and unit_of[cell] == unit
            assert weights[cell] == weights[part][unit_of[part] == unit].max()
