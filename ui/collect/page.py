"""Collect lists from offices, see what each would change, accept or return it; nothing is overwritten."""

from __future__ import annotations

import streamlit as st

from core.text import Text, listed, text
from ui.collect.board import board
from ui.collect.kept import acting, cities, kept_store, offer_city, take_in_demo
from ui.collect.people import people
from ui.collect.results import results
from ui.collect.reviews import reviews, versions
from ui.shell.choices import words
from ui.shell.safe import in_html, in_markdown
from ui.widgets.pick import pick
from ui.widgets.sections import choose_section, style

SECTIONS = {
    "board": (text("Board"), board),
    "review": (text("Decide"), reviews),
    "history": (text("History"), versions),
    "results": (text("Long work"), results),
    "people": (text("People and roles"), people),
}


def show() -> None:
    """The page, for who sits at the computer that runs it."""
    style()
    _heading(
        text(
            "Offices' lists are kept in a store: what each would change is seen before it is accepted, and "
            "every version stays."
        ),
    )
    by = acting()
    if by is None:
        return
    store = kept_store()
    known = cities(store, by) if store is not None else []
    if store is None or not known:
        offer_city(store, by)
        return
    city = pick(st.selectbox, text("City"), known, key="collect-city", said=in_markdown)
    take_in_demo(store, city)
    _told()
    section = choose_section({name: title for name, (title, _) in SECTIONS.items()}, key="collect-section")
    SECTIONS[section][1](store, city, by)
    offer_city(store, by)


def _heading(about: Text) -> None:
    """The page's own cities are named below it; that in use on the other pages is not spoken of here."""
    tr = words()
    title = in_html(tr(text("Collect lists")))
    st.html(f'<header class="heading"><h1>{title}</h1></header><p class="about">{in_html(tr(about))}</p>')


def _told() -> None:
    """What the last click did, now that it is on disk."""
    tr = words()
    sent = st.session_state.pop("collect-sent", None)
    if sent is not None:
        st.success(
            tr(
                text(
                    "Sent: {id}, version {version}. Of {rows} {rows:row|rows} {accepted} "
                    "{accepted:counts|count}, {refused} {refused:was|were} refused and {set_aside} set "
                    "aside.",
                    **{
                        name: sent[name]
                        for name in ("id", "version", "rows", "accepted", "refused", "set_aside")
                    },
                )
            )
        )
    decided = st.session_state.pop("collect-decided", None)
    if decided is not None:
        accepted, offices = decided
        said = text("Accepted: {offices}.") if accepted else text("Returned: {offices}.")
        st.success(in_markdown(tr(text(said.template, offices=listed(offices)))))


show()
