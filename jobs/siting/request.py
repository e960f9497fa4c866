"""What is asked of new sites, in a planner's terms: names, files and figures, never row numbers.

Light to import: a finished answer is found by its request without loading what computes it.

conditions.toml → checked conditions; whatever is wrong is refused with line, key and what is allowed.

required  = ["北苑空地", "118.7969, 32.0603"]   # names of the candidate list, or longitude, latitude
forbidden = ["旧粮站"]
spacing_m = 800
backup    = 0.3                                # a second facility within reach is worth this much
capacity  = 5000                               # or "list": the candidate list's own column

[money]
budget = 12_000_000
cost   = 2_000_000                             # of a site of which nothing else states one
[money.costs]
"北苑空地" = 3_000_000

[relocate]
close    = 2
closable = ["西苑社区服务站"]                    # without it: every existing one of the tier

[[quota]]
unit  = "street"                               # district, street or community
most  = 1                                      # existing ones are counted
least = 0
units = ["南街道"]                              # without it: every unit of the level

[weights]
elderly = 2.0                                  # an elderly resident counts twice

[load]
band = "standard"                              # or [1000, 5000]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from core.errors import InputError, SettingError
from core.text import listed, printable, text
from coverage.model.standard import LEVELS
from data.toml_fields import TomlFields

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
_TOP: Final = (
    "required", "forbidden", "spacing_m", "backup", "capacity", "money", "relocate", "quota",
    "weight", "weights", "load",
)  # fmt: skip
_QUOTA: Final = ("unit", "most", "least", "units", "only_new")
STANDARD_BAND: Final = "standard"
_MANY: Final = 1e15
_MOST: Final = 1_000_000
_FAR_M: Final = 100_000.0


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
                levels=listed(LEVELS),
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


def read_conditions(path: Path) -> PlanConditions:
    """The conditions of a file; InputError if it cannot be read or something in it cannot be."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError("The file {file} cannot be opened. Does it exist?", file=path.name) from error
    except UnicodeDecodeError as error:
        raise InputError("{file}: save it as UTF-8.", file=path.name) from error
    return parse_conditions(content, source=path.name)


def parse_conditions(toml_text: str, *, source: str) -> PlanConditions:
    """Read conditions from TOML; unknown keys are refused, since a mistyped one would silently do nothing."""
    fields = TomlFields(toml_text, source)
    fields.known_keys(fields.table, _TOP, "")
    table = fields.table
    money, relocate = fields.section("money"), fields.section("relocate")
    fields.known_keys(money, ("budget", "cost", "costs"), "money")
    fields.known_keys(relocate, ("close", "closable"), "relocate")
    load = fields.section("load")
    fields.known_keys(load, ("band",), "load")
    pair = load.get("band")
    if pair is None or pair == STANDARD_BAND:
        band, within_band = None, pair is not None
    else:
        numbers = isinstance(pair, list) and all(type(n) in (int, float) for n in pair)
        if not numbers or len(pair) != 2 or not 0 <= pair[0] <= pair[1] <= _MANY:
            raise fields.refuse(
                "load",
                "band",
                text('write "standard", or the lowest and the highest number of residents, as [1000, 5000]'),
            )
        band, within_band = (float(pair[0]), float(pair[1])), False
    capacity = table.get("capacity")
    quotas = fields.rows("quota", text("write each quota under its own [[quota]] heading"))
    if isinstance(capacity, str) and capacity != FROM_LIST:
        raise fields.refuse("", "capacity", text('write a number of residents, or "list"'))
    return PlanConditions(
        required=_names(fields, table, "required", ""),
        forbidden=_names(fields, table, "forbidden", ""),
        close=_whole(fields, relocate, "close", "relocate") or 0,
        closable=_names(fields, relocate, "closable", "relocate"),
        budget=_optional(fields, money, "budget", "money"),
        cost=_optional(fields, money, "cost", "money"),
        costs=_pairs(fields, money.get("costs", {}), "money.costs", (0.0, _MANY)),
        spacing_m=fields.number(table, "spacing_m", "", bounds=(0.0, _FAR_M), default=0.0),
        quotas=tuple(_quota(fields, row, f"quota:{number}") for number, row in enumerate(quotas)),
        weights=_pairs(fields, fields.section("weights"), "weights", (0.01, 100.0)),
        weight=fields.one_of(table, "weight", (RESIDENTS, RESIDENTIAL_LAND), default=RESIDENTS),
        backup=fields.number(table, "backup", "", bounds=(0.0, 1.0), default=0.0),
        capacity=FROM_LIST if capacity == FROM_LIST else _optional(fields, table, "capacity", ""),
        band=band,
        within_band=within_band,
    )


def _names(fields: TomlFields, table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise fields.refuse(where, key, text('write a list of names in quotes, as ["name", "name"]'))
    return tuple(printable(word).strip() for word in value)


def _optional(fields: TomlFields, table: Mapping[str, Any], key: str, where: str) -> float | None:
    return fields.number(table, key, where, bounds=(0.0, _MANY)) if key in table else None


def _whole(fields: TomlFields, table: Mapping[str, Any], key: str, where: str) -> int | None:
    value = table.get(key)
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST
    ):
        raise fields.refuse(
            where, key, text("write a whole number from 0 to {most:,}, without quotes", most=_MOST)
        )
    return value


def _pairs(
    fields: TomlFields, table: object, where: str, bounds: tuple[float, float]
) -> tuple[tuple[str, float], ...]:
    if not isinstance(table, dict):
        section, _, key = where.rpartition(".")
        raise fields.refuse(section, key, text("write it as a table, under the heading [{key}]", key=where))
    return tuple((printable(name), fields.number(table, name, where, bounds=bounds)) for name in table)


def _quota(fields: TomlFields, row: Mapping[str, Any], where: str) -> UnitQuota:
    fields.known_keys(row, _QUOTA, where)
    level = fields.one_of(row, "unit", LEVELS, where=where)
    least, most = _whole(fields, row, "least", where) or 0, _whole(fields, row, "most", where)
    if most is None and not least:
        raise fields.refuse(where, "most", text("a quota needs most or least, or both"))
    if most is not None and most < least:
        raise fields.refuse(where, "most", text("it may not be below least ({least})", least=least))
    only_new = fields.flag(row, "only_new", where) if "only_new" in row else False
    return UnitQuota(level, least, most, _names(fields, row, "units", where), only_new)
