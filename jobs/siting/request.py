"""What is asked of new sites, in a planner's terms: names, files and figures, never row numbers.

Light to import: a finished answer is found by its request without loading what computes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from core.errors import SettingError
from coverage.model.standard import LEVELS

CELLS: Final = "cells"
CROSSINGS: Final = "crossings"
FACILITIES: Final = "facilities"
SOURCES: Final = (CELLS, CROSSINGS, FACILITIES)
# The figure of a list's own column instead of one number for all.
FROM_LIST: Final = "list"
# What a plan may serve most of.
RESIDENTS: Final = "residents"
RESIDENTIAL_LAND: Final = "residential_land"
# A centre also serves as a station: both are planned at once.
TIER_SIGN: Final = "+"


@dataclass(frozen=True)
class UnitQuota:
    """At least and at most so many facilities of the tier in every unit of `level`.

    `units` names the units meant; empty: all of the level. Existing ones are counted, and a unit that
    has more already gets no new one; with `only_new` new sites alone are counted.
    """

    level: str
    least: int = 0
    most: int | None = None
    units: tuple[str, ...] = ()
    only_new: bool = False

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise SettingError(
                "The unit level “{level}” is not known; use one of {levels}.",
                level=self.level,
                levels=", ".join(LEVELS),
            )
        if self.least < 0 or (self.most is not None and self.most < self.least):
            raise SettingError("A quota runs from a low number to a higher one, none below 0.")


@dataclass(frozen=True)
class PlanConditions:
    """What a plan must respect besides its goal; each is off by default.

    required     places that must be built: names of the candidate list, or "longitude, latitude"
    forbidden    places that must not; a coordinate forbids all candidates within 100 m of it
    close        relocation: exactly so many existing facilities of the tier are closed
    closable     names of those that may be; empty: every one of the tier
    budget       the most that all new sites may cost together
    cost         of a site whose cost neither `costs` nor the candidate list states
    costs        (name, cost) pairs that go before the list's column
    spacing_m    least distance between new sites, and from new to existing ones
    quotas       how many each unit may and must have
    weights      (group, factor): how many residents one of the group counts for (equity)
    weight       what a plan serves most of: "residents", or "residential_land" (m² of it)
    backup       worth 0..1 of a resident being served by a second facility
    capacity     most residents a new site can serve, or "list": as the candidate list states
    band         every new site serves at least and at most so many residents
    within_band  the band is that of the standard's load rule for the tier
    """

    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    close: int = 0
    closable: tuple[str, ...] = ()
    budget: float | None = None
    cost: float | None = None
    costs: tuple[tuple[str, float], ...] = ()
    spacing_m: float = 0.0
    quotas: tuple[UnitQuota, ...] = ()
    weights: tuple[tuple[str, float], ...] = ()
    weight: str = RESIDENTS
    backup: float = 0.0
    capacity: float | str | None = None
    band: tuple[float, float] | None = None
    within_band: bool = False

    @property
    def has_loads(self) -> bool:
        return self.capacity is not None or self.band is not None or self.within_band

    @property
    def ties_sites(self) -> bool:
        """Whether one site's being built bears on whether another can be."""
        return bool(self.close or self.spacing_m or self.quotas or self.budget is not None)

    def with_more(self, other: PlanConditions) -> PlanConditions:
        """Both: lists are joined, and a figure that `other` states goes before one stated here."""
        nothing = PlanConditions()
        stated = {
            name: value
            for name in asdict(nothing)
            if (value := getattr(other, name)) != getattr(nothing, name)
        }
        for name in ("required", "forbidden", "closable", "costs", "quotas", "weights"):
            if name in stated:
                stated[name] = (*getattr(self, name), *stated[name])
        return replace(self, **stated)


@dataclass(frozen=True)
class AlternativesRequest:
    """How many other plans are wanted, how near to the best, and in how many sites they must differ."""

    most: int = 0
    within: float = 0.02
    differ: int = 1


@dataclass(frozen=True)
class SitingRequest:
    """What is asked for: `count` sites of `tier`, by straight radius or on foot.

    `tier` may be two joined by “+” (centre+station): the first also serves as the second, and
    `second_count` is the number of the second. `count` None: as many as the budget allows.
    Candidates are `candidates` (a file), else places of `source`; none lies in the areas of the
    files `exclude`. `share` 0..1 belongs to the goal fewest-sites: of the residents whom any site
    could serve.
    """

    tier: str
    count: int | None
    goal: str = "most-people"
    by: str = "radius"
    candidates: Path | None = None
    exclude: tuple[Path, ...] = ()
    time_limit_s: float = 60.0
    gap: float = 0.0
    share: float = 1.0
    source: str = CELLS
    second_count: int = 0
    conditions: PlanConditions = field(default_factory=PlanConditions)
    others: AlternativesRequest = field(default_factory=AlternativesRequest)

    @property
    def tiers(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.tier.split(TIER_SIGN))

    @property
    def files(self) -> tuple[Path, ...]:
        """All that must be read for it besides the study's files."""
        return (*([self.candidates] if self.candidates else []), *self.exclude)

    def as_json(self) -> Mapping[str, Any]:
        """What was asked, as plain JSON; files by their names."""
        asked = asdict(self)
        asked["candidates"] = self.candidates.name if self.candidates else None
        asked["exclude"] = [path.name for path in self.exclude]
        return asked
