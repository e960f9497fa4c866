"""How far one gets on foot: isochrones, radius against walking, the worst barriers."""

from __future__ import annotations

from geo.text import text
from ui.measuring import page_of_sections
from ui.reach_barriers import barriers
from ui.reach_circle import circle
from ui.reach_walk import walk

page_of_sections(
    text("Reach"),
    text("Where one gets on foot, who is near and still cannot walk there, and what stands in the way."),
    {
        "walk": (text("On foot from here"), walk),
        "circle": (text("Radius against walking"), circle),
        "barriers": (text("Barriers"), barriers),
    },
    key="reach-section",
)
