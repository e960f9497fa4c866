"""The layers of the map, in the order of the layer control."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import folium
import pandas as pd
from folium.template import Template

from geo.text import text
from maps import palette
from maps.cards import facility_cards, gap_cards, site_cards
from maps.cells_image import CellsImage
from maps.circles import radius_rings, rings_of
from maps.classes import not_served_classes, walk_classes
from maps.model import MapModel, Words
from maps.safe_text import Voice

# Pane → (z-index, whether it takes clicks). Leaflet's own: tiles 200, overlays 400, markers 600.
PANES: Final = {
    "ground": (210, False),
    "cells": (250, False),
    "streets": (300, False),
    "borders": (320, False),
    "radius": (350, False),
    "gaps": (410, True),
    "facilities": (450, True),
    "names": (560, False),
}
_RANKS_SHOWN: Final = 10
_CELL_OPACITY: Final = 0.72


class Part(folium.map.Layer):  # type: ignore[misc]
    """A layer that `map.js` draws from what the page's data hold under `key`."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = serviceMap.layer({{ this.key|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, key: str, name: str, content: Mapping[str, Any], *, show: bool) -> None:
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name, self._id, self.key = "Part", key, key
        self.content = dict(content)


@dataclass(frozen=True)
class Studio:
    """What every layer is made from: the model, the language, the picture of the cells."""

    model: MapModel
    voice: Voice
    image: CellsImage | None
    public: bool

    def heading(self, words: Words) -> dict[str, Any]:
        return {"heading": self.voice(words)}


def result_layers(studio: Studio) -> Iterator[folium.map.Layer]:
    """Suggestions, gaps, walking time, who is not served, radius coverage."""
    heading = studio.heading(text("Results"))
    yield from _sites(studio, heading)
    yield from _gaps(studio, heading)
    yield from _cells(studio, heading)
    yield from _radii(studio, heading)


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
        name = f"{voice(title)} ({len(rows)})"
        yield Part(f"facilities_{position}", name, content, show=True)


def _sites(studio: Studio, heading: dict[str, Any]) -> Iterator[Part]:
    sites, voice = studio.model.sites, studio.voice
    if sites is None or sites.empty:
        return
    titles = [voice(text("Suggested site {rank}", rank=rank)) for rank in sites["rank"]]
    content = {"kind": "flags", "pane": "markerPane", "css": "site-flag", "size": [22, 22], **heading}
    content |= _points(sites) | {"titles": titles, "tooltips": titles, "popups": site_cards(voice, sites)}
    content["flags"] = [f"<i>{int(rank)}</i>" for rank in sites["rank"]]
    yield Part("sites", voice(text("Suggested sites")), content, show=True)


def _gaps(studio: Studio, heading: dict[str, Any]) -> Iterator[Part]:
    model, voice = studio.model, studio.voice
    rules = sorted(model.gaps["rule"].unique(), key=lambda rule: (rule != model.main_rule, rule))
    for number, rule in enumerate(rules):
        gaps = model.gaps[model.gaps["rule"] == rule].sort_values("rank")
        title = model.rule_titles.get(rule, rule)
        cards = gap_cards(voice, gaps, title)
        names = [voice(text("Gap {rank}", rank=rank)) for rank in gaps["rank"]]
        style = {"color": palette.GAP["outline"], "weight": 1.6, "fillColor": palette.GAP["fill"]}
        areas: dict[str, Any] = {
            "kind": "areas",
            "pane": "gaps",
            "css": "gap",
            "style": style | {"fillOpacity": 0.12},
        }
        areas |= {"shapes": [rings_of(shape) for shape in gaps.geometry], "tooltips": names, "popups": cards}
        flags = _gap_flags(gaps.head(_RANKS_SHOWN)) | {
            "titles": names[:_RANKS_SHOWN],
            "tooltips": names[:_RANKS_SHOWN],
            "popups": cards[:_RANKS_SHOWN],
        }
        content = {"kind": "both", "members": [areas, flags], **heading}
        name = voice(text("Gaps: {rule}", rule=title))
        yield Part(f"gaps_{number}", name, content, show=rule == model.main_rule)


def _gap_flags(gaps: pd.DataFrame) -> dict[str, Any]:
    places = gaps.geometry.representative_point()
    return {
        "kind": "flags",
        "pane": "markerPane",
        "css": "gap-flag",
        "size": [20, 20],
        "lon": places.x.round(5).tolist(),
        "lat": places.y.round(5).tolist(),
        "flags": [str(int(rank)) for rank in gaps["rank"]],
    }


def _cells(studio: Studio, heading: dict[str, Any]) -> Iterator[folium.map.Layer]:
    model, image, voice = studio.model, studio.image, studio.voice
    if image is None:
        return
    limits = model.cells.walk_limits_min
    walking = image.data_uri(walk_classes(model.cells), palette.walk_colours(len(limits)))
    yield _overlay(
        "cells_walk", voice(text("Walking time to the nearest service point")), walking, image, heading
    )
    for number, outcome in enumerate(model.cells.outcomes):
        picture = image.data_uri(not_served_classes(outcome.outcome), (palette.NOT_MET,))
        name = voice(text("Not served: {rule}", rule=outcome.title))
        yield _overlay(f"cells_not_{number}", name, picture, image, heading, show=False)


def _overlay(
    key: str, name: str, picture: str, image: CellsImage, heading: dict[str, Any], *, show: bool = True
) -> folium.raster_layers.ImageOverlay:
    west, south, east, north = image.bounds
    layer = folium.raster_layers.ImageOverlay(
        picture,
        [[south, west], [north, east]],
        name=name,
        show=show,
        opacity=_CELL_OPACITY,
        pane="cells",
        **heading,
    )
    layer._id = key
    return layer


def _radii(studio: Studio, heading: dict[str, Any]) -> Iterator[Part]:
    for number, rule in enumerate(studio.model.radius_rules):
        if not len(rule.facilities):
            continue
        look = palette.radius_style(number)
        style = {"color": look["outline"], "weight": 1.6, "dashArray": look["dash"] or None}
        style |= {"fillColor": look["fill"], "fillOpacity": 0.08, "interactive": False}
        content = {"kind": "areas", "pane": "radius", "css": "radius", "style": style, **heading}
        content["shapes"] = radius_rings(studio.model, rule)
        name = studio.voice(text("Within the radius: {rule}", rule=rule.title))
        yield Part(f"radius_{number}", name, content, show=False)


def _points(frame: pd.DataFrame) -> dict[str, Any]:
    return {"lon": frame["lon"].round(6).tolist(), "lat": frame["lat"].round(6).tolist()}
