"""The verdict table and the map, side by side or one of them alone."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.text import text
from ui.overview.verdict_table import verdict_table
from ui.shell.choices import bound, choices, words
from ui.shell.compute import View, current_map

_VIEWS: Final = {"both": text("Table and map"), "map": text("Large map"), "table": text("Table")}
_HEIGHT: Final = {"both": 516, "map": 528}


def choose_view() -> None:
    """How table and map share the page."""
    tr = words()
    st.segmented_control(
        tr(text("View")),
        list(_VIEWS),
        format_func=lambda option: tr(_VIEWS[option]),
        required=True,
        label_visibility="collapsed",
        **bound("view"),
    )


def table_and_map(view: View) -> None:
    """As the choice `view` says."""
    shown = choices().view
    if shown == "both":
        left, right = st.columns([0.52, 0.48], gap="small")
        with left:
            st.html(verdict_table(view))
        with right:
            _map(view, _HEIGHT[shown])
    elif shown == "map":
        _map(view, _HEIGHT[shown])
    else:
        st.html(f'<div class="alone">{verdict_table(view)}</div>')


def _map(view: View, height: int) -> None:
    title = words()(text("Map of {city}", city=view.document["area"]["name"]))
    st.iframe(current_map(view), height=height, alt=title)
