"""Which OpenStreetMap ways may be walked, where nobody gets through, and what a map shows from afar.

Every decision compares a tag's values, one by one (`yes;no` is two of them), never parts of a word:

    what is not there or no street   is never walked: construction, a raceway, an emergency bay, a ferry
    foot=yes (and the like)          opens what is closed only to others: motorways, cycleways, private ways
    no, private (and the like)       close a way; `foot` speaks before `access`
    a square (pedestrian area)       is walked along its outline; the ways across it are not known
    a closed or locked gate, a wall  on a way parts it there

docs/streets.md has the decisions beside those of six routers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Protocol

# Closed on foot whatever `foot` says: not built, no longer there, or no street.
NEVER: Final = frozenset({
    "abandoned", "bus_guideway", "construction", "demolished", "dismantled", "disused", "emergency_bay",
    "escape", "historic", "no", "planned", "proposed", "raceway", "razed", "removed", "rest_area", "services",
})  # fmt: skip
# Made for others; `foot` may open them.
_FOR_OTHERS: Final = frozenset({"busway", "cycleway", "motorway", "motorway_link", "unknown"})
PLATFORM: Final = "platform"
# Walked along their outline where they are areas; the outline of a yard for cars is no way.
SQUARES: Final = frozenset({"pedestrian", "footway", "path", PLATFORM})

# The same words open by `foot` and by `access`, on a way and at a gate, and the same words close.
_OPENS: Final = frozenset({
    "yes", "designated", "permissive", "official", "public", "destination", "allowed",
    "customers", "permit", "residents", "delivery",
})  # fmt: skip
_CLOSES: Final = frozenset({"no", "private", "military", "emergency"})
# On a way a wall parts it; where a way passes a city wall or a retaining wall there is a gate or steps.
_WALLS_ON_WAYS: Final = frozenset({"wall", "fence"})
# As lines, people do not walk straight across these.
WALLS: Final = _WALLS_ON_WAYS | {"city_wall", "retaining_wall"}

# All the tags that the rule looks at.
TAGS: Final = ("highway", "railway", "area", "access", "foot", "motorroad", "route")

# Drawn from afar; `highway` values without "_link". All others are 0.
_CLASS: Final = {"motorway": 2, "trunk": 2, "primary": 2, "secondary": 1, "tertiary": 1}


class Tags(Protocol):
    """A mapping of tags, or what pyosmium has in its place."""

    def get(self, key: str, default: str, /) -> str: ...


def is_walkable(tags: Tags) -> bool:
    """Whether a pedestrian may walk along a way with these tags; the rule is at the top of the module."""
    return _is_walkable(tuple([tags.get(key, "") for key in TAGS]))


def lets_nobody_through(tags: Tags) -> bool:
    """Whether a point with these tags parts the ways that run through it: a closed or locked gate, or a wall.

    A point without a `barrier` never does.
    """
    barrier = _values(tags.get("barrier", ""))
    if not barrier:
        return False
    for key in ("foot", "access"):
        said = _values(tags.get(key, ""))
        if said & _OPENS:
            return False
        if said & _CLOSES:
            return True
    # A locked door lets nobody else through, whoever holds the key.
    return bool(barrier & _WALLS_ON_WAYS) or "yes" in _values(tags.get("locked", ""))


@lru_cache(maxsize=1 << 16)
def _is_walkable(values: tuple[str, ...]) -> bool:
    tags = {key: _values(value) for key, value in zip(TAGS, values, strict=True)}
    highway = tags["highway"]
    if not highway:
        if PLATFORM not in tags["railway"]:
            return False
        highway = frozenset({PLATFORM})
    if "ferry" in tags["route"] or highway & NEVER:
        return False
    if "yes" in tags["area"] and not highway <= SQUARES:
        return False
    if tags["foot"] & _OPENS:
        return True
    if tags["foot"] & _CLOSES or highway & _FOR_OTHERS or "yes" in tags["motorroad"]:
        return False
    return bool(tags["access"] & _OPENS) or not tags["access"] & _CLOSES


def _values(value: str) -> frozenset[str]:
    """A tag's values; mappers write several with semicolons."""
    return frozenset(filter(None, (part.strip().casefold() for part in value.split(";"))))


@lru_cache(maxsize=1 << 10)
def street_class(highway: str) -> int:
    """2 for main roads, 1 for streets a map shows from afar, 0 for small streets and paths."""
    return _CLASS.get(highway.strip().casefold().removesuffix("_link"), 0)
