"""Which OpenStreetMap ways may be walked, and which of them a map shows from afar.

The rule is OSMnx's `walk` filter with the corrections a pedestrian would make:

    foot=yes (and the like)       opens what is closed only to others: cycleways, private and motor roads
    access=no, motorroad=yes,     close a way to people on foot unless `foot` says otherwise
    foot=private, use_sidepath
    a square (pedestrian area)    is walked along its outline; nobody knows the ways across it
    a ferry                       is not a street, whatever else its tags say
"""

from __future__ import annotations

import re
from functools import lru_cache
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
}  # fmt: skip

# What a pedestrian knows beyond that filter.
_FOOT_OPENS: Final = frozenset({"yes", "designated", "permissive", "official", "destination"})
_FOOT_CLOSES: Final = frozenset({"private", "use_sidepath"})
# Closed on foot whatever `foot` says: not built, not there, or no street.
_NEVER: Final = frozenset(NOT_WALKED["highway"]) - {"cycleway"}
SQUARES: Final = frozenset({"pedestrian", "footway", "path"})

TAGS: Final = (*NOT_WALKED, "route", "motorroad")  # all the tags that the rule looks at

# Drawn from afar; `highway` values without "_link". All others are 0.
_CLASS: Final = {"motorway": 2, "trunk": 2, "primary": 2, "secondary": 1, "tertiary": 1}

_CLOSED: Final = {key: re.compile("|".join(map(re.escape, words))) for key, words in NOT_WALKED.items()}
_NEVER_WORDS: Final = re.compile("|".join(map(re.escape, sorted(_NEVER))))


class Tags(Protocol):
    """A mapping of tags, or what pyosmium has in its place."""

    def get(self, key: str, default: str, /) -> str: ...


def is_walkable(tags: Tags) -> bool:
    """Whether a pedestrian may walk along a way with these tags; the rule is at the top of the module."""
    if not tags.get("highway", ""):
        return False
    return _is_walkable(tuple(tags.get(key, "") for key in TAGS))


@lru_cache(maxsize=1 << 16)
def _is_walkable(values: tuple[str, ...]) -> bool:
    tags = dict(zip(TAGS, values, strict=True))
    if tags["route"] == "ferry" or _NEVER_WORDS.search(tags["highway"]):
        return False
    if tags["area"] == "yes" and tags["highway"] in SQUARES:
        tags["area"] = ""
    if tags["foot"] in _FOOT_OPENS:
        return not _CLOSED["area"].search(tags["area"])
    if tags["access"] == "no" or tags["motorroad"] == "yes" or tags["foot"] in _FOOT_CLOSES:
        return False
    return not any(words.search(tags[key]) for key, words in _CLOSED.items())


def street_class(highway: str) -> int:
    """2 for main roads, 1 for streets a map shows from afar, 0 for small streets and paths."""
    return _CLASS.get(highway.removesuffix("_link"), 0)
