"""The scenario under way: its edits and what was undone, one list for each city; where scenarios are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from coverage.model.edits import Edit, Open, Scenario
from data.scenarios import open_scenario, scenario_names
from ui.shell.choices import choices
from ui.shell.compute import cache_folder, current_assessed
from ui.shell.session import session_folder

if TYPE_CHECKING:
    from coverage.assessment import Assessment
    from coverage.scenario.comparison import Comparison
    from coverage.scenario.incremental import Trail

# City and standard → its draft: another city begins anew, and this one is found again.
_DRAFTS: Final = "scenario-drafts"
NUMBER: Final = "new-{}"


@dataclass(frozen=True)
class Draft:
    """Edits in order, those undone (the last first to come back), and the name it was stored under."""

    edits: tuple[Edit, ...] = ()
    undone: tuple[Edit, ...] = ()
    name: str = ""


def draft() -> Draft:
    """The scenario of this session for the city in use; empty at first."""
    found = st.session_state.get(_DRAFTS, {}).get(current_assessed()[0])
    return found if isinstance(found, Draft) else Draft()


def _set(now: Draft) -> None:
    st.session_state[_DRAFTS] = {**st.session_state.get(_DRAFTS, {}), current_assessed()[0]: now}


def do(*edits: Edit) -> None:
    """Add edits, if the city with them is a possible one; SettingError if not."""
    now = draft()
    changed_city((*now.edits, *edits))
    _set(replace(now, edits=(*now.edits, *edits), undone=()))


def change_edit(number: int, change: Callable[[Edit], Edit | None]) -> None:
    """Another edit in the place of one (None takes it out). SettingError if the rest cannot stand so."""
    now = draft()
    new = change(now.edits[number])
    edits = (*now.edits[:number], *(() if new is None else (new,)), *now.edits[number + 1 :])
    changed_city(edits)
    _set(replace(now, edits=edits, undone=()))


def undo() -> None:
    """Take the last edit back."""
    now = draft()
    if now.edits:
        _set(replace(now, edits=now.edits[:-1], undone=(*now.undone, now.edits[-1])))


def redo() -> None:
    """Make the edit again that was undone last."""
    now = draft()
    if now.undone:
        _set(replace(now, edits=(*now.edits, now.undone[-1]), undone=now.undone[:-1]))


def begin_anew(edits: Sequence[Edit] = (), name: str = "") -> None:
    """Another list of edits in place of this one."""
    _set(Draft(tuple(edits), (), name))


def name_draft(name: str) -> None:
    """The name that the draft is stored under."""
    _set(replace(draft(), name=name))


def opening(place: tuple[float, float], tier: str, name: str) -> Open:
    """A new facility at a place (lon, lat in degrees), under a number that is free."""
    taken = set(current_assessed()[1].inputs.study.facilities.frame["facility_id"])
    taken |= {edit.facility_id for edit in draft().edits if isinstance(edit, Open)}
    numbers = (NUMBER.format(i) for i in range(1, len(taken) + 2))
    number = next(one for one in numbers if one not in taken)
    return Open(number, name, tier, *metres(place))


def metres(place: tuple[float, float]) -> tuple[float, float]:
    """A place (lon, lat in degrees) in the metric CRS of the city in use."""
    import numpy as np

    from geo.crs import project

    ((x, y),) = project(np.array([place[0]]), np.array([place[1]]), crs()).tolist()
    return x, y


def degrees(x: float, y: float) -> tuple[float, float]:
    """The other way round."""
    import numpy as np

    from geo.crs import unproject

    lon, lat = unproject(np.array([[x, y]]), crs())
    return float(lon[0]), float(lat[0])


def store_folder() -> Path:
    """Scenarios of the demo city are kept for everybody; those on one's own files go with the session."""
    chosen = choices()
    own = chosen.city or chosen.lists or chosen.standard in chosen.own_standards
    return (session_folder() if own else cache_folder()) / "scenarios"


def stored_names() -> tuple[str, ...]:
    """Names of stored scenarios, sorted."""
    folder = store_folder()
    return scenario_names(folder) if folder.is_dir() else ()


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
    from coverage.scenario.incremental import Trail

    return Trail(current_assessed()[1].assessment)


@st.cache_resource(max_entries=6, show_spinner=False, scope="session")
def _compared(key: str, before: tuple[Edit, ...], after: tuple[Edit, ...]) -> Comparison:
    from coverage.scenario.comparison import compare

    return compare(_changed(key, before), _changed(key, after))
