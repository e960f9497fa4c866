"""Other plans nearly as good, so that a planner can choose by what no model knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from coverage.siting import Demand, Plan, Watch, alternatives
from coverage.siting.alternatives import worse_by
from jobs.siting.request import AlternativesRequest

# Each further plan may take so long, or the search's own limit if less.
_SECONDS: Final = 15.0
_TOLD: Final = (
    "rank", "lon", "lat", "residents_gained", "unit", "name", "residents_alone", "groups_gained", "cost",
    "tier", "residents_nearer", "saved_m",
)  # fmt: skip


# The sites of a plan as they are reported, and the residents served with them.
Tell = Callable[[Plan], tuple[Sequence[Mapping[str, Any]], float]]


def alternative_plans(
    demand: Demand, plan: Plan, request: AlternativesRequest, tell: Tell, watch: Watch
) -> list[dict[str, Any]]:
    """Best first: each within the share asked for of `plan`, and differing from it and from each other.

    A cancelled search gives those found so far.
    """
    found: list[dict[str, Any]] = []
    seconds = min(_SECONDS, plan.goal.time_limit_s)
    known = replace(plan, goal=replace(plan.goal, time_limit_s=seconds))
    while len(found) < request.most and not watch.cancelled() and plan.sites:
        others = alternatives(demand, known, most=1, within=request.within, differ=request.differ)
        if not others:
            break
        found.append(_told(plan, replace(others[0], goal=plan.goal), tell))
        apart = (others[0].sites, max(0, len(others[0].sites) - request.differ))
        goal = replace(known.goal, apart_from=(*known.goal.apart_from, apart))
        known = replace(known, goal=goal)
    return found


def _told(plan: Plan, other: Plan, tell: Tell) -> dict[str, Any]:
    said, residents_after = tell(other)
    same = {row for row in other.sites if row in plan.sites}
    sites = [
        {key: site[key] for key in _TOLD if key in site} | {"in_best": row in same}
        for site, row in zip(said, other.sites, strict=True)
    ]
    return {
        "objective": float(other.objective),
        "worse_by": max(0.0, float(worse_by(other, plan))),
        "residents_after": residents_after,
        "differs_in": len(other.sites) - len(same),
        "sites": sites,
    }
