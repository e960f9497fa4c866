"""The map file: one HTML page that opens from a disk, with no network, at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap
from typing import Any, Final

import folium
from branca.element import Element, MacroElement
from folium.template import Template
from folium.utilities import JsCode

from core.errors import SettingError
from core.text import text
from locales import LANGUAGES
from maps import panel
from maps.cell_layers import cell_layers, change_layers, slide_layers
from maps.cells_image import cells_image
from maps.ground_layers import ground_layers, packed_lines
from maps.layers import (
    PANES,
    Part,
    Studio,
    facility_layers,
    other_plan_layers,
    overlay_layers,
    radius_layers,
    site_layer,
)
from maps.model import MapModel
from maps.offline import OfflineMap, Page, Verbatim, asset, leaflet_script
from maps.plain import plain_view
from maps.public import public_model
from maps.safe_text import Voice
from maps.units import units_block

PROFILES: Final = ("internal", "public")


def render_map(model: MapModel, *, language: str, profile: str = "internal") -> str:
    """The page's HTML in `language` ("zh" or "en"); the same model gives the same text.

    `profile` "internal" carries a watermark; "public" has a place for the map review number and holds
    neither borders nor names of units (`maps.public`).
    """
    if profile not in PROFILES:
        raise SettingError("There is no export profile “{profile}”; use internal or public.", profile=profile)
    voice = Voice.of(language)
    model = public_model(model) if profile == "public" else model
    image = cells_image(model.cells) if len(model.cells) else None
    studio = Studio(model, voice, image, public=profile == "public")
    layers = [
        *change_layers(studio),
        *slide_layers(studio),
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
    """In the map panes, then the view, then the layers, then what controls them; beside it the furniture."""
    model, voice = studio.model, studio.voice
    early, later = _blocks(studio, layers)
    page = Page(
        title=" · ".join(voice(part) for part in (model.scenario, model.title) if part),
        language=LANGUAGES[voice.translate.language].replace("_", "-"),
        seed=early + later,
    )
    west, south, east, north = model.bounds
    drawing = OfflineMap(((south + north) / 2, (west + east) / 2))
    page.add_child(drawing)
    for name, (z_index, clickable) in PANES.items():
        _pin(folium.map.CustomPane(name, z_index=z_index, pointer_events=clickable), name).add_to(drawing)
    buttons = {
        "zoomIn": text("Zoom in"),
        "zoomOut": text("Zoom out"),
        "layers": text("Layers"),
        "north": text("N"),
    }
    _pin(_Settle({key: voice(words) for key, words in buttons.items()}), "settle").add_to(drawing)
    for layer in layers:
        layer.add_to(drawing)
    control = folium.LayerControl(collapsed=JsCode("!serviceMap.wide()"), autoZIndex=False)
    _pin(control, "control").add_to(drawing)
    _pin(_Use(), "use").add_to(drawing)
    _pin(drawing, "main")
    furniture = plain_view(studio) + panel.watermark(studio, profile) + panel.panel(studio, profile)
    page.html.add_child(Verbatim(furniture + panel.credits_line(studio, profile)), name="furniture")
    library = f'<script nonce="{page.nonce}">{leaflet_script()}</script>'
    page.header.add_child(Verbatim(library), name="leaflet")
    scripts = "\n".join(asset(name) for name in ("lines.js", "map.js", "present.js", "slide.js", "units.js"))
    own = f'<script nonce="{page.nonce}">\n{scripts}</script>'
    page.html.add_child(Verbatim(f"{early}\n{own}"), name="scripts")
    page.later = f'{later}\n<script nonce="{page.nonce}">serviceMap.open();</script>'
    return page


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


class _Use(MacroElement):  # type: ignore[misc]
    """Says that what is seen at once is there, after the last layer was added."""

    _name = "Use"
    _template = Template("{% macro script(this, kwargs) %}serviceMap.use();{% endmacro %}")


def _pin(element: Element, name: str) -> Element:
    """Name an element ourselves: branca's random names would make every file different."""
    element._id = name
    return element


def _parts(layers: Iterable[Element], *, seen: bool = True) -> Iterator[tuple[Part, bool]]:
    """Every part, and whether it is needed as soon as the page opens."""
    for layer in layers:
        at_once = seen and layer.show
        if isinstance(layer, Part):
            yield layer, at_once and not layer.is_ground
        yield from _parts(layer._children.values(), seen=at_once)


def _steps(studio: Studio) -> Iterator[dict[str, Any]]:
    """The steps of the presentation; `layer` is the key of a layer in the control."""
    for step in studio.model.steps:
        box = step.bounds and [[step.bounds[1], step.bounds[0]], [step.bounds[3], step.bounds[2]]]
        yield {"words": studio.voice(step.words), "layer": step.layer, "box": box}


def _blocks(studio: Studio, layers: Sequence[folium.map.Layer]) -> tuple[str, str]:
    """The page's data as blocks that no browser runs: what is needed at once, and what can come later."""
    model = studio.model
    parts = list(_parts(layers))
    west, south, east, north = model.bounds
    heads = {part.key: part.head | {"early": early} for part, early in parts}
    early: dict[str, Any] = {"map-data": {"bounds": [[south, west], [north, east]], "parts": heads}}
    early["map-data"]["steps"] = list(_steps(studio))
    early |= {f"part-{part.key}": part.body for part, early in parts if early}
    later: dict[str, Any] = {f"part-{part.key}": part.body for part, early in parts if not early}
    units = units_block(studio)
    later |= {} if units is None else {"units-data": units}
    later |= {f"lines-{key}": packed for key, packed in packed_lines(model.basemap).items()}
    return "\n".join(starmap(_block, early.items())), "\n".join(starmap(_block, later.items()))


def _block(name: str, content: Any) -> str:
    written = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f'<script type="application/json" id="{name}">{written}</script>'
