"""suggest: where the next facilities of a tier should go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.progress import Progress, part
from core.text import text, text_to_json
from coverage.publish.plan import plan_tables, with_plan
from coverage.scenario.closings import not_tried
from coverage.siting import Plan
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING, LEAST_WORST
from jobs.assess.folder import Assessed, read_and_assess, with_run, write_folder
from jobs.siting.explain import (
    PlanExplanation,
    closed_places,
    counted_in,
    decided,
    explain_plan,
    losses,
    money,
    remarks,
    share_of_whom,
    ways,
)
from jobs.siting.land import by_land, land_facts, land_remarks
from jobs.siting.question import Question, question_of
from jobs.siting.refined import among_json, among_words, candidate_table, over_all_places
from jobs.siting.request import RESIDENTIAL_LAND
from jobs.siting.request import SitingRequest as SitingRequest
from jobs.siting.search_monitor import SearchMonitor as SearchMonitor
from jobs.siting.search_monitor import chosen, searched
from jobs.siting.search_monitor import monitor_of as monitor_of
from jobs.siting.two_tiers import suggest_both
from jobs.study.cases import StudyFiles
from jobs.study.run import run_of


def suggest_files(
    files: StudyFiles,
    request: SitingRequest,
    *,
    out: Path | None,
    language: str = "zh",
    cache: Path | None = None,
    monitor: SearchMonitor | None = None,
) -> Assessed:
    """Assess, then plan; writes the assessment folder with the plan in it where `out` is given.

    UserError (InfeasibleError where no plan meets the conditions) before anything is written.
    """
    monitor = monitor or SearchMonitor()
    progress = monitor.progress
    if files.land_alone:
        from jobs.assess.land_alone import land_files

        return land_files(files, out=out, request=request, language=language, cache=cache, monitor=monitor)
    done = read_and_assess(files, cache=cache, progress=part(progress, 0.0, 0.5))
    planned = suggest(done, request, SearchMonitor(monitor.watch, part(progress, 0.5, 0.9)))
    planned = with_run(planned, run_of("suggest", language, study=files, request=request))
    if out is not None:
        write_folder(out, planned, language=language, progress=part(progress, 0.9, 1.0))
    progress(1.0, text("Done"))
    return planned


def suggest(done: Assessed, request: SitingRequest, monitor: SearchMonitor | None = None) -> Assessed:
    """The same assessment with the best sites for `request` in its results.

    Counted are the residents of the rule that speaks of the tier: for most-people and fewest-sites
    those it is not met for yet, for least-walking and least-worst all, each at their metres to the
    nearest facility, old or new. A search that `monitor.watch` cancels gives the best plan found.
    """
    monitor = monitor or SearchMonitor()
    whole, done = done, by_land(done, request)
    if len(request.tiers) > 1:
        return suggest_both(done, request, monitor)
    asked, plan = chosen(lambda: question_of(done, request, monitor=monitor), monitor)
    plan = over_all_places(plan, asked)
    said = explain_plan(done, asked, plan)
    facts = _facts(done, asked, plan, said, part(monitor.progress, 0.6, 0.7))
    weighed = candidate_table(asked.candidates, done.inputs.study.grid.crs, plan.sites)

    def with_facts(known: dict[str, Any]) -> Assessed:
        tables = plan_tables(plan, said.sites, known, weighed)
        return replace(whole, results=with_plan(done.results, tables, said.new_site))

    monitor.first(with_facts(facts))

    def report(other: Plan) -> tuple[Sequence[Mapping[str, Any]], float]:
        said = explain_plan(done, asked, other)
        return said.sites, said.residents_after

    return with_facts(facts | searched(asked.demand, plan, request.others, report, monitor))


def _facts(
    done: Assessed, asked: Question, plan: Plan, said: PlanExplanation, progress: Progress
) -> dict[str, Any]:
    request = asked.request
    residents = done.assessment.measured.residents
    # Residents served once the first n sites are open, with the loads of the plan where they are limited.
    start, after = said.residents_before - said.residents_lost, _after(asked, plan, said)
    limited = after < said.residents_after
    brought = plan.loads if limited else [site["residents_gained"] for site in said.sites]
    sums = np.minimum(start + np.cumsum(brought), after)
    return {
        "goal": request.goal,
        "by": request.by,
        "tier": request.tier,
        "rule": asked.rule.id,
        "band_rule": None if asked.band_rule is None else asked.band_rule.id,
        "count": len(plan.sites),
        "wanted": None if request.goal == FEWEST_SITES else request.count,
        "existing": len(asked.existing),
        "candidates": len(asked.candidates),
        **among_json(asked, plan),
        "residents": float(residents[asked.subject].sum()),
        "residents_before": said.residents_before,
        "residents_after": _after(asked, plan, said),
        "residents_lost": said.residents_lost,
        "counted": _counted(asked),
        **(ways(asked.demand, plan) if request.goal in (LEAST_WALKING, LEAST_WORST) else {}),
        "asked": request.as_json(),
        "curve": [[number, float(total)] for number, total in enumerate(sums, start=1)],
        **_by_land(asked, plan),
        **money(asked.goal, asked.candidates, said.sites),
        "curve_bound": [],
        "deciding": decided(asked.demand, plan),
        "closed": closed_places(done, asked, plan),
        "alternatives": [],
        "redundancy": losses(done, asked, progress),
        "not_tried": list(not_tried(done.assessment)),
        "notes": [
            text_to_json(note)
            for note in (
                *remarks(asked.candidates, asked.goal, plan, [asked.band_rule]),
                *share_of_whom(asked.demand, plan),
                *among_words(asked, plan),
                *(land_remarks(done) if asked.request.conditions.weight == RESIDENTIAL_LAND else ()),
            )
        ],
    }


def _by_land(asked: Question, plan: Plan) -> dict[str, Any]:
    """m² of residential land within reach, where the plan is by land."""
    if asked.request.conditions.weight != RESIDENTIAL_LAND:
        return {}
    return {"weight": RESIDENTIAL_LAND, "land_m2": land_facts(asked.demand, asked.goal, plan)}


def _counted(asked: Question) -> str:
    found = counted_in(asked.goal, equal=asked.goal.importance is None)
    by_land = asked.request.conditions.weight == RESIDENTIAL_LAND
    return RESIDENTIAL_LAND if by_land and found == "weighted" else found


def _after(asked: Question, plan: Plan, said: PlanExplanation) -> float:
    """Residents served; where sites take on only so many, not all within reach are."""
    limited = bool(plan.loads) and _counted(asked) == "residents"
    return min(said.residents_after, float(plan.objective)) if limited else said.residents_after
