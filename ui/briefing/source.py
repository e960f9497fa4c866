"""Which result is briefed, and what it is set against."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import streamlit as st

from core.text import Text, text
from data.guard import in_worker
from jobs.collect.cities import study_at
from jobs.collect.review import history
from jobs.collect.words import shown
from ui.collect.kept import acting, kept_store
from ui.scenario.export import scenario_files
from ui.scenario.result import choose_before
from ui.scenario.state import draft, stored
from ui.shell.choices import choices, choose, words
from ui.shell.compute import answer_to
from ui.shell.session import session_folder
from ui.shell.work import result_of
from ui.widgets.pick import pick
from ui.widgets.uploads import KeptFile, files_from

NOW, SCENARIO, FILE = "now", "scenario", "file"
_RESULTS: Final = {
    NOW: text("the city in use"),
    SCENARIO: text("the draft of the page What if"),
    FILE: text("a result folder (ZIP)"),
}


@dataclass(frozen=True)
class Source:
    """The folder of the result, and those of the earlier ones."""

    folder: Path
    before: tuple[Path, ...] = ()


def brief_on(city: str) -> None:
    """Leave for the briefing of a city of the store with its newest lists, its earlier states at hand."""
    store, by = kept_store(), acting()
    if store is None or by is None:
        return
    choose(city=study_at(store, city, by=by), stored=city, lists=None)
    st.session_state["briefing-result"] = NOW
    st.switch_page("ui/briefing/page.py")


def source() -> Source | None:
    """What was chosen; None where a file is still asked for, which is then said."""
    tr = words()
    there = [NOW, *([SCENARIO] if draft().edits else []), FILE]
    chosen = pick(
        st.selectbox, text("Result"), there, key="briefing-result", said=lambda one: tr(_RESULTS[one])
    )
    if chosen == SCENARIO:
        name = choose_before()
        place, make = scenario_files(stored(name).edits if name else (), name)
        return Source(result_of("briefing-scenario", place, lambda _: make()))
    if chosen == FILE:
        files = _zips(text("Result folder, as a ZIP"), key="briefing-folder")
        if not files:
            st.info(tr(text("Put in the ZIP of a result: from this page’s exports, or of a folder that the "
                            "command line wrote.")))  # fmt: skip
            return None
        folder = _unpacked(files[0])
        # Lists that were compared, and scenarios, stand beside what they are compared with already.
        alone = (folder / "compared.csv").is_file() or (folder / "comparison.json").is_file()
        return Source(folder, () if alone else _earlier())
    days, before = _days(), _earlier()
    if not days and not before:
        return Source(answer_to(choices()).folder)
    plain = replace(choices(), wish=None, wish_is_own=True)
    return Source(answer_to(plain).folder, (*days, *before))


def _days() -> tuple[Path, ...]:
    """The city of the store that is in use as its lists were known by days of its history."""
    tr, city = words(), choices().stored
    store, by = (kept_store(), acting()) if city else (None, None)
    if store is None or by is None:
        return ()
    known = [shown(one["at"])[:10] for one in history(store, city=city, by=by)["versions"]]
    days = list(dict.fromkeys(known))[:-1]
    if not days:
        st.caption(tr(text("All versions of this city’s lists are of one day; there is no earlier state.")))
        return ()
    chosen = st.multiselect(
        tr(text("Set against the lists as known by")), days, key="briefing-days", max_selections=_MOST_EARLIER
    )
    plain = replace(choices(), lists=None, wish=None, wish_is_own=True)
    return tuple(
        answer_to(replace(plain, city=study_at(store, city, at=day, by=by))).folder for day in sorted(chosen)
    )


_MOST_EARLIER: Final = 5


def _earlier() -> tuple[Path, ...]:
    """Earlier results of the same area, as files."""
    with st.expander(words()(text("Set against earlier results"))):
        found = _zips(text("Earlier results of the same area, each as a ZIP"), key="briefing-before")
    return tuple(_unpacked(one) for one in found[:_MOST_EARLIER])


def _zips(label: Text, *, key: str) -> tuple[KeptFile, ...]:
    return files_from(st, words()(label), ["zip"], key=key, several=True)


def _unpacked(file: KeptFile) -> Path:
    """The folder in a ZIP, unpacked once."""
    from data.results.packed import unpack_result

    number = hashlib.sha256(str(file.path).encode()).hexdigest()[:16]
    target = session_folder() / "briefed" / number
    if not target.is_dir():
        in_worker(unpack_result, (file.path, target))
    return target
