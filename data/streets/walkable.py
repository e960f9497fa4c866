"""Which OpenStreetMap ways may be walked, and which of them a map shows from afar."""

from __future__ import annotations

import re
from typing import Final, Protocol

# OSMnx's `walk` filter: a way with any of these words anywhere in the tag's value is not walked
# (Overpass searches, it does not compare: "motor" also stands for motorway and motorway_link).
# A test compares this table with the filter of the OSMnx that is installed.
NOT_WALKED: Final[dict[str, tuple[str, ...]]] = {
    "highway": (
        "abandoned", "bus_guideway", "construction", "cycleway", "motor", "no", "planned", "platform",
        "proposed", "raceway", "razed", "rest_area", "services",
    ),
    "area": ("yes",),
    "access": ("private",),
    "foot": ("no",),
    "service": ("private",),
    "sidewalk": ("separate",),
    "sidewalk:both": ("separate",),
    "sidewalk:left": ("separate",),
    "sidewalk:right": ("separate",),
    "route": ("ferry",),  # ours: a ferry with a highway tag is still not a street
}  # fmt: skip

# Drawn from afar; `highway` values without "_link". All others are 0.
_CLASS: Final = {"motorway": 2, "trunk": 2, "primary": 2, "secondary": 1, "tertiary": 1}

_NOT_WALKED: Final = tuple(
    (key, re.compile("|".join(map(re.escape, words)))) for key, words in NOT_WALKED.items()
)


class Tags(Protocol):
    """A mapping of tags, or what pyosmium has in its place."""

    def get(self, key: str, default: str, /) -> str: ...


def is_walkable(tags: Tags) -> bool:
    """Whether OSMnx's `walk` filter lets a way with these tags through and it is no ferry."""
    if not tags.get("highway", ""):
        return False
    return not any(words.search(tags.get(key, "")) for key, words in _NOT_WALKED)


def street_class(highway: str) -> int:
    """2 for main roads, 1 for streets a map shows from afar, 0 for small streets and paths."""
    return _CLASS.get(highway.removesuffix("_link"), 0)
