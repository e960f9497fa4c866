"""OR-Library p-median and p-center: the optima on up to 300 vertices, within 0.5 % beyond."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.csgraph import shortest_path

from coverage.siting import Goal, choose_sites

DATA = Path(__file__).parents[3] / ".." / "shared" / "data" / "pmedian"
# vertices ≤ 200 here; all of them: python -m bench.siting --only orlib
CASES = {
    1: (5819, 127),
    2: (4093, 98),
    3: (4250, 93),
    4: (3034, 74),
    5: (1355, 48),
    7: (5631, 64),
    9: (2734, 37),
}


def read(number):
    """(metres of every pair, stored; sites); the last of repeated edges counts."""
    path = DATA / f"pmed{number}.txt"
    if not path.exists():
        pytest.skip("the OR-Library p-median files are not beside the project")
    values = np.array(path.read_text().split(), float)
    n, sites = int(values[0]), int(values[2])
    length = np.zeros((n, n))
    for a, b, metres in values[3:].reshape(-1, 3).astype(int):
        length[a - 1, b - 1] = length[b - 1, a - 1] = metres
    metres = shortest_path(length, directed=False)
    return sparse.csr_array(
        (metres.ravel(), np.tile(np.arange(n), n), np.arange(n + 1) * n), shape=(n, n)
    ), sites


@pytest.mark.parametrize("number", CASES)
def test_p_median(number):
    metres, sites = read(number)
    plan = choose_sites(np.ones(metres.shape[0]), metres, goal=Goal("least-walking", count=sites))
    assert (plan.objective, plan.bound, plan.proven) == (CASES[number][0], CASES[number][0], True)


@pytest.mark.parametrize("number", CASES)
def test_p_center(number):
    metres, sites = read(number)
    plan = choose_sites(np.ones(metres.shape[0]), metres, goal=Goal("least-worst", count=sites))
    assert (plan.objective, plan.bound, plan.proven) == (CASES[number][1], CASES[number][1], True)
