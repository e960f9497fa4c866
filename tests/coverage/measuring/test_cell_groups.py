from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import coverage.measuring.cell_groups as module
from coverage.measuring.cell_groups import cell_groups


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([3, 4_000_000]))
def test_groups_are_summed_as_one_by_one(seed: int, most_sums: int) -> None:
    dice = np.random.default_rng(seed)
    cells = dice.permutation(60)[: dice.integers(5, 60)]
    parts = [np.sort(p) for p in np.array_split(cells, dice.integers(1, 6)) if len(p)]
    xy, weights = dice.integers(0, 20, (60, 2)) * 100.0 + 350_000, dice.uniform(0.1, 9.0, 60)
    unit_of = dice.integers(-1, 7, 60)
    before, module._MOST_SUMS = module._MOST_SUMS, most_sums
    try:
        groups = cell_groups(parts)
        sums, middles = groups.sums(weights), groups.middles(xy, weights)
        majority = groups.majority(unit_of, weights)
    finally:
        module._MOST_SUMS = before
    for number, part in enumerate(parts):
        assert np.isclose(sums[number], weights[part].sum())
        away = np.hypot(*(xy - np.average(xy[part], axis=0, weights=weights[part])).T)
        assert middles[number] in part and away[middles[number]] <= away[part].min() + 1e-6
        held = {u: weights[part][unit_of[part] == u].sum() for u in range(7)}
        most = max(held, key=lambda u: held[u])
        assert majority[number] == (most if held[most] > 0 else -1)
