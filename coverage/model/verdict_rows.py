"""The assessment table, one published row a rule: task, figure, actual, gap, responsible units.

Maps, reports, pages and the command line read these rows; nothing is computed from the result again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from core.text import Sayable, Text, labelled, listed, remarked, text, text_from_json
from coverage.model.standard import (
    Check,
    Evidence,
    Rule,
    Standard,
    classes_title,
    evidence_title,
    group_title,
    settlement_title,
    share_title,
)

VERDICT_WORDS: Final = {
    "meets": text("meets"),
    "nearly": text("nearly meets"),
    "not": text("does not meet"),
    None: text("cannot be judged"),
}
SYNTHETIC: Final = text("Synthetic data: a fictional city, for demonstration only.")
# Whom a rule misses: residents beyond its figure, or residents whom the finding concerns.
NOT_COVERED: Final = text("Residents not served")
CONCERNED: Final = text("Residents concerned")
PRESENT: Final = text("Present state")
MISSED: Final = text("Residents not covered or concerned")


@dataclass(frozen=True)
class VerdictRow:
    """One rule in words. `missed` are residents, as `missed_title` says (of radius, walk and units rules
    those not covered, of others those concerned); `lacking` is what it takes until the rule is met; None
    where it could not be judged. `evidence` says where the figure was read. Of a scenario `actual` is its
    own figure, `before` the one it is compared with (the present state) and `change` what lies between."""

    rule: Rule
    title: Text
    who: Text
    figure: Text
    actual: Text
    verdict: str | None
    verdict_words: Text
    missed: float | None
    missed_title: Text
    missed_words: Text
    lacking: Text | None
    responsible: tuple[str, ...]
    evidence: Text
    remark: Sayable | None
    before: Text | None = None
    change: Text | None = None


def verdict_rows(document: Mapping[str, Any], standard: Standard) -> tuple[VerdictRow, ...]:
    """The rows of assessment.json in the standard's order."""
    compared = document.get("before") or {}
    before = {row["id"]: row for row in compared.get("rules", ())}
    return tuple(_row(row, standard, before.get(row["id"])) for row in document["rules"])


def scenario_title(document: Mapping[str, Any]) -> Text | None:
    """What every product of a scenario is called, so that it is not taken for the present state; None of
    an assessment of things as they are."""
    name = document.get("scenario")
    return text("Scenario: {name} (not the present state)", name=name) if name else None


def before_title(document: Mapping[str, Any]) -> Text:
    """What a result is compared with: the present state, another scenario, or an earlier result."""
    before = document.get("before") or {}
    if before.get("day"):
        return result_of_title(before["day"])
    return text("Scenario {name}", name=before["scenario"]) if before.get("scenario") else PRESENT


def after_title(document: Mapping[str, Any]) -> Text:
    """Of what the figures of a result are: a scenario, the day of the result where an earlier one is set
    against it, else the present state. It titles every column of them."""
    now = (document.get("before") or {}).get("now")
    if now:
        return result_of_title(now)
    return text("Scenario") if document.get("scenario") else PRESENT


def result_of_title(day: str) -> Text:
    return text("Result of {day}", day=day)


def remarks_of(document: Mapping[str, Any], standard: Standard) -> tuple[Text, ...]:
    """What stands beside every figure: in what the standard was edited, and what limits the trust."""
    edited = [text("Edited: {difference}", difference=said) for said in standard.differences]
    return (*edited, *(text_from_json(said) for said in document.get("limits", ())))


def summary(document: Mapping[str, Any]) -> tuple[int, int, int]:
    """How many rules are met, nearly met and not met."""
    verdicts = [row["verdict"] for row in document["rules"]]
    return verdicts.count("meets"), verdicts.count("nearly"), verdicts.count("not")


def _row(row: Mapping[str, Any], standard: Standard, before: Mapping[str, Any] | None) -> VerdictRow:
    rule = standard.rule(row["id"])
    judged = row["verdict"] is not None
    missed = row.get("residents_missed") if judged else None
    return VerdictRow(
        rule=rule,
        title=standard.rule_title(rule),
        who=text("{who}", who=settlement_title(rule.settlement)),
        figure=figure_title(rule),
        actual=_judged(rule, row),
        verdict=row["verdict"],
        verdict_words=VERDICT_WORDS[row["verdict"]],
        missed=missed,
        missed_title=NOT_COVERED if rule.check in _OF_CELLS else CONCERNED,
        missed_words=text("–") if missed is None else _missed_words(rule, row, missed),
        lacking=lacking_words(row.get("lacking")),
        responsible=rule.responsible,
        evidence=_evidence(rule),
        remark=_remark(rule, row),
        before=None if before is None else _then(rule, row, before),
        change=None if before is None else _change(rule, before, row),
    )


def _judged(rule: Rule, row: Mapping[str, Any]) -> Text:
    return text("–") if row["verdict"] is None else _actual(rule, row)


def _then(rule: Rule, row: Mapping[str, Any], before: Mapping[str, Any]) -> Text:
    """What the rule found before; with the figure that it asked for then, where that was another."""
    said, was = _judged(rule, before), rule_before(rule, row, before)
    return said if was is None else by_figure(said, was)


def rule_before(rule: Rule, row: Mapping[str, Any], before: Mapping[str, Any]) -> Rule | None:
    """The rule as it asked for another figure before; None where it asked for the same. `row` and `before`
    are its published rows."""
    figure = before.get("figure")
    if figure is None or (figure, before.get("unit")) == (row.get("figure"), row.get("unit")):
        return None
    low_high = tuple(figure) if isinstance(figure, list) else None
    was = replace(rule, in_metres=rule.check is Check.WALK and before.get("unit") == "m", classes=())
    return replace(was, band=low_high) if low_high else replace(was, figure=float(figure))


def by_figure(actual: Sayable, was: Rule) -> Text:
    """What a rule found by another figure than it asks for now."""
    return text("{actual}, by {figure}", actual=actual, figure=figure_title(was))


_GROUND: Final = ("residential_land", "area")
# What a rule's figure is made of.
_COUNTED: Final = (
    *("share", "residents", "residents_met", "covered", "total", "actual"),
    *("facilities", "within", "under", "over", "units", "units_met"),
)


def _change(rule: Rule, before: Mapping[str, Any], after: Mapping[str, Any]) -> Text:
    """What lies between two figures of one rule, in what it counts."""
    if before["verdict"] is None or after["verdict"] is None:
        return text("–")
    if all(before.get(key) == after.get(key) for key in _COUNTED):
        return text("no change")
    match rule.check:
        case Check.RADIUS | Check.WALK:
            if rule.denominator != "residents":
                return text(
                    "{name} {points:+.1f} percentage points",
                    name=share_title(rule.denominator),
                    points=100.0 * (after["share"] - before["share"]),
                )
            return text(
                "{points:+.1f} percentage points ({residents:+,.0f} residents)",
                points=100.0 * (after["share"] - before["share"]),
                residents=after["residents_met"] - before["residents_met"],
            )
        case Check.LOAD:
            return text("{n:+d} within", n=after["within"] - before["within"])
        case Check.RATIO | Check.AREA:
            return text("{more:+.1f}", more=(after["actual"] or 0.0) - (before["actual"] or 0.0))
        case Check.PRESENCE | Check.UNITS:
            return text("{n:+d} units", n=after["units_met"] - before["units_met"])


def _evidence(rule: Rule) -> Text:
    if rule.source:
        return labelled(evidence_title(rule.evidence), rule.source)
    return evidence_title(rule.evidence)


def _remark(rule: Rule, row: Mapping[str, Any]) -> Sayable | None:
    """Why it was not judged or what the figure rests on, else of ground on foot how wide beside the streets
    it counts, and that the rule's figure is not from the document."""
    said = row.get("reason") or row.get("remark")
    if said:
        return text_from_json(said)
    evidence = None if rule.evidence in (None, Evidence.PRIMARY) else evidence_title(rule.evidence)
    if rule.check is Check.WALK and rule.denominator in _GROUND:
        width = basis_title(_ON_FOOT)
        return remarked(width, evidence) if evidence else width
    return evidence


def figure_title(rule: Rule) -> Text:
    """The figure of a rule with its unit, and what is allowed beyond it."""
    low, high = rule.band or (0.0, 0.0)
    match rule.check:
        case Check.RADIUS | Check.WALK if rule.classes:
            said = text("≤ {classes}", classes=classes_title(rule))
        case Check.RADIUS | Check.WALK if rule.check is Check.RADIUS or rule.in_metres:
            said = text("≤ {figure:,g} m", figure=rule.limit)
        case Check.RADIUS | Check.WALK:
            said = text("≤ {figure:g} min", figure=rule.limit)
        case Check.LOAD:
            return text("{low:,g}–{high:,g} residents", low=low, high=high)
        case Check.RATIO:
            return text("≥ {figure:g} per 1,000", figure=rule.figure)
        case Check.UNITS:
            return text("{share:.1%} of units", share=rule.figure)
        case Check.AREA:
            return text("≥ {figure:g} m² per 100 households", figure=rule.figure)
        case Check.PRESENCE:
            return text("1 in each")
    if rule.tolerance:
        return text("{figure} ({tolerance:.0%} allowed)", figure=said, tolerance=rule.tolerance)
    return said


def _actual(rule: Rule, row: Mapping[str, Any]) -> Text:
    match rule.check:
        case Check.RADIUS | Check.WALK if rule.denominator != "residents":
            return share_words(rule, row["share"], row["covered"], row["total"])
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
        case Check.AREA:
            return text(
                "{actual:.1f} m² per 100 households; {met} of {count} {count:unit|units}",
                actual=row["actual"] or 0.0,
                met=row["units_met"],
                count=row["units"],
            )
        case Check.PRESENCE | Check.UNITS:
            return text(
                "{met} of {count} ({share:.1%})", met=row["units_met"], count=row["units"], share=row["share"]
            )


def share_words(rule: Rule, share: float, covered: float, total: float) -> Text:
    """A share that is not of residents, with what it divides and what it divides by."""
    if rule.denominator in _GROUND:
        return text(
            "{name} {share:.1%} ({covered:,.2f} of {total:,.2f} ha)",
            name=share_title(rule.denominator),
            share=share,
            covered=covered / 1e4,
            total=total / 1e4,
        )
    return text(
        "{name} {share:.1%} ({covered:,.0f} of {total:,.0f}, {basis})",
        name=share_title(rule.denominator),
        share=share,
        covered=covered,
        total=total,
        basis=basis_title(rule.basis or "inner point"),
    )


def basis_title(basis: str) -> Sayable:
    """When a compound or a community counts as covered, for a reader."""
    if basis.startswith("at least "):
        return text("from {share:g} % of its area on", share=float(basis.split()[2]))
    return _BASES.get(basis, basis)


_ON_FOOT: Final = "isochrone ± 30 m"
_BASES: Final = {
    "cell centres": text("at the cells’ centres"),
    "polygons": text("by area of the polygons"),
    _ON_FOOT: text("by area within half a street (30 m) of the streets reached"),
    "declared area": text("by declared areas"),
    "compounds by inner point": text("of compounds, by their inner points"),
    "inner point": text("by its inner point"),
    "any gate": text("by any of its gates"),
    "wholly": text("wholly within"),
    "touched": text("if touched at all"),
    "every resident": text("if every resident is covered"),
}


_OF_CELLS: Final = (Check.RADIUS, Check.WALK, Check.UNITS)


def _missed_words(rule: Rule, row: Mapping[str, Any], missed: float) -> Text:
    """Each rule in its own words: whom it does not cover, or whom its finding concerns."""
    match rule.check:
        case Check.RADIUS | Check.WALK:
            return text("{missed:,.0f} {missed:resident|residents} not covered", missed=missed)
        case Check.LOAD:
            outside, without = missed - row["residents_without"], row["residents_without"]
            if without > 0:
                return text(
                    "{outside:,.0f} {outside:resident|residents} of facilities outside the band; "
                    "{without:,.0f} with none to go to",
                    outside=outside,
                    without=without,
                )
            return text(
                "{outside:,.0f} {outside:resident|residents} of facilities outside the band", outside=outside
            )
    units = row["units"] - row["units_met"]
    if rule.check is Check.UNITS:
        return text(
            "{missed:,.0f} {missed:resident|residents} not covered; {units} {units:unit|units}",
            missed=missed,
            units=units,
        )
    if rule.check is Check.RATIO:
        return text(
            "{missed:,.0f} {group} {missed:resident|residents} concerned; {units} {units:unit|units}",
            missed=missed,
            group=group_title(rule.group),
            units=units,
        )
    return text(
        "{missed:,.0f} {missed:resident|residents} concerned; {units} {units:unit|units}",
        missed=missed,
        units=units,
    )


def lacking_words(lacking: Mapping[str, Any] | None) -> Text | None:
    """What a rule lacks until it is met to the last; None where it could not be judged."""
    if lacking is None:
        return None
    if not lacking["amount"] > 0:
        return text("nothing")
    # A part of a place or a square metre is a whole one to be built; residents are said as everywhere else.
    whole = max(round(lacking["amount"]), 1)
    if lacking["what"] != "residents":
        whole = math.ceil(lacking["amount"] - 1e-9)
    return Text(_LACKING[lacking["what"]].template, {"amount": whole})


_LACKING: Final = {
    "residents": text("{amount:,} {amount:resident|residents} not served"),
    "facilities": text("{amount:,} {amount:facility|facilities} outside the band"),
    "units": text("{amount:,} {amount:unit|units}"),
    "places": text("{amount:,} {amount:place|places}"),
    "m2": text("{amount:,} m² of floor area"),
    "residential_land": text("{amount:,} m² of residential land not covered"),
    "area": text("{amount:,} m² of ground not covered"),
    "compounds": text("{amount:,} {amount:compound|compounds} not covered"),
    "communities": text("{amount:,} {amount:community|communities} not covered"),
}


def responsible_words(responsible: Sequence[str], *, most: int = 3) -> Text:
    """The first few responsible units and how many more there are."""
    shown = listed(responsible[:most])
    if len(responsible) <= most:
        return text("{units}", units=shown)
    return text("{units} and {more} more", units=shown, more=len(responsible) - most)
