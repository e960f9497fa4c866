"""Answers to a page's questions, as a worker makes them: read, measured and judged, and kept on a shelf.

A process remembers the city of its last questions, so that another standard, other lists or other sites
begin from what was read already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from core.progress import Progress, part, silent
from core.text import Text, text
from coverage.model.tables import Ints
from coverage.publish.plan import NEW_SITE
from coverage.publish.tables import PlanTables
from coverage.siting import Watch
from data.standards import DEFAULT_STANDARD
from jobs.assess.folder import Assessed, assess_inputs, with_run
from jobs.cache.case import Case
from jobs.cache.prebuild import streets_of
from jobs.cache.results import Shelf, map_page
from jobs.siting.search_monitor import SearchMonitor, search_words
from jobs.siting.suggest import suggest
from jobs.study.inputs import Inputs, open_inputs
from jobs.study.variants import with_lists, with_standard

_Result = TypeVar("_Result")

# The last of a kind alone: a city of a million takes some hundred megabytes.
_LAST: Final[dict[str, tuple[str, Any]]] = {}


def inputs_of(case: Case, cache: Path, *, progress: Progress = silent) -> Inputs:
    """The files of a city as they are understood, by the usual standard."""
    ground = Case(replace(case.files, standard=DEFAULT_STANDARD))
    return _last(
        "inputs",
        ground.key,
        lambda: open_inputs(ground.files, cache=streets_of(cache), progress=progress),
    )


def assessed_of(case: Case, cache: Path, *, progress: Progress = silent) -> Assessed:
    """The city measured and judged by the standard and the lists of a case, without its sites."""

    def assess() -> Assessed:
        inputs = with_standard(inputs_of(case, cache, progress=part(progress, 0.0, 0.6)), case.files.standard)
        judged = with_lists(inputs, case.lists) if case.lists else inputs
        return assess_inputs(judged, progress=part(progress, 0.6, 1.0))

    return _last("assessed", replace(case, wish=None).key, assess)


def answer_of(case: Case, shelf: Shelf, cache: Path, *, language: str, progress: Progress = silent) -> Path:
    """The folder of the whole answer on a shelf; made unless somebody else has made it meanwhile.

    Before sites are searched for, verdicts and map (in `language`) are put there for who looks already:
    the answer to the case without its wish.
    """
    if found := shelf.find(case.key):
        return found
    progress(0.0, text("Reading residents, units, streets and lists"))
    done = assessed_of(case, cache, progress=part(progress, 0.0, 0.6))
    if case.wish is not None:
        first = replace(case, wish=None)
        progress(0.6, text("Drawing the map"))
        map_page(
            shelf.find(first.key) or shelf.put(first.key, with_run(done, first.run())), language=language
        )
        done = suggest(done, case.wish, SearchMonitor(progress=part(progress, 0.7, 1.0)))
    return shelf.put(case.key, with_run(done, case.run()))


def plan_of(
    case: Case,
    cache: Path,
    stop: Path,
    *,
    progress: Progress = silent,
    early: Callable[[tuple[PlanTables, Ints]], None] = lambda _plan: None,
) -> tuple[PlanTables, Ints]:
    """The plan for the sites that a case asks for, and by cell which of them serves it anew.

    `early` gets the plan before its curve and other plans are known. Once a file `stop` is there, the
    search ends with the best plan so far.
    """
    if case.wish is None:
        raise ValueError("the case asks for no sites")
    done = assessed_of(case, cache, progress=part(progress, 0.0, 0.3))
    share = 0.3

    def step(at: float, doing: Text) -> None:
        nonlocal share
        share = 0.3 + 0.7 * at
        progress(share, doing)

    def parts(planned: Assessed) -> tuple[PlanTables, Ints]:
        results = planned.results
        if results.plan is None:
            raise ValueError("the search has no plan")
        return results.plan, results.cells[NEW_SITE].to_numpy()

    watch = Watch(lambda state: progress(share, search_words(state)), stop.exists)
    return parts(suggest(done, case.wish, SearchMonitor(watch, step, lambda planned: early(parts(planned)))))


def _last(kind: str, key: str, make: Callable[[], _Result]) -> _Result:
    known, answer = _LAST.get(kind, ("", None))
    if known != key:
        _LAST.pop(kind, None)  # before the next is made, which needs the room
        answer = make()
        _LAST[kind] = key, answer
    result: _Result = answer
    return result
