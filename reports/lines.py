"""The assessment table, line by line, as the city asks for it: task, figure, actual, gap, responsible."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.text import Text, text, text_from_json
from coverage.model.standard import Check, Rule, Standard, settlement_title

VERDICT_WORDS: Final = {
    "meets": text("meets"),
    "nearly": text("nearly meets"),
    "not": text("does not meet"),
    None: text("cannot be judged"),
}
TO_BE_CONFIRMED: Final = text("to be confirmed")
SYNTHETIC: Final = text("Synthetic data: a fictional city, for demonstration only.")


@dataclass(frozen=True)
class Line:
    """One rule in words. `missed` are residents, `lacking` is what it takes until the rule is met; None
    where it could not be judged."""

    rule: Rule
    title: Text
    who: Text
    figure: Text
    actual: Text
    verdict: str | None
    verdict_words: Text
    missed: float | None
    missed_words: Text
    lacking: Text | None
    responsible: tuple[str, ...]
    remark: Text | None


def assessment_lines(document: Mapping[str, Any], standard: Standard) -> tuple[Line, ...]:
    """The lines of assessment.json in the standard's order."""
    return tuple(_line(row, standard) for row in document["rules"])


def summary(document: Mapping[str, Any]) -> tuple[int, int, int]:
    """How many rules are met, nearly met and not met."""
    verdicts = [row["verdict"] for row in document["rules"]]
    return verdicts.count("meets"), verdicts.count("nearly"), verdicts.count("not")


def _line(row: Mapping[str, Any], standard: Standard) -> Line:
    rule = standard.rule(row["id"])
    missed = _missed(rule, row)
    reason = text_from_json(row["reason"]) if row.get("reason") else None
    return Line(
        rule=rule,
        title=standard.rule_title(rule),
        who=text("{who}", who=settlement_title(rule.settlement)),
        figure=_figure(rule),
        actual=_actual(rule, row) if row["verdict"] is not None else text("–"),
        verdict=row["verdict"],
        verdict_words=VERDICT_WORDS[row["verdict"]],
        missed=missed,
        missed_words=_missed_words(rule, row, missed),
        lacking=lacking_words(row.get("lacking")),
        responsible=rule.responsible,
        remark=reason if reason is not None or rule.confirmed else TO_BE_CONFIRMED,
    )


def _figure(rule: Rule) -> Text:
    low, high = rule.band or (0.0, 0.0)
    match rule.check:
        case Check.RADIUS:
            return text("≤ {figure:,g} m", figure=rule.limit)
        case Check.WALK:
            return text("≤ {figure:g} min", figure=rule.limit)
        case Check.LOAD:
            return text("{low:,g}–{high:,g} residents", low=low, high=high)
        case Check.RATIO:
            return text("≥ {figure:g} per 1,000", figure=rule.figure)
        case Check.UNITS:
            return text("{share:.1%} of units", share=rule.figure)
        case Check.PRESENCE:
            return text("1 in each")


def _actual(rule: Rule, row: Mapping[str, Any]) -> Text:
    match rule.check:
        case Check.RADIUS | Check.WALK:
            return text(
                "{share:.1%} ({met:,.0f} of {all:,.0f} {all:resident|residents})",
                share=row["share"],
                met=row["residents_met"],
                all=row["residents"],
            )
        case Check.LOAD:
            return text(
                "{within} of {count} within; {under} below, {over} above",
                within=row["within"],
                count=row["facilities"],
                under=row["under"],
                over=row["over"],
            )
        case Check.RATIO:
            return text(
                "{actual:.1f} per 1,000; {met} of {count} {count:unit|units}",
                actual=row["actual"],
                met=row["units_met"],
                count=row["units"],
            )
        case Check.PRESENCE | Check.UNITS:
            return text(
                "{met} of {count} ({share:.1%})", met=row["units_met"], count=row["units"], share=row["share"]
            )


def _missed(rule: Rule, row: Mapping[str, Any]) -> float | None:
    if row["verdict"] is None:
        return None
    if rule.check is Check.LOAD:
        return float(row["residents_without"])
    return float(row["residents"] - row["residents_met"])


def _missed_words(rule: Rule, row: Mapping[str, Any], missed: float | None) -> Text:
    if missed is None:
        return text("–")
    if rule.check in (Check.PRESENCE, Check.UNITS, Check.RATIO):
        return text(
            "{missed:,.0f} {missed:resident|residents}; {units} {units:unit|units}",
            missed=missed,
            units=row["units"] - row["units_met"],
        )
    return text("{missed:,.0f} {missed:resident|residents}", missed=missed)


def lacking_words(lacking: Mapping[str, Any] | None) -> Text | None:
    """What a rule lacks until it is met to the last; None where it could not be judged."""
    if lacking is None:
        return None
    if not lacking["amount"] > 0:
        return text("nothing")
    # A part of a place is a whole one to be built.
    return Text(_LACKING[lacking["what"]].template, {"amount": math.ceil(lacking["amount"] - 1e-9)})


_LACKING: Final = {
    "residents": text("{amount:,} {amount:resident|residents} not served"),
    "facilities": text("{amount:,} {amount:facility|facilities} outside the band"),
    "units": text("{amount:,} {amount:unit|units}"),
    "places": text("{amount:,} {amount:place|places}"),
}


def responsible_words(responsible: Sequence[str], *, most: int = 3) -> Text:
    """The first few responsible units and how many more there are."""
    shown = "、".join(responsible[:most])
    if len(responsible) <= most:
        return text("{units}", units=shown)
    return text("{units} and {more} more", units=shown, more=len(responsible) - most)
