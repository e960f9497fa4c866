"""The colouring of the cells: what changes, one rule at a time with its gaps, or walking time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.text import Text, text
from maps import palette
from maps.cards import facts_card, gap_cards
from maps.layers import Choice, Part, Studio, cells_picture, facilities_before, flags
from maps.model import MET, NOT_MET, NOT_SUBJECT, MapCells, MapModel, Words
from maps.polylines import packed_areas

_RANKS_SHOWN: Final = 10
_SAME_PLACE_DEGREES: Final = 0.0005
# Of the rules that change most, each with two pictures of the cells.
_MOST_SLID: Final = 3
# What the colours of `palette.CHANGES` mean.
CHANGE_WORDS: Final = (
    text("Served before and after"),
    text("Served only after"),
    text("Served only before"),
    text("Served neither time"),
    text("The rule does not apply"),
)


def change_layers(studio: Studio) -> Iterator[Choice]:
    """One colouring of the cells a rule; the first is shown."""
    heading = studio.voice(text("What changes: choose a rule"))
    for number, change in enumerate(studio.model.changes):
        choice = Choice(f"change_{number}", studio.voice(change.title), heading, show=number == 0)
        if studio.image is not None:
            picture = cells_picture(studio.image, change.change, palette.CHANGES, hatched=UNSPOKEN)
            Part(f"change_image_{number}", "", picture, show=True).add_to(choice)
        yield choice


# Of those the class that is hatched.
UNSPOKEN: Final = 4
# The outcome before and after for each of `palette.CHANGES`.
OUTCOME_BEFORE: Final = np.array([MET, NOT_MET, MET, NOT_MET, NOT_SUBJECT])
OUTCOME_AFTER: Final = np.array([MET, MET, NOT_MET, NOT_MET, NOT_SUBJECT])


def slide_layers(studio: Studio) -> Iterator[Choice]:
    """Before and after on either side of a line that is dragged, with both figures; the rules that change
    most."""
    model, voice, image = studio.model, studio.voice, studio.image
    heading = voice(text("Before and after: drag the line"))
    rows = {row.rule.id: row for row in model.verdicts}
    for number, change in enumerate(model.changes[:_MOST_SLID]):
        row = rows.get(change.rule)
        if image is None or row is None or row.before is None:
            continue
        choice = Choice(f"slide_{number}", voice(change.title), heading, show=False)
        sides = (
            ("before", OUTCOME_BEFORE, model.compared_with, row.before),
            ("after", OUTCOME_AFTER, model.called, row.actual),
        )
        for pane, outcome_of, title, figure in sides:
            classes = outcome_of[change.change]
            content = cells_picture(image, classes, palette.OUTCOMES, hatched=NOT_SUBJECT)
            content |= {"pane": pane, "said": f"<b>{voice(title)}</b> {voice(figure)}"}
            Part(f"slide_{pane}_{number}", "", content, show=True).add_to(choice)
        for part in facilities_before(studio, number):
            part.add_to(choice)
        yield choice


def cell_layers(studio: Studio) -> Iterator[Choice]:
    """A choice for every rule in the standard's order, then walking time, then none.

    The main rule is shown first; without outcomes of it, walking time is. Where there are changes, they
    are shown first; under shapes that speak for themselves the cells are left uncoloured (who is newly
    served is read against who is not).
    """
    model, voice = studio.model, studio.voice
    heading = voice(text("Colour of the cells: choose one"))
    rules = rules_shown(model)
    main = model.main_rule if model.main_rule in rules else ""
    changed = bool(model.changes)
    bare = any(layer.show and layer.look != "newly_served" for layer in model.areas)
    plain = not changed and not bare
    for number, rule in enumerate(rules):
        choice = Choice(f"rule_{number}", voice(rules[rule]), heading, show=rule == main and plain)
        for part in _rule_parts(studio, number, rule):
            part.add_to(choice)
        yield choice
    if not len(model.cells) and not rules:
        return
    name = voice(text("Walking time to the nearest service point"))
    walking = Choice("walking", name, heading, show=not main and plain)
    if studio.image is not None:
        colours = palette.walk_colours(len(model.cells.walk_limits_min))
        picture = cells_picture(studio.image, walk_classes(model.cells), colours)
        Part("cells_walk", "", picture, show=True).add_to(walking)
    yield walking
    yield Choice("cells_none", voice(text("No colouring")), heading, show=bare and not changed)


def rules_shown(model: MapModel) -> dict[str, Words]:
    """Rule → title: those that have outcomes, then those that only have gaps."""
    titles = {outcome.rule: outcome.title for outcome in model.cells.outcomes}
    return titles | {r: model.rule_titles.get(r, r) for r in model.gaps["rule"].unique() if r not in titles}


def layer_keys(model: MapModel) -> tuple[str, ...]:
    """The keys of the choices that a step of the presentation may show."""
    if not len(model.cells) and not rules_shown(model):
        return ()
    told = {row.rule.id for row in model.verdicts if row.before is not None}
    slid = [n for n, change in enumerate(model.changes[:_MOST_SLID]) if change.rule in told]
    return (
        *(f"change_{number}" for number in range(len(model.changes))),
        *(f"slide_{number}" for number in slid),
        *(f"rule_{number}" for number in range(len(rules_shown(model)))),
        "walking",
        "cells_none",
    )


def walk_classes(cells: MapCells) -> NDArray[np.uint8]:
    """0 up to and including the first limit, 1 up to the second …, the last beyond or out of reach."""
    return np.searchsorted(cells.walk_limits_min, cells.walk_minutes, side="left").astype(np.uint8)


def _rule_parts(studio: Studio, number: int, rule: str) -> Iterator[Part]:
    """The picture of the rule's outcome, the outlines of its gaps, and the ranks of the first ten."""
    model, voice = studio.model, studio.voice
    outcome = next((o.outcome for o in model.cells.outcomes if o.rule == rule), None)
    if studio.image is not None and outcome is not None:
        picture = cells_picture(studio.image, outcome, palette.OUTCOMES, hatched=NOT_SUBJECT)
        yield Part(f"cells_{number}", "", picture, show=True)
    gaps = model.gaps[model.gaps["rule"] == rule].sort_values("rank")
    if not len(gaps):
        return
    names = [voice(text("Gap {rank}", rank=rank)) for rank in gaps["rank"]]
    cards = gap_cards(voice, gaps, rules_shown(model)[rule])
    style = {"color": palette.GAP["outline"], "weight": 1.4, "fillColor": palette.GAP["fill"]}
    areas: dict[str, Any] = {"kind": "areas", "pane": "gaps", "css": "gap"}
    areas |= {"style": style | {"fillOpacity": 0.05}, **packed_areas(list(gaps.geometry))}
    areas |= {"tooltips": names, "popups": cards}
    yield Part(f"gaps_outline_{number}", "", areas, show=True)
    first = gaps.head(_RANKS_SHOWN)
    ranks = flags(pd.DataFrame(first[["lon", "lat"]]), first["rank"].astype(str).tolist(), css="gap-flag")
    ranks["looks"] = ["gap-flag beside" if there else "gap-flag" for there in _at_a_site(first, model.sites)]
    shown = names[:_RANKS_SHOWN]
    ranks |= {"tooltips": shown, "popups": cards[:_RANKS_SHOWN], "titles": shown}
    yield Part(f"gaps_rank_{number}", "", ranks, show=True)
    parts = model.gap_parts
    if parts is not None and (parts["rule"] == rule).any():
        yield from _large_gaps(studio, number, parts[parts["rule"] == rule])


def _at_a_site(gaps: pd.DataFrame, sites: pd.DataFrame | None) -> list[bool]:
    """Whether a suggested site's mark would hide a gap's flag: often the best place of both is the same."""
    if sites is None or not len(sites):
        return [False] * len(gaps)
    apart = np.abs(gaps[["lon", "lat"]].to_numpy(float)[:, None] - sites[["lon", "lat"]].to_numpy(float))
    return list((apart.max(axis=2) < _SAME_PLACE_DEGREES).any(axis=1))


def _large_gaps(studio: Studio, number: int, parts: gpd.GeoDataFrame) -> Iterator[Part]:
    """What one facility each would serve of gaps that are too large for one; the first part of each has
    the gap's own flag."""
    rows, voice = parts.to_dict("records"), studio.voice
    names = [text("Gap {rank}, part {part}", rank=row["rank"], part=row["part"]) for row in rows]
    people = text("{residents:,.0f} {residents:resident|residents}")
    cards = [
        facts_card(
            voice,
            name,
            [
                (
                    text("One facility here would serve, of this gap"),
                    Text(people.template, {"residents": row["residents"]}),
                ),
                (
                    text("With one at each part before it, not served then"),
                    Text(people.template, {"residents": row["remaining"]}),
                ),
            ],
        )
        for name, row in zip(names, rows, strict=True)
    ]
    style = {"color": "#ffffff", "weight": 1.8, "dashArray": "5 4", "fill": False, "interactive": False}
    areas: dict[str, Any] = {"kind": "areas", "pane": "gaps", "css": "gap-part", "style": style}
    areas |= {"tooltips": [voice(name) for name in names], "popups": cards}
    yield Part(f"gaps_areas_{number}", "", areas | packed_areas(list(parts.geometry)), show=True)
    more = [i for i, row in enumerate(rows) if row["part"] > 1 and row["rank"] <= _RANKS_SHOWN]
    marks = [f"{rows[i]['rank']}-{rows[i]['part']}" for i in more]
    marked = flags(pd.DataFrame(parts.iloc[more][["lon", "lat"]]), marks, css="part-flag")
    titles = [voice(names[i]) for i in more]
    marked |= {"tooltips": titles, "popups": [cards[i] for i in more], "titles": titles}
    yield Part(f"gaps_flags_{number}", "", marked, show=True)
