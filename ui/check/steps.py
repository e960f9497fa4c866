"""The steps after a check: what there is to decide on or to look at, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.text import Text, text
from ui.check.checking import Checked
from ui.check.columns import columns_step
from ui.check.duplicates import twice_step
from ui.check.findings import accepted, conflicts_step, findings
from ui.check.places import places_step
from ui.check.record import record_step
from ui.check.system import system_step
from ui.shell.choices import words
from ui.widgets.pick import pick

_KEY: Final = "check-step"
_SHOWN_FOR: Final = "check-step-for"
_SHOW: Final[Mapping[str, Callable[[Checked], None]]] = {
    "system": system_step,
    "columns": columns_step,
    "places": places_step,
    "twice": twice_step,
    "conflicts": conflicts_step,
    "findings": findings,
    "accepted": accepted,
    "record": record_step,
}


@dataclass(frozen=True)
class Step:
    """`waiting` things are still to be decided on, of `count`; a step without things is left out unless
    it is `always` there. `told` marks one that needs no number."""

    id: str
    title: Text
    count: int = 0
    waiting: int = 0
    always: bool = False

    @property
    def label(self) -> str:
        said = words()(self.title)
        return f"{said} {self.count:,}" if self.count else said


def steps_of(done: Checked) -> tuple[Step, ...]:
    """The steps of a check, in the order in which they are best taken."""
    undecided = 0 if done.document["datum"]["decided"] else 1
    places, groups = done.to_locate, done.groups
    found = (
        Step("system", text("Coordinate system"), waiting=undecided, always=True),
        Step("columns", text("Columns"), always=bool(done.columns)),
        Step("places", text("To be located"), len(places), sum(place.lon is None for place in places)),
        Step("twice", text("Listed twice"), len(groups), sum(not group.decision for group in groups)),
        Step("conflicts", text("Outside their unit"), len(done.conflicts)),
        Step("findings", text("Findings"), len(done.document["findings"]), always=True),
        Step("accepted", text("Accepted rows"), always=True),
        Step("record", text("What was decided"), always=True),
    )
    return tuple(step for step in found if step.count or step.always)


def take_step(done: Checked) -> None:
    """Let the reader choose a step and show it; a new list opens at what matters first."""
    steps = {step.id: step for step in steps_of(done)}
    if st.session_state.get(_SHOWN_FOR) != done.lists.paths or st.session_state.get(_KEY) not in steps:
        undecided = steps["system"].waiting and done.document["accepted"]
        st.session_state[_KEY] = "system" if undecided else "findings"
        st.session_state[_SHOWN_FOR] = done.lists.paths
    chosen = pick(
        st.segmented_control, text("Step"), list(steps), key=_KEY,
        said=lambda option: steps[option].label + (" ●" if steps[option].waiting else ""),
    )  # fmt: skip
    _SHOW[str(chosen)](done)
