"""Briefing: a result in every form, with what the office writes on it."""

from __future__ import annotations

import streamlit as st

from core.text import text
from ui.briefing.ask import asked
from ui.briefing.made import made
from ui.briefing.preview import preview
from ui.briefing.source import source
from ui.widgets.sections import page_heading

page_heading(
    text("Briefing"),
    text("One result in every form: slides, document, PDF, maps, workbook, GeoPackage; the same figures."),
    compares=False,
)
left, right = st.columns([0.36, 0.64])
with left:
    chosen = source()
if chosen is not None:
    with left:
        request, kinds = asked(chosen)
    with right:
        preview(request)
    with left:
        made(request, kinds)
