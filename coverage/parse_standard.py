"""A standard's TOML text to a checked `Standard`; whatever is wrong is refused with line and key."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from coverage.standard import ANY_TIER, Check, Rule, Standard, VerdictLimits, Walking
from coverage.tables import LEVELS
from geo.errors import InputError
from geo.text import Bilingual, Text, text

# The figure's key, and what else a rule of this check must have.
FIGURE_KEYS: Final[Mapping[Check, str]] = {
    Check.RADIUS: "figure_m",
    Check.WALK: "figure_min",
    Check.LOAD: "figure_residents",
    Check.RATIO: "figure_per_1000",
    Check.UNITS: "figure_share",
}
_COMMON: Final = frozenset(
    ("id", "check", "tier", "serves", "settlement", "tolerance")
    + ("clause", "wording", "confirmed", "responsible")
)
_EXTRA: Final[Mapping[Check, frozenset[str]]] = {
    Check.RADIUS: frozenset(),
    Check.WALK: frozenset(),
    Check.LOAD: frozenset(),
    Check.PRESENCE: frozenset({"unit"}),
    Check.RATIO: frozenset({"group", "unit"}),
    Check.UNITS: frozenset({"unit", "within"}),
}
_TOP: Final = {"id", "document", "issued", "status", "title", "tiers", "walking", "verdict", "rule"}
_STATUS: Final = ("in_force", "draft", "superseded", "template")
_SETTLEMENTS: Final = ("urban", "rural", "any")


def parse_standard(toml_text: str, *, source: str) -> Standard:
    """Read a standard from its TOML text.

    `source` names the file in messages. Raises InputError that names the line, the key and what
    is allowed there. Unknown keys are refused, since a mistyped key would silently change a rule.
    """
    return _Reader(toml_text, source).standard()


class _Reader:
    """One reading: the parsed table, and the text to find line numbers in."""

    def __init__(self, toml_text: str, source: str) -> None:
        self._lines = toml_text.splitlines()
        self._source = source
        self._sha256 = hashlib.sha256(toml_text.encode("utf-8")).hexdigest()
        try:
            self._table = tomllib.loads(toml_text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(
                "{source}: this is not a TOML file that can be read: {reason}",
                source=source,
                reason=str(error),
            ) from error

    def standard(self) -> Standard:
        self._known_keys(self._table, _TOP, "")
        table = self._table
        status = self._one_of(table, "status", _STATUS, default="in_force")
        rules = tuple(self._rule(i, row) for i, row in enumerate(self._rows()))
        if not rules and status != "template":
            raise self._refuse(
                "", "rule", text('a standard needs at least one [[rule]] (or status = "template")')
            )
        self._distinct([rule.id for rule in rules])
        self._check_within(rules)
        return Standard(
            id=self._word(table, "id", ""),
            title=self._titles(),
            rules=rules,
            document=self._word(table, "document", "", default=""),
            issued=self._date(table),
            status=status,
            walking=self._walking(),
            verdicts=self._verdicts(),
            tier_titles=self._tier_titles(),
            sha256=self._sha256,
        )

    def _rows(self) -> Sequence[Mapping[str, Any]]:
        rows = self._table.get("rule", [])
        if not isinstance(rows, list):
            raise self._refuse("", "rule", text("write each rule under its own [[rule]] heading"))
        return rows

    def _rule(self, number: int, row: Mapping[str, Any]) -> Rule:
        where = f"rule:{number}"
        check = Check(self._one_of(row, "check", [c.value for c in Check], where=where))
        figure_key = FIGURE_KEYS.get(check)
        self._known_keys(row, {*_COMMON, *_EXTRA[check], *([figure_key] if figure_key else [])}, where)
        tier = self._word(row, "tier", where, default=ANY_TIER)
        unit = ""
        if check in (Check.PRESENCE, Check.UNITS):
            unit = self._one_of(row, "unit", LEVELS, where=where)
        elif check is Check.RATIO:
            unit = self._one_of(row, "unit", LEVELS, where=where, default="district")
        return Rule(
            id=self._word(row, "id", where),
            check=check,
            tier=tier,
            serves=self._words(row, "serves", where, default=(tier,)),
            settlement=self._one_of(row, "settlement", _SETTLEMENTS, where=where, default="any"),
            figure=self._figure(row, check, where),
            band=self._band(row, where) if check is Check.LOAD else None,
            tolerance=self._number(row, "tolerance", where, bounds=(0.0, 1.0), default=0.0),
            unit=unit,
            group=self._word(row, "group", where) if check is Check.RATIO else "",
            within=self._words(row, "within", where, default=()),
            clause=self._word(row, "clause", where, default=""),
            wording=self._word(row, "wording", where, default=""),
            confirmed=self._flag(row, "confirmed", where),
            responsible=self._words(row, "responsible", where, default=()),
        )

    def _figure(self, row: Mapping[str, Any], check: Check, where: str) -> float:
        if check in (Check.LOAD, Check.PRESENCE):
            return 1.0
        high = 1.0 if check is Check.UNITS else 1e6
        figure = self._number(row, FIGURE_KEYS[check], where, bounds=(0.0, high))
        if figure == 0:
            raise self._refuse(where, FIGURE_KEYS[check], text("a figure must be above 0"))
        return figure

    def _band(self, row: Mapping[str, Any], where: str) -> tuple[float, float]:
        pair = row.get("figure_residents")
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in pair)
            or not 0 <= pair[0] <= pair[1]
        ):
            raise self._refuse(
                where,
                "figure_residents",
                text("write the lowest and the highest number of residents, as [1000, 5000]"),
            )
        return float(pair[0]), float(pair[1])

    def _walking(self) -> Walking:
        table, default = self._section("walking"), Walking()
        self._known_keys(table, {"speed_kmh", "elderly_speed_kmh", "snap_limit_m"}, "walking")
        return Walking(
            self._number(table, "speed_kmh", "walking", bounds=(0.5, 10), default=default.speed_kmh),
            self._number(
                table, "elderly_speed_kmh", "walking", bounds=(0.5, 10), default=default.elderly_speed_kmh
            ),
            self._number(table, "snap_limit_m", "walking", bounds=(0, 10_000), default=default.snap_limit_m),
        )

    def _verdicts(self) -> VerdictLimits:
        table, default = self._section("verdict"), VerdictLimits()
        self._known_keys(table, {"meets_share", "nearly_share"}, "verdict")
        limits = VerdictLimits(
            self._number(table, "meets_share", "verdict", bounds=(0, 1), default=default.meets_share),
            self._number(table, "nearly_share", "verdict", bounds=(0, 1), default=default.nearly_share),
        )
        if limits.nearly_share > limits.meets_share:
            raise self._refuse("verdict", "nearly_share", text("it may not be above meets_share"))
        return limits

    def _titles(self) -> Bilingual:
        table = self._section("title")
        self._known_keys(table, {"zh", "en"}, "title")
        fallback = self._word(self._table, "id", "")
        return self._bilingual(table, "title", fallback)

    def _tier_titles(self) -> Mapping[str, Bilingual]:
        titles = {}
        for tier, names in self._section("tiers").items():
            where = f"tiers.{tier}"
            if not isinstance(names, dict):
                raise self._refuse("tiers", tier, text('write it as {{zh = "…", en = "…"}}'))
            self._known_keys(names, {"zh", "en"}, where)
            titles[tier] = self._bilingual(names, where, tier)
        return titles

    def _bilingual(self, table: Mapping[str, Any], where: str, fallback: str) -> Bilingual:
        zh = self._word(table, "zh", where, default=fallback)
        return Bilingual(zh, self._word(table, "en", where, default=zh))

    def _section(self, key: str) -> Mapping[str, Any]:
        table = self._table.get(key, {})
        if not isinstance(table, dict):
            raise self._refuse("", key, text("write it as a table, under the heading [{key}]", key=key))
        return table

    def _date(self, table: Mapping[str, Any]) -> str:
        value = table.get("issued", "")
        if value and not isinstance(value, dt.date):
            raise self._refuse("", "issued", text("write a date without quotes, as 2011-08-01"))
        return str(value)

    def _word(self, table: Mapping[str, Any], key: str, where: str, *, default: str | None = None) -> str:
        value = table.get(key, default)
        if value is None:
            raise self._refuse(where, key, text("it is missing"))
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self._refuse(where, key, text("write a text in quotes"))
        return value

    def _words(
        self, table: Mapping[str, Any], key: str, where: str, *, default: tuple[str, ...]
    ) -> tuple[str, ...]:
        value = table.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
            raise self._refuse(where, key, text('write a list of texts, as ["station", "centre"]'))
        return tuple(value)

    def _one_of(
        self,
        table: Mapping[str, Any],
        key: str,
        allowed: Sequence[str],
        *,
        where: str = "",
        default: str | None = None,
    ) -> str:
        value = table.get(key, default)
        if value not in allowed:
            raise self._refuse(where, key, text("allowed: {allowed}", allowed=", ".join(allowed)))
        return str(value)

    def _number(
        self,
        table: Mapping[str, Any],
        key: str,
        where: str,
        *,
        bounds: tuple[float, float],
        default: float | None = None,
    ) -> float:
        low, high = bounds
        value = table.get(key, default)
        if value is None:
            raise self._refuse(where, key, text("it is missing"))
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self._refuse(
                where,
                key,
                text("write a number from {low:g} to {high:g}, without quotes", low=low, high=high),
            )
        return float(value)

    def _flag(self, table: Mapping[str, Any], key: str, where: str) -> bool:
        value = table.get(key, True)
        if not isinstance(value, bool):
            raise self._refuse(where, key, text("allowed: {allowed}", allowed="true, false"))
        return value

    def _known_keys(self, table: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in table:
            if key not in known:
                raise self._refuse(
                    where,
                    key,
                    text("this key is not known here; known: {known}", known=", ".join(sorted(known))),
                )

    def _distinct(self, ids: Sequence[str]) -> None:
        for number, rule_id in enumerate(ids):
            if rule_id in ids[:number]:
                raise self._refuse(
                    f"rule:{number}", "id", text("“{rule}” is used by an earlier rule", rule=rule_id)
                )

    def _check_within(self, rules: Sequence[Rule]) -> None:
        reachable = [rule.id for rule in rules if rule.check in (Check.RADIUS, Check.WALK)]
        for number, rule in enumerate(rules):
            for wanted in rule.within:
                if wanted not in reachable:
                    allowed = ", ".join(reachable)
                    raise self._refuse(
                        f"rule:{number}",
                        "within",
                        text("name radius or walk rules of this file: {allowed}", allowed=allowed),
                    )

    def _refuse(self, where: str, key: str, why: Text) -> InputError:
        return InputError(
            "{source}, line {line}, key “{key}”: {why}",
            source=self._source,
            line=self._line_of(where, key),
            key=key,
            why=why,
        )

    def _line_of(self, where: str, key: str) -> int:
        """The line of `key` in its table, else of the table's heading, else the first line."""
        heading = re.compile(r"\s*\[")
        start, found = 0, 1
        section, _, number = where.partition(":")
        if section:
            wanted = re.compile(rf"\s*\[\[?\s*{re.escape(section)}\s*\]")
            starts = [i for i, line in enumerate(self._lines) if wanted.match(line)]
            index = int(number) if number else 0
            if index < len(starts):
                start, found = starts[index] + 1, starts[index] + 1
        for i in range(start, len(self._lines)):
            if heading.match(self._lines[i]):
                break
            if re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", self._lines[i]):
                return i + 1
        return found
