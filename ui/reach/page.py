"""How far one gets on foot: isochrones, radius against walking, the worst barriers."""

from __future__ import annotations

from core.text import text
from ui.reach.barriers import barriers
from ui.reach.circle import circle
from ui.reach.walk import walk
from ui.widgets.sections import page_of_sections

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
