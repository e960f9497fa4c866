"""Who is not served: key figures, the verdict table, the map, the gaps, suggested sites, downloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from core.text import Text, text
from coverage.model.gap_words import gap_place
from coverage.model.standard import Check, Rule, settlement_title
from coverage.model.verdict_rows import share_words, summary
from maps.palette import VERDICTS
from reports.briefing.findings import tier_words
from ui.overview.gaps import gaps
from ui.overview.plan import plan
from ui.overview.table_and_map import choose_view, table_and_map
from ui.shell.choices import choices, words
from ui.shell.compute import View, current_view
from ui.shell.safe import in_html
from ui.widgets.goto import hidden_buttons, press_button
from ui.widgets.sections import city_heading, limits, notes
from ui.widgets.tables import exact, people, share
from ui.widgets.uploads import downloads

_MOST_RULES: Final = 3


def first_sentence(view: View) -> None:
    """Who is not served, where, what to do next, and the way to one's own city."""
    gaps = {gap["rule"]: gap for gap in reversed(view.document["gaps"])}
    reach = [
        row
        for row in view.document["rules"]
        if row["check"] in (Check.RADIUS, Check.WALK) and row["verdict"] is not None
    ]
    failed = [row for row in reach if row["id"] in gaps]
    if failed:
        # The radius rule (else the walk rule) that leaves most residents, and its largest gap.
        row = max(
            failed, key=lambda one: (one["check"] == Check.RADIUS, one["residents"] - one["residents_met"])
        )
        said = text(
            "{missed:,.0f} of {all:,.0f} {who} residents are not covered by “{rule}”; the largest gap holds "
            "{gap:,.0f} of them, in {where}. Next: choose “Try” beside a gap or a suggested site to see what "
            "one there changes.",
            missed=row["residents"] - row["residents_met"],
            all=row["residents"],
            rule=view.standard.rule_title(view.standard.rule(row["id"])),
            where=gap_place(gaps[row["id"]]),
            who=settlement_title(view.standard.rule(row["id"]).settlement),
            gap=gaps[row["id"]]["residents"],
        )
    elif reach and all(row["residents_met"] >= row["residents"] for row in reach):
        said = text("Every radius and walk rule that can be judged covers all residents it speaks of.")
    else:  # none is judged, or one leaves somebody who is in no gap
        return
    own = press_button(text("How to bring your own city"), "to-own-city") if choices().city is None else ""
    st.html(f'<p class="first">{in_html(words()(said))} {own}</p>')
    if own and hidden_buttons(text("How to bring your own city"), ["to-own-city"]):
        st.switch_page("ui/city/page.py")


def key_figures(view: View) -> None:
    """One row of cards: residents, the shares served by the chief rules, how many rules are met."""
    rows = {row["id"]: row for row in view.document["rules"]}
    cards = [_residents(view.document["area"])]
    cards += [_served(view, rule, rows[rule.id]) for rule in chief_rules(view.standard.rules)]
    tr = words()
    met, nearly, failed = summary(view.document)
    counts = (("✓", met, "meets"), ("≈", nearly, "nearly"), ("✕", failed, "not"))
    big = " ".join(
        f'<span style="color:{VERDICTS[key]}">{mark}&thinsp;{count}</span>' for mark, count, key in counts
    )
    under = text("{met} met, {nearly} nearly, {failed} not met", met=met, nearly=nearly, failed=failed)
    if not view.document["rules"]:
        big, under = "–", text("The standard has no rules: nothing is judged.")
    cards.append(_card(text("Rules"), big, in_html(tr(under)), safe_value=True))
    st.html(f'<div class="cards">{"".join(cards)}</div>')


def chief_rules(rules: tuple[Rule, ...]) -> list[Rule]:
    """The first two radius rules and the longest walk to any service point (or the first walk)."""
    radius = [rule for rule in rules if rule.check is Check.RADIUS][:2]
    walks = [rule for rule in rules if rule.check is Check.WALK]
    general = [rule for rule in walks if rule.tier == "any"]
    chosen = max(general, key=lambda rule: (rule.in_metres, rule.limit)) if general else None
    return [*radius, *([chosen] if chosen else walks)][:_MOST_RULES]


def _residents(area: Mapping[str, Any]) -> str:
    tr = words()
    under = text(
        "{residents:,.0f} {residents:resident|residents} in {cells:,} {cells:cell|cells}",
        residents=area["residents"],
        cells=area["cells"],
    )
    return _card(text("Residents"), people(area["residents"], tr.language), in_html(tr(under)))


def _served(view: View, rule: Rule, row: Mapping[str, Any]) -> str:
    tr = words()
    if rule.check is Check.RADIUS:
        template = text("{tier} within {figure:,g} m")
    elif rule.in_metres:
        template = text("{tier} within {figure:,g} m on foot")
    else:
        template = text("{tier} within {figure:g} min on foot")
    title = Text(template.template, {"tier": tier_words(rule, view.standard), "figure": rule.limit})
    if row["verdict"] is None:
        return _card(title, "–", in_html(tr(text("cannot be judged"))))
    if rule.denominator != "residents":
        under = share_words(rule, row["share"], row["covered"], row["total"])
        return _card(title, share(row["share"]), in_html(tr(under)), colour=VERDICTS[row["verdict"]])
    everybody = rule.settlement == "any"
    counted = text("{met} of {all} residents") if everybody else text("{met} of {all} {who} residents")
    said = {"met": exact(row["residents_met"]), "all": exact(row["residents"])}
    under = Text(counted.template, {**said, "who": settlement_title(rule.settlement)})
    return _card(title, share(row["share"]), in_html(tr(under)), colour=VERDICTS[row["verdict"]])


def _card(title: Text, value: str, under: str, *, colour: str = "", safe_value: bool = False) -> str:
    style = f' style="color:{colour}"' if colour else ""
    shown = value if safe_value else in_html(value)
    return (
        f'<section class="card"><h2>{in_html(words()(title))}</h2>'
        f'<p class="value"{style}>{shown}</p><p class="under">{under}</p></section>'
    )


view = current_view()
left, right = st.columns([0.68, 0.32], vertical_alignment="center")
with left:
    city_heading(view)
with right:
    choose_view()
limits(view)
first_sentence(view)
key_figures(view)
table_and_map(view)
notes(view)
gaps(view)
plan(view)
downloads(view)
