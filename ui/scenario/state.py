"""The scenario under way: its edits, what was undone, and where scenarios are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from coverage.model.edits import Edit, Scenario
from data.scenarios import open_scenario, save_scenario, scenario_names
from ui.shell.choices import choices
from ui.shell.compute import cache_folder, current_assessed
from ui.shell.session import session_folder

if TYPE_CHECKING:
    from coverage.assessment import Assessment
    from coverage.scenario.comparison import Comparison
    from coverage.scenario.what_if import Trail

_KEY: Final = "scenario-draft"


@dataclass(frozen=True)
class Draft:
    """Edits in order, those undone (the last first to come back), and the name it was stored under.

    `key` is the city it belongs to: another city begins anew.
    """

    key: str
    edits: tuple[Edit, ...] = ()
    undone: tuple[Edit, ...] = ()
    name: str = ""


def draft() -> Draft:
    """The scenario of this session for the city in use; empty at first."""
    key = current_assessed()[0]
    found = st.session_state.get(_KEY)
    if not isinstance(found, Draft) or found.key != key:
        found = Draft(key)
        st.session_state[_KEY] = found
    return found


def do(*edits: Edit) -> None:
    """Add edits, if the city with them is a possible one; SettingError if not."""
    now = draft()
    changed_city((*now.edits, *edits))
    st.session_state[_KEY] = replace(now, edits=(*now.edits, *edits), undone=())


def undo() -> None:
    """Take the last edit back."""
    now = draft()
    if now.edits:
        st.session_state[_KEY] = replace(now, edits=now.edits[:-1], undone=(*now.undone, now.edits[-1]))


def redo() -> None:
    """Make the edit again that was undone last."""
    now = draft()
    if now.undone:
        st.session_state[_KEY] = replace(now, edits=(*now.edits, now.undone[-1]), undone=now.undone[:-1])


def begin_anew(edits: Sequence[Edit] = (), name: str = "") -> None:
    """Another list of edits in place of this one."""
    st.session_state[_KEY] = Draft(current_assessed()[0], tuple(edits), (), name)


def store_folder() -> Path:
    """Scenarios of the demo city are kept for everybody; those on one's own files go with the session."""
    chosen = choices()
    own = chosen.city or chosen.lists or chosen.standard in chosen.own_standards
    return (session_folder() if own else cache_folder()) / "scenarios"


def stored_names() -> tuple[str, ...]:
    """Names of stored scenarios, sorted."""
    folder = store_folder()
    return scenario_names(folder) if folder.is_dir() else ()


def store(name: str) -> None:
    """Keep the edits under a name. SettingError if it cannot be a name."""
    now = draft()
    save_scenario(store_folder(), scenario_of(now.edits, name))
    st.session_state[_KEY] = replace(now, name=name)


def stored(name: str) -> Scenario:
    """A stored scenario with its places in this city's metres."""
    from jobs.scenario import in_crs

    return in_crs(open_scenario(store_folder(), name), crs())


def crs() -> str:
    """The metric CRS of the city in use."""
    return current_assessed()[1].inputs.study.grid.crs


def scenario_of(edits: tuple[Edit, ...], name: str = "") -> Scenario:
    """Edits as a scenario of this city."""
    return Scenario(name, crs(), edits)


def changed_city(edits: tuple[Edit, ...]) -> Assessment:
    """The city after some edits; the last few answers are kept."""
    return _changed(current_assessed()[0], edits)


def compared(before: tuple[Edit, ...], after: tuple[Edit, ...]) -> Comparison:
    """Two lists of edits on the same city, compared."""
    return _compared(current_assessed()[0], before, after)


@st.cache_resource(max_entries=8, show_spinner=False, scope="session")
def _changed(key: str, edits: tuple[Edit, ...]) -> Assessment:
    trail = _trail(key)
    return trail.judge(scenario_of(edits)) if edits else trail.base


@st.cache_resource(max_entries=1, show_spinner=False, scope="session")
def _trail(key: str) -> Trail:  # noqa: ARG001 - the city and standard it belongs to
    """Where the scenario of this session stands: an edit more is measured from there, not from the start."""
    from coverage.scenario.what_if import Trail

    return Trail(current_assessed()[1].assessment)


@st.cache_resource(max_entries=6, show_spinner=False, scope="session")
def _compared(key: str, before: tuple[Edit, ...], after: tuple[Edit, ...]) -> Comparison:
    from coverage.scenario.comparison import compare

    return compare(_changed(key, before), _changed(key, after))
