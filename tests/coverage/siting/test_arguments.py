"""What may be handed to the stable call, and what is refused with a sentence."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from core.errors import InfeasibleError, SettingError
from coverage.siting import Goal, choose_sites

SITES, CELLS = 6, 20
DISTANCE = np.random.default_rng(0).random((SITES, CELLS)) * 10
NEAR = DISTANCE < 5
RESIDENTS = np.random.default_rng(1).integers(0, 9, CELLS).astype(float)
METRES = sparse.csr_array(np.where(NEAR, DISTANCE, 0.0))
YES = sparse.csr_array(NEAR)


def goal_of(name, **how):
    return Goal(name, **({"count": 4} | how if name != "fewest-sites" else how))


def shuffled(matrix):
    """The same matrix with the entries of every row in another order."""
    rng = np.random.default_rng(2)
    order = np.concatenate(
        [a + rng.permutation(b - a) for a, b in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)]
    )
    return sparse.csr_array((matrix.data[order], matrix.indices[order], matrix.indptr), shape=matrix.shape)


def repeated(matrix):
    """Every entry twice, the second one farther."""
    indices, data = np.repeat(matrix.indices, 2), np.repeat(matrix.data, 2)
    data[1::2] += 1.0
    return sparse.csr_array((data, indices, 2 * matrix.indptr), shape=matrix.shape)


NAMES = ("most-people", "fewest-sites", "least-walking", "least-worst")
SAME = {
    "csr_matrix": sparse.csr_matrix(METRES),
    "csc": sparse.csc_array(METRES),
    "coo": sparse.coo_array(METRES),
    "dense": np.where(NEAR, DISTANCE, np.inf),
    "unsorted": shuffled(METRES),
    "repeated entries": repeated(METRES),
    "int64 indices": sparse.csr_array(
        (METRES.data, METRES.indices.astype(np.int64), METRES.indptr.astype(np.int64)), shape=METRES.shape
    ),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", SAME)
def test_reach_may_come_in_any_form(name, how):
    wanted = choose_sites(RESIDENTS, METRES, goal=goal_of(name))
    plan = choose_sites(RESIDENTS, SAME[how], goal=goal_of(name))
    assert (plan.sites, plan.objective, plan.proven) == (wanted.sites, wanted.objective, True)


def test_the_callers_matrix_stays_as_it_was():
    reach = shuffled(METRES)
    indices, data = reach.indices.copy(), reach.data.copy()
    for name in NAMES:
        choose_sites(RESIDENTS, reach, goal=goal_of(name))
    assert (reach.indices == indices).all() and (reach.data == data).all()


@pytest.mark.parametrize("name", ["most-people", "fewest-sites"])
def test_a_stored_false_is_out_of_reach_and_a_stored_zero_metres_is_at_the_door(name):
    indptr = np.array([0, 2])
    for data, served in ((np.array([True, False]), 3.0), (np.array([0.0, 7.0]), 8.0)):
        reach = sparse.csr_array((data, np.array([0, 1]), indptr), shape=(1, 2))
        plan = choose_sites(np.array([3.0, 5.0]), reach, goal=goal_of(name))
        assert plan.residents_after == served


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("residents", [RESIDENTS.astype(int), RESIDENTS.astype(np.float32), list(RESIDENTS)])
def test_residents_may_be_whole_or_not(name, residents):
    wanted = choose_sites(RESIDENTS, METRES, goal=goal_of(name))
    assert choose_sites(residents, METRES, goal=goal_of(name)).sites == wanted.sites


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(SITES, CELLS), (0, CELLS), (SITES, 0), (0, 0)])
def test_nobody_to_serve_is_served_by_nothing(name, shape):
    plan = choose_sites(np.zeros(shape[1]), sparse.csr_array(shape), goal=goal_of(name))
    assert (plan.sites, plan.objective, plan.bound, plan.proven) == ((), 0.0, 0.0, True)


@pytest.mark.parametrize("name", NAMES)
def test_twice_the_same_candidates_change_nothing(name):
    twice = sparse.csr_array(sparse.vstack([METRES, METRES]))
    wanted, plan = (choose_sites(RESIDENTS, reach, goal=goal_of(name)) for reach in (METRES, twice))
    assert plan.proven and plan.objective == pytest.approx(wanted.objective)
    assert not plan.sites or len({site % SITES for site in plan.sites}) == len(plan.sites)


@pytest.mark.parametrize("count", [4, SITES, 99])
@pytest.mark.parametrize("name", ["most-people", "least-walking", "least-worst"])
def test_more_sites_than_needed_are_not_opened(name, count):
    plan = choose_sites(RESIDENTS, METRES, goal=goal_of(name, count=count))
    assert plan.proven and len(plan.sites) <= min(count, SITES) and min(plan.gained, default=1.0) >= 0.0


def test_no_site_serves_whom_it_serves_today():
    plan = choose_sites(RESIDENTS, METRES, goal=goal_of("most-people", count=0), keep=[1])
    assert (plan.sites, plan.proven) == ((), True)
    assert plan.objective == plan.residents_before == RESIDENTS[NEAR[1]].sum()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_call_gives_the_same_bytes(name):
    one, two = (choose_sites(RESIDENTS, METRES, goal=goal_of(name, seed=7)) for _ in range(2))
    for field in ("sites", "objective", "bound", "gained", "curve"):
        assert repr(getattr(one, field)) == repr(getattr(two, field))


def stored(*data):
    return sparse.csr_array((np.array(data), np.arange(len(data)), np.array([0, len(data)])), shape=(1, 2))


WRONG = {
    "residents not a number": lambda: choose_sites(RESIDENTS * np.nan, METRES, goal=Goal(count=1)),
    "residents infinite": lambda: choose_sites(RESIDENTS + np.inf, METRES, goal=Goal(count=1)),
    "residents negative": lambda: choose_sites(RESIDENTS - 9.0, METRES, goal=Goal(count=1)),
    "residents as words": lambda: choose_sites(np.array(["a"] * CELLS), METRES, goal=Goal(count=1)),
    "a cell too few": lambda: choose_sites(RESIDENTS[1:], METRES, goal=Goal(count=1)),
    "metres not a number": lambda: choose_sites(np.ones(2), stored(1.0, np.nan), goal=Goal(count=1)),
    "metres negative": lambda: choose_sites(np.ones(2), stored(1.0, -1.0), goal=Goal(count=1)),
    "yes or no where metres are needed": lambda: choose_sites(
        RESIDENTS, YES, goal=Goal("least-walking", count=1)
    ),
    "a site that does not exist": lambda: choose_sites(RESIDENTS, YES, goal=Goal(count=1), keep=[SITES]),
    "a negative site": lambda: choose_sites(RESIDENTS, YES, goal=Goal(count=1), keep=[-1]),
    "half a site": lambda: choose_sites(RESIDENTS, YES, goal=Goal(count=1), keep=[1.5]),
    "already not a number": lambda: choose_sites(
        RESIDENTS, YES, goal=Goal(count=1), already=np.full(CELLS, np.nan)
    ),
    "closing what is not open": lambda: choose_sites(
        RESIDENTS, YES, goal=Goal(count=1, closable=[0], close=1)
    ),
    "a dense matrix with a 0": lambda: choose_sites(
        np.ones(2), np.array([[0.0, 10.0], [10.0, 0.0]]), goal=Goal("least-walking", count=1)
    ),
    "a list of lists": lambda: choose_sites(np.ones(2), [[1.0, 2.0]], goal=Goal(count=1)),
    "a frame": lambda: choose_sites(np.ones(2), pd.DataFrame([[1.0, 2.0]]), goal=Goal(count=1)),
    "one row alone": lambda: choose_sites(np.ones(2), np.ones(2), goal=Goal(count=1)),
    "words for metres": lambda: choose_sites(np.ones(2), np.array([["a", "b"]]), goal=Goal(count=1)),
    "residents left blank": lambda: choose_sites(
        np.ma.masked_array(RESIDENTS, RESIDENTS > 5), YES, goal=Goal(count=1)
    ),
    "complex residents": lambda: choose_sites(RESIDENTS + 1j, YES, goal=Goal(count=1)),
    "keep as a number": lambda: choose_sites(RESIDENTS, YES, goal=Goal(count=1), keep=1),
    "count as a word": lambda: Goal(count="2"),
    "count as yes": lambda: Goal(count=True),
    "required as a number": lambda: Goal(count=1, required=1),
    "required as words": lambda: choose_sites(RESIDENTS, YES, goal=Goal(count=1, required=["a"])),
    "capacity as a number": lambda: Goal(count=1, capacity=10.0),
    "cost as a number": lambda: Goal(count=1, cost=10.0),
    "importance as a number": lambda: Goal(count=1, importance=2.0),
    "cost in words": lambda: choose_sites(RESIDENTS, YES, goal=Goal(count=1, cost=["a"] * SITES)),
    "band as a number": lambda: Goal(count=1, band=5.0),
    "budget as a word": lambda: Goal(count=1, cost=np.ones(SITES), budget="5"),
    "time as a word": lambda: Goal(count=1, time_limit_s="5"),
    "share as a word": lambda: Goal("fewest-sites", share="0.9"),
    "no count": lambda: Goal("most-people"),
    "half a count": lambda: Goal(count=1.5),
    "count not a number": lambda: Goal(count=np.nan),
    "count without end": lambda: Goal(count=np.inf),
    "negative count": lambda: Goal(count=-1),
    "unknown goal": lambda: Goal("most-happy", count=1),
    "time not a number": lambda: Goal(count=1, time_limit_s=np.nan),
    "reach not a number": lambda: Goal(count=1, reach_m=np.nan),
    **{
        f"{name} {value}": lambda name=name, value=value: choose_sites(
            RESIDENTS,
            YES,
            goal=Goal(
                count=1,
                **{"cost": np.ones(SITES), "site_xy": np.ones((SITES, 2))}
                | {name: np.full(SIZE.get(name, ()), value) if name in SIZE else value},
            ),
        )
        for name in (
            "cost",
            "capacity",
            "importance",
            "site_xy",
            "budget",
            "spacing_m",
            "unreached_m",
            "backup",
        )
        for value in (np.nan, -1.0)
        if (name, value) != ("site_xy", -1.0)
    },
}
SIZE = {"cost": SITES, "capacity": SITES, "importance": CELLS, "site_xy": (SITES, 2)}


@pytest.mark.parametrize("what", WRONG)
def test_refuses(what):
    with pytest.raises(SettingError):
        WRONG[what]()


@pytest.mark.parametrize("name", NAMES)
def test_without_time_the_plan_is_honest(name):
    """A bound that is finite and on the right side, and no proof that was not made."""
    plan = choose_sites(RESIDENTS, METRES, goal=goal_of(name, time_limit_s=1e-9))
    exact = choose_sites(RESIDENTS, METRES, goal=goal_of(name))
    sign = 1.0 if name == "most-people" else -1.0
    assert np.isfinite(plan.bound)
    assert sign * plan.objective <= sign * exact.objective + 1e-9 <= sign * plan.bound + 2e-9


def test_a_stored_zero_in_a_sparse_matrix_is_a_distance():
    metres = np.array([0.0, 10.0, 10.0, 0.0])
    reach = sparse.csr_array((metres, np.array([0, 1, 0, 1]), np.array([0, 2, 4])), shape=(2, 2))
    plan = choose_sites(np.ones(2), reach, goal=Goal("least-walking", count=2))
    assert (plan.objective, plan.proven) == (0.0, True)


def test_where_no_site_reaches_anybody_fewest_sites_says_so_and_proves_nothing():
    plan = choose_sites(np.ones(3), sparse.csr_array((2, 3), dtype=bool), goal=Goal("fewest-sites"))
    assert (plan.sites, plan.proven, plan.nobody_reached) == ((), False, True)
    assert str(plan.verdict) == "No possible site reaches anybody: there is nothing to choose from."


def test_whom_only_too_near_sites_could_serve_stays_in_the_base_and_is_counted():
    near = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], bool)  # 0 is open, 1 lies too near to it
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [900.0, 0.0]])
    how = {"site_xy": xy, "spacing_m": 100.0}
    reach, people = sparse.csr_array(near), np.array([50.0, 20.0, 30.0])
    plan = choose_sites(people, reach, goal=Goal("fewest-sites", share=0.8, **how), keep=[0])
    assert (plan.sites, plan.too_near, plan.proven) == ((2,), 20.0, True)
    with pytest.raises(InfeasibleError, match="20 residents live where every possible site is less than 100"):
        choose_sites(people, reach, goal=Goal("fewest-sites", share=0.9, **how), keep=[0])


def test_loads_are_without_the_rounding_of_shares():
    rng = np.random.default_rng(4)
    residents = rng.integers(1, 9, 40).astype(float)
    reach = sparse.csr_array(rng.random((8, 40)) < 0.3)
    plan = choose_sites(residents, reach, goal=Goal(count=4, capacity=np.full(8, 12.0)))
    assert plan.loads == (12.0,) * 4 and plan.objective == 48.0
    assert plan.assigned.sum(axis=1).max() == pytest.approx(12.0)
