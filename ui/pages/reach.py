"""How far one gets on foot: isochrones, radius against walking, the worst barriers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from geo.text import Text, text
from ui.compute import current_view
from ui.measured import Reading, current_reading, elderly_switch
from ui.measuring import choose_section, heading, style
from ui.reach_barriers import barriers
from ui.reach_circle import circle
from ui.reach_walk import walk

_SECTIONS: Final[dict[str, tuple[Text, Callable[[Reading], None]]]] = {
    "walk": (text("On foot from here"), walk),
    "circle": (text("Radius against walking"), circle),
    "barriers": (text("Barriers"), barriers),
}

style()
heading(
    text("Reach"),
    text("Where one gets on foot, who is near and still cannot walk there, and what stands in the way."),
    current_view(),
)
left, right = st.columns([0.82, 0.18], vertical_alignment="center")
with left:
    section = choose_section(
        text("What to look at"), {key: title for key, (title, _) in _SECTIONS.items()}, key="reach-section"
    )
with right:
    slow = elderly_switch()
_SECTIONS[section][1](current_reading(slow=slow))
