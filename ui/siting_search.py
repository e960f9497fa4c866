"""A search for sites under way: in a thread of its own, with its incumbent and bound, and a way to end it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.text import Text, text
from jobs.cases import Case
from jobs.shelf import Shelf
from jobs.wishes import Wish
from ui.choices import choices, words
from ui.compute import case_of
from ui.safe import in_markdown
from ui.session import session_folder

if TYPE_CHECKING:  # what computes takes seconds to load
    from jobs.assess import Assessed

_KEY: Final = "siting-search"
_LOOK_S: Final = 0.1
_QUICK_S: Final = 0.3


@dataclass
class Search:
    """One search; `city` is the key of the city it is about. `stop` ends it with the best plan so far.

    `result` is there as soon as there is a plan; its curve and other plans follow while it still runs.
    """

    city: str
    wish: Wish
    stop: threading.Event = field(default_factory=threading.Event)
    share: float = 0.0
    doing: Text = field(default_factory=lambda: text("One moment …"))
    result: Assessed | None = None
    error: BaseException | None = None
    thread: threading.Thread | None = None
    folder: Path | None = None

    @property
    def running(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def start(self, done: Assessed) -> Search:
        self.thread = threading.Thread(target=self._run, args=(done,), daemon=True)
        self.thread.start()
        return self

    def _run(self, done: Assessed) -> None:
        from coverage.siting import Watch
        from jobs.search_words import search_words
        from jobs.suggest import Following, suggest

        def note(share: float, doing: Text) -> None:
            self.share, self.doing = share, doing

        def look(state: Any) -> None:
            self.doing = search_words(state)

        def first(planned: Assessed) -> None:
            self.result = planned

        with self:
            self.result = suggest(done, self.wish, Following(Watch(look, self.stop.is_set), note, first))

    def __enter__(self) -> Search:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Carry an error over to the page's thread, which raises it and has the one handler."""
        self.error = error
        return True


def begin(city: str, done: Assessed, wish: Wish) -> None:
    """Search for a wish; what was searched for before is given up."""
    earlier = st.session_state.get(_KEY)
    if earlier is not None:
        earlier.stop.set()
    st.session_state[_KEY] = Search(city, wish).start(done)


def found(city: str) -> Search | None:
    """The search about this city once it has a plan (and other plans, if they are wanted), waited for
    with what it has found so far; None if nothing was asked. Its errors are raised here."""
    search: Search | None = st.session_state.get(_KEY)
    if search is None or search.city != city:
        return None
    _wait(search, whole=search.wish.others.most > 0)
    if search.error is not None:
        st.session_state.pop(_KEY)
        raise search.error
    return search


def finish(search: Search) -> None:
    """Wait until the curve and all else is there."""
    _wait(search, whole=True)
    if search.error is not None:
        raise search.error


def folder_of(search: Search, key: str, root: Path) -> Path:
    """The result folder of a search, written when it is first needed; asks nothing of the session."""
    if search.thread is not None:
        search.thread.join()
    if search.folder is None and search.result is not None:
        search.folder = Shelf(root).put(key, search.result)
    if search.folder is None:
        raise ValueError("the search has no result yet")
    return search.folder


def place_of(search: Search) -> tuple[str, Path]:
    """Under which key and root a search's folder is kept: with the session."""
    return case_with(search.wish).key, session_folder() / f"plans-{id(search):x}"


def case_with(wish: Wish) -> Case:
    """The question of this session with the wish."""
    return replace(case_of(choices()), wish=wish)


def _wait(search: Search, *, whole: bool) -> None:
    """Until there is a plan, or the `whole` answer. A click elsewhere runs the page anew and waits on."""

    def waiting() -> bool:
        return search.running and (whole or search.result is None)

    deadline = time.monotonic() + _QUICK_S
    while waiting() and time.monotonic() < deadline:
        time.sleep(_LOOK_S / 2)
    if not waiting():
        return
    place = st.empty()
    with place.container():
        bar = st.progress(search.share, _doing(search))
        st.button(
            words()(text("Stop: take the best plan so far")), key="siting-stop", on_click=search.stop.set
        )
        while waiting():
            time.sleep(_LOOK_S)
            bar.progress(min(max(search.share, 0.0), 1.0), _doing(search))
    place.empty()


def _doing(search: Search) -> str:
    return in_markdown(words()(search.doing))
