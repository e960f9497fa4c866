"""The largest gaps of a rule the user chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from core.text import Text, text
from coverage.model.standard import Standard
from ui.overview.gap_parts import split
from ui.scenario.offer import TRY, open_there, tier_for
from ui.shell.choices import bound, choices, choose, words
from ui.shell.compute import View
from ui.widgets.goto import Spot, hidden_buttons, place_button, press_button
from ui.widgets.numbers import exact
from ui.widgets.tables import small_table

MOST_GAPS: Final = 10


def gaps(view: View) -> None:
    """The ten gaps with most residents; where they are and how far the nearest facility is."""
    tr = words()
    st.subheader(tr(text("Largest gaps")), anchor=False)
    rules = list(dict.fromkeys(gap["rule"] for gap in view.document["gaps"]))
    if not rules:
        reach = [rule for rule in view.document["rules"] if rule["check"] in ("radius", "walk")]
        judged = [rule for rule in reach if rule["verdict"] is not None]
        if judged:
            st.success(tr(text("Every radius and walk rule that could be judged covers everybody.")))
        else:
            st.caption(tr(text("No radius or walk rule could be judged, so nothing is said of gaps.")))
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
    st.html(_table(found[:MOST_GAPS], standard))
    _offer(found[:MOST_GAPS], view)
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


def _table(found: list[Mapping[str, Any]], standard: Standard) -> str:
    tr = words()
    elderly = any("residents_elderly" in gap for gap in found)
    head = [text("No."), text("Residents"), *([text("Elderly")] if elderly else [])]
    head += [text("Where"), text("Half have at most to the nearest"), text("One at the best point serves")]
    rows = [_row(gap, standard, elderly=elderly) for gap in found]
    return small_table([*(tr(title) for title in head), tr(TRY)], rows)


def _row(gap: Mapping[str, Any], standard: Standard, *, elderly: bool) -> list[object]:
    old = [exact(gap["residents_elderly"])] if elderly else []
    served = exact(gap["site"]["residents"]) if gap.get("site") else "–"
    where = gap["unit"] or "–"
    button = place_button(gap["rank"], spot_of(gap, standard))
    tried = press_button(text("Try"), _key(gap), where)
    return [button, exact(gap["residents"]), *old, where, words()(_far(gap)), served, tried]


def spot_of(gap: Mapping[str, Any], standard: Standard) -> Spot:
    """Where a gap is on the map, and who lives there."""
    rule = standard.rule_title(standard.rule(gap["rule"]))
    said = text(
        "Gap {rank}, {where}: {residents:,.0f} {residents:resident|residents} not covered by “{rule}”. "
        "Half of them have at most to the nearest: {far}.",
        rank=gap["rank"],
        where=gap["unit"] or "–",
        residents=gap["residents"],
        rule=rule,
        far=_far(gap),
    )
    return Spot(gap["lon"], gap["lat"], said, rule)


def _far(gap: Mapping[str, Any]) -> Text:
    metres = gap["nearest_m"]
    return text("cannot be reached") if metres is None else text("{metres:,.0f} m", metres=metres)


def _key(gap: Mapping[str, Any]) -> str:
    return f"try-gap-{gap['rank']}"


def _offer(found: list[Mapping[str, Any]], view: View) -> None:
    """A gap's best site, opened in *What if*."""
    pressed = hidden_buttons(text("Try"), [_key(gap) for gap in found])
    for gap in found:
        if pressed == _key(gap):
            site = gap.get("site") or gap
            rule = view.standard.rule(gap["rule"])
            open_there((site["lon"], site["lat"]), tier_for(rule, view.standard))
