"""The basemap's layers: our own streets, water, borders and names, in muted tones."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

from core.text import text
from coverage.model.standard import level_title
from coverage.model.tables import LEVELS
from maps import palette
from maps.layers import Part, Studio
from maps.model import Basemap
from maps.polylines import pack
from maps.safe_text import Voice

# Small streets are drawn at every zoom as long as a whole view of them stays quick to draw.
_FEW_VERTICES: Final = 60_000
_SMALL_STREETS_FROM_ZOOM: Final = 12.75


def packed_lines(basemap: Basemap) -> dict[str, str]:
    """Every part of the basemap under its key, in base64."""
    named = {f"streets_{c}": lines for c, lines in basemap.streets.items()}
    named |= {f"outlines_{level}": lines for level, lines in basemap.outlines.items()}
    named |= {"water": basemap.water, "water_lines": basemap.water_lines, "green": basemap.green}
    return {key: b64encode(pack(lines)).decode() for key, lines in named.items() if len(lines)}


def ground_layers(studio: Studio) -> Iterator[Part]:
    """Streets; water and green; borders of each level; names. Public maps open without the last two."""
    basemap, voice = studio.model.basemap, studio.voice
    heading = studio.heading(text("Basemap"))
    streets = street_parts(basemap)
    if streets:
        yield Part("streets", voice(text("Streets")), _drawing("lines", 0, streets) | heading, show=True)
    areas = area_parts(basemap)
    if areas:
        yield Part("areas", voice(text("Water and green")), _drawing("ground", 0, areas) | heading, show=True)
    for position, level in enumerate(LEVELS):
        if len(basemap.outlines.get(level, ())):
            parts = border_parts(level)
            name = voice(text("Borders: {level}", level=level_title(level)))
            content = _drawing("lines", len(LEVELS) - position, parts) | heading
            yield Part(f"borders_{level}", name, content, show=not studio.public)
    if len(basemap.labels):
        content = {"kind": "names", "pane": "names", "groups": name_groups(basemap, voice), **heading}
        yield Part("names", voice(text("Names")), content, show=not studio.public)


def _drawing(pane: str, order: int, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Drawings of a pane lie on one canvas, the higher order on top."""
    return {"kind": "lines", "pane": pane, "order": order, "parts": parts}


def street_parts(basemap: Basemap) -> list[dict[str, Any]]:
    """How each class of streets is drawn, the small ones first."""
    few = sum(len(lines.lon) for lines in basemap.streets.values()) <= _FEW_VERTICES
    parts = []
    for street_class in sorted(basemap.streets):
        if not len(basemap.streets[street_class]):
            continue
        style = dict(palette.STREETS[min(street_class, max(palette.STREETS))])
        if street_class == 0 and not few:
            style["from_zoom"] = _SMALL_STREETS_FROM_ZOOM
        parts.append({"key": f"streets_{street_class}", "style": style})
    return parts


def border_parts(level: str) -> list[dict[str, Any]]:
    """How the borders of a level are drawn."""
    return [{"key": f"outlines_{level}", "style": palette.OUTLINES[level]}]


def area_parts(basemap: Basemap) -> list[dict[str, Any]]:
    """How green and water are drawn."""
    wanted = (
        ("green", basemap.green, {"fill": palette.GROUND["green"]}),
        ("water", basemap.water, {"fill": palette.GROUND["water"]}),
        ("water_lines", basemap.water_lines, {"line": palette.GROUND["water_line"], "width": 1.4}),
    )
    return [{"key": key, "style": style} for key, lines, style in wanted if len(lines)]


def name_groups(basemap: Basemap, voice: Voice) -> list[dict[str, Any]]:
    """The names of the units by level, as safe HTML."""
    labels = basemap.labels
    groups = []
    for level in LEVELS:
        rows = labels[labels["level"] == level]
        groups.append(
            {
                "style": palette.LABELS[level],
                "names": [voice(str(name)) for name in rows["name"]],
                "lon": rows["lon"].round(5).tolist(),
                "lat": rows["lat"].round(5).tolist(),
            }
        )
    return groups
