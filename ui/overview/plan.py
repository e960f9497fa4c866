"""Where the next facilities should go: the wish, the sites, and how good they are proved to be."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any, Final

import streamlit as st

from core.text import text
from jobs.cache.case import PLAN_SECONDS
from jobs.siting.request import SitingRequest
from reports.plan.words import results
from ui.scenario.ask import TRY, offer_sites, site_key, spot_of_site
from ui.shell.choices import choices, choose, words
from ui.shell.compute import View, answer_to, case_of
from ui.shell.safe import in_markdown
from ui.widgets.goto import place_button, press_button
from ui.widgets.pick import pick
from ui.widgets.tables import exact, small_table

MOST_SITES: Final = 20
_BY: Final = {"radius": text("straight radius"), "walk": text("walking")}


def plan(view: View) -> None:
    """The form for a wish and, below it, the plan that the map shows; while sites are searched for, how far
    that is, and then the page with them."""
    tr = words()
    st.subheader(tr(text("Suggested sites")), anchor=False)
    wish = case_of(choices()).wish
    _form(view, wish)
    if wish is not None and view.plan is None and answer_to(choices()).folder != view.folder:
        st.rerun()
    if view.plan is not None:
        st.html(_table(view.plan))
        offer_sites(view.plan["sites"], view.plan["tier"])
        st.caption(in_markdown(" ".join(tr(said) for said in results(view.plan, view.standard))))
    if view.standard.tiers:
        st.page_link("ui/siting/page.py", label=tr(text("More goals, conditions and reasons")))


def _form(view: View, wish: SitingRequest | None) -> None:
    tr, tiers = words(), list(view.standard.tiers)
    if not tiers:
        st.info(tr(text("The standard names no kind of facility to suggest sites for.")))
        return
    with st.form("wish", border=False):
        tier_box, by_box, count_box = st.columns([0.36, 0.38, 0.26], vertical_alignment="bottom")
        tier = pick(
            tier_box.selectbox, text("What to build"), tiers, key="wish-tier",
            said=lambda option: tr(view.standard.tier_title(option)), first=wish.tier if wish else None,
        )  # fmt: skip
        by = pick(
            by_box.selectbox, text("Measured by"), list(_BY), key="wish-by",
            said=lambda option: tr(_BY[option]), first=wish.by if wish else None,
        )  # fmt: skip
        count = count_box.number_input(
            tr(text("Sites")), 1, MOST_SITES, wish.count if wish else 5, key="wish-count"
        )
        if st.form_submit_button(tr(text("Suggest sites")), type="primary"):
            choose(
                wish=SitingRequest(tier, int(count or 1), by=by, time_limit_s=PLAN_SECONDS), wish_is_own=True
            )
            st.rerun()


def _table(plan: Mapping[str, Any]) -> str:
    tr = words()
    head = (
        text("No."),
        text("Where"),
        text("Longitude, latitude"),
        text("Residents gained"),
        text("Newly served, running total"),
        TRY,
    )
    sites = plan["sites"]
    together = accumulate(site["residents_gained"] for site in sites)
    rows = [
        (
            place_button(site["rank"], spot_of_site(site)),
            site["unit"] or "–",
            f"{site['lon']:.5f}, {site['lat']:.5f}",
            exact(site["residents_gained"]),
            exact(total),
            press_button(text("Try"), site_key(site), site["unit"] or "–"),
        )
        for site, total in zip(sites, together, strict=True)
    ]
    return small_table([tr(title) for title in head], rows)
