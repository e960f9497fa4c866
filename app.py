"""The page: `streamlit run app.py`. Who is not served, by which rule, and where the next centre should go."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.text import text
from ui.shell import frame
from ui.shell.choices import words
from ui.shell.show_errors import told

frame.configure()
with st.sidebar, told():
    frame.choose_language()
tr = words()
# The first page is served at the root alone: who asks for /overview is sent there.
overview = st.Page("ui/overview/page.py", title=tr(text("Overview")), url_path="start", default=True)
page = st.navigation(
    [
        overview,
        st.Page(
            partial(st.switch_page, overview),
            title=tr(text("Overview")),
            url_path="overview",
            visibility="hidden",
        ),
        st.Page("ui/reach/page.py", title=tr(text("Reach")), url_path="reach"),
        st.Page("ui/units/page.py", title=tr(text("Units and fairness")), url_path="units"),
        st.Page("ui/siting/page.py", title=tr(text("New sites")), url_path="siting"),
        st.Page("ui/scenario/page.py", title=tr(text("What if")), url_path="scenario"),
        st.Page("ui/check/page.py", title=tr(text("Check a list")), url_path="check"),
        st.Page("ui/city/page.py", title=tr(text("Your own city")), url_path="city"),
    ],
    position="top",
)
with st.sidebar, told():
    frame.choose_standard()
    frame.in_use()
    frame.own_standard()
with told():
    page.run()
