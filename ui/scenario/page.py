"""What would change: openings, closings, moves, streets, people, figures; who gains and who loses."""

from __future__ import annotations

import streamlit as st

from core.text import text
from ui.scenario.ask import ON_THE_MAP, ask, clicked
from ui.scenario.edits import changes, drop, kept, mended, move_mended
from ui.scenario.export import export
from ui.scenario.result import (
    choose_before,
    choose_rule,
    just_clicked,
    just_dropped,
    rules_table,
    say_answer,
    show_map,
    units_table,
)
from ui.scenario.state import changed_city, compared, draft, stored
from ui.shell.choices import words
from ui.shell.compute import current_view
from ui.shell.measured import current_reading
from ui.widgets.sections import heading, style

tr = words()
style()
heading(
    text("What if"),
    text("Open, close or move facilities, build streets, let people come: who gains, who loses?"),
    current_view(),
)
reading = current_reading()
left, right = st.columns([0.3, 0.7], gap="medium")
with left:
    kind, place, dropped = str(st.session_state.get("change", "open")), just_clicked(), just_dropped()
    if dropped is not None:
        drop(*dropped)
    if place is not None and not move_mended(place) and kind in ON_THE_MAP:
        clicked(kind, place, changed_city(draft().edits))
    city = changed_city(draft().edits)
    kind = ask(city)
    changes(city)
    before_name = choose_before()
    before = stored(before_name).edits if before_name else ()
    kept()
with right:
    with st.spinner(tr(text("Comparing …"))):
        found = compared(before, draft().edits)
    rule = choose_rule(found)
    say_answer(found, rule)
    show_map(reading, found, rule, click=kind in ON_THE_MAP or mended() is not None)
rules_table(found)
units_table(found, rule)
export(before, before_name)
