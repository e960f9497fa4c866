"""What a plan says beside its sites: how many are worth building, existing ones, the briefing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from core.text import Text, text
from coverage.model.standard import Standard
from jobs.cache.results import archive, map_page, report
from reports import plan_words
from ui.shell.choices import choices, choose, words
from ui.shell.compute import shelf_for
from ui.siting.search import Search, finish, folder_of, place_of
from ui.widgets.chart import Axis, Series, line_chart
from ui.widgets.downloads import file_button
from ui.widgets.numbers import exact
from ui.widgets.sections import sentences, table

_MOST_SPARE: Final = 40
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def how_many(plan: Mapping[str, Any]) -> None:
    """Residents served against the number of sites, with the bound, and the price of building in order."""
    tr, points = words(), plan.get("curve_bound", [])
    if len(points) < 2:
        st.caption(tr(text("The curve is drawn for the goal “serve as many residents as possible”.")))
        return
    series = [
        Series(title, [(p["sites"], p[key]) for p in points], dots=key == "best")
        for key, title in (
            ("best", text("best found")),
            ("bound", text("at most, among the places compared")),
            ("in_order", text("built in this order")),
        )
    ]
    title = text("Residents served by number of sites")
    st.markdown(f"**{tr(title)}**")
    line_chart(title, series, Axis(text("Number of sites"), "d"), Axis(text("Residents served"), ",.0f"))
    price = plan_words.price_of_order(plan)
    if price is not None:
        sentences([price])


def existing(plan: Mapping[str, Any], standard: Standard) -> None:
    """What would be lost by removing each existing facility, the least needed first."""
    tr, rows = words(), plan.get("redundancy", [])
    said = list(plan_words.redundancy(plan, standard))
    if not said:
        st.caption(tr(text("No existing facility is counted under this rule.")))
        return
    sentences(said)
    head = (
        text("Name"),
        text("Tier"),
        text("Residents whom only it serves, by the rule of this plan"),
        text("Rules that get worse by closing it alone"),
    )
    body = [
        [
            row["name"],
            tr(standard.tier_title(row["tier"])),
            exact(row["residents_lost"]),
            tr(plan_words.worse_rules(row, standard)),
        ]
        for row in rows[:_MOST_SPARE]
    ]
    table(text("Existing facilities, least needed first"), head, body, css="tall")
    if len(rows) > _MOST_SPARE:
        st.caption(tr(text("… and {count} more in the workbook.", count=len(rows) - _MOST_SPARE)))


def briefing(search: Search) -> None:
    """The text for a briefing, with a button that copies it."""
    from reports.briefing.markdown import briefing_text

    if search.result is None:
        return
    st.code(briefing_text(search.result.results, language=choices().language), language=None, wrap_lines=True)


def take_away(search: Search) -> None:
    """Map, workbook, folder; and the way to the overview with this plan."""
    from jobs.assess.folder import with_run

    tr, language = words(), choices().language
    case, root = place_of(search)
    made: tuple[tuple[Text, str, str, Callable[..., str | bytes]], ...] = (
        (text("Map (HTML, works offline)"), "map.html", "text/html", map_page),
        (text("Report (Excel)"), "report.xlsx", _EXCEL, report),
        (text("Result folder (ZIP)"), "results.zip", "application/zip", archive),
    )
    boxes = st.columns(4)
    for box, (label, name, mime, make) in zip(boxes, made, strict=False):

        def made_of(make: Callable[..., str | bytes] = make) -> str | bytes:
            return make(folder_of(search, case, root), language=language)

        file_button(box, label, made_of, name=name, mime=mime)
    # A search that was stopped depends on when: another session asking the same would get another plan.
    if not search.stopped and boxes[3].button(tr(text("Show in the overview")), width="stretch"):
        finish(search)
        shelf = shelf_for(replace(choices(), wish=search.request, wish_is_own=True))
        if search.result is not None and shelf.find(case.key) is None:
            shelf.put(case.key, with_run(search.result, case.run()))
        choose(wish=search.request, wish_is_own=True)
        st.switch_page("ui/overview/page.py")
