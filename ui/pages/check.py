"""Upload a list: what is accepted, what goes back and why, and the result with this list."""

from __future__ import annotations

import streamlit as st

from geo.text import text
from ui.checking import checked
from ui.choices import words
from ui.findings import accepted, coordinate_system, counts, findings
from ui.heading import page_heading
from ui.list_help import explain_lists
from ui.upload import ask_for_lists, offer_result, take_away

say = words()
page_heading(
    text("Check a list"),
    text(
        "Upload the list as the office sent it. Nothing is changed silently: a row is accepted, or it goes "
        "back with its cell, what is wrong and how to mend it."
    ),
)
lists = ask_for_lists()
if lists is None:
    explain_lists()
else:
    with st.spinner(say(text("Reading the lists …"))):
        done = checked(lists)
    counts(done)
    coordinate_system(done)
    offer_result(lists, done)
    listed, kept = st.tabs([say(text("Findings")), say(text("Accepted rows"))])
    with listed:
        findings(done, lists)
    with kept:
        accepted(done)
    take_away(done)
