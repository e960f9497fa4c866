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
from ui.shell.gate import Gate
from ui.shell.session import open_session, write_session
from ui.shell.sweeper import start_sweeper
from ui.shell.who import acts_as, is_signed_way, sees_the_city


def show() -> None:
    """The page that the address names, and what stands around it."""
    frame.configure()
    with told():
        if (who := frame.visitor_here()) is None:
            return
    with told():
        frame.open_address(who)
    with told():
        open_session(who.name or "")
    with st.sidebar, told():
        frame.choose_language()
    is_office_only = is_signed_way() and not sees_the_city(acts_as(who.name or ""))
    page = st.navigation(_own_pages() if is_office_only else _pages(), position="top")
    frame.title(page.title)
    with st.sidebar, told():
        frame.signed_in(who)
        if not is_office_only:
            frame.choose_standard()
            frame.in_use()
            frame.own_standard()
            if is_signed_way():
                frame.share_view(who.name or "")
        frame.this_session()
    with told():
        page.run()
    with told():
        write_session()


def _pages() -> list[st.Page]:
    tr = words()
    # The first page is served at the root alone: who asks for /overview is sent there.
    overview = st.Page("ui/overview/page.py", title=tr(text("Overview")), url_path="start", default=True)
    return [
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
    ]


def _own_pages() -> list[st.Page]:
    """Of somebody who is an office and nothing else."""
    title = words()(text("My office's list"))
    return [st.Page("ui/office/page.py", title=title, url_path="office", default=True)]


if __name__ == "__main__":
    show()
else:
    stay_guarded()
    start_sweeper()
    app = st.App(__file__, middleware=[Middleware(Gate, frame.settings_or_exit()), Middleware(Front)])
