"""From any place on another page into *What if*: a facility is opened there, and the page is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.text import text
from coverage.model.edits import Open
from coverage.model.standard import ANY_TIER, Rule, Standard
from ui.widgets.goto import Spot, hidden_buttons

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


def spot_of_site(site: Mapping[str, Any]) -> Spot:
    """Where a site is on the map, and whom it would serve."""
    said = text(
        "Site {rank}, {where}: {residents:,.0f} {residents:resident|residents} would be newly served.",
        rank=site["rank"],
        where=site["unit"] or "–",
        residents=site["residents_gained"],
    )
    return Spot(site["lon"], site["lat"], said)


def site_key(site: Mapping[str, Any]) -> str:
    """The key of the button that tries a site."""
    return f"try-site-{site['rank']}"


def offer_sites(sites: Sequence[Mapping[str, Any]], tier: str) -> None:
    """A button for each site that opens a facility there in *What if*; `tier` where the site names none."""
    pressed = hidden_buttons(text("Try"), [site_key(site) for site in sites])
    for site in sites:
        if pressed == site_key(site):
            open_there((site["lon"], site["lat"]), site.get("tier") or tier)
