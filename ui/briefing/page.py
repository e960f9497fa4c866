"""Briefing: the present result in every form, with what the office writes on it."""

from __future__ import annotations

import streamlit as st

from core.text import text
from ui.briefing.ask import asked
from ui.briefing.made import made
from ui.briefing.preview import preview
from ui.shell.choices import choices
from ui.shell.compute import answer_to
from ui.widgets.sections import page_heading

page_heading(
    text("Briefing"),
    text("One result in every form: slides, document, PDF, maps, workbook, GeoPackage; the same figures."),
    compares=False,
)
view = answer_to(choices())
left, right = st.columns([0.36, 0.64])
with left:
    request, kinds = asked(view)
with right:
    preview(request)
with left:
    made(request, kinds)
