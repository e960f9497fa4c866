"""Monitoring a search for sites, and what is searched for once its answer is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from core.progress import Progress, silent
from core.text import Text, text
from coverage.publish.plan import curve_rows
from coverage.siting import Demand, Goal, Plan, Watch, curve
from jobs.assess.folder import Assessed
from jobs.siting.alternatives import Tell, alternative_plans
from jobs.siting.request import AlternativesRequest
from jobs.siting.search_words import search_words

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
    points = () if watch.cancelled() else curve(demand, quick, watch=Watch(cancelled=watch.cancelled))
    progress(0.85, text("Looking for other plans nearly as good"))
    return {
        "curve_bound": curve_rows(points),
        "alternatives": alternative_plans(demand, plan, request, report, watch),
    }
