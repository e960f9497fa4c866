"""What is told about a plan, on a street of five houses."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from core.errors import InfeasibleError, SettingError
from coverage.siting import (
    Demand,
    Goal,
    Quota,
    Surroundings,
    alternatives,
    curve,
    deciding,
    reasons,
    removal_losses,
    shorter_ways,
)
from coverage.siting.explain import sentence, summary

# Five houses in a row, 100 m apart; a site at every house serves itself and its neighbours.
XY = np.column_stack((100.0 * np.arange(5), np.zeros(5)))
REACH = sparse.csr_array(np.abs(XY[:, :1] - XY[:, 0]) <= 100.0)
STREET = Demand(np.array([1.0, 2.0, 4.0, 8.0, 16.0]), REACH)


def test_a_site_is_told_alone_and_in_order_by_group_and_unit():
    plan = STREET.choose(Goal(count=2))
    around = Surroundings({"elderly": np.ones(5)}, np.array([0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 1]), XY)
    first, second = reasons(STREET, plan, around)
    assert (first.row, first.alone, first.gained, first.groups["elderly"]) == (3, 28.0, 28.0, 3.0)
    assert [(u.unit, u.residents) for u in first.units] == [(1, 24.0), (0, 4.0)]
    assert first.units[0].share == 1.0
    assert second.gained == 3.0 and second.unit == 0


def test_the_nearest_open_site_is_named_in_metres():
    demand = Demand(STREET.residents, REACH, keep=(0,))
    plan = demand.choose(Goal(count=1))
    (reason,) = reasons(demand, plan, Surroundings(site_xy=XY))
    assert (reason.row, reason.nearest_open_m) == (3, 300.0)
    assert str(sentence(reason)) == "Site 1 serves 28 more residents, 300 m from the nearest existing one."
    assert str(summary(plan)) == (
        "New sites: 1. Residents served: 3 before, 31 after. Proved: no better plan exists."
    )


def test_the_count_decides_and_so_does_a_full_quota():
    quota = Quota(np.array([0, 0, 0, 1, 1]), {1: (0.0, 0.0)}, name="street")
    plan = STREET.choose(Goal(count=1, quotas=(quota,)))
    assert plan.sites == (2,)
    said = [str(rule) for rule in deciding(STREET, plan)]
    assert said == ["new sites: at most 1", "street 1: at most 0 sites"]


def test_closing_a_site_loses_whom_only_it_serves():
    assert removal_losses(Demand(STREET.residents, REACH, keep=(0, 1, 4))) == {0: 0.0, 1: 4.0, 4: 24.0}


def test_the_curve_shows_what_build_order_costs():
    residents = np.array([3.0, 3.0, 1.0, 3.0, 3.0])
    demand = Demand(
        residents, sparse.csr_array(np.array([[1, 1, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 1, 1]], bool))
    )
    plan = demand.choose(Goal(count=2))
    points = curve(demand, plan)
    assert [(p.sites, p.best, p.bound, p.in_order) for p in points] == [
        (1, 7.0, 7.0, 6.0),
        (2, 12.0, 12.0, 12.0),
    ]


@pytest.mark.parametrize("seconds", [1e-6, 20.0])
@pytest.mark.parametrize("required", [(), (3,)])
def test_every_point_of_a_curve_holds_however_little_time_there_is(seconds, required):
    rng = np.random.default_rng(6)
    near = rng.random((8, 30)) < 0.25
    demand = Demand(rng.integers(0, 9, 30).astype(float), sparse.csr_array(near))
    plan = demand.choose(Goal(count=5, required=required))
    points = curve(demand, replace(plan, goal=replace(plan.goal, time_limit_s=seconds)))
    assert [point.sites for point in points] == [1, 2, 3, 4, 5]
    for point in points:
        exact = demand.choose(Goal(count=point.sites, required=required))
        assert exact.proven
        assert point.in_order <= point.best <= exact.objective <= point.bound
        assert seconds < 1.0 or (point.best, point.bound) == (exact.objective, exact.objective)


def test_alternatives_are_nearly_as_good_and_differ():
    plan = STREET.choose(Goal(count=1))
    others = alternatives(STREET, plan, most=5, within=0.5, differ=1)
    assert [(p.sites, p.objective) for p in others] == [((4,), 24.0), ((2,), 14.0)]
    assert alternatives(STREET, plan, within=0.01) == ()


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (Goal(count=2, required=(0, 1, 2)), "3 sites are required but only 2 may be opened."),
        (
            Goal(count=1, quotas=(Quota(np.array([0, 0, 1, 1, 1]), default=(1.0, 9.0), name="street"),)),
            "No plan meets all the conditions: new sites: at most 1 (missed by 1).",
        ),
        (
            Goal("fewest-sites", cost=np.full(5, 3.0), budget=4.0),
            "No plan meets all the conditions: a budget of 4 (missed by 2).",
        ),
        (
            Goal(count=1, required=(1,), band=(500.0, 600.0)),
            "No plan meets all the conditions: at least 500 residents at every new site (missed by 493).",
        ),
    ],
)
def test_the_condition_that_cannot_be_met_is_named(goal, said):
    with pytest.raises(InfeasibleError) as refused:
        STREET.choose(goal)
    assert str(refused.value) == said


def test_too_few_sites_for_everyone_says_how_many_are_needed():
    metres = sparse.csr_array((np.zeros(5), np.arange(5), np.arange(6)), shape=(5, 5))
    with pytest.raises(InfeasibleError, match="At least 5 sites are needed"):
        Demand(STREET.residents, metres).choose(Goal("least-walking", count=3))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "nicest"},
        {"count": None},
        {"budget": 3.0},
        {"spacing_m": 5.0},
        {"close": 1},
        {"name": "least-worst", "backup": 0.5},
        {"capacity": np.ones(2)},
    ],
)
def test_goals_that_cannot_be_are_refused(wrong):
    with pytest.raises(SettingError):
        STREET.choose(Goal(**{"count": 1, **wrong}))


def test_a_shorter_way_is_told_of_those_who_had_one_and_counts_those_who_had_none():
    walks = sparse.csr_array(([100.0, 300.0, 50.0, 100.0, 20.0], ([0, 0, 1, 1, 1], [0, 1, 1, 2, 3])), (2, 4))
    demand = Demand(np.array([1.0, 2.0, 6.0, 0.0]), walks, keep=(0,))
    plan = demand.choose(Goal("least-walking", count=1))
    (way,) = shorter_ways(demand, plan)
    assert plan.sites == (1,)
    assert (way.residents, way.saved_m, way.longest_m_before, way.longest_m_after) == (
        8.0,
        250.0,
        300.0,
        50.0,
    )


def test_reach_of_yes_and_no_has_no_shorter_ways():
    assert shorter_ways(STREET, STREET.choose(Goal(count=2))) == ()


def test_a_budget_decides_when_it_cannot_pay_one_more_site():
    cost = np.array([40.0, 40.0, 40.0, 60.0, 40.0])
    plan = STREET.choose(Goal(count=3, cost=cost, budget=79.0))
    assert "a budget of 79" in [str(rule) for rule in deciding(STREET, plan)]
    roomy = STREET.choose(Goal(count=2, cost=cost, budget=400.0))
    assert [str(rule) for rule in deciding(STREET, roomy)] == ["new sites: at most 2"]
