"""Which kinds of service every community has: a heat table of streets, then of communities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core.text import Sayable, text
from reports.extra_words import kind_title, kinds_in
from ui.shell.choices import words
from ui.shell.measured import Reading
from ui.shell.safe import in_html
from ui.widgets.numbers import exact
from ui.widgets.pick import pick
from ui.widgets.sections import answer

# From none to all: light to dark, readable on either.
_HEAT: Final = ((247, 222, 200), (214, 227, 234), (27, 108, 168))


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
    answer(*_answers(found, kinds, titles))
    above = _with_parents(found, reading)
    st.html(_by_parent(above, kinds, titles))
    streets = [name for name in above["parent"].unique() if name]
    if streets:
        with st.expander(tr(text("Community by community"))):
            street = pick(st.selectbox, text("Street or town"), streets, key="services-street", said=str)
            st.html(_by_community(above[above["parent"] == street], kinds, titles))


def _answers(found: pd.DataFrame, kinds: Sequence[str], titles: Sequence[Sayable]) -> list[Sayable]:
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
    return said


def kind_is_listed(kind: str) -> bool:
    """Whether a kind comes from the lists' column of services and not from the kind of facility."""
    from coverage.equity.completeness import SEVEN_KINDS

    return any(known.id == kind for known in SEVEN_KINDS)


def _with_parents(found: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """`found` with the name of the street each community belongs to."""
    units = _units(reading)
    parent = dict(zip(units["unit_id"], units["parent_id"], strict=True))
    name = dict(zip(units["unit_id"], units["name"], strict=True))
    return found.assign(parent=[name.get(parent.get(unit, ""), "") for unit in found["unit_id"]])


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
        cells = "".join(_cell(part, f"{part:.0%}") for part in shares)
        rows.append(
            (shares[-1], f'<tr><th scope="row">{in_html(street)}</th><td>{len(group)}</td>{cells}</tr>')
        )
    rows.sort(key=lambda row: row[0])
    return _heat_table(
        [text("Street or town"), text("Communities"), *titles, text("All kinds")], [row for _, row in rows]
    )


def _by_community(found: pd.DataFrame, kinds: Sequence[str], titles: Sequence[Sayable]) -> str:
    marks = [*(f"has_{kind}" for kind in kinds), "complete"]
    rows = [
        f'<tr><th scope="row">{in_html(row["name"])}</th><td>{exact(row["residents"])}</td>'
        + "".join(_cell(float(row[mark]), "✓" if row[mark] else "–") for mark in marks)
        + "</tr>"
        for row in found.to_dict("records")
    ]
    return _heat_table([text("Community or village"), text("Residents"), *titles, text("All kinds")], rows)


def _heat_table(head: Sequence[Sayable], rows: Sequence[str]) -> str:
    tr = words()
    titles = "".join(f'<th scope="col">{in_html(tr(title))}</th>' for title in head)
    label = in_html(tr(text("Kinds of service by unit")))
    return (
        f'<div class="scroll wide" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="heat"><thead>'
        f"<tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(part: float, said: str) -> str:
    low, high = (_HEAT[0], _HEAT[1]) if part <= 0.5 else (_HEAT[1], _HEAT[2])
    step = part * 2 if part <= 0.5 else part * 2 - 1
    red, green, blue = (round(a + (b - a) * step) for a, b in zip(low, high, strict=True))
    ink = "#ffffff" if part > 0.8 else "#14213d"
    return f'<td style="background:rgb({red},{green},{blue});color:{ink}">{in_html(said)}</td>'
