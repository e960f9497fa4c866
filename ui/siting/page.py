"""Where new sites should go: goal, candidates, conditions; the plan with its reasons and its proof."""

from __future__ import annotations

import streamlit as st

from core.text import text
from ui.shell.choices import words
from ui.shell.compute import current_assessed, current_view
from ui.siting.ask import ask_request
from ui.siting.result import (
    briefing,
    choose_plan,
    existing,
    how_many,
    plan_in,
    reasons,
    say_answer,
    show_map,
    sites_table,
    take_away,
)
from ui.siting.search import begin, finish, found
from ui.widgets.beside import beside_a_map
from ui.widgets.sections import choose_section, heading, style

_SECTIONS = {
    "why": text("Why there"),
    "many": text("How many"),
    "existing": text("Existing facilities"),
    "briefing": text("Briefing text"),
}

tr = words()
view = current_view()
style()
heading(
    text("New sites"),
    text(
        "Where should the next facilities go? The answer says whom each site serves and how near it is to "
        "the best possible."
    ),
    view,
)
if not view.standard.tiers:
    st.info(tr(text("The standard names no kind of facility to suggest sites for.")))
    st.stop()
request = ask_request(view.standard)
city, done = current_assessed()
if request is not None:
    begin(city, done, request)
search = found(city)
if search is None:
    st.info(tr(text("Choose what is wanted and press “Find sites”.")))
    st.stop()
plan = plan_in(search)
say_answer(plan, view.standard)
chosen = choose_plan(plan)
left, right = beside_a_map([0.48, 0.52])
with left:
    show_map(search, done, chosen)
with right:
    sites_table(plan, chosen, view.standard)
take_away(search)
section = choose_section(_SECTIONS, key="siting-section")
if section == "why":
    reasons(plan, view.standard)
elif section == "many":
    finish(search)
    how_many(plan_in(search))
elif section == "existing":
    existing(plan, view.standard)
else:
    finish(search)
    briefing(search)
