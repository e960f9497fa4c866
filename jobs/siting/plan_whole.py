"""What is told of a plan as a whole: what it counts, ways before and after, money, remarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from core.text import Text, text
from coverage.model.standard import Rule
from coverage.siting import Demand, Goal, Plan
from coverage.siting.goals import FEWEST_SITES, MOST_PEOPLE
from jobs.siting.candidates import Candidates


def counted_in(goal: Goal, *, equal: bool = True) -> str:
    """What objective and bound are numbers of: residents, weighted residents, sites, cost, metres.

    `equal`: no resident counts more than another.
    """
    if goal.name == MOST_PEOPLE:
        return "residents" if equal and not goal.backup else "weighted"
    if goal.name == FEWEST_SITES:
        return "sites" if goal.cost is None else "cost"
    return {"least-walking": "resident_metres", "least-worst": "metres"}[goal.name]


def ways(demand: Demand, plan: Plan) -> dict[str, Any]:
    """For the goals that count metres: the mean and the longest way, before and after."""
    problem = demand.problem(plan.goal)
    stay = np.setdiff1d(problem.open_before, np.array(plan.closed, np.int64))
    when_m = {
        "before": problem.nearest_m(problem.open_before),
        "after": problem.nearest_m(np.union1d(stay, np.array(plan.sites, np.int64))),
    }
    found: dict[str, Any] = {}
    for when, metres in when_m.items():
        there = np.isfinite(metres) & (problem.residents > 0)
        people = problem.residents[there]
        found[f"mean_m_{when}"] = float(np.average(metres[there], weights=people)) if there.any() else None
        found[f"longest_m_{when}"] = float(metres[there].max()) if there.any() else None
    return found


def money(goal: Goal, candidates: Candidates, sites: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the sites cost together, where the cost of each is known."""
    costs = [site["cost"] for site in sites if "cost" in site]
    if not costs or len(costs) < len(sites):
        return {}
    return {"cost": float(sum(costs)), "budget": goal.budget, "cost_unit": candidates.cost_unit}


def remarks(
    candidates: Candidates, goal: Goal, plan: Plan, band_rules: Sequence[Rule | None]
) -> Iterator[Text]:
    """What a reader of the plan must know; only what is the case."""
    yield from candidates.notes
    if not len(candidates):
        yield text("No candidate place is left: nothing could be suggested.")
    if plan.nobody_reached:
        yield text("No possible site reaches anybody: there is nothing to choose from.")
    if plan.too_near:
        yield text(
            "{n:,.0f} {n:resident|residents} could be served only by places less than {metres:g} m from an "
            "existing facility; they count among those whose share is to be served.",
            n=plan.too_near,
            metres=goal.spacing_m,
        )
    if len(candidates) and goal.count is not None and len(plan.sites) < goal.count and not goal.budget:
        yield text(
            "{n} of {wanted} {wanted:site|sites}: more would serve nobody anew, or the conditions "
            "leave no room.",
            n=len(plan.sites),
            wanted=goal.count,
        )
    for rule in band_rules:
        if rule is not None and rule.band:
            yield text(
                "Residents are shared out among the sites that reach them as suits the band of {low:,g} to "
                "{high:,g} residents per site.",
                low=rule.band[0],
                high=rule.band[1],
            )
