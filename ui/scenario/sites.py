"""Suggested sites that can be tried in *What if*, on the overview and on the page that finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.text import text
from ui.scenario.offer import open_there
from ui.widgets.goto import Spot, hidden_buttons


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
