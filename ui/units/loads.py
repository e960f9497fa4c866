"""How many residents go to each facility, and how many places are within reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.text import Sayable, Text, text, text_from_json
from coverage.model.standard import Check
from reports.extra_words import METHODS, WITHIN
from ui.shell.choices import words
from ui.shell.measured import Reading, title_of_rule
from ui.widgets.numbers import exact
from ui.widgets.pick import pick, pick_rule
from ui.widgets.sections import answer, explained, number, share_or_dash, table

_HEAD: Final = (text("Facility"), text("Residents"), text("Allowed"), text("Finding"))
_SUPPLY_HEAD: Final = (
    text("Unit name"), text("People"), text("Places per 1,000 within reach"),
    text("Have the figure within reach"),
    text("Share"),
)  # fmt: skip
_ORDER: Final = ("over", "under", "within")
_MANNERS: Final = {
    "nearest": text("to the nearest"),
    "capacity": text("to the nearest with room"),
    "distance": text("the nearer the more"),
}


def loads(reading: Reading) -> None:
    """Residents a facility for one load rule; over-served first."""
    tr = words()
    rules = [rule.id for rule in reading.standard.rules if rule.check is Check.LOAD]
    if not rules:
        answer(text("This standard has no rule on residents per facility."))
        return
    left, right = st.columns([0.6, 0.4])
    rule = pick_rule(reading.standard, rules, key="load-rule", box=left)
    manner = pick(
        right.selectbox, text("Residents go"), list(_MANNERS), key="load-manner",
        said=lambda m: tr(_MANNERS[m]),
    )  # fmt: skip
    from jobs.assess.loads import loads_of

    with st.spinner(tr(text("Sending residents to facilities …"))):
        found = loads_of(reading.assessed(), rule, manner)
    _show(found.table, found.without, found.residents)
    if manner != "nearest":
        st.caption(tr(text(
            "The verdict is by the nearest facility; this is what it would be if residents went {how}. "
            "Nobody walks farther than {limit:,.0f} m.", how=_MANNERS[manner], limit=found.limit_m,
        )))  # fmt: skip


def _show(found: pd.DataFrame, without: float, residents: float) -> None:
    counts = found["within"].value_counts().to_dict()
    answer(
        text(
            "{within} of {count} {count:facility|facilities} {within:serves|serve} as many residents as the "
            "band allows; {over} too many, {under} too few.",
            within=counts.get("within", 0),
            count=len(found),
            over=counts.get("over", 0),
            under=counts.get("under", 0),
        ),
        text(
            "{without:,.0f} of {all:,.0f} {all:resident|residents} {without:has|have} none to go to.",
            without=without,
            all=residents,
        ),
    )
    order = {word: place for place, word in enumerate(_ORDER)}
    rows = sorted(
        found.to_dict("records"), key=lambda row: (order[row["within"]], -abs(_outside(row)), row["name"])
    )
    findings = {"over": text("{residents:,.0f} too many"), "under": text("{residents:,.0f} too few")}
    table(
        text("Residents per facility"),
        _HEAD,
        [
            [
                row["name"],
                exact(row["residents"]),
                f"{row['low']:,.0f}–{row['high']:,.0f}",
                words()(
                    Text(findings[row["within"]].template, {"residents": _outside(row)})
                    if row["within"] in findings
                    else WITHIN["within"]
                ),
            ]
            for row in rows
        ],
    )


def _outside(row: Mapping[Any, Any]) -> float:
    """Residents beyond the band, above or below."""
    return max(float(row["residents"] - row["high"]), float(row["low"] - row["residents"]), 0.0)


def supply(reading: Reading) -> None:
    """Places per 1,000 people: by district as the rule has it, and as supply within reach."""
    tr = words()
    rules = [row for row in reading.document["rules"] if row["check"] == "ratio"]
    if not rules:
        answer(text("This standard has no rule on places per 1,000 residents."))
        return
    for row in rules:
        if row["verdict"] is None:
            reason = text_from_json(row["reason"]) if row.get("reason") else text("cannot be judged")
            answer(title_of_rule(reading.standard, row["id"]), reason)
    found = reading.also("supply").tables["supply"]
    if not len(found):
        return
    method = pick(
        st.radio, text("Within reach, counted"), list(METHODS), key="supply-method",
        said=lambda option: tr(METHODS[option]),
    )  # fmt: skip
    shown = found[found["method"] == method]
    answer(*_supply_answers(reading, shown))
    levels = [level for level in dict.fromkeys(shown["level"]) if level]
    districts = shown[shown["level"] == levels[0]] if levels else shown
    table(text("Reachable supply"), _SUPPLY_HEAD, [_supply_row(row) for row in districts.to_dict("records")])
    explained(
        text("How reachable supply is counted"),
        text(
            "Every facility's places are divided by the people who can reach it, the far ones counting less; "
            "every cell adds up what is within its reach. The plain method counts everybody within 30 "
            "minutes alike (Luo and Wang 2003); the enhanced one in zones of 10, 20 and 30 minutes with the "
            "weights 1, 0.68 and 0.22 (Luo and Qi 2009)."
        ),
    )


def _supply_answers(reading: Reading, shown: pd.DataFrame) -> list[Sayable]:
    city = shown[shown["unit_id"] == ""].iloc[0]
    row = next(row for row in reading.document["rules"] if row["id"] == city["rule"])
    return [
        text(
            "The city has {actual:.1f} places per 1,000, the rule asks for {figure:g}; {met} of {count} "
            "districts reach it.",
            actual=row["actual"],
            figure=row["figure"],
            met=row["units_met"],
            count=row["units"],
        ),
        text(
            "Within walking reach, {met:,.0f} of {people:,.0f} people ({share:.1%}) have that many.",
            met=city["people_met"],
            people=city["people"],
            share=city["share"],
        ),
    ]


def _supply_row(row: Mapping[Any, Any]) -> list[str]:
    people = exact(row["people"]), number(row["per_1000"], 1), exact(row["people_met"])
    return [row["name"] or words()(text("Whole city")), *people, share_or_dash(row["share"])]
