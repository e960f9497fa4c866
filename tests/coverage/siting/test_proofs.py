"""A proof is a proof: tiny instances full of ties against every choice, larger ones against SCIP."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from coverage.siting import Goal, choose_sites
from coverage.siting.covering import lp_bound
from coverage.siting.model import highs


def neighbour(name):
    """A helper module of this folder (test folders are no packages)."""
    spec = importlib.util.spec_from_file_location(f"siting_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tiny, other = neighbour("tiny"), neighbour("other_solver")
A_BATCH = 500


@pytest.mark.parametrize("batch", range(6))
def test_what_is_called_proved_on_3000_tiny_instances_is_the_best_of_all_choices(batch):
    assert tiny.complaints(range(batch * A_BATCH, (batch + 1) * A_BATCH)) == []


def test_what_is_called_proved_of_two_tiers_is_the_best_of_all_choices():
    assert tiny.tier_complaints(range(200)) == []


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(6, 100))
def test_the_same_on_50000(batch):
    assert tiny.complaints(range(batch * A_BATCH, (batch + 1) * A_BATCH)) == []


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(20))
def test_the_same_on_5000_of_two_tiers(batch):
    assert tiny.tier_complaints(range(200 + batch * 250, 450 + batch * 250)) == []


@pytest.mark.parametrize("seed", range(48))
def test_another_solver_finds_nothing_better(seed):
    assert other.complaint(seed) == ""


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(8))
def test_another_solver_finds_nothing_better_on_200(batch):
    said = [other.complaint(48 + batch * 19 + seed) for seed in range(19)]
    assert [line for line in said if line] == []


CASES = (
    # nine villages of eleven cells: a start and presolve gave 14 as proved
    {
        "goal": Goal("most-people", count=6),
        "reach": [(7, 10), (6, 7), (5, 8, 9), (5, 6, 9), (4,), (3, 10), (2,), (1,), (0,)],
        "residents": [1, 1, 1, 1, 1, 1, 3, 1, 2, 2, 2],
        "best": 15.0,
    },
    # the prices make both sites certain, and nothing is left to decide
    {
        "goal": Goal("fewest-sites", share=0.9),
        "reach": [(0, 1, 4, 6), (5, 6), (0, 2, 4), (2, 3, 4), (1, 5, 6)],
        "residents": [6, 5, 7, 3, 3, 5, 3],
        "best": 2.0,
    },
)


def arrays(case):
    near = np.zeros((len(case["reach"]), len(case["residents"])), bool)
    for site, cells in enumerate(case["reach"]):
        near[site, list(cells)] = True
    return np.array(case["residents"], float), sparse.csr_array(near)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["goal"].name)
def test_a_better_plan_than_was_once_called_proved(case):
    plan = choose_sites(*arrays(case), goal=case["goal"])
    assert (plan.objective, plan.bound, plan.proven) == (case["best"], case["best"], True)


def trusting(monkeypatch):
    """Puts back: whatever the solver answers is believed, and a proof is what the search calls one."""
    monkeypatch.setattr(highs, "_mismatch", lambda program, answer, start: "")

    def believed(problem, search, limits):
        plan = search(problem, limits)
        proven = plan.proven or abs(plan.bound - plan.objective) <= 1e-9
        bound = plan.objective if proven else plan.bound
        return replace(plan, bound=bound, gap=0.0 if proven else plan.gap, proven=proven)

    monkeypatch.setattr("coverage.siting.choose.audited", believed)


def test_the_laws_find_a_solver_that_is_believed(monkeypatch):
    seeds = tiny.plain_seeds("most-people", range(3_000))
    trusting(monkeypatch)
    assert any("called proved" in line for line in tiny.complaints(seeds))


def test_the_laws_find_certain_sites_that_are_not_asked_whether_they_reach_the_target(monkeypatch):
    seeds = tiny.plain_seeds("fewest-sites", range(3_000))
    monkeypatch.setattr(lp_bound.VariableFixing, "only", property(lambda part: None))
    assert any("called proved" in line for line in tiny.complaints(seeds))
