"""The layers of facilities, sites, circles and what is laid over the cells, and what all layers are made
from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import folium
import numpy as np
import pandas as pd
import shapely
from folium.template import Template
from numpy.typing import NDArray

from core.text import remarked, text
from geo.crs import project, unproject
from maps import palette
from maps.cards import common_terms, facility_cards, facts_card, site_cards
from maps.cells_image import CellsImage
from maps.model import MapModel, OverlayLayer, RadiusRule, Words
from maps.polylines import TOLERANCE_DEG, packed_areas
from maps.safe_text import Voice

# Pane → (z-index, whether it takes clicks). Leaflet's own: tiles 200, overlays 400, markers 600.
PANES: Final = {
    "ground": (210, False),
    "cells": (250, False),
    "before": (251, False),
    "after": (252, False),
    "lines": (300, False),
    "radius": (350, False),
    "overlays": (400, True),
    "gaps": (410, True),
    "facilities_before": (449, False),
    "facilities": (450, True),
    "names": (560, False),
}

_HEAD: Final = ("kind", "pane", "heading", "order", "parts", "said")
# Kinds that are drawn last of all, on canvases under the results.
_GROUND: Final = ("lines", "names")
# A circle is drawn with as many sides as keep it so near to the true one: 12 a quarter at 1,250 m.
_OFF_CIRCLE_M: Final = 2.7


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
        if "popups" in self.body:
            self.body["popups"], self.body["terms"] = common_terms(self.body["popups"])

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


def facility_layers(studio: Studio) -> Iterator[Part]:
    """One layer a tier, in the order of the tier titles; then a ring around every facility that only the
    scenario has, or has there."""
    model, voice, table = studio.model, studio.voice, studio.model.facilities
    heading = studio.heading(text("Facilities"))
    for position, (tier, title) in enumerate(model.tier_titles.items()):
        rows = table[table["tier"] == tier]
        if rows.empty:
            continue
        fill, outline, radius = palette.tier_mark(position)
        style = {"radius": radius, "fillColor": fill, "color": outline, "weight": 1.5, "fillOpacity": 1}
        content = {"kind": "circles", "pane": "facilities", "css": "facility", "style": style}
        content |= _points(rows) | heading
        content |= {
            "tooltips": [voice(n) for n in rows["name"]],
            "popups": facility_cards(voice, rows, title),
        }
        yield Part(f"facilities_{position}", voice(remarked(title, len(rows))), content, show=True)
    rows = table[table["in_scenario"] != ""] if "in_scenario" in table else table[:0]
    if len(rows):
        content = {"kind": "circles", "pane": "facilities", "css": "facility-new"}
        content |= {"style": palette.IN_SCENARIO} | _points(rows) | heading
        cards = [
            facility_cards(voice, rows.iloc[[i]], model.tier_titles[str(tier)])[0]
            for i, tier in enumerate(rows["tier"])
        ]
        content |= {"tooltips": [voice(n) for n in rows["name"]], "popups": cards}
        words = text("New or moved in the scenario ({n})", n=len(rows))
        yield Part("facilities_in_scenario", voice(words), content, show=True)


def facilities_before(studio: Studio, number: int) -> Iterator[Part]:
    """Where facilities of each tier stood before, for the side of it of a line between before and after."""
    table = studio.model.facilities_before
    for position, tier in enumerate(studio.model.tier_titles if table is not None else ()):
        rows = table[table["tier"] == tier] if table is not None else pd.DataFrame()
        if rows.empty:
            continue
        fill, outline, radius = palette.tier_mark(position)
        style = {"radius": radius, "fillColor": fill, "color": outline, "weight": 1.5, "fillOpacity": 1}
        style |= {"interactive": False}
        content = {"kind": "circles", "pane": "facilities_before", "css": "facility-before", "style": style}
        yield Part(f"stood_{number}_{position}", "", content | _points(rows), show=True)


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


def radius_union(model: MapModel, rule: RadiusRule) -> shapely.Geometry:
    """The union of the rule's circles, in degrees: to look at. Residents are counted by distance, never by
    this shape."""
    near = model.facilities.iloc[rule.facilities]
    xy = project(near["lon"], near["lat"], model.cells.crs)
    if model.extents is None and rule.each_m is None:
        # Of equal circles within a metre one is drawn: a geocoder may put thousands at one place.
        _, first = np.unique(np.round(xy), axis=0, return_index=True)
        xy = xy[np.sort(first)]
    centres = shapely.points(xy)
    if model.extents is not None:  # from the doors, or from the edge
        row_of = {number: row for row, number in enumerate(near["facility_id"])}
        own = [row_of.get(number, -1) for number in model.extents["facility_id"]]
        extents = model.extents.to_crs(model.cells.crs).geometry.to_numpy()
        for row, extent in zip(own, extents, strict=True):
            if row >= 0:
                centres[row] = extent
    figure = rule.figure_m if rule.each_m is None else rule.each_m
    widest = max(float(np.max(figure)), 2 * _OFF_CIRCLE_M)
    sides = int(np.ceil(np.pi / 4 / np.arccos(1 - _OFF_CIRCLE_M / widest)))
    disks = shapely.buffer(centres, figure, quad_segs=sides)
    return shapely.transform(
        shapely.disjoint_subset_union_all(disks),
        lambda points: np.column_stack(unproject(points, model.cells.crs)),
    )


def overlay_layers(studio: Studio) -> Iterator[Part]:
    """Areas first, then lines, each with its own switch."""
    heading = studio.heading(text("Laid over it"))
    for layer in studio.model.areas:
        shapes = shapely.simplify(list(layer.shapes), TOLERANCE_DEG, preserve_topology=False)
        content: dict[str, Any] = {"kind": "areas", "pane": "overlays", "css": "overlay"}
        content |= {"style": palette.OVERLAYS[layer.look], **packed_areas(list(shapes))}
        content |= _overlay_words(studio, layer) | heading
        yield Part(f"area_{layer.key}", studio.voice(layer.title), content, show=layer.show)
    for path in studio.model.paths:
        lines = [
            [[round(lat, 6), round(lon, 6)] for lon, lat in shapely.get_coordinates(line).tolist()]
            for line in path.shapes
        ]
        middles = shapely.line_interpolate_point(list(path.shapes), 0.5, normalized=True)
        places = pd.DataFrame({"lon": shapely.get_x(middles), "lat": shapely.get_y(middles)})
        words = _overlay_words(studio, path)
        # Not a number alone: gaps and sites have numbers too.
        sign = studio.voice(path.mark)
        content = flags(places, [f"{sign}{i + 1}" for i in range(len(lines))], css="barrier-flag")
        content |= {"kind": "paths", "pane": "overlays", "lines": lines, "titles": words["tooltips"]}
        content |= {"style": palette.OVERLAYS[path.look]} | words | heading
        yield Part(f"path_{path.key}", studio.voice(path.title), content, show=path.show)


def _overlay_words(studio: Studio, layer: OverlayLayer) -> dict[str, list[str]]:
    voice = studio.voice
    cards = [facts_card(voice, name, facts) for name, facts in zip(layer.names, layer.facts, strict=True)]
    return {"tooltips": [voice(name) for name in layer.names], "popups": cards}


def flags(frame: pd.DataFrame, marks: list[str], *, css: str) -> dict[str, Any]:
    """Numbered marks at `lon`, `lat`; `marks` are safe HTML."""
    return {"kind": "flags", "pane": "markerPane", "css": css, "flags": marks, **_points(frame)}


def cells_picture(
    image: CellsImage, classes: NDArray[np.integer], colours: Sequence[str], *, hatched: int | None = None
) -> dict[str, Any]:
    """Cell i in `colours[classes[i]]`; those of the class `hatched` have lines across."""
    west, south, east, north = image.bounds
    return {
        "kind": "image",
        "pane": "cells",
        "uri": image.data_uri(classes, colours, hatched=hatched),
        "box": [[south, west], [north, east]],
        "style": {"opacity": palette.CELL_OPACITY},
    }


def _own_name(key: str, name: str) -> str:
    """The layer control keeps one entry a name: two layers of the same name must differ unseen."""
    return f'<span data-layer="{key}">{name}</span>'


def _points(frame: pd.DataFrame) -> dict[str, Any]:
    return {"lon": frame["lon"].round(6).tolist(), "lat": frame["lat"].round(6).tolist()}
