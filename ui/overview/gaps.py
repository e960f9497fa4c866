"""The largest gaps of a rule the user chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from core.text import text
from ui.overview.gap_parts import split
from ui.shell.choices import bound, choices, choose, words
from ui.shell.compute import View
from ui.widgets.numbers import exact
from ui.widgets.tables import small_table

MOST_GAPS: Final = 10


def gaps(view: View) -> None:
    """The ten gaps with most residents; where they are and how far the nearest facility is."""
    tr = words()
    st.subheader(tr(text("Largest gaps")), anchor=False)
    rules = list(dict.fromkeys(gap["rule"] for gap in view.document["gaps"]))
    if not rules:
        st.success(tr(text("No rule leaves a gap.")))
        return
    if choices().gap_rule not in rules:
        choose(gap_rule=max(rules, key=lambda rule: _missed(view, rule)))
    standard = view.standard
    st.selectbox(
        tr(text("Rule")),
        rules,
        format_func=lambda rule: tr(standard.rule_title(standard.rule(rule))),
        **bound("gap_rule"),
    )
    found = [gap for gap in view.document["gaps"] if gap["rule"] == choices().gap_rule]
    st.html(_table(found[:MOST_GAPS]))
    split(choices().gap_rule, found[:MOST_GAPS])
    if len(found) > MOST_GAPS:
        st.caption(
            tr(
                text(
                    "{count} {count:gap|gaps} in all; the others are on the map and in the report.",
                    count=len(found),
                )
            )
        )


def _missed(view: View, rule_id: str) -> tuple[bool, float]:
    """Radius before walking, then most residents: as the map begins."""
    row = next(row for row in view.document["rules"] if row["id"] == rule_id)
    return row["check"] == "radius", row["residents"] - row["residents_met"]


def _table(found: list[Mapping[str, Any]]) -> str:
    tr = words()
    elderly = any("residents_elderly" in gap for gap in found)
    head = [text("No."), text("Residents"), *([text("Elderly")] if elderly else [])]
    head += [text("Where"), text("Half have at most to the nearest"), text("One at the best point serves")]
    return small_table([tr(title) for title in head], [_row(gap, elderly=elderly) for gap in found])


def _row(gap: Mapping[str, Any], *, elderly: bool) -> list[str]:
    tr = words()
    metres = gap["nearest_m"]
    far = tr(text("cannot be reached")) if metres is None else tr(text("{metres:,.0f} m", metres=metres))
    old = [exact(gap["residents_elderly"])] if elderly else []
    served = exact(gap["site"]["residents"]) if gap.get("site") else "–"
    return [str(gap["rank"]), exact(gap["residents"]), *old, gap["unit"] or "–", far, served]
