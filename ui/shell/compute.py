"""Answers for the pages: computed once, kept on disk and in memory, shared by all sessions."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.progress import Progress, silent
from core.text import Text, text
from coverage.model.standard import Standard
from data.guard import in_worker
from data.parse_standard import parse_standard
from data.standards import DEFAULT_STANDARD, open_standard
from jobs.cache import prebuild as warm
from jobs.cache.case import Case, default_request
from jobs.cache.results import Shelf, has_map, map_page
from jobs.study.cases import StudyFiles
from ui.shell.choices import Choices, choices, words
from ui.shell.safe import in_markdown
from ui.shell.session import ASKED, session_folder
from ui.shell.work import begun, result_of, wait_for

if TYPE_CHECKING:
    from jobs.assess.folder import Assessed
    from jobs.study.inputs import Inputs

# The demo city is made once, however many ask for it.
_DEMO: Final = threading.Lock()
# Who is told how far the cached steps are; it is no part of the question that they are cached under.
_TELL: Final[ContextVar[Progress]] = ContextVar("tell", default=silent)
# Questions that were answered since the start; what memory let go of is answered again without a bar.
_IN_MEMORY: Final[set[str]] = set()


@dataclass(frozen=True)
class View:
    """What a page shows of an assessment folder: assessment.json, its standard, plan.json if any."""

    folder: Path
    document: Mapping[str, Any]
    standard: Standard
    plan: Mapping[str, Any] | None


def current_view() -> View:
    """The verdicts for the choices of this session, with suggested sites as soon as these are found."""
    return first_view(choices())


def city_view() -> View:
    """The same for the city in use with its own lists: what an uploaded list is compared with."""
    return first_view(replace(choices(), lists=None))


def first_view(chosen: Choices) -> View:
    """The answer to some choices, which need not be those of the session yet, as soon as its verdicts can be
    shown; with a bar and a way to stop while these are made. `answer_to` waits for suggested sites too."""
    (case, key), shelf = _question(chosen), shelf_for(chosen)
    first = _question(replace(chosen, wish=None, wish_is_own=True))[1]

    def there() -> Path | None:
        folder = shelf.find(first)
        return folder if folder and has_map(folder, language=chosen.language) else None

    found = shelf.find(key) or there()
    if found is None and case.wish is not None:
        work = begun("answer", key, partial(_made, case, shelf, chosen.language))
        wait_for(work, lambda: work.running and not there(), button=text("Cancel"), key="cancel-first")
        # Also where no sites were found: the page says so where they would stand.
        found = None if work.stop.is_set() else shelf.find(key) or there()
    return _view(str(found)) if found else answer_to(chosen)


def answer_to(chosen: Choices) -> View:
    """The whole answer to some choices; with a bar and a way to stop while it is made."""
    (case, key), shelf = _question(chosen), shelf_for(chosen)
    made = partial(_made, case, shelf, chosen.language)
    return _view(str(shelf.find(key) or result_of("answer", key, made)))


def view_of(folder: Path) -> View:
    """What a page shows of an assessment folder."""
    return _view(str(folder))


def read_city(chosen: Choices) -> Inputs:
    """The files of the city in these choices as they are understood, before anything is computed; with a
    bar and a way to stop. The answer to the choices begins from what was read here."""
    files = replace(case_of(chosen).files, standard=DEFAULT_STANDARD)
    asked = Asked(Case(files), Case(files).key)
    return result_of("city", asked.key, partial(_read, asked))


def _read(asked: Asked, report: Progress) -> Inputs:
    _TELL.set(report)
    return _inputs(asked)


def current_assessed() -> tuple[str, Assessed]:
    """The city and lists in use in memory, without suggested sites, and the key of that question."""
    asked = Asked(*_question(replace(choices(), wish=None, wish_is_own=True)))
    if asked.key not in _IN_MEMORY:
        result_of("assessed", asked.key, partial(_measured, asked))
        _IN_MEMORY.add(asked.key)
    return asked.key, _assessed(asked)


def measure_once() -> None:
    """Have the city in use measured where its user sees how far it is; nothing where that was done since the
    start. To be called before what Streamlit keeps of a function asks for the city: no bar and no button may
    stand within."""
    if _question(replace(choices(), wish=None, wish_is_own=True))[1] not in _IN_MEMORY:
        current_assessed()


def _measured(asked: Asked, report: Progress) -> Assessed:
    _TELL.set(report)
    return _assessed(asked)


def current_map(view: View) -> str:
    """The exported map of an answer, in the language of this session."""
    language = choices().language
    if not has_map(view.folder, language=language):
        with st.spinner(words()(text("Drawing the map …"))):
            in_worker(map_page, (view.folder,), {"language": language})
    return _page(str(view.folder), language)


def case_of(chosen: Choices) -> Case:
    """The question that the choices ask; makes the demo city if it is not there yet."""
    files = replace(chosen.city or demo_city(), standard=chosen.standard)
    wish = chosen.wish if chosen.wish_is_own else default_request(open_standard(chosen.standard))
    return Case(files, chosen.lists.files if chosen.lists else None, wish)


def _question(chosen: Choices) -> tuple[Case, str]:
    """The question and its key, which reads the state of every file: once in a run of the page."""
    asked: dict[Choices, tuple[Case, str]] = st.session_state.setdefault(ASKED, {})
    if chosen not in asked:
        case = case_of(chosen)
        asked[chosen] = case, case.key
    return asked[chosen]


def cache_folder() -> Path:
    """Where the demo city and what was computed for it are kept."""
    return warm.cache_folder()


@contextmanager
def reporting() -> Iterator[Progress]:
    """A progress bar for as long as the work takes."""
    tr = words()
    bar = st.progress(0.0, in_markdown(tr(text("One moment …"))))

    def report(share: float, doing: Text) -> None:
        bar.progress(min(max(share, 0.0), 1.0), in_markdown(tr(doing)))

    yield report
    bar.empty()


def demo_city() -> StudyFiles:
    """The demo city's files, made with a progress bar if they are not there yet."""
    folder = cache_folder()
    if not warm.demo_is_ready(folder):
        with reporting() as report, _DEMO:
            in_worker(warm.make_demo, (folder,), progress=report)
    return warm.demo_files(folder)


def shelf_for(chosen: Choices) -> Shelf:
    """Where the answers to these choices are kept: those about a user's own files in the session's folder,
    the others for everybody."""
    own = chosen.city or chosen.lists or chosen.standard in chosen.own_standards
    return Shelf(session_folder() / "assessments") if own else warm.shelf_of(cache_folder())


def _made(case: Case, shelf: Shelf, language: str, report: Progress) -> Path:
    """In a thread of its own: nothing of the session may be asked here."""
    from jobs.cache.answers import answer_of

    return in_worker(answer_of, (case, shelf, cache_folder()), {"language": language}, progress=report)


@dataclass(frozen=True)
class Asked:
    """What a cached answer is kept under: the case, and the fingerprint of all that its files contain."""

    case: Case
    key: str


def _key_of(asked: Asked) -> str:
    """The fingerprint says all that the case does: Streamlit need not hash the case part by part."""
    return asked.key


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs={Asked: _key_of})
def _inputs(asked: Asked) -> Inputs:
    from jobs.cache.answers import inputs_of

    return in_worker(inputs_of, (asked.case, cache_folder()), progress=_TELL.get())


@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs={Asked: _key_of})
def _assessed(asked: Asked) -> Assessed:
    from jobs.cache.answers import assessed_of

    done = in_worker(assessed_of, (asked.case, cache_folder()), progress=_TELL.get())
    # Take all that is alive now out of the search for garbage that Streamlit makes after every run. A
    # city and the libraries that measure it are some 200,000 objects, which stay: 0.12 s a click on the
    # demo city. What was taken out before is looked through once more.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    return done


@st.cache_resource(max_entries=16, show_spinner=False)
def _view(folder: str) -> View:
    place = Path(folder)
    plan = place / "plan.json"
    return View(
        folder=place,
        document=json.loads((place / "assessment.json").read_bytes()),
        standard=parse_standard(
            (place / "standard.toml").read_text(encoding="utf-8"), source="standard.toml"
        ),
        plan=json.loads(plan.read_bytes()) if plan.exists() else None,
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _page(folder: str, language: str) -> str:
    return map_page(Path(folder), language=language)
