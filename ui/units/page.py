"""Units side by side, and how fair it is: ranks, services, equity, loads, how sure, years."""

from __future__ import annotations

from core.text import text
from ui.units.certainty import certainty, years
from ui.units.equity import equity
from ui.units.loads import loads, supply
from ui.units.ranks import assessment_table, ranks
from ui.units.services import services
from ui.units.shares import bands, shares
from ui.widgets.sections import page_of_sections

page_of_sections(
    text("Units and fairness"),
    text("Which units are served worst, who has farthest to go, and how sure that is."),
    {
        "ranks": (text("Ranking"), ranks),
        "table": (text("Assessment table"), assessment_table),
        "services": (text("Kinds of service"), services),
        "shares": (text("By denominator"), shares),
        "bands": (text("How far"), bands),
        "equity": (text("Fairness"), equity),
        "loads": (text("Residents per facility"), loads),
        "supply": (text("Places within reach"), supply),
        "certainty": (text("Certainty"), certainty),
        "years": (text("Year by year"), years),
    },
    key="units-section",
)
