"""suggest: where the next facilities of a tier should go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from coverage.publish.plan import curve_rows, plan_tables, with_plan
from coverage.siting import Plan, Watch, curve
from coverage.siting.goals import FEWEST_SITES, MOST_PEOPLE
from geo.progress import Progress, part, silent
from geo.text import Text, text, text_to_json
from jobs.assess import Assessed, assess_inputs, write_folder
from jobs.cases import StudyFiles
from jobs.inputs import open_inputs
from jobs.other_plans import other_plans
from jobs.plan_facts import Told, closed_places, decided, losses, told
from jobs.search_words import search_words
from jobs.siting_question import Question, question_of
from jobs.two_tiers import suggest_both
from jobs.wishes import Wish as Wish

# The curve is a comfort, not the answer: its points share so much time, or the search's own if less.
CURVE_SECONDS: Final = 10.0


def _nobody(_plan: Assessed) -> None:
    """Who does not wait for the first answer."""


@dataclass(frozen=True)
class Following:
    """Who follows the work: `watch` the search itself, `progress` the steps around it; `first` is given
    the plan as soon as there is one, before its curve and other plans are known."""

    watch: Watch = field(default_factory=Watch)
    progress: Progress = silent
    first: Callable[[Assessed], None] = _nobody


def followed_by(told: Callable[[Text], None], stopped: Callable[[], bool], progress: Progress) -> Following:
    """A follower that is told in sentences where the search stands, and ends it once `stopped` says so."""
    return Following(Watch(lambda state: told(search_words(state)), stopped), progress)


def suggest_files(
    files: StudyFiles,
    wish: Wish,
    *,
    out: Path | None,
    language: str = "zh",
    cache: Path | None = None,
    following: Following | None = None,
) -> Assessed:
    """Assess, then plan; writes the assessment folder with the plan in it where `out` is given.

    UserError (InfeasibleError where no plan meets the conditions) before anything is written.
    """
    following = following or Following()
    progress = following.progress
    inputs = open_inputs(files, cache=cache, progress=part(progress, 0.0, 0.4))
    done = assess_inputs(inputs, progress=part(progress, 0.4, 0.5))
    planned = suggest(done, wish, Following(following.watch, part(progress, 0.5, 0.9)))
    if out is not None:
        progress(0.9, text("Writing the results"))
        write_folder(out, planned, language=language)
    progress(1.0, text("Done"))
    return planned


def suggest(done: Assessed, wish: Wish, following: Following | None = None) -> Assessed:
    """The same assessment with the best sites for `wish` in its results.

    Counted are the residents of the rule that speaks of the tier: for most-people and fewest-sites
    those it is not met for yet, for least-walking and least-worst all, each at their metres to the
    nearest facility, old or new. A search that `following.watch` cancels gives the best plan found.
    """
    following = following or Following()
    if len(wish.tiers) > 1:
        return suggest_both(done, wish, following.watch)
    following.progress(0.0, text("Collecting candidate places"))
    asked = question_of(done, wish)
    following.progress(0.2, text("Choosing sites"))
    plan = asked.place.choose(asked.goal, following.watch)
    following.progress(0.6, text("Telling what each site brings"))
    said = told(done, asked, plan)
    facts = _facts(done, asked, plan, said) | _at_once(done, asked, plan)
    following.first(_with(done, plan, said, facts))
    return _with(done, plan, said, facts | _later(done, asked, plan, following))


def _with(done: Assessed, plan: Plan, said: Told, facts: dict[str, Any]) -> Assessed:
    tables = plan_tables(plan, said.sites, facts)
    return replace(done, results=with_plan(done.results, tables, said.new_site))


def _facts(done: Assessed, asked: Question, plan: Plan, said: Told) -> dict[str, Any]:
    wish = asked.wish
    residents = done.assessment.measured.residents
    return {
        "goal": wish.goal,
        "by": wish.by,
        "tier": wish.tier,
        "rule": asked.rule.id,
        "band_rule": None if asked.band_rule is None else asked.band_rule.id,
        "count": len(plan.sites),
        "wanted": None if wish.goal == FEWEST_SITES else wish.count,
        "existing": len(asked.existing),
        "candidates": len(asked.candidates),
        "residents": float(residents[asked.subject].sum()),
        "residents_before": said.residents_before,
        "residents_after": _after(asked, plan, said),
        "residents_lost": said.residents_lost,
        "counted": counted_in(asked),
        **_metres(asked, plan),
        "asked": wish.as_json(),
        "curve": _in_order(said),
        **_money(asked, said),
        "notes": [text_to_json(note) for note in (*asked.candidates.notes, *_notes(asked, plan))],
    }


def counted_in(asked: Question) -> str:
    """What objective and bound are numbers of: residents, weighted residents, sites, cost, metres."""
    goal = asked.goal
    if goal.name == MOST_PEOPLE:
        return "weighted" if goal.importance is not None or goal.backup else "residents"
    if goal.name == FEWEST_SITES:
        return "sites" if goal.cost is None else "cost"
    return {"least-walking": "resident_metres", "least-worst": "metres"}[goal.name]


def _after(asked: Question, plan: Plan, said: Told) -> float:
    """Residents served; where sites take on only so many, not all within reach are."""
    limited = bool(plan.loads) and counted_in(asked) == "residents"
    return min(said.residents_after, float(plan.objective)) if limited else said.residents_after


def _metres(asked: Question, plan: Plan) -> dict[str, Any]:
    """For the goals that count metres: the mean and the longest way, before and after."""
    if counted_in(asked) not in ("resident_metres", "metres"):
        return {}
    problem = asked.place.problem(plan.goal)
    stay = np.setdiff1d(problem.open_before, np.array(plan.closed, np.int64))
    ways = {
        "before": problem.nearest_m(problem.open_before),
        "after": problem.nearest_m(np.union1d(stay, np.array(plan.sites, np.int64))),
    }
    found: dict[str, Any] = {}
    for when, metres in ways.items():
        there = np.isfinite(metres) & (problem.residents > 0)
        people = problem.residents[there]
        found[f"mean_m_{when}"] = float(np.average(metres[there], weights=people)) if there.any() else None
        found[f"longest_m_{when}"] = float(metres[there].max()) if there.any() else None
    return found


def _in_order(said: Told) -> list[list[float]]:
    """[n, residents served once the first n sites are open]."""
    start = said.residents_before - said.residents_lost
    sums = start + np.cumsum([site["residents_gained"] for site in said.sites])
    return [[number, float(total)] for number, total in enumerate(sums, start=1)]


def _money(asked: Question, said: Told) -> dict[str, Any]:
    """What the sites cost together, where the cost of each is known."""
    costs = [site["cost"] for site in said.sites if "cost" in site]
    if not costs or len(costs) < len(said.sites):
        return {}
    budget = asked.goal.budget
    return {"cost": float(sum(costs)), "budget": budget, "cost_unit": asked.candidates.cost_unit}


def _notes(asked: Question, plan: Plan) -> list[Text]:
    """What a reader of the plan must know; only what is the case."""
    said = []
    if not len(asked.candidates):
        said.append(text("No candidate place is left: nothing could be suggested."))
    elif asked.goal.count is not None and len(plan.sites) < asked.goal.count and not asked.goal.budget:
        said.append(
            text("{n} of {wanted} sites: more would serve nobody anew, or the conditions leave no room.",
                 n=len(plan.sites), wanted=asked.goal.count)
        )  # fmt: skip
    if asked.band_rule is not None:
        said.append(
            text(
                "Residents are shared out among the sites that reach them as suits the band of {low:,g} to "
                "{high:,g} residents per site.",
                low=asked.band_rule.band[0] if asked.band_rule.band else 0.0,
                high=asked.band_rule.band[1] if asked.band_rule.band else 0.0,
            )
        )
    return said


def _at_once(done: Assessed, asked: Question, plan: Plan) -> dict[str, Any]:
    """What is told beside the sites and takes no time: conditions that decided, closings, losses."""
    return {
        "curve_bound": [],
        "deciding": decided(asked, plan),
        "closed": closed_places(done, asked, plan),
        "alternatives": [],
        "redundancy": losses(done, asked),
    }


def _later(done: Assessed, asked: Question, plan: Plan, following: Following) -> dict[str, Any]:
    """What must be searched for: the curve with its bound, and other plans."""
    watch, progress = following.watch, following.progress
    progress(0.7, text("Drawing the curve of residents against sites"))
    seconds = min(CURVE_SECONDS, asked.goal.time_limit_s)
    quick = replace(plan, goal=replace(plan.goal, time_limit_s=seconds))
    points = () if watch.cancelled() else curve(asked.place, quick, watch=Watch(cancelled=watch.cancelled))
    progress(0.85, text("Looking for other plans nearly as good"))
    return {"curve_bound": curve_rows(points), "alternatives": other_plans(done, asked, plan, watch)}
