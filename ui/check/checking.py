"""A check of uploaded lists, as the page shows it: asked once, then changed by what people decide."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.progress import Progress
from core.text import Text, text
from ui.shell.choices import choices, words
from ui.shell.compute import cache_folder
from ui.shell.session import session_folder
from ui.shell.work import result_of

if TYPE_CHECKING:  # reading lists takes two seconds to load; the page is shown before
    import pandas as pd

    from data.intake.decisions import Place
    from data.intake.groups import Part
    from data.intake.parts import Mixture, PartOfList
    from data.intake.review import Candidate, Column, Group, ToLocate
    from jobs.lists.check import CheckReport
    from jobs.lists.places import Conflict

_KEY: Final = "check-now"


@dataclass(frozen=True)
class Lists:
    """Uploaded lists to be checked; `names` are what the user calls them, in the order of `paths`.

    `columns` is the mapping the user confirmed, `office` whose it is; `stored` are lists kept already,
    `reference` a layer in true coordinates, `parts` systems chosen for parts of a mixed list.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    datum: str = "auto"
    units: Path | None = None
    reference: Path | None = None
    office: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    stored: tuple[Path, ...] = ()
    parts: tuple[tuple[Part, str], ...] = ()

    def called(self, file: str) -> str:
        """The user's own name of a file that the check names."""
        return next(
            (name for path, name in zip(self.paths, self.names, strict=True) if path.name == file), file
        )

    def in_own_words(self, sentence: str) -> str:
        """A sentence of the check with the files called as the user calls them."""
        for path, name in zip(self.paths, self.names, strict=True):
            sentence = sentence.replace(path.name, name)
        return sentence


@dataclass(frozen=True)
class Checked:
    """A check with what was decided so far."""

    lists: Lists
    report: CheckReport

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The object of `check --json`."""
        return self.report.as_json()

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        return self.report.groups()

    @cached_property
    def to_locate(self) -> tuple[ToLocate, ...]:
        return self.report.to_locate()

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return self.report.columns()

    @cached_property
    def systems(self) -> tuple[Candidate, ...]:
        return self.report.systems()

    @cached_property
    def parts(self) -> tuple[PartOfList, ...]:
        from data.intake.parts import parts

        return parts(self.report.intake)

    @cached_property
    def mixture(self) -> Mixture | None:
        from data.intake.parts import mixture

        return mixture(self.report.intake)

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        from jobs.lists.places import conflicts

        return conflicts(self.report)

    @property
    def accepted(self) -> pd.DataFrame:
        return self.report.intake.accepted

    @property
    def folder(self) -> Path:
        return self.report.folder


Check = Callable[[Lists, Path, str, Progress], "CheckReport"]


def checked(lists: Lists, check: Check | None = None) -> Checked:
    """Read and judge the lists once, with a bar and a way to stop; later decisions are in it. `check` is how
    where it is not that of the page *Check a list*: of lists, the folder of results, a language."""
    from jobs.lists.check import place_rows

    language = choices().language
    now: Checked | None = st.session_state.get(_KEY)
    if now is None or now.lists != lists:
        how = check or partial(_check, memory_of(lists.office))
        task = partial(how, lists, _folder(lists), language)
        now = Checked(lists, result_of("check", (lists, language), task))
    elif now.report.language != language:
        now = _changed(now, lambda report: place_rows(replace(report, language=language), {}))
    st.session_state[_KEY] = now
    return now


def place(done: Checked, places: Mapping[str, tuple[float, float] | Place | None]) -> None:
    """Place rows of the list: row id → (lon, lat), a Place, or None to take a placing back."""
    from jobs.lists.check import place_rows

    st.session_state[_KEY] = _changed(done, lambda report: place_rows(report, places))


def accept(done: Checked, rows: Sequence[str]) -> None:
    """Place rows (ids) where the findings propose."""
    from jobs.lists.check import accept_proposals

    st.session_state[_KEY] = _changed(done, lambda report: accept_proposals(report, rows))


def decide(done: Checked, decisions: Mapping[str, Any]) -> None:
    """Decide on facilities listed twice: group id → "merge", "keep", "drop", a GroupChoice or ""."""
    from jobs.lists.check import decide_groups

    st.session_state[_KEY] = _changed(done, lambda report: decide_groups(report, decisions))


def memory_of(office: str) -> Path:
    """Where what an office confirmed is kept for its next upload; without a name, for this session."""
    if not office:
        return session_folder() / "memory"
    name = hashlib.sha256(office.encode()).hexdigest()[:16]
    return cache_folder() / "offices" / name


def inside(accepted: pd.DataFrame, bounds: tuple[float, float, float, float]) -> int:
    """How many accepted rows lie within west, south, east, north (degrees), the border included."""
    west, south, east, north = bounds
    lon, lat = accepted["lon"], accepted["lat"]
    return int(((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)).sum())


def _folder(lists: Lists) -> Path:
    """Where the results of this check lie."""
    return session_folder() / "checks" / hashlib.sha256(repr(lists).encode()).hexdigest()[:16]


def _check(memory: Path, lists: Lists, out: Path, language: str, report: Progress) -> CheckReport:
    """In a thread of its own: nothing of the session may be asked here."""
    from jobs.lists.check import ListFiles, check_lists

    files = ListFiles(
        lists.paths,
        datum=lists.datum,
        units=lists.units,
        reference=lists.reference,
        columns=dict(lists.columns),
        memory=memory,
        office=lists.office,
        stored=lists.stored,
        parts=dict(lists.parts),
    )
    return check_lists(files, out=out, progress=_in_own_names(report, lists), language=language)


def _in_own_names(report: Progress, lists: Lists) -> Progress:
    """Progress that calls the files as the user calls them."""

    def told(share: float, doing: Text) -> None:
        values = {key: lists.called(str(value)) for key, value in doing.values.items()}
        report(share, Text(doing.template, values if "file" in doing.values else doing.values))

    return told


def _changed(done: Checked, change: Callable[[CheckReport], CheckReport]) -> Checked:
    with st.spinner(words()(text("Judging anew …"))):
        return Checked(done.lists, change(done.report))
