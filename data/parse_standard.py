"""A standard's TOML text to a checked `Standard`; whatever is wrong is refused with line and key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.text import Bilingual, listed, text
from coverage.model.standard import (
    ANY_TIER,
    BASES,
    DENOMINATORS,
    LEVELS,
    Check,
    Evidence,
    Need,
    Rule,
    SizeClass,
    Standard,
    VerdictLimits,
    Walking,
    at_least,
)
from data.toml_fields import TomlFields

# The figure's key, and what else a rule of this check must have.
FIGURE_KEYS: Final[Mapping[Check, str]] = {
    Check.RADIUS: "figure_m",
    Check.WALK: "figure_min",
    Check.LOAD: "figure_residents",
    Check.RATIO: "figure_per_1000",
    Check.UNITS: "figure_share",
    Check.AREA: "figure_m2",
}
_COMMON: Final = frozenset(
    {"id", "check", "tier", "serves", "settlement", "tolerance"}
    | {"clause", "wording", "evidence", "source", "confirmed", "responsible"}
)
_EXTRA: Final[Mapping[Check, frozenset[str]]] = {
    Check.RADIUS: frozenset({"denominator", "basis", "class"}),
    Check.WALK: frozenset({"figure_m", "speed_kmh", "denominator", "basis", "class"}),
    Check.LOAD: frozenset(),
    Check.PRESENCE: frozenset({"unit", "least_m2", "least_functions"}),
    Check.RATIO: frozenset({"group", "unit"}),
    Check.UNITS: frozenset({"unit", "within"}),
    Check.AREA: frozenset({"unit", "household_size"}),
}
_TOP: Final = {"id", "document", "issued", "status", "title", "tiers", "walking", "verdict", "rule", "need"}
_NEED: Final = frozenset(
    {"id", "zh", "en", "serves", "least_m2", "size", "figure_m", "least_share", "settlement"}
    | {"evidence", "confirmed", "source", "responsible"}
)
_STATUS: Final = ("in_force", "draft", "superseded", "template")
_SETTLEMENTS: Final = ("urban", "rural", "any")


def parse_standard(toml_text: str, *, source: str) -> Standard:
    """Read a standard from its TOML text.

    `source` names the file in messages. Raises InputError that names the line, the key and what
    is allowed there. Unknown keys are refused, since a mistyped key would silently change a rule.
    """
    return _Reader(TomlFields(toml_text, source)).standard()


class _Reader:
    """One reading: the parsed table, and the text to find line numbers in."""

    def __init__(self, fields: TomlFields) -> None:
        self._fields = fields
        self._table = fields.table

    def standard(self) -> Standard:
        self._fields.known_keys(self._table, _TOP, "")
        table = self._table
        status = self._fields.one_of(table, "status", _STATUS, default="in_force")
        rows = self._fields.rows("rule", text("write each rule under its own [[rule]] heading"))
        rules = tuple(self._rule(i, row) for i, row in enumerate(rows))
        if not rules and status != "template":
            raise self._fields.refuse(
                "", "rule", text('a standard needs at least one [[rule]] (or status = "template")')
            )
        self._check_together(rules)
        issued = table.get("issued", "")
        if issued and not isinstance(issued, dt.date):
            raise self._fields.refuse("", "issued", text("write a date without quotes, as 2011-08-01"))
        return Standard(
            id=self._fields.word(table, "id", ""),
            title=self._titles(),
            rules=rules,
            document=self._fields.word(table, "document", "", default=""),
            issued=str(issued),
            status=status,
            needs=self._needs(),
            walking=self._walking(),
            verdicts=self._verdicts(),
            tier_titles=self._tier_titles(),
            sha256=self._fields.sha256,
            toml=self._fields.text,
        )

    def _rule(self, number: int, row: Mapping[str, Any]) -> Rule:
        where = f"rule:{number}"
        check = Check(self._fields.one_of(row, "check", [c.value for c in Check], where=where))
        figure_key = FIGURE_KEYS.get(check)
        self._fields.known_keys(row, {*_COMMON, *_EXTRA[check], *([figure_key] if figure_key else [])}, where)
        tier = self._fields.word(row, "tier", where, default=ANY_TIER)
        unit = ""
        if check in (Check.PRESENCE, Check.UNITS):
            unit = self._fields.one_of(row, "unit", LEVELS, where=where)
        elif check in (Check.RATIO, Check.AREA):
            usual = "district" if check is Check.RATIO else "community"
            unit = self._fields.one_of(row, "unit", LEVELS, where=where, default=usual)
        classes = self._classes(row, figure_key, where) if "class" in row else ()
        in_metres = check is Check.WALK and ("figure_m" in row or bool(classes))
        if in_metres and "figure_min" in row:
            raise self._fields.refuse(
                where, "figure_min", text("write the metres or the minutes on foot, not both")
            )
        denominator = self._fields.one_of(row, "denominator", DENOMINATORS, where=where, default="residents")
        basis, basis_share = self._basis(row, denominator, where)
        return Rule(
            id=self._fields.word(row, "id", where),
            check=check,
            tier=tier,
            serves=self._fields.words(row, "serves", where, default=(tier,)),
            settlement=self._fields.one_of(row, "settlement", _SETTLEMENTS, where=where, default="any"),
            figure=max(size.figure_m for size in classes)
            if classes
            else self._figure(row, check, "figure_m" if in_metres else figure_key, where),
            band=self._fields.band(row, "figure_residents", where) if check is Check.LOAD else None,
            tolerance=self._fields.number(row, "tolerance", where, bounds=(0.0, 1.0), default=0.0),
            unit=unit,
            group=self._fields.word(row, "group", where) if check is Check.RATIO else "",
            within=self._fields.words(row, "within", where, default=()),
            in_metres=in_metres,
            speed_kmh=self._optional(row, "speed_kmh", where, (0.5, 10.0)),
            least_m2=self._optional(row, "least_m2", where, (0.0, 1e6)) or 0.0,
            least_functions=int(self._optional(row, "least_functions", where, (0.0, 100.0)) or 0),
            household_size=self._optional(row, "household_size", where, (1.0, 20.0)),
            denominator=denominator,
            basis=basis,
            basis_share=basis_share,
            classes=classes,
            clause=self._fields.word(row, "clause", where, default=""),
            wording=self._fields.word(row, "wording", where, default=""),
            evidence=self._evidence(row, where),
            source=self._fields.word(row, "source", where, default=""),
            responsible=self._fields.words(row, "responsible", where, default=()),
        )

    def _figure(self, row: Mapping[str, Any], check: Check, key: str | None, where: str) -> float:
        if key is None or check is Check.LOAD:
            return 1.0
        high = 1.0 if check is Check.UNITS else 1e6
        figure = self._fields.number(row, key, where, bounds=(0.0, high))
        if figure == 0:
            raise self._fields.refuse(where, key, text("a figure must be above 0"))
        return figure

    def _classes(self, row: Mapping[str, Any], figure_key: str | None, where: str) -> tuple[SizeClass, ...]:
        """Figures by size of facility, largest size first."""
        for key in {"figure_m", figure_key}:
            if key in row:
                raise self._fields.refuse(
                    where, str(key), text("write one figure, or [[rule.class]] with several, not both")
                )
        rows = row["class"]
        if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
            raise self._fields.refuse(
                where, "class", text("write each class under its own [[rule.class]] heading")
            )
        found = []
        for one in rows:
            self._fields.known_keys(one, {"least_m2", "figure_m"}, where)
            least = self._fields.number(one, "least_m2", where, bounds=(0.0, 1e9))
            figure = self._fields.number(one, "figure_m", where, bounds=(0.0, 1e6))
            if figure == 0:
                raise self._fields.refuse(where, "figure_m", text("a figure must be above 0"))
            found.append(SizeClass(least, figure))
        if len({size.least_m2 for size in found}) < len(found):
            raise self._fields.refuse(where, "least_m2", text("two classes begin at the same size"))
        return tuple(sorted(found, key=lambda size: -size.least_m2))

    def _basis(self, row: Mapping[str, Any], denominator: str, where: str) -> tuple[str, float | None]:
        """When a compound or community counts as covered: a word, or the share of its area from which on."""
        if "basis" not in row:
            return "", None
        if denominator not in BASES:
            allowed = listed(BASES)
            raise self._fields.refuse(
                where, "basis", text("it goes with one of the denominators {allowed}", allowed=allowed)
            )
        if isinstance(row["basis"], str):
            return self._fields.one_of(row, "basis", BASES[denominator], where=where), None
        share = self._fields.number(row, "basis", where, bounds=(0.01, 1.0))
        return at_least(share), share

    def _optional(
        self, row: Mapping[str, Any], key: str, where: str, bounds: tuple[float, float]
    ) -> float | None:
        return self._fields.number(row, key, where, bounds=bounds) if key in row else None

    def _evidence(self, row: Mapping[str, Any], where: str) -> Evidence | None:
        """Older files say `confirmed`: true is read in the document, false recalled."""
        if "confirmed" in row:
            confirmed = self._fields.flag(row, "confirmed", where)
            if "evidence" in row:
                raise self._fields.refuse(where, "confirmed", text("write evidence or confirmed, not both"))
            return Evidence.PRIMARY if confirmed else Evidence.RECALLED
        if "evidence" not in row:
            return None
        return Evidence(self._fields.one_of(row, "evidence", [e.value for e in Evidence], where=where))

    def _needs(self) -> tuple[Need, ...]:
        """What a complete community has."""
        rows = self._table.get("need", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._fields.refuse("", "need", text("write each need under its own [[need]] heading"))
        found: list[Need] = []
        fields = self._fields
        for number, row in enumerate(rows):
            where = f"need:{number}"
            fields.known_keys(row, _NEED, where)
            need_id = fields.word(row, "id", where)
            if need_id in {need.id for need in found}:
                raise fields.refuse(where, "id", text("“{rule}” is used by an earlier need", rule=need_id))
            zh = fields.word(row, "zh", where, default=need_id)
            figure = self._optional(row, "figure_m", where, (1.0, 1e5))
            found.append(
                Need(
                    id=need_id,
                    title=Bilingual(zh, fields.word(row, "en", where, default=zh)),
                    serves=fields.words(row, "serves", where, default=(need_id,)),
                    least_m2=self._optional(row, "least_m2", where, (0.0, 1e9)) or 0.0,
                    by_ground=fields.one_of(row, "size", ("floor", "ground"), where=where, default="floor")
                    == "ground",
                    figure_m=figure,
                    least_share=fields.number(row, "least_share", where, bounds=(0.01, 1.0), default=1.0),
                    settlement=fields.one_of(row, "settlement", _SETTLEMENTS, where=where, default="any"),
                    evidence=self._evidence(row, where),
                    source=fields.word(row, "source", where, default=""),
                    responsible=fields.words(row, "responsible", where, default=()),
                )
            )
        return tuple(found)

    def _walking(self) -> Walking:
        table, default = self._fields.section("walking"), Walking()
        self._fields.known_keys(
            table, {"speed_kmh", "elderly_speed_kmh", "snap_limit_m", "island_m"}, "walking"
        )
        return Walking(
            self._fields.number(table, "speed_kmh", "walking", bounds=(0.5, 10), default=default.speed_kmh),
            self._fields.number(
                table, "elderly_speed_kmh", "walking", bounds=(0.5, 10), default=default.elderly_speed_kmh
            ),
            self._fields.number(
                table, "snap_limit_m", "walking", bounds=(0, 10_000), default=default.snap_limit_m
            ),
            self._fields.number(table, "island_m", "walking", bounds=(0, 100_000), default=default.island_m),
        )

    def _verdicts(self) -> VerdictLimits:
        table, default = self._fields.section("verdict"), VerdictLimits()
        self._fields.known_keys(table, {"meets_share", "nearly_share"}, "verdict")
        limits = VerdictLimits(
            self._fields.number(table, "meets_share", "verdict", bounds=(0, 1), default=default.meets_share),
            self._fields.number(
                table, "nearly_share", "verdict", bounds=(0, 1), default=default.nearly_share
            ),
        )
        if limits.nearly_share > limits.meets_share:
            raise self._fields.refuse("verdict", "nearly_share", text("it may not be above meets_share"))
        return limits

    def _titles(self) -> Bilingual:
        table = self._fields.section("title")
        self._fields.known_keys(table, {"zh", "en"}, "title")
        fallback = self._fields.word(self._table, "id", "")
        return self._fields.bilingual(table, "title", fallback)

    def _tier_titles(self) -> Mapping[str, Bilingual]:
        titles = {}
        for tier, names in self._fields.section("tiers").items():
            where = f"tiers.{tier}"
            if not isinstance(names, dict):
                raise self._fields.refuse("tiers", tier, text("write it as a table with zh and en"))
            self._fields.known_keys(names, {"zh", "en"}, where)
            titles[tier] = self._fields.bilingual(names, where, tier)
        return titles

    def _check_together(self, rules: Sequence[Rule]) -> None:
        """Every rule has a name of its own, and names only rules that it can rest on."""
        ids = [rule.id for rule in rules]
        reachable = [rule.id for rule in rules if rule.check in (Check.RADIUS, Check.WALK)]
        for number, rule in enumerate(rules):
            if rule.id in ids[:number]:
                raise self._fields.refuse(
                    f"rule:{number}", "id", text("“{rule}” is used by an earlier rule", rule=rule.id)
                )
            for wanted in rule.within:
                if wanted not in reachable:
                    allowed = listed(reachable)
                    raise self._fields.refuse(
                        f"rule:{number}",
                        "within",
                        text("name radius or walk rules of this file: {allowed}", allowed=allowed),
                    )
