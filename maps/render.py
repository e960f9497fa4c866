"""The map file: one HTML page that opens from a disk, with no network, at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import folium
from branca.element import Element, MacroElement
from folium.template import Template
from folium.utilities import JsCode

from geo.errors import SettingError
from geo.text import text
from locales import LANGUAGES
from maps import panel
from maps.cell_layers import cell_layers
from maps.cells_image import cells_image
from maps.ground_layers import ground_layers, packed_lines
from maps.layers import (
    PANES,
    Part,
    Studio,
    facility_layers,
    other_plan_layers,
    radius_layers,
    site_layer,
)
from maps.model import MapModel
from maps.offline import OfflineMap, Page, Verbatim, asset
from maps.overlays import change_layers, overlay_layers
from maps.safe_text import Voice

PROFILES: Final = ("internal", "public")


def render_map(model: MapModel, *, language: str, profile: str = "internal") -> str:
    """The page's HTML in `language` ("zh" or "en"); the same model gives the same text.

    `profile` "internal" carries a watermark; "public" has a place for the map review number and
    opens without administrative borders and names.
    """
    if profile not in PROFILES:
        raise SettingError("There is no export profile “{profile}”; use internal or public.", profile=profile)
    voice = Voice.of(language)
    image = cells_image(model.cells) if len(model.cells) else None
    studio = Studio(model, voice, image, public=profile == "public")
    layers = [
        *change_layers(studio),
        *cell_layers(studio),
        *overlay_layers(studio),
        *site_layer(studio),
        *facility_layers(studio),
        *other_plan_layers(studio),
        *radius_layers(studio),
        *ground_layers(studio),
    ]
    return str(_page(studio, layers, profile).render())


def _page(studio: Studio, layers: Sequence[folium.map.Layer], profile: str) -> Page:
    model, voice = studio.model, studio.voice
    data = _data(model, list(_parts(layers)))
    page = Page(
        title=voice(model.title), language=LANGUAGES[voice.translate.language].replace("_", "-"), seed=data
    )
    west, south, east, north = model.bounds
    drawing = OfflineMap(((south + north) / 2, (west + east) / 2))
    page.add_child(drawing)
    _fill_map(drawing, layers, voice)
    page.html.add_child(Verbatim(_furniture(studio, profile)), name="furniture")
    page.html.add_child(Verbatim(_scripts(data, page.nonce)), name="scripts")
    return page


def _fill_map(drawing: OfflineMap, layers: Sequence[folium.map.Layer], voice: Voice) -> None:
    """Panes, then the view, then the layers, then what controls them."""
    for name, (z_index, clickable) in PANES.items():
        _pin(folium.map.CustomPane(name, z_index=z_index, pointer_events=clickable), name).add_to(drawing)
    buttons = {"zoomIn": text("Zoom in"), "zoomOut": text("Zoom out"), "layers": text("Layers")}
    _pin(_Settle({key: voice(words) for key, words in buttons.items()}), "settle").add_to(drawing)
    for layer in layers:
        layer.add_to(drawing)
    control = folium.LayerControl(collapsed=JsCode("!serviceMap.wide()"), autoZIndex=False)
    _pin(control, "control").add_to(drawing)
    _pin(_Open(), "open").add_to(drawing)
    _pin(drawing, "main")


class _Settle(MacroElement):  # type: ignore[misc]
    """Fits the view, adds scale and zoom buttons: before any layer is drawn, so that it is drawn once."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "serviceMap.settle({{ this._parent.get_name() }}, {{ this.words|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, words: dict[str, str]) -> None:
        super().__init__()
        self._name, self.words = "Settle", words


class _Open(MacroElement):  # type: ignore[misc]
    """Draws the canvases, once, after the last layer was added."""

    _name = "Open"
    _template = Template("{% macro script(this, kwargs) %}serviceMap.open();{% endmacro %}")


def _pin(element: Element, name: str) -> Element:
    """Name an element ourselves: branca's random names would make every file different."""
    element._id = name
    return element


def _furniture(studio: Studio, profile: str) -> str:
    marks = panel.watermark(studio.voice) if profile == "internal" else ""
    return marks + panel.panel(studio, profile) + panel.credits_line(studio, profile)


def _parts(layers: Iterable[Element]) -> Iterator[Part]:
    for layer in layers:
        if isinstance(layer, Part):
            yield layer
        yield from _parts(layer._children.values())


def _data(model: MapModel, parts: Sequence[Part]) -> str:
    west, south, east, north = model.bounds
    data: dict[str, Any] = {
        "bounds": [[south, west], [north, east]],
        "layers": {part.key: part.content for part in parts},
        "lines": packed_lines(model.basemap),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _scripts(data: str, nonce: str) -> str:
    """The data as a block that no browser runs, and the script that reads it."""
    return (
        f'<script type="application/json" id="map-data">{data}</script>\n'
        f'<script nonce="{nonce}">\n{asset("lines.js")}\n{asset("map.js")}</script>'
    )
