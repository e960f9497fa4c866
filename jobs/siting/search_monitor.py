"""Who follows a search for sites, and what is searched for once its answer is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from core.progress import Progress, silent
from core.text import Text, text
from coverage.publish.plan import curve_rows
from coverage.siting import Goal, Place, Plan, Watch, curve
from jobs.assess.folder import Assessed
from jobs.siting.alternatives import Tell, other_plans
from jobs.siting.request import Choices
from jobs.siting.search_words import search_words

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


class Asked(Protocol):
    """A wish as the engine is asked it."""

    @property
    def place(self) -> Place: ...

    @property
    def goal(self) -> Goal: ...


_Asked = TypeVar("_Asked", bound=Asked)


def chosen(ask: Callable[[], _Asked], following: Following) -> tuple[_Asked, Plan]:
    """What is asked, and the plan that answers it."""
    following.progress(0.0, text("Collecting candidate places"))
    asked = ask()
    following.progress(0.2, text("Choosing sites"))
    plan = asked.place.choose(asked.goal, following.watch)
    following.progress(0.6, text("Telling what each site brings"))
    return asked, plan


def searched(place: Place, plan: Plan, wished: Choices, report: Tell, following: Following) -> dict[str, Any]:
    """What must be searched for: the curve with its bound, and other plans."""
    watch, progress = following.watch, following.progress
    progress(0.7, text("Drawing the curve of residents against sites"))
    seconds = min(CURVE_SECONDS, plan.goal.time_limit_s)
    quick = replace(plan, goal=replace(plan.goal, time_limit_s=seconds))
    points = () if watch.cancelled() else curve(place, quick, watch=Watch(cancelled=watch.cancelled))
    progress(0.85, text("Looking for other plans nearly as good"))
    return {
        "curve_bound": curve_rows(points),
        "alternatives": other_plans(place, plan, wished, report, watch),
    }
