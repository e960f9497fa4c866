"""A city of the user's own: residents, streets, units and lists, as files."""

from __future__ import annotations

import streamlit as st

from core.text import text
from ui.city.form import city_form, command
from ui.city.opened import open_result
from ui.shell.choices import words
from ui.widgets.sections import page_heading
from ui.widgets.uploads import MOST_MB

page_heading(
    text("Your own city"),
    text("Residents, streets and lists are needed; with units, communities and streets are judged too."),
    compares=False,
)
city_form()
with st.expander(
    words()(
        text(
            "Streets of more than {streets} MB, or another file of more than {mb} MB?",
            streets=st.get_option("server.maxUploadSize"),
            mb=MOST_MB,
        )
    )
):
    command()
with st.expander(words()(text("Open a result made on the command line"))):
    open_result()
