"""Who looks at this page, under each of the ways in which the server is told."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import streamlit as st

from core.text import Text, text
from jobs.collect.permissions import ADMIN, PLANNER, READER, Actor, actor
from jobs.sign_in.ways import ACCOUNTS, ALONE, OIDC, PROXY, sign_in_settings
from ui.shell.gate import is_somebody, person_of, the_store


@dataclass(frozen=True)
class Visitor:
    """`name` acts in the store ("" is the local user); None may not, and `why` says so."""

    name: str | None
    why: Text | None = None


_ELSEWHERE = text(
    "This page has no sign-in as it runs now, so it is only for the computer that runs it. There, or on its "
    "command line (submit, preview, review), lists can be collected."
)


def visitor() -> Visitor:
    """Who this is, asked anew in every run: a session may have been ended meanwhile."""
    settings = sign_in_settings()
    if settings.way == ALONE:
        return Visitor("") if is_this_computer() else Visitor(None, _ELSEWHERE)
    if settings.way == PROXY:
        # The gate has let through only what the proxy sends with one name.
        name = str(st.context.headers.get(settings.header, "")).strip()
    else:
        name = person_of(st.context.cookies.to_dict(), settings) or ""
    if not name:
        return Visitor(None, text("Your session has ended. Please sign in again."))
    if not is_somebody(name):
        return Visitor(None, text("{name} has no role here. Ask an administrator.", name=name))
    return Visitor(name)


def is_signed_way() -> bool:
    """Whether people sign in here, or are named by a proxy."""
    return sign_in_settings().way != ALONE


def has_accounts() -> bool:
    return sign_in_settings().way == ACCOUNTS


def has_way_out() -> bool:
    """Whether signing out is this server's to do."""
    return sign_in_settings().way in (ACCOUNTS, OIDC)


def acts_as(name: str) -> Actor:
    """The roles of who looks at the page."""
    return actor(the_store(), name) if name else Actor("", frozenset({ADMIN}), is_local=True)


def sees_the_city(who: Actor) -> bool:
    """Whether they see more than their own office's list."""
    return bool(who.roles & {ADMIN, PLANNER, READER})


def is_this_computer() -> bool:
    """Whether the page is opened on the computer that runs it, not through a proxy."""
    address, headers = st.context.ip_address, st.context.headers
    if any(name in headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")):
        return False
    try:
        return address is None or ipaddress.ip_address(str(address).partition("%")[0]).is_loopback
    except ValueError:
        return False
