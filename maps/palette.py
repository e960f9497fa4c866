"""The one table of colours and line widths: muted ground, colour-blind-safe results.

Blue stands for served and orange for not served (told apart by every common kind of colour
blindness, and by lightness in a grey print: a test computes it); facilities are near-black so that
they stand out of both; suggestions are green and also differ in shape.
"""

from __future__ import annotations

from typing import Final

PAPER: Final = "#f5f3ee"
INK: Final = "#1d2733"

# How strongly a colour of the cells covers the paper under it.
CELL_OPACITY: Final = 0.72

# Classes of one legend differ in lightness by ten and more of CIE L*, as they lie on the paper: a grey print
# and every kind of colour blindness keep them apart. Within a limit, darkest first; one or two limits use the
# middle of them. The last class is "beyond the last limit or out of reach".
_WITHIN: Final = ("#0a2947", "#1f5f99", "#8abfde", "#d3e6f0")
_BEYOND: Final = "#d9651f"

# Met, not met, not subject to the rule: in the order of the outcome's codes.
OUTCOMES: Final = ("#5f9fcc", "#c2410c", "#cfcabf")

# Where a rule does not apply the cells are hatched, so that a grey print does not take them for served ones.
HATCH: Final = "#8f887a"

# Inside a circle and walkable, inside and too far on foot, outside.
CUT_OFF: Final = ("#8dbcdb", "#7d1405", "#e4e0d6")

GAP: Final = {"outline": "#8f2a08", "fill": "#ee7b3a"}
SITE: Final = {"fill": "#0b7a4b", "outline": "#ffffff"}

# Shares of units: up to each limit, and the last where all are covered. The darkest is the worst.
SHARE_LIMITS: Final = (0.5, 0.7, 0.85, 1.0)
SHARES: Final = ("#7f2704", "#cc4c02", "#fb9a4a", "#fddcae", "#d3e6f0")

# Facility tiers in order of the standard: fill, outline, radius in pixels.
_TIERS: Final = (
    ("#14213d", "#ffffff", 7.0),
    ("#ffffff", "#14213d", 4.5),
    ("#6a3d9a", "#ffffff", 5.5),
    ("#e9e28c", "#14213d", 5.0),
    ("#7a4b1f", "#ffffff", 5.0),
)
RADIUS: Final = (
    {"outline": "#14213d", "dash": "", "fill": "#14213d"},
    {"outline": "#5b3a8c", "dash": "6 4", "fill": "#5b3a8c"},
    {"outline": "#7a4b1f", "dash": "2 4", "fill": "#7a4b1f"},
)

VERDICTS: Final = {"meets": "#1b6ca8", "nearly": "#8a6d00", "not": "#b3400f"}

# Areas by their verdict, "" without one: filled, so that a grey print must keep them apart.
AREAS: Final = {"meets": "#2f7fb8", "nearly": "#e3b34d", "not": "#8f2a08", "": "#efece4"}

# A facility that only a scenario has, or has there.
IN_SCENARIO: Final = {
    "radius": 11,
    "color": "#8a1fb8",
    "weight": 3,
    "fillColor": "#8a1fb8",
    "fillOpacity": 0.12,
    "dashArray": "4 3",
}

GROUND: Final = {
    "water": "#c3d8e4",
    "water_line": "#a9c8d9",
    "green": "#dde6d0",
}

# class: casing (colour, width at zoom 12) or none, line (colour, width at zoom 12)
STREETS: Final = {
    0: {"line": "#b8b1a4", "width": 0.5},
    1: {"line": "#a39b8c", "width": 0.9},
    2: {"line": "#fdfbf6", "width": 1.5, "casing": "#8d8577", "casing_width": 2.7},
}
OUTLINES: Final = {
    "district": {"line": "#54475f", "width": 2.0, "dash": [9, 3, 2, 3], "from_zoom": 0},
    "street": {"line": "#74667f", "width": 1.1, "dash": [5, 3], "from_zoom": 0},
    "community": {"line": "#8f8399", "width": 0.7, "dash": [2, 3], "from_zoom": 13},
}
LABELS: Final = {
    "district": {"colour": "#3f3449", "size": 15, "weight": 700, "from_zoom": 0, "to_zoom": 14},
    "street": {"colour": "#4d4357", "size": 12.5, "weight": 600, "from_zoom": 12.5, "to_zoom": 17},
    "community": {
        "colour": "#5b5364",
        "size": 11.5,
        "weight": 400,
        "from_zoom": 14,
        "to_zoom": 19,
        "below": 13,
    },
}

# Dots on the small maps of a check: those in their declared unit, those outside it, of which nothing
# is known, those of another list, and the place just chosen.
DOTS: Final = {
    "inside": {"radius": 5, "color": "#ffffff", "weight": 1, "fillColor": "#1b6ca8", "fillOpacity": 1},
    "outside": {"radius": 5, "color": "#ffffff", "weight": 1, "fillColor": "#d9541e", "fillOpacity": 1},
    "plain": {"radius": 5, "color": "#ffffff", "weight": 1, "fillColor": "#14213d", "fillOpacity": 1},
    "small": {"radius": 2.5, "color": "#ffffff", "weight": 0.7, "fillColor": "#4b5765", "fillOpacity": 1},
    "other": {"radius": 4, "color": "#4b5765", "weight": 1.5, "fillColor": "#ffffff", "fillOpacity": 1},
    "here": {"radius": 8, "color": "#ffffff", "weight": 2.5, "fillColor": "#0b7a4b", "fillOpacity": 1},
}
SHAPES: Final = {
    "building": {"color": "#a89f90", "weight": 0.7, "fillColor": "#d9d2c4", "fillOpacity": 0.9},
    "unit": {"color": "#5b3a8c", "weight": 2.5, "fillColor": "#5b3a8c", "fillOpacity": 0.07},
}
WAY: Final = {"color": "#d9541e", "weight": 2, "dashArray": "5 4"}


def walk_colours(limits: int) -> tuple[str, ...]:
    """One colour for each of `limits` classes within a limit, and one for those beyond."""
    first = 1 if limits < len(_WITHIN) else 0
    within = [_WITHIN[min(first + i, len(_WITHIN) - 1)] for i in range(limits)]
    return (*within, _BEYOND)


def tier_mark(position: int) -> tuple[str, str, float]:
    """Fill, outline and radius of the tier at `position` in the standard; they repeat after five."""
    return _TIERS[position % len(_TIERS)]


def radius_style(position: int) -> dict[str, str]:
    return RADIUS[position % len(RADIUS)]


# What became of a cell under a rule: served before and after, gained, lost, served neither time, and
# not spoken of.
CHANGES: Final = ("#b4ccda", "#2272c2", "#4a0a00", "#d28f4c", "#f2f0ea")
# Shapes and lines laid over the cells. Isochrones: the widest first, each narrower one darker.
OVERLAYS: Final = {
    "reach_0": {"color": "#0b5d74", "weight": 1.6, "fillColor": "#5fb0c4", "fillOpacity": 0.30},
    "reach_1": {"color": "#083f50", "weight": 1.6, "fillColor": "#1f7d96", "fillOpacity": 0.42},
    "reach_2": {"color": "#052b37", "weight": 1.6, "fillColor": "#0b5265", "fillOpacity": 0.45},
    "catchment": {"color": "#ffffff", "weight": 1.2, "fillColor": "#5fb0c4", "fillOpacity": 0.38},
    "newly_served": {"color": "#0b7a4b", "weight": 1.4, "fillColor": "#0b7a4b", "fillOpacity": 0.34},
    "extent": {"color": "#3d5a1f", "weight": 1.4, "fillColor": "#7da35a", "fillOpacity": 0.35},
    "land_gap": {"color": "#8f2a08", "weight": 2, "fillColor": "#d28f4c", "fillOpacity": 0.30},
    "barrier": {"color": "#a3123f", "weight": 5, "opacity": 0.95, "lineCap": "butt"},
    "street": {"color": "#0b7a4b", "weight": 5, "opacity": 0.95},
    "apart": {"color": "#8f2a08", "weight": 2, "opacity": 0.95},
    "drawn_barrier": {"color": "#a3123f", "weight": 4, "opacity": 0.95, "dashArray": "2 6"},
}
