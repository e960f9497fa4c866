"""Layers laid over the cells: how far one gets, barriers, and what a scenario changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pandas as pd
import shapely

from core.text import text
from maps import palette
from maps.areas import packed_areas
from maps.cards import facts_card
from maps.layers import Choice, Part, Studio, cells_picture, flags
from maps.model import CellChange, OverlayLayer, Words

# A shape's corners less than this off (about 4 m) cannot be told apart on the map.
_TOLERANCE_DEG: Final = 4e-5


def overlay_layers(studio: Studio) -> Iterator[Part]:
    """Areas first, then lines, each with its own switch."""
    for layer in studio.model.areas:
        yield Part(f"area_{layer.key}", studio.voice(layer.title), _areas(studio, layer), show=layer.show)
    for path in studio.model.paths:
        yield Part(f"path_{path.key}", studio.voice(path.title), _paths(studio, path), show=path.show)


def change_layers(studio: Studio) -> Iterator[Choice]:
    """One colouring of the cells a rule; the first is shown."""
    for number, change in enumerate(studio.model.changes):
        yield _change(studio, number, change)


def change_words() -> tuple[Words, ...]:
    """What the colours of `palette.CHANGES` mean."""
    return (
        text("Served before and after"),
        text("Served only after"),
        text("Served only before"),
        text("Served neither time"),
        text("The rule does not apply"),
    )


def _change(studio: Studio, number: int, change: CellChange) -> Choice:
    heading = studio.voice(text("What changes: choose a rule"))
    choice = Choice(f"change_{number}", studio.voice(change.title), heading, show=number == 0)
    if studio.image is not None:
        picture = cells_picture(studio.image, change.change, palette.CHANGES, palette.CELL_OPACITY)
        Part(f"change_image_{number}", "", picture, show=True).add_to(choice)
    return choice


def _areas(studio: Studio, layer: OverlayLayer) -> dict[str, Any]:
    shapes = shapely.simplify(list(layer.shapes), _TOLERANCE_DEG, preserve_topology=False)
    content: dict[str, Any] = {"kind": "areas", "pane": "overlays", "css": "overlay"}
    content |= {"style": palette.OVERLAYS[layer.look], **packed_areas(list(shapes))}
    return content | _words(studio, layer) | studio.heading(text("Laid over it"))


def _paths(studio: Studio, layer: OverlayLayer) -> dict[str, Any]:
    """The lines, each with its number at its middle."""
    lines = [
        [[round(lat, 6), round(lon, 6)] for lon, lat in shapely.get_coordinates(line).tolist()]
        for line in layer.shapes
    ]
    middles = shapely.line_interpolate_point(list(layer.shapes), 0.5, normalized=True)
    places = pd.DataFrame({"lon": shapely.get_x(middles), "lat": shapely.get_y(middles)})
    words = _words(studio, layer)
    content = flags(places, [str(i + 1) for i in range(len(lines))], css="barrier-flag")
    content |= {"kind": "paths", "pane": "overlays", "lines": lines, "titles": words["tooltips"]}
    content |= {"style": palette.OVERLAYS[layer.look]}
    return content | words | studio.heading(text("Laid over it"))


def _words(studio: Studio, layer: OverlayLayer) -> dict[str, list[str]]:
    voice = studio.voice
    names: Sequence[str] = [voice(name) for name in layer.names]
    cards = [facts_card(voice, name, facts) for name, facts in zip(layer.names, layer.facts, strict=True)]
    return {"tooltips": list(names), "popups": cards}
