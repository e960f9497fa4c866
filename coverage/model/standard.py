"""A standard as data: its rules, and the settings the text of the standard leaves open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.text import Bilingual, Sayable, Text, text
from geo.network import ISLAND_M


class Check(StrEnum):
    """What a rule measures; each has its own figure key in the TOML file."""

    RADIUS = "radius"
    WALK = "walk"
    LOAD = "load"
    PRESENCE = "presence"
    RATIO = "ratio"
    UNITS = "units"
    AREA = "area_per_100_households"


class Evidence(StrEnum):
    """Where a figure was read: in the document itself, in a copy of its text, in a report, or nowhere."""

    PRIMARY = "primary"
    COPY = "copy"
    PRESS = "press"
    RECALLED = "recalled"


class Verdict(StrEnum):
    """Never “violation”: the text of the standard says “about”."""

    MEETS = "meets"
    NEARLY = "nearly"
    NOT = "not"


# What a share may divide by; see `coverage.equity.denominators`.
DENOMINATORS: Final = ("residents", "residential_land", "area", "compounds", "communities")
# When a compound or a community counts as covered, beside a share of its area.
BASES: Final[Mapping[str, tuple[str, ...]]] = {
    "compounds": ("inner point", "any gate", "wholly", "touched"),
    "communities": ("inner point", "every resident", "wholly", "touched"),
}


def at_least(share: float) -> str:
    """The basis by which a polygon is covered from this share of its area on."""
    return f"at least {100 * share:g} % of its area"


@dataclass(frozen=True)
class SizeClass:
    """Facilities of at least `least_m2` of ground have the figure `figure_m`; the boundary too."""

    least_m2: float
    figure_m: float


@dataclass(frozen=True)
class Rule:
    """One row of a standard.

    `figure` is metres (radius, and walk where `in_metres`), minutes (walk), places per 1,000 of `group`
    (ratio), m² per 100 households (area_per_100_households), a share 0..1 (units), 1 (presence: one per
    unit); `band` is the inclusive [low, high] of residents (load). A figure with tolerance t holds up
    to figure·(1+t). `serves` are the tiers that satisfy the rule, `tier` the one the rule speaks of.
    `settlement` is "urban", "rural" or "any". `within` (units) names the radius and walk rules that
    every resident of a unit must meet. `speed_kmh` (walk) is the rule's own speed, None the standard's.
    `least_m2` and `least_functions` (presence): a facility counts from this floor area and number of
    services on. `household_size`: residents a household, where households are not counted.
    `denominator` is what the share of a radius or walk rule divides by (one of DENOMINATORS), `basis` when a
    compound or community counts as covered ("" by its inner point), `basis_share` the share of its area
    where that decides.
    `classes` (radius, and walk in metres): figures by size of facility, largest first; `figure` is then the
    widest. Facilities below the smallest class, or of unknown size, are not counted.
    `evidence` says where the figure was read (None: not stated), `source` in which text.
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
    in_metres: bool = False
    speed_kmh: float | None = None
    least_m2: float = 0.0
    least_functions: int = 0
    household_size: float | None = None
    denominator: str = "residents"
    basis: str = ""
    basis_share: float | None = None
    classes: tuple[SizeClass, ...] = ()
    clause: str = ""
    wording: str = ""
    evidence: Evidence | None = None
    source: str = ""
    responsible: tuple[str, ...] = ()

    @property
    def limit(self) -> float:
        """The figure with its tolerance; the boundary itself counts as met."""
        return self.figure * (1.0 + self.tolerance)

    def speed(self, walking: Walking) -> float:
        """km/h: the rule's own, else the standard's."""
        return walking.speed_kmh if self.speed_kmh is None else self.speed_kmh

    def limit_m(self, walking: Walking) -> float:
        """Of a radius or walk rule the figure with its tolerance in metres."""
        if self.check is Check.WALK and not self.in_metres:
            return self.limit * self.speed(walking) * 1000.0 / 60.0
        return self.limit

    def limit_min(self, walking: Walking) -> float:
        """Of a walk rule the figure with its tolerance in minutes at its speed."""
        return self.limit * 60.0 / (self.speed(walking) * 1000.0) if self.in_metres else self.limit


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
class Need:
    """What every complete community (完整社区) has: a facility of one of the tiers `serves`.

    `least_m2` of floor (of ground where `by_ground`; 0: any size) and `figure_m`, the longest walk in metres
    for at least `least_share` of the residents (None: it stands in the community). `settlement`: of which
    communities.
    """

    id: str
    title: Bilingual
    serves: tuple[str, ...]
    least_m2: float = 0.0
    by_ground: bool = False
    figure_m: float | None = None
    least_share: float = 1.0
    settlement: str = "any"
    evidence: Evidence | None = None
    source: str = ""
    responsible: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standard:
    """A standard with its rules in their own order; `toml` is its text, `sha256` the fingerprint of that.
    `needs` is what a complete community has, where the standard says so.

    `differences`: in what it differs from the published one that it was `made_from`; its title then says
    that it is an own one.
    """

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
    needs: tuple[Need, ...] = ()
    differences: tuple[Text, ...] = ()
    made_from: Standard | None = field(default=None, repr=False)

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
        return tier_name(tier)

    def rule_title(self, rule: Rule) -> Text:
        """A short name made of the rule's own figures, so that a user's standard reads well too."""
        low, high = rule.band or (0.0, 0.0)
        return Text(
            _rule_template(rule),
            {
                "tier": self.tier_title(rule.tier),
                "who": settlement_title(rule.settlement),
                "unit": level_title(rule.unit),
                "group": group_title(rule.group),
                "figure": rule.figure,
                "speed": rule.speed_kmh,
                "area": rule.least_m2,
                "functions": rule.least_functions,
                "low": low,
                "high": high,
                "whole": whole_title(rule),
                "classes": classes_title(rule),
            },
        )


def _rule_template(rule: Rule) -> str:
    if rule.classes:
        if rule.check is Check.RADIUS:
            return text("Within reach of a {tier} by its size, straight line: {classes} ({whole})").template
        return text("Within reach of a {tier} by its size, on foot: {classes} ({whole})").template
    if rule.denominator != "residents":
        if rule.check is Check.RADIUS:
            return text("Within {figure:,g} m of a {tier}, straight line ({whole})").template
        if rule.in_metres:
            return text("Within {figure:,g} m on foot of a {tier} ({whole})").template
        if rule.speed_kmh is not None:
            return text("Within {figure:g} min on foot at {speed:g} km/h of a {tier} ({whole})").template
        return text("Within {figure:g} min on foot of a {tier} ({whole})").template
    if rule.check is Check.WALK and rule.in_metres:
        return text("Within {figure:,g} m on foot of a {tier} ({who} residents)").template
    if rule.check is Check.WALK and rule.speed_kmh is not None:
        return text("Within {figure:g} min on foot at {speed:g} km/h of a {tier} ({who} residents)").template
    if rule.least_m2 and rule.least_functions:
        return text("A {tier} of at least {area:,g} m² and {functions} services in every {unit}").template
    if rule.least_m2:
        return text("A {tier} of at least {area:,g} m² in every {unit}").template
    if rule.least_functions:
        return text("A {tier} with at least {functions} services in every {unit}").template
    return _RULE_TITLES[rule.check].template


def classes_title(rule: Rule) -> Sayable:
    """The figures of a rule by size of facility, largest first; "" where it has one figure."""
    said: Sayable = ""
    for size in rule.classes:
        one = text("{figure:,g} m from {area:,g} m² on", figure=size.figure_m, area=size.least_m2)
        said = one if not said else text("{one}, {another}", one=said, another=one)
    return said


def need_figure(need: Need) -> Text:
    """What a need asks for: size and longest walk."""
    size = text("≥ {area:,g} m²", area=need.least_m2)
    if need.figure_m is None:
        return text("{size}, in the community", size=size) if need.least_m2 else text("one in the community")
    walk = text("≤ {figure:,g} m on foot", figure=need.figure_m)
    return text("{one}, {another}", one=size, another=walk) if need.least_m2 else walk


def tier_name(tier: str) -> Sayable:
    """What a tier is usually called, else as written."""
    return _TIERS.get(tier, tier)


def settlement_title(settlement: str) -> Sayable:
    """ "urban", "rural" or "any" for a reader."""
    return _SETTLEMENTS.get(settlement, settlement)


def whole_title(rule: Rule) -> Text:
    """What the share of a radius or walk rule is a share of."""
    return Text(_WHOLES[rule.denominator].template, {"who": settlement_title(rule.settlement)})


def share_title(denominator: str) -> Text:
    """The name of a share by what it divides by, as officials call it; never a bare “coverage”."""
    return _SHARES[denominator]


def level_title(level: str) -> Sayable:
    """A level of units for a reader."""
    return _LEVELS.get(level, level)


def group_title(group: str) -> Sayable:
    """A group of residents for a reader; a group of the user's own is shown as written."""
    return _GROUPS.get(group, group)


def group_people(group: str) -> Sayable:
    """The people of a group as one says it: children, elderly residents."""
    if group == "children":
        return text("children")
    return text("{group} residents", group=group_title(group))


def clause_title(clause: str) -> Text:
    """Where in its document a rule stands: “12” is a task of an office's document, “2.0.3” a clause and “C”
    an appendix of a national standard; anything else is said as written."""
    if clause.isdigit():
        return text("task {clause}", clause=clause)
    if re.fullmatch(r"\d+(\.\d+)+", clause):
        return text("clause {clause}", clause=clause)
    if re.fullmatch("[A-Z]", clause):
        return text("appendix {clause}", clause=clause)
    return text("{clause}", clause=clause)


def evidence_title(evidence: Evidence | None) -> Text:
    """Where a figure was read, for a reader."""
    return _EVIDENCE[evidence]


ANY_TIER: Final = "any"
# Levels of units, from the widest to the smallest.
LEVELS: Final = ("district", "street", "community")

_SETTLEMENTS: Final = {"urban": text("urban"), "rural": text("rural"), "any": text("all")}
_TIERS: Final = {
    "centre": text("service centre"),
    "station": text("service station"),
    ANY_TIER: text("service point"),
}
_EVIDENCE: Final = {
    Evidence.PRIMARY: text("read in the document itself"),
    Evidence.COPY: text("read in a copy of the text"),
    Evidence.PRESS: text("as reported in the press"),
    Evidence.RECALLED: text("recalled; to be confirmed"),
    None: text("source not stated"),
}
_WHOLES: Final = {
    "residents": text("{who} residents"),
    "residential_land": text("residential land of {who} communities"),
    "area": text("ground of {who} communities"),
    "compounds": text("residential compounds in {who} communities"),
    "communities": text("{who} communities"),
}
_SHARES: Final = {
    "residents": text("Share of residents covered"),
    "households": text("Share of households covered"),
    "residential_land": text("Share of residential land covered"),
    "area": text("Share of ground covered"),
    "compounds": text("Share of compounds covered"),
    "communities": text("Share of communities covered"),
    "units": text("Share of units that meet the rule"),
    "facilities": text("Share of facilities within the band"),
}
_LEVELS: Final = {
    "district": text("district"),
    "street": text("street or town"),
    "community": text("community or village"),
}
_GROUPS: Final = {
    "elderly": text("elderly"),
    "children": text("child"),
    "households": text("household"),
}
_RULE_TITLES: Final = {
    Check.RADIUS: text("Within {figure:,g} m of a {tier}, straight line ({who} residents)"),
    Check.WALK: text("Within {figure:g} min on foot of a {tier} ({who} residents)"),
    Check.LOAD: text("{low:,g}–{high:,g} residents per {tier} ({who})"),
    Check.PRESENCE: text("A {tier} in every {unit}"),
    Check.RATIO: text("{figure:g} places per 1,000 {group} residents"),
    Check.UNITS: text("Every resident served, by {unit}"),
    Check.AREA: text("{figure:g} m² of {tier} per 100 households, by {unit}"),
}
