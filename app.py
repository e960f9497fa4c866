"""The page: `streamlit run app.py`. Who is not served, by which rule, and where the next centre should go.

`streamlit run` finds `app` below and serves it; the server then runs this file as `__main__` for every view.
"""

from __future__ import annotations

from functools import partial

import streamlit as st
from starlette.middleware import Middleware

from core.text import text
from data.guard import stay_guarded
from ui.shell import frame
from ui.shell.choices import words
from ui.shell.frame import told
from ui.shell.front import Front
from ui.shell.session import open_session, write_session
from ui.shell.sweeper import start_sweeper


def show() -> None:
    """The page that the address names, and what stands around it."""
    frame.configure()
    open_session()
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
            st.Page("ui/briefing/page.py", title=tr(text("Briefing")), url_path="briefing"),
            st.Page("ui/check/page.py", title=tr(text("Check a list")), url_path="check"),
            st.Page("ui/city/page.py", title=tr(text("Your own city")), url_path="city"),
            st.Page("ui/collect/page.py", title=tr(text("Collect lists")), url_path="collect"),
            st.Page("ui/office/page.py", title=tr(text("My office's list")), url_path="office"),
        ],
        position="top",
    )
    frame.title(page.title)
    with st.sidebar, told():
        frame.choose_standard()
        frame.in_use()
        frame.own_standard()
        frame.this_session()
    with told():
        page.run()
    write_session()


if __name__ == "__main__":
    show()
else:
    stay_guarded()
    start_sweeper()
    app = st.App(__file__, middleware=[Middleware(Front)])
