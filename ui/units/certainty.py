"""How sure the shares are, which units' verdicts hang on it, and what the years brought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.text import Text, listed, text
from coverage.model.verdict_rows import VERDICT_WORDS
from reports.extra_words import bands_lines
from ui.shell.choices import words
from ui.shell.measured import Reading, title_of_rule
from ui.widgets.chart import Axis, Series, line_chart
from ui.widgets.pick import distinct, pick_level, pick_rule
from ui.widgets.sections import answer, explained, number, share_or_dash, table
from ui.widgets.tables import exact, share

_HEAD: Final = (text("Rule"), text("Share"), text("Nine draws in ten"), text("Verdict in the draws"))
_UNITS_HEAD: Final = (
    text("Unit name"), text("Rule"), text("Verdict"), text("Share"), text("Nine draws in ten"),
    text("Draws that agree"),
)  # fmt: skip
_YEARS_HEAD: Final = (
    text("Year"), text("Facilities open"), text("Residents served"), text("Share"),
    text("Planned in addition"), text("Share with the plan"),
)  # fmt: skip
_MOST_UNITS: Final = 300


def certainty(reading: Reading) -> None:
    """Bands of the shares, and the units whose verdict is not the same in every draw."""
    tr = words()
    made = reading.also("bands").tables
    bands, units = made["bands"], made["bands_units"]
    if not len(bands):
        answer(text("No rule with a distance could be judged, so there is nothing to doubt."))
        return
    answer(*_band_answers(bands, units, reading))
    table(
        text("Shares and their bands"), _HEAD, [_band_row(row, reading) for row in bands.to_dict("records")]
    )
    if len(units):
        with st.expander(tr(text("Units whose verdict flips ({count})", count=len(units)))):
            shown = pick_level(units, key="doubt-level").head(_MOST_UNITS)
            rows = [_unit_row(row, reading) for row in shown.to_dict("records")]
            table(text("Units whose verdict flips"), _UNITS_HEAD, rows)
    explained(
        text("What is drawn"),
        *bands_lines(bands, reading.standard),
        text(
            "Presence hangs on the unit the lists name, not on distances; loads would need every draw to be "
            "walked anew, and what is not drawn is not shown."
        ),
    )


def _band_answers(bands: pd.DataFrame, units: pd.DataFrame, reading: Reading) -> list[Text]:
    shown = {row["id"]: row["verdict"] for row in reading.document["rules"]}
    firm = sum(row[shown[row["rule"]]] >= 1.0 for row in bands.to_dict("records") if shown.get(row["rule"]))
    wide = bands.iloc[int((bands["high"] - bands["low"]).to_numpy().argmax())]
    return [
        text(
            "Of {count} rules with a distance, {firm} have the verdict shown in every draw; {units} verdicts "
            "on single units hang on what is not known well.",
            count=len(bands),
            firm=firm,
            units=len(units),
        ),
        text(
            "Least sure: {rule}, between {low:.1%} and {high:.1%}.",
            rule=title_of_rule(reading.standard, wide["rule"]),
            low=wide["low"],
            high=wide["high"],
        ),
    ]


def _band_row(row: Mapping[Any, Any], reading: Reading) -> list[str]:
    tr = words()
    drawn = [(row[verdict], tr(VERDICT_WORDS[verdict])) for verdict in ("meets", "nearly", "not")]
    said = tr(listed(f"{word} {part:.0%}" for part, word in drawn if part > 0))
    return [title_of_rule(reading.standard, row["rule"]), share(row["share"]), _band(row), said]


def _band(row: Mapping[Any, Any]) -> str:
    return f"{row['low']:.1%} – {row['high']:.1%}"


def _unit_row(row: Mapping[Any, Any], reading: Reading) -> list[str]:
    verdict = words()(VERDICT_WORDS[row["verdict"]])
    shown = [verdict, share_or_dash(row["share"]), _band(row), f"{row['agree']:.0%}"]
    return [row["name"], title_of_rule(reading.standard, row["rule"]), *shown]


def years(reading: Reading) -> None:
    """What the years brought: residents served with what was open, and with what is planned."""
    tr = words()
    found = reading.also("timeline").tables["timeline"]
    if not len(found):
        answer(
            text("The lists give no opening dates, so nothing can be told year by year."),
            text(
                "Add a column 建成时间 (opened), and 状态 (status) for what is planned, and check them again."
            ),
        )
        return
    rule = pick_rule(reading.standard, distinct(found, "rule"), key="years-rule")
    shown = found[found["rule"] == rule]
    answer(*_year_answers(shown))
    pairs = [
        (text("open"), "share"),
        *([(text("open and planned"), "share_planned")] if shown["planned"].max() > 0 else []),
    ]
    lines = [
        Series(word, list(zip(shown["year"], shown[key], strict=True)), dots=True) for word, key in pairs
    ]
    up = Axis(text("Share served"), ".0%", 0.0, 1.0)
    line_chart(title_of_rule(reading.standard, rule), lines, Axis(text("Year"), "d"), up)
    table(text("Year by year"), _YEARS_HEAD, [_year_row(row) for row in shown.to_dict("records")])
    st.caption(tr(text(
        "With the residents of today. Facilities without a date count in every year; planned ones without a "
        "date in the last. Closed ones are left out, since lists do not say when they closed."
    )))  # fmt: skip


def _year_answers(shown: pd.DataFrame) -> list[Text]:
    first, last = shown.iloc[0], shown.iloc[-1]
    said = [
        text(
            "From {first:.0f} to {last:.0f} the share served went from {before:.1%} to {after:.1%}.",
            first=first["year"],
            last=last["year"],
            before=first["share"],
            after=last["share"],
        )
    ]
    if last["planned"] > 0:
        said.append(
            text(
                "With the {planned:.0f} planned facilities it would be {share:.1%}.",
                planned=last["planned"],
                share=last["share_planned"],
            )
        )
    return said


def _year_row(row: Mapping[Any, Any]) -> list[str]:
    plan = [number(row["planned"]), share_or_dash(row["share_planned"])]
    counted = [exact(row["facilities"]), exact(row["residents_met"]), share_or_dash(row["share"])]
    return [f"{row['year']:.0f}", *counted, *plan]
