"""A standard as data: its rules, and the settings the text of the standard leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from geo.text import Text, text


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
    """Speeds in km/h; a point farther than `snap_limit_m` from any street is unlinked."""

    speed_kmh: float = 5.0
    elderly_speed_kmh: float = 3.0
    snap_limit_m: float = 500.0

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
    """A standard with its rules in their own order; `sha256` is of the TOML text."""

    id: str
    title: Mapping[str, str]
    rules: tuple[Rule, ...]
    document: str = ""
    issued: str = ""
    status: str = "in_force"
    walking: Walking = field(default_factory=Walking)
    verdicts: VerdictLimits = field(default_factory=VerdictLimits)
    tier_titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sha256: str = ""

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


ANY_TIER = "any"

_SETTLEMENTS = {"urban": text("urban"), "rural": text("rural"), "any": text("all")}
_TIERS = {
    "centre": text("service centre"),
    "station": text("service station"),
    ANY_TIER: text("service point"),
}
_UNITS = {
    "district": text("district"),
    "street": text("street or town"),
    "community": text("community or village"),
}


def tier_title(tier: str) -> Text | str:
    """The reader's name of a tier; a tier of the user's own is shown as written."""
    return _TIERS.get(tier, tier)


def settlement_title(settlement: str) -> Text | str:
    return _SETTLEMENTS.get(settlement, settlement)


def level_title(level: str) -> Text | str:
    return _UNITS.get(level, level)


def rule_title(rule: Rule) -> Text:
    """A short name made from the rule's own figures, so that a user's standard reads well too."""
    tier = tier_title(rule.tier)
    who = settlement_title(rule.settlement)
    match rule.check:
        case Check.RADIUS:
            return text(
                "{tier} within {figure:,g} m, straight line ({who} residents)",
                tier=tier,
                figure=rule.figure,
                who=who,
            )
        case Check.WALK:
            return text(
                "{tier} within {figure:g} min on foot ({who} residents)",
                tier=tier,
                figure=rule.figure,
                who=who,
            )
        case Check.LOAD:
            low, high = rule.band or (0, 0)
            return text(
                "{low:,g}–{high:,g} residents per {tier} ({who})", low=low, high=high, tier=tier, who=who
            )
        case Check.PRESENCE:
            return text("A {tier} in every {unit}", tier=tier, unit=level_title(rule.unit))
        case Check.RATIO:
            return text("{figure:g} places per 1,000 {group} residents", figure=rule.figure, group=rule.group)
        case Check.UNITS:
            return text("Every resident served, by {unit}", unit=level_title(rule.unit))
