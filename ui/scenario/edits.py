"""The changes made so far: undo and redo, names to store them under, files to take away and bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.text import text
from data.scenarios import scenario_to_json
from ui.scenario.state import (
    begin_anew,
    changed_city,
    crs,
    draft,
    redo,
    scenario_of,
    store,
    stored,
    stored_names,
    undo,
)
from ui.scenario.words import edit_words, facility_names
from ui.shell.choices import words
from ui.shell.session import keep
from ui.widgets.safe import in_html

if TYPE_CHECKING:
    from coverage.assessment import Assessment


def changes(city: Assessment) -> None:
    """The list of changes with undo and redo."""
    tr, now = words(), draft()
    with st.container(horizontal=True):
        st.button(tr(text("Undo")), disabled=not now.edits, on_click=undo, width="stretch")
        st.button(tr(text("Redo")), disabled=not now.undone, on_click=redo, width="stretch")
        st.button(tr(text("Clear")), disabled=not now.edits, on_click=begin_anew, width="stretch")
    if not now.edits:
        st.caption(tr(text("No changes yet.")))
        return
    names = facility_names(changed_city(()).study, now.edits)
    said = (edit_words(edit, city.study, city.standard, names) for edit in now.edits)
    items = "".join(f"<li>{in_html(tr(words_of_one))}</li>" for words_of_one in said)
    st.html(f'<ol class="edits">{items}</ol>')


def kept() -> None:
    """Store by name, open a stored one, take it away as a file, bring a file."""
    tr, now = words(), draft()
    with st.expander(tr(text("Store and open"))):
        with st.form("store-scenario", border=False):
            left, right = st.columns([0.62, 0.38], vertical_alignment="bottom")
            name = left.text_input(tr(text("Name")), value=now.name, max_chars=60)
            if right.form_submit_button(tr(text("Store")), disabled=not now.edits, width="stretch"):
                store(name.strip())
                st.rerun()
        _open_stored()
        _bring()
        st.download_button(
            tr(text("Take the changes away (JSON)")),
            scenario_to_json(scenario_of(now.edits, now.name)),
            file_name="scenario.json",
            mime="application/json",
            on_click="ignore",
            disabled=not now.edits,
        )


def _open_stored() -> None:
    tr, names = words(), stored_names()
    if not names:
        return
    left, right = st.columns([0.62, 0.38], vertical_alignment="bottom")
    chosen = left.selectbox(tr(text("Stored scenarios")), names, key="stored-scenario")
    if right.button(tr(text("Open it")), width="stretch") and chosen is not None:
        begin_anew(stored(chosen).edits, chosen)
        st.rerun()


def _bring() -> None:
    """A file of changes, or of drawn lines."""
    tr = words()
    upload = st.file_uploader(
        tr(text("Bring changes (JSON) or drawn lines (GeoPackage, GeoJSON, zipped shapefile)")),
        type=["json", "gpkg", "geojson", "zip"],
        key="scenario-file",
    )
    if upload is not None and st.button(tr(text("Use this file"))):
        from jobs.scenario import read_scenario

        brought = read_scenario(keep(upload), crs())
        begin_anew((*draft().edits, *brought.edits), brought.name)
        st.rerun()
