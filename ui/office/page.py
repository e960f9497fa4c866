"""What is asked of my office, my list as it stands, sending it, and what became of what I sent."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.text import text
from jobs.desk.desk import own_offices
from ui.collect.kept import acting, kept_store, take_in_demo
from ui.office.history import history
from ui.office.now import asked, own_list
from ui.office.own import Own, opened
from ui.office.send import send, tell_sent
from ui.shell.choices import words
from ui.shell.safe import in_html, in_markdown
from ui.widgets.pick import pick
from ui.widgets.sections import choose_section, style

SECTIONS: Final = {
    "asked": (text("What is asked"), asked),
    "list": (text("My list as it stands"), own_list),
    "send": (text("Check, mend and send"), send),
    "history": (text("What I have sent"), history),
}


def show() -> None:
    """The page of one office; who may open several chooses one."""
    tr = words()
    style()
    title = in_html(tr(text("My office's list")))
    about = text("Your part of the city's list: what is asked of you, what you sent, and what became of it.")
    st.html(f'<header class="heading"><h1>{title}</h1></header><p class="about">{in_html(tr(about))}</p>')
    by = acting()
    store = kept_store()
    if by is None:
        return
    known = own_offices(store, by=by) if store is not None else {}
    if store is None or not known:
        st.info(tr(text("No office's list is kept here for you yet. A planner takes the city in first.")))
        return
    left, right = st.columns(2, gap="medium")
    with left:
        city = pick(st.selectbox, text("City"), list(known), key="desk-city", said=in_markdown)
    take_in_demo(store, city)
    with right:
        office = pick(st.selectbox, text("Office"), known[city], key="desk-office", said=in_markdown)
    tell_sent()
    section = choose_section({name: title for name, (title, _) in SECTIONS.items()}, key="desk-section")
    own: Own = opened(store, city, office, by)
    SECTIONS[section][1](own)


show()
