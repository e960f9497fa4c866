"""Who may what here: roles given and taken, and the link with which somebody sets a password."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import streamlit as st

from core.text import Text, listed, text
from data.store import Store
from data.store.accounts import Known
from jobs.collect.cities import city_document
from jobs.collect.permissions import ADMIN, OFFICE, PLANNER, READER, RoleChange, actor, change_role
from jobs.sign_in.accounts import make_link
from jobs.sign_in.people import known_people
from ui.shell.choices import words
from ui.shell.gate import base
from ui.shell.who import has_accounts
from ui.widgets.pick import pick
from ui.widgets.sections import NOTHING, answer, table

_ROLES: Final[dict[str, Text]] = {
    OFFICE: text("office"),
    PLANNER: text("planner"),
    READER: text("reader"),
    ADMIN: text("administrator"),
}
_HEAD: Final = (text("Name"), text("Roles"), text("Password"))
_LINK: Final = "people-link"


def people(store: Store, city: str, by: str) -> None:
    """Everybody by name, with what they may; admins change it."""
    tr, known = words(), known_people(store, by=by)
    if known:
        rows = [[one.name, _roles(one), tr(text("set")) if one.has_password else NOTHING] for one in known]
        table(text("People"), _HEAD, rows)
    else:
        answer(text("Nobody is named yet: whoever sits at this computer may do everything."))
    left, right = st.columns(2, gap="medium")
    if ADMIN in actor(store, by).roles:
        with left, st.expander(tr(text("Give or take a role")), expanded=not known):
            _change(store, city, by)
    if known and has_accounts():
        with right, st.expander(tr(text("Link to set a password"))):
            _link(store, known, by)


def _roles(one: Known) -> str:
    tr = words()
    said = [
        " ".join(part for part in (tr(_ROLES[role]), office) if part) for role, _city, office in one.roles
    ]
    return tr(listed(said)) or tr(text("none any more"))


def _change(store: Store, city: str, by: str) -> None:
    tr = words()
    name = st.text_input(tr(text("Name")), max_chars=60, key="people-name").strip()
    role = pick(st.selectbox, text("Role"), list(_ROLES), key="people-role", said=lambda one: tr(_ROLES[one]))
    office = ""
    if role == OFFICE:
        offices = [one["name"] for one in city_document(store, city)["offices"]]
        office = pick(st.selectbox, text("Office"), offices, key="people-office", said=str)
    left, right = st.columns(2)
    give = left.button(tr(text("Give")), type="primary", disabled=not name, width="stretch")
    if give or right.button(tr(text("Take away")), disabled=not name, width="stretch"):
        of = city if office else ""
        change_role(store, RoleChange(name, role, of, office, granted=give), by=by)
        st.rerun()


def _link(store: Store, known: tuple[Known, ...], by: str) -> None:
    """Made when it is asked for, and shown once."""
    tr = words()
    name = pick(st.selectbox, text("For whom"), [one.name for one in known], key="people-for", said=str)
    if st.button(tr(text("Make a link")), width="stretch"):
        here, word = urlsplit(str(st.context.url or "")), make_link(store, name, by=by)
        st.session_state[_LINK] = (name, f"{here.scheme}://{here.netloc}{base()}/password?link={word}")
    for_whom, link = st.session_state.get(_LINK, ("", ""))
    if for_whom == name and link:
        st.code(link, language=None, wrap_lines=True)
        st.caption(tr(text("Give it to {name} alone. It can be used once, within a week.", name=name)))
