"""Complete communities (完整社区): how many have what, and street by street what each one lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from core.text import Sayable, text
from reports.complete import CompleteCommunities, PlaceRow, complete_communities
from reports.extra_words import NEED_STATES
from ui.shell.choices import words
from ui.shell.measured import Reading
from ui.shell.safe import in_html
from ui.units.services import heat_cell, heat_table, streets_of
from ui.widgets.pick import pick
from ui.widgets.sections import answer, explained, table
from ui.widgets.tables import exact

# How a state is coloured, from absent to met.
_SHADES: Final = {"met": 1.0, "not stated": 0.5, "too small": 0.35, "too far": 0.2, "absent": 0.0}


def complete(reading: Reading) -> None:
    """Who is complete, need by need how many are what, then the matrix of one street."""
    if not reading.standard.needs:
        answer(
            text("This standard does not say what a complete community has; “complete-community-2020” does.")
        )
        return
    found = complete_communities(
        reading.table("complete_needs"), reading.table("complete_communities"), reading.standard
    )
    if found is None:
        answer(text("Nobody lives in the communities that this is asked of."))
        return
    answer(*found.said)
    tr = words()
    head = [text("What is asked for"), text("Figure"), *NEED_STATES.values()]
    rows = [
        [tr(need.title), tr(need.figure), *(exact(need.counts[state]) for state in NEED_STATES)]
        for need in found.needs
    ]
    table(text("Communities by what they have"), head, rows)
    _matrix(found, reading)
    explained(
        text("What the words mean"),
        text(
            "Met: enough residents are within the walk of a facility that is known to be large enough "
            "(without a walk: it stands in the community). Size not stated: it would be met if the "
            "facilities whose size no list states were large enough. Too small: it would be met by "
            "facilities of any size. Too far: there is one in the community, or some residents reach one, "
            "and too few do. Absent: none of this."
        ),
    )


def _matrix(found: CompleteCommunities, reading: Reading) -> None:
    street_of = streets_of(reading)
    titles = [need.title for need in found.needs]
    streets = list(dict.fromkeys(street_of.get(place.unit_id, "") for place in found.places))
    streets = [street for street in streets if street]
    places = found.places
    if streets:
        st.html(_by_street(found, street_of, titles))
        street = pick(st.selectbox, text("Street or town"), streets, key="complete-street", said=str)
        places = tuple(place for place in places if street_of.get(place.unit_id, "") == street)
    head = [text("Community or village"), text("Residents"), *titles, text("Complete")]
    st.html(heat_table(head, [_place(place) for place in places]))


def _by_street(found: CompleteCommunities, street_of: Mapping[str, str], titles: Sequence[Sayable]) -> str:
    """Streets down, needs across: the share of a street's communities asked for it that have it."""
    groups: dict[str, list[PlaceRow]] = {}
    for place in found.places:
        groups.setdefault(street_of.get(place.unit_id, "") or "–", []).append(place)
    rows = []
    for street, places in groups.items():
        shares = []
        for i in range(len(titles)):
            asked = [place.states[i] == "met" for place in places if place.states[i]]
            shares.append(sum(asked) / len(asked) if asked else None)
        whole = sum(place.complete for place in places) / len(places)
        cells = "".join(
            "<td>–</td>" if part is None else heat_cell(part, f"{part:.0%}") for part in (*shares, whole)
        )
        first = f'<tr><th scope="row">{in_html(street)}</th><td>{len(places)}</td>'
        rows.append((whole, f"{first}{cells}</tr>"))
    rows.sort(key=lambda row: row[0])
    head = [text("Street or town"), text("Communities"), *titles, text("Complete")]
    return heat_table(head, [row for _, row in rows])


def _place(place: PlaceRow) -> str:
    say = words()
    cells = "".join(
        heat_cell(_SHADES[state], say(NEED_STATES[state])) if state else "<td>–</td>"
        for state in place.states
    )
    mark = heat_cell(1.0, "✓") if place.complete else heat_cell(0.0, "–")
    residents = exact(place.residents)
    return f'<tr><th scope="row">{in_html(place.name)}</th><td>{residents}</td>{cells}{mark}</tr>'
