"""The colouring of the cells: one rule at a time, or walking time; each rule with its gaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from core.text import text
from maps import palette
from maps.areas import packed_areas
from maps.cards import facts_card, gap_cards
from maps.classes import walk_classes
from maps.layers import Choice, Part, Studio, cells_picture, flags
from maps.model import MapModel, OverlayLayer, Words

_RANKS_SHOWN: Final = 10


def cell_layers(studio: Studio) -> Iterator[Choice]:
    """A choice for every rule in the standard's order, then walking time, then none.

    The main rule is shown first; without outcomes of it, walking time is.
    """
    rules = rules_shown(studio.model)
    main = studio.model.main_rule if studio.model.main_rule in rules else ""
    # What changes is shown first; under shapes the cells are left uncoloured.
    changed, bare = bool(studio.model.changes), any(map(_covers, studio.model.areas))
    plain = not changed and not bare
    for number, rule in enumerate(rules):
        yield _rule(studio, number, rule, show=rule == main and plain)
    yield _walking(studio, show=not main and plain)
    heading = studio.voice(text("Colour of the cells: choose one"))
    yield Choice("cells_none", studio.voice(text("No colouring")), heading, show=bare and not changed)


def _covers(layer: OverlayLayer) -> bool:
    """Whether a layer is seen at once and its shapes speak for themselves; who is newly served is read
    against who is not."""
    return layer.show and layer.look != "newly_served"


def rules_shown(model: MapModel) -> dict[str, Words]:
    """Rule → title: those that have outcomes, then those that only have gaps."""
    titles = {outcome.rule: outcome.title for outcome in model.cells.outcomes}
    return titles | {r: model.rule_titles.get(r, r) for r in model.gaps["rule"].unique() if r not in titles}


def _rule(studio: Studio, number: int, rule: str, *, show: bool) -> Choice:
    voice, model = studio.voice, studio.model
    heading = voice(text("Colour of the cells: choose one"))
    choice = Choice(f"rule_{number}", voice(rules_shown(model)[rule]), heading, show=show)
    outcome = next((o.outcome for o in model.cells.outcomes if o.rule == rule), None)
    if studio.image is not None and outcome is not None:
        picture = cells_picture(studio.image, outcome, palette.OUTCOMES, palette.CELL_OPACITY)
        Part(f"cells_{number}", "", picture, show=True).add_to(choice)
    gaps = model.gaps[model.gaps["rule"] == rule].sort_values("rank")
    if len(gaps):
        for key, content in (("outline", _gap_areas(studio, gaps)), ("rank", _gap_ranks(studio, gaps))):
            Part(f"gaps_{key}_{number}", "", content, show=True).add_to(choice)
    parts = model.gap_parts
    if parts is not None and (parts["rule"] == rule).any():
        of_rule = parts[parts["rule"] == rule]
        for key, content in (
            ("areas", _part_areas(studio, of_rule)),
            ("flags", _part_flags(studio, of_rule)),
        ):
            Part(f"gaps_{key}_{number}", "", content, show=True).add_to(choice)
    return choice


def _walking(studio: Studio, *, show: bool) -> Choice:
    voice, cells = studio.voice, studio.model.cells
    name = voice(text("Walking time to the nearest service point"))
    choice = Choice("walking", name, voice(text("Colour of the cells: choose one")), show=show)
    if studio.image is not None:
        colours = palette.walk_colours(len(cells.walk_limits_min))
        picture = cells_picture(studio.image, walk_classes(cells), colours, palette.CELL_OPACITY)
        Part("cells_walk", "", picture, show=True).add_to(choice)
    return choice


def _gap_areas(studio: Studio, gaps: gpd.GeoDataFrame) -> dict[str, Any]:
    style = {"color": palette.GAP["outline"], "weight": 1.4, "fillColor": palette.GAP["fill"]}
    content: dict[str, Any] = {"kind": "areas", "pane": "gaps", "css": "gap"}
    content |= {"style": style | {"fillOpacity": 0.05}, **packed_areas(list(gaps.geometry))}
    return content | _gap_words(studio, gaps)


def _gap_ranks(studio: Studio, gaps: gpd.GeoDataFrame) -> dict[str, Any]:
    first = gaps.head(_RANKS_SHOWN)
    content = flags(pd.DataFrame(first[["lon", "lat"]]), first["rank"].astype(str).tolist(), css="gap-flag")
    words = _gap_words(studio, first)
    return content | words | {"titles": words["tooltips"]}


def _part_areas(studio: Studio, parts: gpd.GeoDataFrame) -> dict[str, Any]:
    """What one facility each would serve of a gap that is too large for one."""
    style = {"color": "#ffffff", "weight": 1.8, "dashArray": "5 4", "fill": False}
    content: dict[str, Any] = {"kind": "areas", "pane": "gaps", "css": "gap-part"}
    content |= {"style": style | {"interactive": False}, **packed_areas(list(parts.geometry))}
    return content | _part_words(studio, parts)


def _part_flags(studio: Studio, parts: gpd.GeoDataFrame) -> dict[str, Any]:
    """The first part has the gap's own flag."""
    more = parts[(parts["part"] > 1) & (parts["rank"] <= _RANKS_SHOWN)]
    marks = [f"{row['rank']}-{row['part']}" for row in more.to_dict("records")]
    content = flags(pd.DataFrame(more[["lon", "lat"]]), marks, css="part-flag")
    words = _part_words(studio, more)
    return content | words | {"titles": words["tooltips"]}


def _part_words(studio: Studio, parts: gpd.GeoDataFrame) -> dict[str, Any]:
    rows, voice = parts.to_dict("records"), studio.voice
    names = [text("Gap {rank}, part {part}", rank=row["rank"], part=row["part"]) for row in rows]
    facts = [
        [
            (
                text("One facility here would serve, of this gap"),
                text("{residents:,.0f} {residents:resident|residents}", residents=row["residents"]),
            ),
            (
                text("With one at each part before it, not served then"),
                text("{residents:,.0f} {residents:resident|residents}", residents=row["left"]),
            ),
        ]
        for row in rows
    ]
    cards = [facts_card(voice, name, of) for name, of in zip(names, facts, strict=True)]
    return {"tooltips": [voice(name) for name in names], "popups": cards}


def _gap_words(studio: Studio, gaps: gpd.GeoDataFrame) -> dict[str, Any]:
    names = [studio.voice(text("Gap {rank}", rank=rank)) for rank in gaps["rank"]]
    return {"tooltips": names, "popups": gap_cards(studio.voice, gaps)}
