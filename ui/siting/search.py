"""A search for sites under way: in a thread of its own, with its incumbent and bound, and a way to end it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Text, text
from data.guard import in_worker
from jobs.cache.case import Case
from jobs.cache.results import Shelf
from jobs.siting.request import SitingRequest
from ui.shell.choices import choices
from ui.shell.compute import cache_folder, case_of
from ui.shell.session import session_folder
from ui.shell.work import Work, wait_for

if TYPE_CHECKING:  # what computes takes seconds to load
    from jobs.assess.folder import Assessed

_KEY: Final = "siting-search"


@dataclass
class Search:
    """One search in a worker; `city` is the key of the city it is about, `case` what is asked. Stopped, it
    ends with the best plan so far.

    The work has a result as soon as there is a plan; its curve and other plans follow while it runs.
    """

    city: str
    case: Case
    request: SitingRequest
    work: Work = field(init=False)
    folder: Path | None = None

    def __post_init__(self) -> None:
        self.work = Work(self.request)

    @property
    def result(self) -> Assessed | None:
        found: Assessed | None = self.work.result
        return found

    @property
    def stopped(self) -> bool:
        return self.work.stop.is_set()

    def start(self, done: Assessed, root: Path) -> Search:
        self.work.begin(partial(self._sites, done, root, cache_folder()))
        return self

    def _sites(self, done: Assessed, root: Path, cache: Path) -> Assessed:
        """In a thread of its own: nothing of the session may be asked here."""
        from coverage.publish.plan import with_plan
        from jobs.cache.answers import plan_of

        work, stop = self.work, root / f"stop-{secrets.token_hex(8)}"

        def with_sites(plan: tuple[Any, Any]) -> Assessed:
            return replace(done, results=with_plan(done.results, *plan))

        def early(plan: tuple[Any, Any]) -> None:
            work.result = with_sites(plan)

        def note(share: float, doing: Text) -> None:
            if work.stop.is_set():
                stop.touch()
            work.note(share, doing)

        try:
            return with_sites(in_worker(plan_of, (self.case, cache, stop), progress=note, early=early))
        finally:
            stop.unlink(missing_ok=True)


def begin(city: str, done: Assessed, request: SitingRequest) -> None:
    """Search for a request; what was searched for before is given up."""
    earlier = st.session_state.get(_KEY)
    if earlier is not None:
        earlier.work.stop.set()
    st.session_state[_KEY] = Search(city, case_with(request), request).start(done, session_folder())


def found(city: str) -> Search | None:
    """The search about this city once it has a plan (and other plans, if they are wanted), waited for
    with what it has found so far; None if nothing was asked. Its errors are raised here."""
    search: Search | None = st.session_state.get(_KEY)
    if search is None or search.city != city:
        return None
    _wait(search, whole=search.request.others.most > 0)
    if search.work.error is not None:
        st.session_state.pop(_KEY)
        raise search.work.error
    return search


def finish(search: Search) -> None:
    """Wait until the curve and all else is there."""
    _wait(search, whole=True)
    if search.work.error is not None:
        raise search.work.error


def folder_of(search: Search, case: Case, root: Path) -> Path:
    """The result folder of a search, written when it is first needed; asks nothing of the session."""
    from jobs.assess.folder import with_run

    search.work.wait()
    if search.folder is None and search.result is not None:
        search.folder = Shelf(root).put(case.key, with_run(search.result, case.run()))
    if search.folder is None:
        raise ValueError("the search has no result yet")
    return search.folder


def place_of(search: Search) -> tuple[Case, Path]:
    """What a search asks, and the root under which its folder is kept: with the session."""
    return case_with(search.request), session_folder() / f"plans-{id(search):x}"


def case_with(request: SitingRequest) -> Case:
    """The question of this session with the request."""
    return replace(case_of(choices()), wish=request)


def _wait(search: Search, *, whole: bool) -> None:
    """Until there is a plan, or the `whole` answer."""

    def waiting() -> bool:
        return search.work.alive and (whole or search.result is None)

    wait_for(search.work, waiting, button=text("Stop: take the best plan so far"), key="siting-stop")
