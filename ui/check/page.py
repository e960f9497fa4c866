"""Upload a list: what is accepted, what goes back and why, what is to be decided, the result with it."""

from __future__ import annotations

from typing import Final

from core.text import text
from ui.check.checking import checked
from ui.check.columns import columns_step
from ui.check.duplicates import twice_step
from ui.check.findings import accepted, conflicts_step, counts, findings
from ui.check.help import explain_lists
from ui.check.places import places_step, proposals_line
from ui.check.record import record_step
from ui.check.steps import take_step
from ui.check.system import system_line, system_step
from ui.check.upload import ask_for_lists
from ui.check.use import offer_result, take_away
from ui.widgets.sections import page_heading

STEPS: Final = {
    "system": system_step,
    "columns": columns_step,
    "places": places_step,
    "twice": twice_step,
    "conflicts": conflicts_step,
    "findings": findings,
    "accepted": accepted,
    "record": record_step,
}

page_heading(
    text("Check a list"),
    text(
        "Upload the list as the office sent it. Nothing is changed silently: a row is accepted, or it goes "
        "back with its cell, what is wrong and how to fix it."
    ),
)
lists = ask_for_lists()
if lists is None:
    explain_lists()
else:
    done = checked(lists)
    counts(done)
    system_line(done)
    proposals_line(done)
    take_step(done, STEPS)
    offer_result(done)
    take_away(done)
