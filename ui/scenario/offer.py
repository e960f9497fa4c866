"""From any place on another page into *What if*: a facility is opened there, and the page is shown."""

from __future__ import annotations

import streamlit as st

from core.text import text
from coverage.model.edits import Open
from coverage.model.standard import ANY_TIER, Rule, Standard

TRY = text("What if")
_SAME_M = 0.5


def open_there(place: tuple[float, float], tier: str) -> None:
    """Open a facility at a place (lon, lat in degrees) in the draft, once, and go to it."""
    # The engine behind these is heavy, and the first view has no need of it.
    from ui.scenario.ask import new_name
    from ui.scenario.state import do, draft, opening

    edit = opening(place, tier, new_name())
    if not any(_is_same(edit, other) for other in draft().edits):
        do(edit)
    st.switch_page("ui/scenario/page.py")


def tier_for(rule: Rule, standard: Standard) -> str:
    """The kind of facility that a gap of a rule lacks: the rule's own, else the first that serves."""
    if rule.tier != ANY_TIER:
        return rule.tier
    return next((tier for tier in reversed(standard.tiers) if tier in rule.serves), standard.tiers[-1])


def _is_same(one: Open, other: object) -> bool:
    if not isinstance(other, Open) or other.tier != one.tier:
        return False
    return abs(one.x - other.x) < _SAME_M and abs(one.y - other.y) < _SAME_M
