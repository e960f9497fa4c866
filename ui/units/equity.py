"""Who has farther to go than others: by group, settlement, old town and new, and how unequal it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from core.text import Sayable, text
from reports.extra_words import people_title
from ui.shell.choices import words
from ui.shell.measured import Reading
from ui.widgets.chart import Axis, Series, line_chart
from ui.widgets.numbers import exact
from ui.widgets.pick import distinct, pick_rule
from ui.widgets.sections import answer, number, sentences, share_or_dash, table

_HEAD: Final = (
    text("Who"), text("Residents"), text("Median"), text("Nine in ten within"), text("Beyond the rule"),
    text("Farthest fifth to nearest"), text("Gini"),
)  # fmt: skip


def equity(reading: Reading) -> None:
    """One rule: statements, the table by group, the Lorenz curve, and old town against new."""
    rules = distinct(reading.table("equity"), "rule")
    if not rules:
        answer(text("This standard has no rule with a distance, so distances cannot be compared."))
        return
    wanted = (reading.document.get("equity") or {}).get("rule")
    rule = pick_rule(reading.standard, rules, key="equity-rule", first=wanted)
    old = _ask_for_old_town(reading)
    rows, said = _rows(reading, rule, old)
    answer(*said[:2])
    if len(said) > 2:
        sentences(said[2:])
    table(text("Distances by group"), _HEAD, [_row(row) for row in rows])
    found = reading.table("lorenz")
    curve = found[found["rule"] == rule]
    if not len(curve):
        return
    with st.expander(words()(text("Lorenz curve: how the metres are shared out"))):
        title = text("Lorenz curve, Gini coefficient {gini:.2f}", gini=rows[0]["gini"])
        lines = (
            Series(
                title, list(zip(curve["share_people"].tolist(), curve["share_metres"].tolist(), strict=True))
            ),
            Series(text("equally far for all"), [(0.0, 0.0), (1.0, 1.0)]),
        )
        across = Axis(text("Share of residents"), ".0%", 0.0, 1.0)
        line_chart(title, lines, across, Axis(text("Share of all metres"), ".0%", 0.0, 1.0))
        st.caption(words()(text(
            "Residents who can reach a facility, those with the shortest way first. The farther the line "
            "lies below the diagonal, the more unequal the ways."
        )))  # fmt: skip


def _ask_for_old_town(reading: Reading) -> list[str]:
    """Which districts are the old town; none are at first, since only the city can say."""
    league = reading.table("league")
    districts = league[league["level"] == "district"] if len(league) else league
    if len(districts) < 2:
        return []
    names = dict(zip(districts["unit_id"], districts["name"], strict=True))
    label = words()(text("Districts of the old town (all others are the new town)"))
    nobody = words()(text("none chosen"))
    return st.multiselect(
        label, list(names), format_func=names.__getitem__, key="old-town", placeholder=nobody
    )


def _rows(reading: Reading, rule: str, old: Sequence[str]) -> tuple[list[dict[Any, Any]], Sequence[Sayable]]:
    """Rows of equity.csv and the sentences on them; with an old town they are computed here and now."""
    from jobs.assess.readings import old_and_new

    found, said = old_and_new(reading.assessed(), rule, old)
    from coverage.publish.measures import equity_table

    return equity_table([found]).to_dict("records"), said


def _row(row: dict[Any, Any]) -> list[str]:
    tr = words()
    return [
        tr(people_title(row["kind"], row["id"])),
        exact(row["residents"]),
        _way(row["median_m"], row["median_min"]),
        _way(row["p90_m"], row["p90_min"]),
        share_or_dash(row["share_beyond"]),
        number(row["worst_to_best"], 1),
        number(row["gini"], 2),
    ]


def _way(metres: float, minutes: float) -> str:
    if metres == float("inf"):
        return words()(text("cannot be reached"))
    return words()(text("{metres:,.0f} m ({minutes:.0f} min)", metres=metres, minutes=minutes))
