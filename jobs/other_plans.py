"""Other plans nearly as good, so that a planner can choose by what no model knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from coverage.siting import Plan, Watch, alternatives
from coverage.siting.compare import worse_by
from jobs.assess import Assessed
from jobs.plan_facts import told
from jobs.siting_question import Question

# Each further plan may take so long, or the search's own limit if less.
_SECONDS: Final = 15.0
_TOLD: Final = (
    "rank", "lon", "lat", "residents_gained", "unit", "name", "residents_alone", "groups_gained", "cost",
)  # fmt: skip


def other_plans(done: Assessed, asked: Question, plan: Plan, watch: Watch) -> list[dict[str, Any]]:
    """Best first: each within the wished share of `plan`, and differing from it and from each other.

    A cancelled search gives those found so far.
    """
    wished = asked.wish.others
    found: list[dict[str, Any]] = []
    seconds = min(_SECONDS, asked.goal.time_limit_s)
    known = replace(plan, goal=replace(plan.goal, time_limit_s=seconds))
    while len(found) < wished.most and not watch.cancelled() and plan.sites:
        others = alternatives(asked.place, known, most=1, within=wished.within, differ=wished.differ)
        if not others:
            break
        found.append(_told(done, asked, plan, others[0]))
        apart = (others[0].sites, max(0, len(others[0].sites) - wished.differ))
        goal = replace(known.goal, apart_from=(*known.goal.apart_from, apart))
        known = replace(known, goal=goal)
    return found


def _told(done: Assessed, asked: Question, plan: Plan, other: Plan) -> dict[str, Any]:
    said = told(done, asked, replace(other, goal=plan.goal))
    same = {row for row in other.sites if row in plan.sites}
    sites = [
        {key: site[key] for key in _TOLD if key in site} | {"in_best": row in same}
        for site, row in zip(said.sites, other.sites, strict=True)
    ]
    return {
        "objective": float(other.objective),
        "worse_by": max(0.0, float(worse_by(other, plan))),
        "residents_after": said.residents_after,
        "differs_in": len(other.sites) - len(same),
        "sites": sites,
    }
