"""What a still map shows, and what its colours and marks mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.text import Sayable, text
from locales import Translator
from maps import palette
from maps.cell_layers import CHANGE_WORDS, OUTCOME_AFTER, OUTCOME_BEFORE, UNSPOKEN
from maps.model import NOT_SUBJECT, MapModel

Classes = NDArray[np.integer]
# A mark (SVG in a box of 28 × 18) and its words.
Key = tuple[str, str]
_HATCH = f'<path d="M2 5h24M2 9h24M2 13h24" stroke="{palette.HATCH}" stroke-width="1.2"/>'


@dataclass(frozen=True)
class StillView:
    """What a still shows: `colour` as `reports.briefing.model.View` says it, `bounds` west, south, east,
    north (None: the model's), `gaps` the rule whose gaps are outlined, `ranks` which of them are numbered
    (empty: the first ten), `sites` whether suggested sites are drawn; a `public` one has no borders and no
    names."""

    colour: str = ""
    bounds: tuple[float, float, float, float] | None = None
    gaps: str = ""
    ranks: tuple[int, ...] = ()
    sites: bool = False
    public: bool = False


@dataclass(frozen=True)
class Coloured:
    """Every cell's class, the colours of the classes, and which of them is hatched."""

    classes: Classes
    colours: Sequence[str]
    hatched: int | None = None


def facilities_of(model: MapModel, view: StillView) -> pd.DataFrame:
    """Those that there are in what is shown: of a map of before, those of then, none where they are not
    known."""
    if not view.colour.startswith("before:"):
        return model.facilities
    if model.facilities_before is None:
        return model.facilities.iloc[:0][["tier", "lon", "lat"]]
    return model.facilities_before


def classes_of(model: MapModel, view: StillView) -> Coloured | None:
    """How the cells are coloured; None where they are not."""
    kind, _, rule = view.colour.partition(":")
    if kind == "new":
        kind, rule = "rule", model.main_rule
    if kind == "rule":
        one = next((one for one in model.cells.outcomes if one.rule == rule), None)
        return None if one is None else Coloured(one.outcome, palette.OUTCOMES, NOT_SUBJECT)
    if kind == "cut_off":
        one = next((one for one in model.cut_offs if one.rule == rule), None)
        return None if one is None else Coloured(one.outcome, palette.CUT_OFF)
    if kind in ("before", "after"):
        change = next((one for one in model.changes if one.rule == rule), None)
        outcome_of = OUTCOME_BEFORE if kind == "before" else OUTCOME_AFTER
        return None if change is None else Coloured(outcome_of[change.change], palette.OUTCOMES, NOT_SUBJECT)
    if kind == "change":
        change = next((one for one in model.changes if one.rule == rule), None)
        return None if change is None else Coloured(change.change, palette.CHANGES, UNSPOKEN)
    return None


def legend(model: MapModel, view: StillView, tr: Translator) -> Iterator[Key]:
    """Mark (SVG in a box of 28 × 18) and words of everything that is drawn."""
    words = _cell_words(view)
    found = classes_of(model, view)
    if found is not None:
        present = set(np.unique(found.classes).tolist())
        for number, said in enumerate(words):
            if number in present:
                hatch = _HATCH if number == found.hatched else ""
                yield _box(found.colours[number], palette.CELL_OPACITY) + hatch, tr(said)
    if view.colour.startswith("new") and any(layer.look == "newly_served" for layer in model.areas):
        yield _box(str(palette.OVERLAYS["newly_served"]["fillColor"]), 0.6), tr(text("Newly served"))
    facilities = facilities_of(model, view)
    there = set(facilities["tier"])
    for position, (tier, title) in enumerate(model.tier_titles.items()):
        if tier in there:
            fill, outline, radius = palette.tier_mark(position)
            mark = (
                f'<circle cx="14" cy="9" r="{radius:g}" fill="{fill}" stroke="{outline}" stroke-width="1.4"/>'
            )
            said = tr(title)
            yield mark, said[:1].upper() + said[1:]
    for layer in model.paths if view.colour == "paths" else ():
        colour = palette.OVERLAYS[layer.look]["color"]
        yield f'<path d="M2 9h24" stroke="{colour}" stroke-width="2"/>', tr(layer.title)
    outline = palette.GAP["outline"]
    if view.gaps and (model.gaps["rule"] == view.gaps).any():
        ring = f'<circle cx="14" cy="9" r="8" fill="#fff" stroke="{outline}" stroke-width="2"/>'
        yield ring, tr(text("Gap, by residents"))
    if view.sites and model.sites is not None and len(model.sites):
        yield f'<path d="M14 1l8 8-8 8-8-8z" fill="{palette.SITE["fill"]}"/>', tr(text("Suggested site"))
    if "in_scenario" in facilities and (facilities["in_scenario"] != "").any():
        colour = palette.IN_SCENARIO["color"]
        ring = f'<circle cx="14" cy="9" r="7" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        yield ring, tr(text("New or moved in the scenario"))
    if not view.public and len(model.basemap.outlines.get("district", ())):
        style = palette.OUTLINES["district"]
        line = f'<path d="M2 9h24" stroke="{style["line"]}" stroke-width="2" stroke-dasharray="9 3 2 3"/>'
        yield line, tr(text("District border"))


def _cell_words(view: StillView) -> Sequence[Sayable]:
    kind = view.colour.partition(":")[0]
    if kind == "cut_off":
        return (
            text("Within the circle, walkable"),
            text("Within the circle, too far on foot"),
            text("Outside the circle"),
        )
    if kind == "change":
        return CHANGE_WORDS
    return (text("Served"), text("Not served"), text("The rule does not apply"))


def _box(colour: str, opacity: float) -> str:
    look = f'fill="{colour}" fill-opacity="{opacity}" stroke="#00000055"'
    return f'<rect x="2" y="2" width="24" height="14" {look}/>'
