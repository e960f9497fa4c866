"""The verdict table and the map, side by side or one of them alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from core.text import text
from ui.overview.verdict_table import verdict_table
from ui.shell.choices import bound, choices, words
from ui.shell.compute import View, current_map
from ui.widgets.goto import Spot, places_list, said_line, skip_map

_VIEWS: Final = {"both": text("Table and map"), "map": text("Large map"), "table": text("Table")}
_HEIGHT: Final = {"both": 452, "map": 460}


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
            city_map(view, _HEIGHT[shown])
    elif shown == "map":
        city_map(view, _HEIGHT[shown])
    else:
        st.html(f'<div class="alone">{verdict_table(view)}</div>')


def city_map(view: View, height: int) -> None:
    """The exported map, which may be passed by, and its facilities as a list for a keyboard."""
    title = words()(text("Map of {city}", city=view.document["area"]["name"]))
    skip_map(lambda: st.iframe(current_map(view), height=height, alt=title))
    said_line()
    places_list(text("Facilities on the map"), _facilities(str(view.folder), choices().language))


@st.cache_resource(max_entries=8, show_spinner=False)
def _facilities(folder: str, _language: str) -> dict[str, Spot]:
    from data.files import read_csv

    table = read_csv(Path(folder) / "facilities.csv", ("facility_id", "name", "tier"))
    return {
        f"{row['name']} ({row['facility_id']})": Spot(float(row["lon"]), float(row["lat"]), row["name"])
        for row in table.sort_values("name", kind="stable").to_dict("records")
        if row["lon"] == row["lon"]
    }
