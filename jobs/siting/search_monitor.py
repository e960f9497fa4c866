"""Monitoring a search for sites, and what is searched for once its answer is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from core.progress import Progress, part, silent
from core.text import Text, text
from coverage import siting
from coverage.publish.plan import curve_rows
from coverage.siting import Demand, Goal, Plan, Watch, alternatives, curve
from coverage.siting.choose import CurvePoint, worse_by
from jobs.assess.folder import Assessed
from jobs.siting.request import AlternativesRequest

# The curve is a comfort, not the answer: its points share so much time, or the search's own if less.
CURVE_SECONDS: Final = 10.0


def _nobody(_plan: Assessed) -> None:
    """Without a caller who waits for the first answer."""


@dataclass(frozen=True)
class SearchMonitor:
    """What is called during the work: `watch` by the search itself, `progress` by the steps around it, and
    `first` with the plan as soon as there is one, before its curve and other plans are known."""

    watch: Watch = field(default_factory=Watch)
    progress: Progress = silent
    first: Callable[[Assessed], None] = _nobody


def monitor_of(
    report: Callable[[Text], None], stopped: Callable[[], bool], progress: Progress
) -> SearchMonitor:
    """A monitor that reports in sentences where the search stands, and ends it once `stopped` is true."""
    return SearchMonitor(Watch(lambda state: report(search_words(state)), stopped), progress)


class SitingQuestion(Protocol):
    """A siting request as the engine is asked it."""

    @property
    def demand(self) -> Demand: ...

    @property
    def goal(self) -> Goal: ...


_Question = TypeVar("_Question", bound=SitingQuestion)


def chosen(ask: Callable[[], _Question], monitor: SearchMonitor) -> tuple[_Question, Plan]:
    """What is asked, and the plan that answers it."""
    monitor.progress(0.0, text("Collecting candidate places"))
    asked = ask()
    monitor.progress(0.2, text("Choosing sites"))
    plan = asked.demand.choose(asked.goal, monitor.watch)
    monitor.progress(0.6, text("Telling what each site brings"))
    return asked, plan


def searched(
    demand: Demand, plan: Plan, request: AlternativesRequest, report: Tell, monitor: SearchMonitor
) -> dict[str, Any]:
    """What must be searched for: the curve with its bound, and other plans."""
    watch, progress = monitor.watch, monitor.progress
    progress(0.7, text("Drawing the curve of residents against sites"))
    seconds = min(CURVE_SECONDS, plan.goal.time_limit_s)
    quick = replace(plan, goal=replace(plan.goal, time_limit_s=seconds))
    points: Sequence[CurvePoint] = ()
    if not watch.cancelled():
        quiet, drawing = Watch(cancelled=watch.cancelled), part(progress, 0.7, 0.85)
        points = curve(demand, quick, watch=quiet, progress=drawing)
    progress(0.85, text("Looking for other plans nearly as good"))
    return {
        "curve_bound": curve_rows(points),
        "alternatives": alternative_plans(demand, plan, request, report, watch),
    }


def search_words(state: siting.Progress) -> Text:
    """Best plan so far, bound and gap; what is not known yet is left out."""
    found, bound = state.objective, state.bound
    if not math.isfinite(found) or abs(found) > 1e29:
        return text("Searching for {seconds:.0f} s: no plan yet", seconds=state.seconds)
    if not math.isfinite(bound) or abs(bound) > 1e29:
        return text(
            "Searching for {seconds:.0f} s: best so far {found:,.0f}", seconds=state.seconds, found=found
        )
    template = text(
        "Searching for {seconds:.0f} s: best so far {found:,.0f}, none can pass {bound:,.0f} (gap {gap:.2%})"
    )
    if bound < found:  # the less the better
        template = text(
            "Searching for {seconds:.0f} s: best so far {found:,.0f}, none can be below {bound:,.0f} "
            "(gap {gap:.2%})"
        )
    said = {"seconds": state.seconds, "found": found, "bound": bound, "gap": state.gap}
    return Text(template.template, said)


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
        other = replace(others[0], goal=plan.goal)
        said, residents_after = tell(other)
        same = {row for row in other.sites if row in plan.sites}
        sites = [
            {key: site[key] for key in _TOLD if key in site} | {"in_best": row in same}
            for site, row in zip(said, other.sites, strict=True)
        ]
        found.append(
            {
                "objective": float(other.objective),
                "worse_by": max(0.0, float(worse_by(other, plan))),
                "residents_after": residents_after,
                "differs_in": len(other.sites) - len(same),
                "sites": sites,
            }
        )
        apart = (other.sites, max(0, len(other.sites) - request.differ))
        goal = replace(known.goal, apart_from=(*known.goal.apart_from, apart))
        known = replace(known, goal=goal)
    return found
