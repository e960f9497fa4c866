"""What the pages on units, reach and scenarios look at: tables of the folder, and the city in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Text, text
from coverage.model.standard import Standard
from ui.shell.choices import words
from ui.shell.compute import View, current_assessed, current_view, measure_once

if TYPE_CHECKING:  # tables take a second to import
    import pandas as pd

    from jobs.assess.folder import Assessed

_WAIT: Final[Mapping[str, Text]] = {
    "elderly": text("Reading everything at the elderly walking speed …"),
    "bands": text("Drawing a hundred cities that could be …"),
    "timeline": text("Counting year by year …"),
    "supply": text("Sharing places among those who can reach them …"),
    "barriers": text("Looking for the worst barriers …"),
}


@dataclass(frozen=True)
class Reading:
    """One reading of the city: at the usual speed for all, or at the elderly speed for the elderly.

    `key` tells readings apart; `document` is as assessment.json.
    """

    key: str
    slow: bool
    view: View
    document: Mapping[str, Any]
    standard: Standard

    def table(self, name: str) -> pd.DataFrame:
        """A table that every assessment has; see `coverage.publish.measures`."""
        if self.slow:
            return _elderly(self.key).results.extras[name]
        return _folder_table(str(self.view.folder), name)

    def assessed(self) -> Assessed:
        """The city in memory, in this reading."""
        return assessed_under(self.key, slow=self.slow)

    def also(self, name: str) -> Any:
        """What takes a while, computed once: the tables and layers of `jobs.assess.optional_analyses`."""
        measure_once()
        with st.spinner(words()(_WAIT[name])):
            return _also(self.key, self.slow, name)


def current_reading(*, slow: bool = False) -> Reading:
    """The city and lists in use."""
    view = current_view()
    if not slow:
        return Reading(view.folder.name, False, view, view.document, view.standard)
    key = current_assessed()[0]
    with st.spinner(words()(_WAIT["elderly"])):
        results = _elderly(key).results
    return Reading(key, True, view, results.document, results.standard)


def elderly_switch() -> bool:
    """A switch that reads every figure at the elderly walking speed."""
    tr, standard = words(), current_view().standard
    label = text("Elderly, at {speed:g} km/h", speed=standard.walking.elderly_speed_kmh)
    told = text("Counts elderly residents only, and lets them walk at their own speed.")
    chosen: bool = st.toggle(tr(label), key="slow", help=tr(told))
    return chosen


def title_of_rule(standard: Standard, rule_id: str) -> str:
    """A rule in the reader's words."""
    return words()(standard.rule_title(standard.rule(rule_id)))


def assessed_under(key: str, *, slow: bool) -> Assessed:
    """The city in memory of the reading with this key, which must be that of this session."""
    return _elderly(key) if slow else current_assessed()[1]


@st.cache_resource(max_entries=200, show_spinner=False)
def _folder_table(folder: str, name: str) -> pd.DataFrame:
    from data.results.extras import read_extra

    table = read_extra(Path(folder), name)
    if table is None:
        raise FileNotFoundError(name)
    return table


@st.cache_resource(max_entries=2, show_spinner=False)
def _elderly(key: str) -> Assessed:  # noqa: ARG001 - what the cache keeps it under
    from jobs.assess.readings import elderly

    return elderly(current_assessed()[1])


@st.cache_resource(max_entries=12, show_spinner=False)
def _also(key: str, slow: bool, name: str) -> Any:
    from jobs.assess.optional_analyses import ALSO

    return ALSO[name][1](assessed_under(key, slow=slow))
