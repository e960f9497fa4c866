"""Centres and stations planned at once, where a centre also serves as a station."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.text import Text, text, text_to_json
from coverage.publish.plan import plan_tables, with_plan
from coverage.siting import Goal, Plan
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING
from coverage.siting.tiers import NEW
from jobs.assess.folder import Assessed
from jobs.siting.explain import (
    REQUIRED,
    PlanExplanation,
    counted_in,
    decided,
    deciding_by_site,
    explain_plan,
    least_needed,
    losses,
    money,
    remarks,
    ways,
)
from jobs.siting.question import Question
from jobs.siting.refined import among_json, among_words, candidate_table
from jobs.siting.request import SitingRequest
from jobs.siting.search_monitor import SearchMonitor, chosen, searched
from jobs.siting.two_tiers_question import BothQuestion, question_of_both


def suggest_both(done: Assessed, request: SitingRequest, monitor: SearchMonitor) -> Assessed:
    """The assessment with the best sites of two tiers; the first tier also serves as the second.

    Residents of the plan as a whole are the mean of both rules; `tiers` tells each rule by itself. A
    site's own figures are those of its tier's rule.
    """
    asked, plan = chosen(lambda: question_of_both(done, request), monitor)
    said = _told_of(done, asked, plan)
    sites = _sites(asked, plan, said)
    facts = _facts(done, asked, plan, said, sites)
    n = asked.town.n
    weighed = candidate_table(
        asked.candidates,
        done.inputs.study.grid.crs,
        [row % n for row in plan.sites if row % n < len(asked.candidates)],
    )

    def with_facts(known: Mapping[str, Any]) -> Assessed:
        tables = plan_tables(plan, sites, known, weighed)
        return replace(done, results=with_plan(done.results, tables, said.second.new_site))

    monitor.first(with_facts(facts))

    def report(other: Plan) -> tuple[Sequence[Mapping[str, Any]], float]:
        again = _told_of(done, asked, other)
        return _sites(asked, other, again), _mean([part.residents_after for part in again.parts])

    more = searched(asked.demand, plan, request.others, report, monitor)
    return with_facts(facts | more)


@dataclass(frozen=True)
class _Both:
    """What the sites of the first tier bring under its rule, and all sites under the second's; `is_first`
    (sites,) in build order."""

    first: PlanExplanation
    second: PlanExplanation
    is_first: tuple[bool, ...]

    @property
    def parts(self) -> tuple[PlanExplanation, PlanExplanation]:
        return self.first, self.second


def _told_of(done: Assessed, asked: BothQuestion, plan: Plan) -> _Both:
    n = asked.town.n
    is_first = tuple(row < n for row in plan.sites)
    every = tuple(row % n for row in plan.sites)
    centres = tuple(row for row, first in zip(every, is_first, strict=True) if first)
    first, second = (
        explain_plan(done, one, _alone(asked, one, plan, rows))
        for one, rows in ((asked.first, centres), (asked.second, every))
    )
    return _Both(first, second, is_first)


def _alone(asked: BothQuestion, one: Question, plan: Plan, rows: tuple[int, ...]) -> Plan:
    """The plan as one rule sees it: its own rows, without the conditions."""
    n = len(asked.candidates)
    closed = asked.old[[row % asked.town.n - n for row in plan.closed]]
    number = np.flatnonzero(np.isin(one.existing, closed))
    return replace(
        plan, sites=rows, goal=Goal(count=len(rows)), closed=tuple((n + number).tolist()), loads=()
    )


def _sites(asked: BothQuestion, plan: Plan, said: _Both) -> list[dict[str, Any]]:
    """In build order, each as its own rule counts it; what a site of the first tier brings under the
    second's rule is `also_gained`."""
    first, deciding = iter(said.first.sites), deciding_by_site(asked.demand, plan)
    sites = []
    for rank, (as_second, is_first) in enumerate(zip(said.second.sites, said.is_first, strict=True), start=1):
        site = dict(next(first)) if is_first else dict(as_second)
        also = {"also_gained": as_second["residents_gained"]} if is_first else {}
        said_here = [REQUIRED] if site["required"] else []
        rules = [rule for rule in deciding[rank - 1] if rule.values.get("quota") != NEW]
        reasons = [text_to_json(rule) for rule in (*said_here, *rules)]
        load = {"load": float(plan.loads[rank - 1])} if plan.loads else {}
        sites.append(site | also | load | {"rank": rank, "deciding": reasons})
    return sites


def _facts(
    done: Assessed, asked: BothQuestion, plan: Plan, said: _Both, sites: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    request, tiers = asked.request, _tiers(done, asked, plan, said)
    before, after, all_ = (
        _mean([tier[key] for tier in tiers]) for key in ("residents_before", "residents_after", "residents")
    )
    nobody_else = _mean([part.residents_lost for part in said.parts])
    start = before - nobody_else
    gained = np.cumsum([(site["residents_gained"] + site.get("also_gained", 0.0)) / 2.0 for site in sites])
    ids = done.inputs.study.facilities.frame["facility_id"].astype(str).to_numpy()
    lost, n = _losses(done, asked), len(asked.candidates)
    closed = {str(ids[asked.old[row % asked.town.n - n]]) for row in plan.closed}
    bands = [one.band_rule for one in asked.tiers]
    notes = [
        *remarks(asked.candidates, asked.goal, plan, bands),
        *among_words(asked.first, plan),
        *_notes(done, asked),
    ]
    return {
        "goal": request.goal,
        "by": request.by,
        "tier": request.tier,
        "rule": asked.second.rule.id,
        "count": len(plan.sites),
        "wanted": None if request.goal == FEWEST_SITES or request.count is None else asked.goal.count,
        "existing": len(asked.old),
        "candidates": len(asked.candidates),
        **among_json(asked.first, plan),
        "residents": all_,
        "residents_before": before,
        "residents_after": after,
        "residents_lost": nobody_else,
        "counted": counted_in(asked.goal, equal=asked.first.goal.importance is None),
        "asked": request.as_json(),
        # never more than all serve
        "curve": [[n, min(start + float(total), after)] for n, total in enumerate(gained, start=1)],
        **money(asked.goal, asked.candidates, sites),
        "tiers": tiers,
        "notes": [text_to_json(note) for note in notes],
        "curve_bound": [],
        "deciding": decided(asked.demand, plan),
        "closed": [row for row in lost if row["facility_id"] in closed],
        "alternatives": [],
        "redundancy": lost,
    }


def _tiers(done: Assessed, asked: BothQuestion, plan: Plan, said: _Both) -> list[dict[str, Any]]:
    """Each rule by itself; where sites take on only so many, not all within reach are served."""
    residents = done.assessment.measured.residents
    found = []
    for number, (one, part) in enumerate(zip(asked.tiers, said.parts, strict=True)):
        after = part.residents_after
        found.append(
            {
                "tier": one.request.tier,
                "rule": one.rule.id,
                "existing": len(one.existing),
                "count": sum(first == (number == 0) for first in said.is_first),
                "residents": float(residents[one.subject].sum()),
                "residents_before": part.residents_before,
                "residents_after": min(after, plan.served[number]) if plan.served else after,
            }
        )
        if asked.request.goal == LEAST_WALKING:  # the ways of this rule alone
            half = len(asked.demand.residents) // 2
            mine = np.arange(2 * half) // half == number
            found[-1] |= ways(replace(asked.demand, residents=asked.demand.residents * mine), plan)
    return found


def _notes(done: Assessed, asked: BothQuestion) -> Iterator[Text]:
    first, second = (done.inputs.standard.tier_title(one.request.tier) for one in asked.tiers)
    if asked.goal.has_loads:
        yield text(
            "{first}: a limit on the residents holds for each of its roles by itself, as {first} and as "
            "{second}; the load told is that as {first}.",
            first=first,
            second=second,
        )


def _losses(done: Assessed, asked: BothQuestion) -> list[dict[str, Any]]:
    """Every facility of the two tiers with the residents who have no other: under the rule that loses the
    more by it, least needed first."""
    rows: dict[str, dict[str, Any]] = {}
    for one in asked.tiers:
        for row in losses(done, one):
            known = rows.get(row["facility_id"])
            if known is None or row["residents_lost"] > known["residents_lost"]:
                rows[row["facility_id"]] = row
    mine = [row for row in rows.values() if row["tier"] in asked.request.tiers]
    return sorted(mine, key=least_needed)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
