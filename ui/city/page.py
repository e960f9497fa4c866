"""A city of the user's own: residents, streets, units and lists, as files."""

from __future__ import annotations

import streamlit as st

from core.text import text
from ui.city.form import city_form, command
from ui.shell.choices import words
from ui.widgets.sections import page_heading

page_heading(
    text("Your own city"),
    text("Residents, streets and lists are needed; with units, communities and streets are judged too."),
    compares=False,
)
city_form()
with st.expander(
    words()(text("Larger than the upload limit of {mb} MB?", mb=st.get_option("server.maxUploadSize")))
):
    command()
