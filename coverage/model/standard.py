"""A standard as data: its rules, and the settings the text of the standard leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.text import Bilingual, Sayable, Text, text
from geo.network.islands import ISLAND_M


class Check(StrEnum):
    """What a rule measures; each has its own figure key in the TOML file."""

    RADIUS = "radius"
    WALK = "walk"
    LOAD = "load"
    PRESENCE = "presence"
    RATIO = "ratio"
    UNITS = "units"


class Verdict(StrEnum):
    """Never “violation”: the text of the standard says “about”."""

    MEETS = "meets"
    NEARLY = "nearly"
    NOT = "not"


@dataclass(frozen=True)
class Rule:
    """One row of a standard.

    `figure` is metres (radius), minutes (walk), places per 1,000 of `group` (ratio), a share 0..1
    (units), 1 (presence: one per unit); `band` is the inclusive [low, high] of residents (load).
    `serves` are the tiers that satisfy the rule, `tier` the one the rule speaks of.
    `settlement` is "urban", "rural" or "any". `within` (units) names the radius and walk rules
    that every resident of a unit must meet. A figure with tolerance t holds up to figure·(1+t).
    """

    id: str
    check: Check
    tier: str
    serves: tuple[str, ...]
    settlement: str = "any"
    figure: float = 1.0
    band: tuple[float, float] | None = None
    tolerance: float = 0.0
    unit: str = ""
    group: str = ""
    within: tuple[str, ...] = ()
    clause: str = ""
    wording: str = ""
    confirmed: bool = True
    responsible: tuple[str, ...] = ()

    @property
    def limit(self) -> float:
        """The figure with its tolerance; the boundary itself counts as met."""
        return self.figure * (1.0 + self.tolerance)


@dataclass(frozen=True)
class Walking:
    """Speeds in km/h; a point farther than `snap_limit_m` from any street is unlinked.

    Parts of the network with less street than `island_m` are islands: places join another street
    where one is within the limit. 0 knows no islands.
    """

    speed_kmh: float = 5.0
    elderly_speed_kmh: float = 3.0
    snap_limit_m: float = 500.0
    island_m: float = ISLAND_M

    @property
    def metres_per_minute(self) -> float:
        return self.speed_kmh * 1000.0 / 60.0


@dataclass(frozen=True)
class VerdictLimits:
    """From which share of residents or units a rule is met, or nearly met (the boundary counts)."""

    meets_share: float = 1.0
    nearly_share: float = 0.9


@dataclass(frozen=True)
class Standard:
    """A standard with its rules in their own order; `toml` is its text, `sha256` the fingerprint of that."""

    id: str
    title: Bilingual
    rules: tuple[Rule, ...]
    document: str = ""
    issued: str = ""
    status: str = "in_force"
    walking: Walking = field(default_factory=Walking)
    verdicts: VerdictLimits = field(default_factory=VerdictLimits)
    tier_titles: Mapping[str, Bilingual] = field(default_factory=dict)
    sha256: str = ""
    toml: str = field(default="", repr=False)

    @property
    def tiers(self) -> tuple[str, ...]:
        """Every tier that a rule speaks of or accepts, in order of first mention."""
        named = [tier for rule in self.rules for tier in (rule.tier, *rule.serves)]
        return tuple(dict.fromkeys(tier for tier in named if tier != ANY_TIER))

    def rule(self, rule_id: str) -> Rule:
        """The rule called `rule_id`; KeyError if there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)

    def tier_title(self, tier: str) -> Sayable:
        """The reader's name of a tier: the standard's own, else the usual one, else as written."""
        if tier in self.tier_titles:
            return self.tier_titles[tier]
        return _TIERS.get(tier, tier)

    def rule_title(self, rule: Rule) -> Text:
        """A short name made of the rule's own figures, so that a user's standard reads well too."""
        low, high = rule.band or (0.0, 0.0)
        return Text(
            _RULE_TITLES[rule.check].template,
            {
                "tier": self.tier_title(rule.tier),
                "who": settlement_title(rule.settlement),
                "unit": level_title(rule.unit),
                "group": group_title(rule.group),
                "figure": rule.figure,
                "low": low,
                "high": high,
            },
        )


def settlement_title(settlement: str) -> Sayable:
    """ "urban", "rural" or "any" for a reader."""
    return _SETTLEMENTS.get(settlement, settlement)


def level_title(level: str) -> Sayable:
    """A level of units for a reader."""
    return _LEVELS.get(level, level)


def group_title(group: str) -> Sayable:
    """A group of residents for a reader; a group of the user's own is shown as written."""
    return _GROUPS.get(group, group)


ANY_TIER: Final = "any"
# Levels of units, from the widest to the smallest.
LEVELS: Final = ("district", "street", "community")

_SETTLEMENTS: Final = {"urban": text("urban"), "rural": text("rural"), "any": text("all")}
_TIERS: Final = {
    "centre": text("service centre"),
    "station": text("service station"),
    ANY_TIER: text("service point"),
}
_LEVELS: Final = {
    "district": text("district"),
    "street": text("street or town"),
    "community": text("community or village"),
}
_GROUPS: Final = {"elderly": text("elderly"), "children": text("child")}
_RULE_TITLES: Final = {
    Check.RADIUS: text("Within {figure:,g} m of a {tier}, straight line ({who} residents)"),
    Check.WALK: text("Within {figure:g} min on foot of a {tier} ({who} residents)"),
    Check.LOAD: text("{low:,g}–{high:,g} residents per {tier} ({who})"),
    Check.PRESENCE: text("A {tier} in every {unit}"),
    Check.RATIO: text("{figure:g} places per 1,000 {group} residents"),
    Check.UNITS: text("Every resident served, by {unit}"),
}
