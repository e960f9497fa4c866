"""What communities lack to be complete (完整社区): published rows for workbook, page and briefing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.text import Sayable, Text, listed, text
from coverage.model.standard import Need, Standard, need_figure
from reports.extra_words import NEED_STATES


@dataclass(frozen=True)
class NeedRow:
    """One need: `counts` says how many of the places it is asked of are in each of `NEED_STATES`."""

    title: Sayable
    figure: Text
    counts: Mapping[str, int]


@dataclass(frozen=True)
class PlaceRow:
    """One community, or the whole area where no units were given; `states` need by need, "" where the need
    is not asked of it."""

    unit_id: str
    name: str
    residents: float
    states: tuple[str, ...]
    complete: bool


@dataclass(frozen=True)
class CompleteCommunities:
    """`said` is how many of how many are complete, and whose figures these are; `places` are in the order
    of the units."""

    said: tuple[Text, ...]
    needs: tuple[NeedRow, ...]
    places: tuple[PlaceRow, ...]


def complete_communities(
    needs: pd.DataFrame | None, units: pd.DataFrame | None, standard: Standard
) -> CompleteCommunities | None:
    """The rows of complete_needs.csv and complete_communities.csv; None where there are none."""
    if needs is None or units is None or not len(needs):
        return None
    city = units[units["level"] == "city"].to_dict("records")[0]
    whole = not city["communities"]
    asked = needs[(needs["level"] == "city") == whole]
    state_of = {(row["level"], row["unit_id"], row["need"]): row["state"] for row in asked.to_dict("records")}
    judged = units[units["needs"].notna() & ((units["level"] == "city") == whole)]
    places = tuple(_place(row, state_of, standard.needs) for row in judged.to_dict("records"))
    rows = tuple(
        NeedRow(
            need.title,
            need_figure(need),
            {state: sum(place.states[i] == state for place in places) for state in NEED_STATES},
        )
        for i, need in enumerate(standard.needs)
    )
    return CompleteCommunities((*_said(city, whole=whole), *_unlisted(needs, standard)), rows, places)


def _place(row: Mapping[Any, Any], state_of: Mapping[Any, str], needs: tuple[Need, ...]) -> PlaceRow:
    at = row["level"], row["unit_id"]
    states = tuple(state_of.get((*at, need.id), "") for need in needs)
    complete = bool(row["needs"] == row["needs_met"])
    return PlaceRow(str(row["unit_id"]), str(row["name"]), float(row["residents"]), states, complete)


def _unlisted(needs: pd.DataFrame, standard: Standard) -> Iterator[Text]:
    """Kinds that no list names: nobody knows whether there are some."""
    city = needs[needs["level"] == "city"]
    none = set(city.loc[city["facilities"] == 0, "need"])
    kinds = [need.title for need in standard.needs if need.id in none]
    if kinds:
        yield text(
            "The lists name none of these: {kinds}. They count as absent; whether there are any is not "
            "known.",
            kinds=listed(kinds),
        )


def _said(city: Mapping[Any, Any], *, whole: bool) -> tuple[Text, ...]:
    if whole:
        return (
            text(
                "No units were given: the whole area is judged as one community, which has {met} of the "
                "{asked} {asked:thing|things} asked for.",
                met=int(city["needs_met"]),
                asked=int(city["needs"]),
            ),
        )
    return (
        text(
            "Complete are {complete:,} of {communities:,} communities ({share:.1%}).",
            complete=int(city["complete"]),
            communities=int(city["communities"]),
            share=city["share"],
        ),
        text("A size that no list states counts as not met."),
    )
