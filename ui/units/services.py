"""Which kinds of service every community has: a heat table of streets, then of communities;
how many residents go to each facility, and how many places are within reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.text import Sayable, Text, text, text_from_json
from coverage.model.standard import Check
from reports.extra_words import METHODS, WITHIN, kind_title, kinds_in
from ui.shell.choices import words
from ui.shell.measured import Reading, title_of_rule
from ui.shell.safe import in_html
from ui.widgets.pick import pick, pick_rule
from ui.widgets.sections import answer, explained, number, share_or_dash, table
from ui.widgets.tables import exact

# From none to all: light to dark, readable on either.
_HEAT: Final = ((247, 222, 200), (214, 227, 234), (27, 108, 168))
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


def services(reading: Reading) -> None:
    """Who lacks what: the answer, the streets' heat table, and the communities of one street."""
    tr, found = words(), reading.table("completeness")
    kinds = kinds_in([str(column) for column in found.columns])
    if not len(found) or not kinds:
        answer(
            text("This city has no communities in its units file, so services cannot be set against them.")
        )
        return
    titles = [kind_title(kind, reading.standard) for kind in kinds]
    complete, count = int(found["complete"].sum()), len(found)
    have = {kind: int(found[f"has_{kind}"].sum()) for kind in kinds}
    rarest = min(kinds, key=lambda kind: have[kind])
    said: list[Sayable] = [
        text(
            "{complete} of {count} {count:community|communities} ({share:.1%}) {complete:has|have} all "
            "{kinds} {kinds:kind|kinds} of service.",
            complete=complete,
            count=count,
            share=complete / count,
            kinds=len(kinds),
        ),
        text(
            "Rarest: {kind}, in {have} of {count}.",
            kind=titles[list(kinds).index(rarest)],
            have=have[rarest],
            count=count,
        ),
    ]
    if all(not kind_is_listed(kind) for kind in kinds):
        said.append(
            text("The lists name no services, so kinds are the kinds of facility that stand for a community.")
        )
    answer(*said)
    above = _with_parents(found, reading)
    st.html(_by_parent(above, kinds, titles))
    streets = [name for name in above["parent"].unique() if name]
    if streets:
        with st.expander(tr(text("Community by community"))):
            street = pick(st.selectbox, text("Street or town"), streets, key="services-street", said=str)
            st.html(_by_community(above[above["parent"] == street], kinds, titles))


def kind_is_listed(kind: str) -> bool:
    """Whether a kind comes from the lists' column of services and not from the kind of facility."""
    from coverage.equity.completeness import SEVEN_KINDS

    return any(known.id == kind for known in SEVEN_KINDS)


def _with_parents(found: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """`found` with the name of the street each community belongs to."""
    street_of = streets_of(reading)
    return found.assign(parent=[street_of.get(unit, "") for unit in found["unit_id"]])


def streets_of(reading: Reading) -> dict[str, str]:
    """Unit → the name of the unit above it, "" where there is none."""
    units = _units(reading)
    name = dict(zip(units["unit_id"], units["name"], strict=True))
    return {
        unit: name.get(parent, "") for unit, parent in zip(units["unit_id"], units["parent_id"], strict=True)
    }


def _units(reading: Reading) -> pd.DataFrame:
    """Every unit once, of units.csv."""
    from data.files import read_csv

    texts = ("unit_id", "name", "level", "parent_id", "settlement", "rule", "verdict")
    table = read_csv(reading.view.folder / "units.csv", texts)
    return table.drop_duplicates("unit_id")


def _by_parent(found: pd.DataFrame, kinds: Sequence[str], titles: Sequence[Sayable]) -> str:
    """Streets down, kinds across: the share of a street's communities that have the kind."""
    marks = [*(f"has_{kind}" for kind in kinds), "complete"]
    groups = found.assign(parent=found["parent"].where(found["parent"] != "", "–")).groupby(
        "parent", sort=False
    )
    rows = []
    for street, group in groups:
        shares = [float(group[mark].mean()) for mark in marks]
        cells = "".join(heat_cell(part, f"{part:.0%}") for part in shares)
        rows.append(
            (shares[-1], f'<tr><th scope="row">{in_html(street)}</th><td>{len(group)}</td>{cells}</tr>')
        )
    rows.sort(key=lambda row: row[0])
    return heat_table(
        [text("Street or town"), text("Communities"), *titles, text("All kinds")], [row for _, row in rows]
    )


def _by_community(found: pd.DataFrame, kinds: Sequence[str], titles: Sequence[Sayable]) -> str:
    marks = [*(f"has_{kind}" for kind in kinds), "complete"]
    rows = [
        f'<tr><th scope="row">{in_html(row["name"])}</th><td>{exact(row["residents"])}</td>'
        + "".join(heat_cell(float(row[mark]), "✓" if row[mark] else "–") for mark in marks)
        + "</tr>"
        for row in found.to_dict("records")
    ]
    return heat_table([text("Community or village"), text("Residents"), *titles, text("All kinds")], rows)


def heat_table(head: Sequence[Sayable], rows: Sequence[str]) -> str:
    tr = words()
    titles = "".join(f'<th scope="col">{in_html(tr(title))}</th>' for title in head)
    label = in_html(tr(text("Kinds of service by unit")))
    return (
        f'<div class="scroll wide" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="heat"><thead>'
        f"<tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def heat_cell(part: float, said: str) -> str:
    low, high = (_HEAT[0], _HEAT[1]) if part <= 0.5 else (_HEAT[1], _HEAT[2])
    step = part * 2 if part <= 0.5 else part * 2 - 1
    red, green, blue = (round(a + (b - a) * step) for a, b in zip(low, high, strict=True))
    ink = "#ffffff" if part > 0.8 else "#14213d"
    return f'<td style="background:rgb({red},{green},{blue});color:{ink}">{in_html(said)}</td>'


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
