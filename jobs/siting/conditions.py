"""conditions.toml → checked conditions; whatever is wrong is refused with line, key and what is allowed.

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
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from core.text import printable, text
from coverage.model.standard import LEVELS
from data.toml_fields import TomlFields
from jobs.siting.request import FROM_LIST, RESIDENTIAL_LAND, RESIDENTS, PlanConditions, UnitQuota

_TOP: Final = (
    "required", "forbidden", "spacing_m", "backup", "capacity", "money", "relocate", "quota",
    "weight", "weights", "load",
)  # fmt: skip
_QUOTA: Final = ("unit", "most", "least", "units", "only_new")
STANDARD_BAND: Final = "standard"
_MANY: Final = 1e15
_MOST: Final = 1_000_000
_FAR_M: Final = 100_000.0


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
    band, within_band = _band(fields)
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


def _band(fields: TomlFields) -> tuple[tuple[float, float] | None, bool]:
    load = fields.section("load")
    fields.known_keys(load, ("band",), "load")
    pair = load.get("band")
    if pair is None or pair == STANDARD_BAND:
        return None, pair is not None
    numbers = isinstance(pair, list) and all(type(n) in (int, float) for n in pair)
    if not numbers or len(pair) != 2 or not 0 <= pair[0] <= pair[1] <= _MANY:
        raise fields.refuse(
            "load",
            "band",
            text('write "standard", or the lowest and the highest number of residents, as [1000, 5000]'),
        )
    return (float(pair[0]), float(pair[1])), False
