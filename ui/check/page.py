"""Upload a list: what is accepted, what goes back and why, what is to be decided, the result with it."""

from __future__ import annotations

from core.text import text
from ui.check.checking import checked
from ui.check.findings import counts
from ui.check.help import explain_lists
from ui.check.places import proposals_line
from ui.check.steps import take_step
from ui.check.system import system_line
from ui.check.upload import ask_for_lists
from ui.check.use import offer_result, take_away
from ui.widgets.sections import page_heading

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
    take_step(done)
    offer_result(done)
    take_away(done)
