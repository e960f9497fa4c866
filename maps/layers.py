"""The layers of the map that are points and circles, and what all layers are made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import folium
import numpy as np
import pandas as pd
from folium.template import Template
from numpy.typing import NDArray

from core.text import text
from maps import palette
from maps.areas import packed_areas
from maps.cards import facility_cards, site_cards
from maps.cells_image import CellsImage
from maps.circles import radius_union
from maps.model import MapModel, Words
from maps.safe_text import Voice

# Pane → (z-index, whether it takes clicks). Leaflet's own: tiles 200, overlays 400, markers 600.
PANES: Final = {
    "ground": (210, False),
    "cells": (250, False),
    "lines": (300, False),
    "radius": (350, False),
    "overlays": (400, True),
    "gaps": (410, True),
    "facilities": (450, True),
    "names": (560, False),
}

_HEAD: Final = ("kind", "pane", "heading", "order", "parts")
# Kinds that are drawn last of all, on canvases under the results.
_GROUND: Final = ("lines", "names")


class Choice(folium.FeatureGroup):  # type: ignore[misc]
    """Layers shown together, one such group at a time: a round button in the layer control."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = L.featureGroup([], { heading: {{ this.heading|tojson }} });"
        "{% endmacro %}"
    )

    def __init__(self, key: str, name: str, heading: str, *, show: bool) -> None:
        super().__init__(name=_own_name(key, name), overlay=False, control=True, show=show)
        self._name, self._id, self.heading = "Choice", key, heading


class Part(folium.map.Layer):  # type: ignore[misc]
    """A layer that `map.js` draws from what the page's data hold under `key`.

    `head` is what the layer control and the drawing need to know at once, `body` the rest of `content`.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = serviceMap.layer({{ this.key|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, key: str, name: str, content: Mapping[str, Any], *, show: bool) -> None:
        super().__init__(name=_own_name(key, name), overlay=True, control=True, show=show)
        self._name, self._id, self.key = "Part", key, key
        self.head = {name: content[name] for name in _HEAD if name in content}
        self.body = {name: value for name, value in content.items() if name not in _HEAD}

    @property
    def is_ground(self) -> bool:
        return self.head["kind"] in _GROUND


@dataclass(frozen=True)
class Studio:
    """What every layer is made from: the model, the language, the picture of the cells."""

    model: MapModel
    voice: Voice
    image: CellsImage | None
    public: bool

    def heading(self, words: Words) -> dict[str, Any]:
        return {"heading": self.voice(words)}


def facility_layers(studio: Studio) -> Iterator[folium.map.Layer]:
    """One layer a tier, in the order of the tier titles."""
    model, voice = studio.model, studio.voice
    for position, (tier, title) in enumerate(model.tier_titles.items()):
        rows = model.facilities[model.facilities["tier"] == tier]
        if rows.empty:
            continue
        fill, outline, radius = palette.tier_mark(position)
        style = {"radius": radius, "fillColor": fill, "color": outline, "weight": 1.5, "fillOpacity": 1}
        content = {"kind": "circles", "pane": "facilities", "css": "facility", "style": style}
        content |= _points(rows) | studio.heading(text("Facilities"))
        content |= {
            "tooltips": [voice(n) for n in rows["name"]],
            "popups": facility_cards(voice, rows, title),
        }
        name = f"{voice.headline(title)} ({len(rows)})"
        yield Part(f"facilities_{position}", name, content, show=True)
    yield from _placed_in_scenario(studio)


def _placed_in_scenario(studio: Studio) -> Iterator[Part]:
    """A ring around every facility that only the scenario has, or has there."""
    model, voice = studio.model, studio.voice
    if "in_scenario" not in model.facilities:
        return
    rows = model.facilities[model.facilities["in_scenario"] != ""]
    if rows.empty:
        return
    content = {"kind": "circles", "pane": "facilities", "css": "facility-new", "style": palette.IN_SCENARIO}
    content |= _points(rows) | studio.heading(text("Facilities"))
    cards = [
        facility_cards(voice, rows.iloc[[i]], model.tier_titles[str(tier)])[0]
        for i, tier in enumerate(rows["tier"])
    ]
    content |= {"tooltips": [voice(n) for n in rows["name"]], "popups": cards}
    title = text("New or moved in the scenario ({n})", n=len(rows))
    yield Part("facilities_in_scenario", voice(title), content, show=True)


def site_layer(studio: Studio) -> Iterator[Part]:
    """The suggested sites, numbered in build order."""
    sites, voice = studio.model.sites, studio.voice
    if sites is None or sites.empty:
        return
    titles = [voice(text("Suggested site {rank}", rank=rank)) for rank in sites["rank"]]
    content = flags(sites, [f"<i>{int(rank)}</i>" for rank in sites["rank"]], css="site-flag")
    content |= {"titles": titles, "tooltips": titles, "popups": site_cards(voice, sites)}
    # A suggestion is never hidden by the number of the gap that it closes.
    content |= {"above": 1000} | studio.heading(text("Facilities"))
    yield Part("sites", voice(text("Suggested sites")), content, show=True)


def other_plan_layers(studio: Studio) -> Iterator[Part]:
    """The sites of each other plan, hidden until they are asked for."""
    voice = studio.voice
    for number, plan in enumerate(studio.model.other_plans):
        titles = [voice(text("Site {rank} of another plan", rank=rank)) for rank in plan.sites["rank"]]
        marks = [f"<i>{int(rank)}</i>" for rank in plan.sites["rank"]]
        content = flags(plan.sites, marks, css="site-flag other-plan")
        content |= {"titles": titles, "tooltips": titles, "popups": site_cards(voice, plan.sites)}
        content |= studio.heading(text("Other plans nearly as good"))
        yield Part(f"other_plan_{number}", voice(plan.title), content, show=False)


def radius_layers(studio: Studio) -> Iterator[Part]:
    """The circles of each radius rule as one shape."""
    for number, rule in enumerate(studio.model.radius_rules):
        if not len(rule.facilities):
            continue
        look = palette.radius_style(number)
        style = {"color": look["outline"], "weight": 1.6, "dashArray": look["dash"] or None}
        style |= {"fillColor": look["fill"], "fillOpacity": 0.08, "interactive": False}
        content = {"kind": "areas", "pane": "radius", "css": "radius", "style": style}
        content |= packed_areas([radius_union(studio.model, rule)])
        content |= studio.heading(text("Service radius, straight line"))
        yield Part(f"radius_{number}", studio.voice(rule.title), content, show=False)


def flags(frame: pd.DataFrame, marks: list[str], *, css: str) -> dict[str, Any]:
    """Numbered marks at `lon`, `lat`; `marks` are safe HTML."""
    return {"kind": "flags", "pane": "markerPane", "css": css, "flags": marks, **_points(frame)}


def cells_picture(
    image: CellsImage, classes: NDArray[np.integer], colours: Sequence[str], opacity: float
) -> dict[str, Any]:
    """Cell i in `colours[classes[i]]`."""
    west, south, east, north = image.bounds
    return {
        "kind": "image",
        "pane": "cells",
        "uri": image.data_uri(classes, colours),
        "box": [[south, west], [north, east]],
        "style": {"opacity": opacity},
    }


def _own_name(key: str, name: str) -> str:
    """The layer control keeps one entry a name: two layers of the same name must differ unseen."""
    return f'<span data-layer="{key}">{name}</span>'


def _points(frame: pd.DataFrame) -> dict[str, Any]:
    return {"lon": frame["lon"].round(6).tolist(), "lat": frame["lat"].round(6).tolist()}
