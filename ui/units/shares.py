"""What one list of facilities comes to by what a share divides, and how far residents have, band by band;
who has farther to go than others: by group, settlement, old town and new, and how unequal it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.text import Sayable, Text, remarked, text
from coverage.model.share_rows import share_comparison
from reports.extra_words import people_title
from ui.shell.choices import words
from ui.shell.measured import Reading
from ui.widgets.chart import Axis, Bar, Series, bar_chart, line_chart
from ui.widgets.pick import distinct, pick, pick_rule
from ui.widgets.sections import NOTHING, answer, explained, number, sentences, share_or_dash, table
from ui.widgets.tables import exact

_MEASURES: Final = {"walk": text("minutes on foot"), "radius": text("metres in a straight line")}
_HEAD: Final = (
    text("Who"), text("Residents"), text("Median"), text("Nine in ten within"), text("Beyond the rule"),
    text("Farthest fifth to nearest"), text("Gini"),
)  # fmt: skip


def shares(reading: Reading) -> None:
    """Rules down, denominators across; the share that a rule is judged by is marked."""
    tr, found = words(), share_comparison(reading.table("denominators"), reading.standard)
    if not found.rows:
        answer(text("This standard has no rule with a distance, so there is no share to compare."))
        return
    answer(*([found.apart] if found.apart else []), *found.missing)
    rows = [
        [
            tr(row.title),
            *(
                f"{share_or_dash(share)} *" if i == row.own and share is not None else share_or_dash(share)
                for i, share in enumerate(row.shares)
            ),
        ]
        for row in found.rows
    ]
    table(text("Shares by denominator"), [text("Rule"), *found.columns], rows)
    st.caption(tr(text("An asterisk marks the share that a rule is judged by.")))
    explained(
        text("What each share is"),
        text(
            "Ground and residential land are what of them lies within reach, inside the units that the rule "
            "speaks of: in the circles, or within half a street of 30 m of the streets that are reached on "
            "foot. Water counts as ground. Compounds and communities count one each."
        ),
        text("Units, other bases and square metres stand in denominators.csv."),
    )


def bands(reading: Reading) -> None:
    """Residents by how far they have to the nearest facility: the chart, and half and nine tenths of them."""
    tr, found = words(), reading.table("travel_bands")
    quantiles = reading.table("travel_quantiles")
    if not len(found):
        answer(text("The list has no facility, so nobody has a way to one."))
        return
    titles: dict[str, Sayable] = {tier: reading.standard.tier_title(tier) for tier in found["tier"].unique()}
    left, right = st.columns(2)
    with left:
        tier = pick(
            st.selectbox, text("Nearest"), list(reversed(titles)), key="bands-tier",
            said=lambda one: tr(titles[one]),
        )  # fmt: skip
    with right:
        by = pick(
            st.segmented_control, text("Measure"), list(_MEASURES), key="bands-by",
            said=lambda one: tr(_MEASURES[one]),
        )  # fmt: skip
    of_all = (found["tier"] == tier) & (found["by"] == by) & (found["group"] == "all")
    city = found[of_all & (found["level"] == "city")].to_dict("records")
    whole = sum(row["residents"] for row in city) or 1.0
    half = quantiles[
        (quantiles["tier"] == tier) & (quantiles["by"] == by) & (quantiles["level"] != "community")
    ]
    answer(_half(half[(half["level"] == "city") & (half["group"] == "all")], by, titles[tier]))
    drawn = [Bar(_band(row, by), row["residents"] / whole, _counted(row["residents"], whole)) for row in city]
    bar_chart(text("Residents by how far they have"), drawn)
    shown = half[(half["group"] == "all") & (half["level"] != "city")]
    if len(shown):
        with st.expander(tr(text("Unit by unit"))):
            table(
                text("Half and nine tenths of the residents, by unit"),
                [text("Unit"), text("Residents"), text("Half within"), text("Nine in ten within")],
                [
                    [row["name"], exact(row["residents"]), _way(row["median"], by), _way(row["p90"], by)]
                    for row in shown.to_dict("records")
                ],
            )


def _counted(residents: float, whole: float) -> str:
    return words()(remarked(share_or_dash(residents / whole), exact(residents)))


def _band(row: dict[Any, Any], by: str) -> Text:
    low, high = row["low"], row["high"]
    if low != low:
        return text("cannot be reached")
    if high != high:
        return text("over {low:,g} min", low=low) if by == "walk" else text("over {low:,g} m", low=low)
    if by == "walk":
        return text("{low:g}–{high:g} min", low=low, high=high)
    return text("{low:,g}–{high:,g} m", low=low, high=high)


def _half(city: pd.DataFrame, by: str, tier: Sayable) -> Text:
    if not len(city):
        return text("Nobody lives here.")
    row = city.iloc[0]
    return text(
        "Half of the residents have at most {median} to the nearest {tier}, nine in ten at most {p90}.",
        median=_way(row["median"], by),
        p90=_way(row["p90"], by),
        tier=tier,
    )


def _way(figure: float, by: str) -> str:
    if figure != figure or figure == float("inf"):
        return NOTHING if figure != figure else words()(text("cannot be reached"))
    unit = text("{figure} min", figure=number(figure, 1)) if by == "walk" else text("{m:,.0f} m", m=figure)
    return words()(unit)


def equity(reading: Reading) -> None:
    """One rule: statements, the table by group, the Lorenz curve, and old town against new."""
    rules = distinct(reading.table("equity"), "rule")
    if not rules:
        answer(text("This standard has no rule with a distance, so distances cannot be compared."))
        return
    wanted = (reading.document.get("equity") or {}).get("rule")
    rule = pick_rule(reading.standard, rules, key="equity-rule", first=wanted)
    # Which districts are the old town; none are at first, since only the city can say.
    league = reading.table("league")
    districts = league[league["level"] == "district"] if len(league) else league
    if len(districts) < 2:
        old = []
    else:
        names = dict(zip(districts["unit_id"], districts["name"], strict=True))
        label = words()(text("Districts of the old town (all others are the new town)"))
        nobody = words()(text("none chosen"))
        old = st.multiselect(
            label, list(names), format_func=names.__getitem__, key="old-town", placeholder=nobody
        )
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
        _metres_and_minutes(row["median_m"], row["median_min"]),
        _metres_and_minutes(row["p90_m"], row["p90_min"]),
        share_or_dash(row["share_beyond"]),
        number(row["worst_to_best"], 1),
        number(row["gini"], 2),
    ]


def _metres_and_minutes(metres: float, minutes: float) -> str:
    if metres == float("inf"):
        return words()(text("cannot be reached"))
    return words()(text("{metres:,.0f} m ({minutes:.0f} min)", metres=metres, minutes=minutes))
