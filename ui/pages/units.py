"""Units side by side, and how fair it is: ranks, services, equity, loads, how sure, years."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from geo.text import Text, text
from ui.compute import current_view
from ui.measured import Reading, current_reading, elderly_switch
from ui.measuring import choose_section, heading, style
from ui.units_certainty import certainty, years
from ui.units_equity import equity
from ui.units_loads import loads, supply
from ui.units_ranks import assessment_table, ranks
from ui.units_services import services

_SECTIONS: Final[dict[str, tuple[Text, Callable[[Reading], None]]]] = {
    "ranks": (text("Ranking"), ranks),
    "table": (text("Assessment table"), assessment_table),
    "services": (text("Kinds of service"), services),
    "equity": (text("Fairness"), equity),
    "loads": (text("Residents per facility"), loads),
    "supply": (text("Places within reach"), supply),
    "certainty": (text("Certainty"), certainty),
    "years": (text("Year by year"), years),
}

style()
heading(
    text("Units and fairness"),
    text("Which units are served worst, who has farthest to go, and how sure that is."),
    current_view(),
)
left, right = st.columns([0.82, 0.18], vertical_alignment="center")
with left:
    section = choose_section(
        text("What to look at"), {key: title for key, (title, _) in _SECTIONS.items()}, key="units-section"
    )
with right:
    slow = elderly_switch()
_SECTIONS[section][1](current_reading(slow=slow))
