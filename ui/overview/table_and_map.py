"""The verdict table and the map, side by side or one of them alone. The table as
the city asks for it: rule, figure, actual, residents missed, verdict, responsible.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.text import listed, text
from coverage.model.standard import Check, clause_title
from coverage.model.verdict_rows import MISSED, VerdictRow, verdict_rows
from maps.palette import VERDICTS
from ui.overview.gaps import spot_of
from ui.shell.choices import bound, choices, words
from ui.shell.compute import View, current_map
from ui.shell.safe import in_html
from ui.widgets.beside import beside_a_map
from ui.widgets.goto import Spot, place_button, places_list, said_line, skip_map
from ui.widgets.tables import exact, share

_VIEWS: Final = {"both": text("Table and map"), "map": text("Large map"), "table": text("Table")}
_LIMITS_PX: Final = 48
_HEIGHT: Final = {"both": 448, "map": 460}
_MARKS: Final = {"meets": "✓", "nearly": "≈", "not": "✕", None: "–"}
_HEAD: Final = (
    text("Rule"),
    text("Figure"),
    text("Actual"),
    MISSED,
    text("Verdict"),
)
_SHOWN_UNITS: Final = 2
# A figure as short as this stays on one line.
_SHORT: Final = 10


def choose_view() -> None:
    """How table and map share the page."""
    tr = words()
    st.segmented_control(
        tr(text("View")),
        list(_VIEWS),
        format_func=lambda option: tr(_VIEWS[option]),
        required=True,
        label_visibility="collapsed",
        **bound("view"),
    )


def table_and_map(view: View) -> None:
    """As the choice `view` says."""
    shown = choices().view
    if shown == "both":
        left, right = beside_a_map([0.52, 0.48])
        with left:
            st.html(verdict_table(view))
        with right:
            # What limits the figures stands above it, and the map still ends within a screen of 768 pixels.
            city_map(view, _HEIGHT[shown] - (_LIMITS_PX if view.document.get("limits") else 0))
    elif shown == "map":
        city_map(view, _HEIGHT[shown])
    else:
        st.html(f'<div class="alone">{verdict_table(view)}</div>')


def city_map(view: View, height: int) -> None:
    """The exported map, which may be passed by, and its facilities as a list for a keyboard."""
    title = words()(text("Map of {city}", city=view.document["area"]["name"]))
    skip_map(lambda: st.iframe(current_map(view), height=height, alt=title))
    said_line()
    places_list(text("Facilities on the map"), _facilities(str(view.folder), choices().language))


@st.cache_resource(max_entries=8, show_spinner=False)
def _facilities(folder: str, _language: str) -> dict[str, Spot]:
    from data.files import read_csv

    table = read_csv(Path(folder) / "facilities.csv", ("facility_id", "name", "tier"))
    return {
        f"{row['name']} ({row['facility_id']})": Spot(float(row["lon"]), float(row["lat"]), row["name"])
        for row in table.sort_values("name", kind="stable").to_dict("records")
        if row["lon"] == row["lon"]
    }


def verdict_table(view: View) -> str:
    """The table as HTML; verdicts have a colour, a sign and a word."""
    tr = words()
    lines = verdict_rows(view.document, view.standard)
    if not lines:
        nothing = tr(text("This standard has no rule yet."))
        return f'<p class="nothing">{in_html(nothing)}</p>'
    head = "".join(f'<th scope="col">{in_html(tr(title))}</th>' for title in _HEAD)
    rows = {row["id"]: row for row in view.document["rules"]}
    largest = {gap["rule"]: gap for gap in reversed(view.document["gaps"])}
    body = "".join(_row(line, rows[line.rule.id], largest.get(line.rule.id), view) for line in lines)
    caption = in_html(tr(text("Verdicts by rule")))
    return (
        f'<div class="verdicts" tabindex="0" role="region" aria-label="{caption}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(line: VerdictRow, row: Mapping[str, Any], gap: Mapping[str, Any] | None, view: View) -> str:
    """With a button to the largest gap of the rule, where it leaves one."""
    said = words()(line.figure)
    there = place_button(words()(text("Largest gap")), spot_of(gap, view.standard)) if gap else ""
    short = ' class="short"' if len(said) <= _SHORT else ""
    shown = (in_html(said), _actual(line, row), _missed(line), f"{_verdict(line)}{there}")
    cells = "".join(
        f'<td data-title="{in_html(words()(title))}"{short if number == 0 else ""}>{cell}</td>'
        for number, (title, cell) in enumerate(zip(_HEAD[1:], shown, strict=True))
    )
    return f'<tr><th scope="row">{_rule(line)}</th>{cells}</tr>'


def _actual(line: VerdictRow, row: Mapping[str, Any]) -> str:
    """The share above n of N where the rule counts residents; else in words."""
    tr = words()
    of_residents = line.rule.check in (Check.RADIUS, Check.WALK) and line.rule.denominator == "residents"
    if not of_residents or line.verdict is None:
        return in_html(tr(line.actual))
    under = text("{met} of {all}", met=exact(row["residents_met"]), all=exact(row["residents"]))
    return f"<b>{share(row['share'])}</b>{in_html(tr(under))}"


def _missed(line: VerdictRow) -> str:
    if line.missed is None or line.rule.check not in (Check.RADIUS, Check.WALK):
        return in_html(words()(line.missed_words))
    return f"<b>{exact(line.missed)}</b>"


def _rule(line: VerdictRow) -> str:
    tr = words()
    remark = f' <span class="remark">{in_html(tr(line.remark))}</span>' if line.remark else ""
    return f"{in_html(tr(line.title))}{remark}{_responsible(line)}"


def _responsible(line: VerdictRow) -> str:
    """Clause and responsible units on one line; all of them when it is opened."""
    tr, units = words(), line.responsible
    clause = tr(clause_title(line.rule.clause)) if line.rule.clause else ""
    few = tr(listed(units[:_SHOWN_UNITS]))
    if len(units) > _SHOWN_UNITS:
        few = tr(text("{units} and {more} more", units=few, more=len(units) - _SHOWN_UNITS))
    said = tr(text("responsible: {units}", units=few)) if units else ""
    short = " · ".join(part for part in (clause, said) if part)
    if len(units) <= _SHOWN_UNITS and not line.rule.wording:
        return f'<div class="responsible">{in_html(short)}</div>'
    more = [f"<p>{in_html(tr(listed(units)))}</p>"] if units else []
    if line.rule.wording:
        more.append(f"<p>{in_html(line.rule.wording)}</p>")
    return f'<details class="responsible"><summary>{in_html(short)}</summary>{"".join(more)}</details>'


def _verdict(line: VerdictRow) -> str:
    colour = VERDICTS.get(line.verdict or "", "#4b5765")
    mark = _MARKS[line.verdict]
    word = in_html(words()(line.verdict_words))
    return f'<span class="verdict" style="color:{colour};border-color:{colour}">{mark}&nbsp;{word}</span>'
