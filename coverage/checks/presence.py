"""`presence` and `units`: what every unit must have, and that nobody in it is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.text import Text, text
from coverage.checks.by_unit import empty_units_of, sum_by, units_by_unit, units_of
from coverage.checks.measured import Measured
from coverage.checks.reach import cells_within
from coverage.model.names import services_named
from coverage.model.results import RuleResult, judge, ratio
from coverage.model.standard import Check, Rule, Standard, level_title
from coverage.model.study import Study
from coverage.model.tables import Bools, Ints


def check_presence(rule: Rule, measured: Measured) -> RuleResult:
    """Units for which at least one facility of an accepted tier stands (declared, else located); units
    in which nobody lives are not judged.

    With `least_m2` or `least_functions` only facilities that state as much count; not judged where none
    of them states its floor area or services. A facility set aside for lack of coordinates counts for
    the unit that the list declares.
    """
    study = measured.study
    units = units_subject(rule, study)
    if not len(units):
        return no_units(rule, study)
    serving, remark = serving_facilities(rule, study)
    if remark is not None and not remark.values:
        return RuleResult(rule, None, reason=remark)
    has = np.isin(units, study.facilities_in.units_of(rule.unit, serving))
    if not (rule.least_m2 or rule.least_functions) and len(study.unplaced):
        waiting = study.unplaced["tier"].isin(rule.serves).to_numpy(bool)
        declared = np.isin(units, study.unplaced_in.units_of(rule.unit, waiting)) & ~has
        if declared.any():
            count = int(declared.sum())
            remark = text("Met by a facility that has no coordinates yet: {silent}.", silent=count)
        has = has | declared
    return replace(_by_units(rule, measured, units, has), remark=remark)


def serving_facilities(rule: Rule, study: Study) -> tuple[Bools, Text | None]:
    """(facilities,) which of them a presence rule accepts, and how many state too little to count; a remark
    without a number says why the rule cannot be judged."""
    frame = study.facilities.frame
    serving = frame["tier"].isin(rule.serves).to_numpy(bool)
    remark: Text | None = None
    if rule.least_functions:
        named = frame["services"].fillna("").to_numpy(str) if "services" in frame else np.full(len(frame), "")
        silent = int((serving & (named == "")).sum())
        several = np.array([len(set(services_named(entry))) for entry in named])
        if silent:
            remark = text("Facilities that name no services do not count: {silent}.", silent=silent)
        if not (named[serving] != "").any():
            return np.zeros(len(frame), bool), text("No facility in the list names its services.")
        serving = serving & (several >= rule.least_functions)
    if rule.least_m2:
        stated = frame["area_m2"].to_numpy(float) if "area_m2" in frame else np.full(len(frame), np.nan)
        accepted = frame["tier"].isin(rule.serves).to_numpy(bool)
        silent = int((accepted & np.isnan(stated)).sum())
        if silent:
            remark = text("Facilities that state no floor area do not count: {silent}.", silent=silent)
        if not np.isfinite(stated[accepted]).any():
            return np.zeros(len(frame), bool), text("No facility in the list states its floor area.")
        serving = serving & (stated >= rule.least_m2)
    return serving, remark


def check_full_coverage(rule: Rule, measured: Measured) -> RuleResult:
    """Units in which every resident is within every rule that speaks of them.

    Which rules: those named by `within`, else all radius rules, else all walk rules. Cells without
    residents do not count; a unit without residents is not judged.
    """
    study = measured.study
    units = units_subject(rule, study)
    if not len(units):
        return no_units(rule, study)
    subject = study.subject_to(rule.settlement)
    inside = np.ones(len(study.grid), dtype=bool)
    for other in within_rules(rule, measured.standard):
        inside &= cells_within(other, measured) | ~study.subject_to(other.settlement)
    failing = subject & ~inside & (measured.residents > 0)
    complete = ~np.isin(units, study.cells_in.rows[rule.unit][failing])
    return replace(
        _by_units(rule, measured, units, complete),
        residents=float(measured.residents[subject].sum()),
        residents_met=float(measured.residents[subject & inside].sum()),
        cells_subject=subject,
        cells_met=subject & inside,
    )


def within_rules(rule: Rule, standard: Standard) -> tuple[Rule, ...]:
    """The rules a `units` rule rests on: those it names, else all radius rules, else all walk rules."""
    if rule.within:
        return tuple(standard.rule(name) for name in rule.within)
    radius = tuple(other for other in standard.rules if other.check is Check.RADIUS)
    return radius or tuple(other for other in standard.rules if other.check is Check.WALK)


def units_subject(rule: Rule, study: Study) -> Ints:
    """Units of the rule's level and settlement; a unit that states no settlement counts as urban."""
    return units_of(study, rule.unit, rule.settlement)


def no_units(rule: Rule, study: Study) -> RuleResult:
    """The result of a rule about units of a level that the units file lacks, or in which nobody lives."""
    why = text(
        "There is no unit of the level “{level}” in which anybody lives.", level=level_title(rule.unit)
    )
    if study.units is None:
        why = text("No units were given, and it is judged by them.")
    return RuleResult(rule, None, reason=why)


def _by_units(rule: Rule, measured: Measured, units: Ints, met: Bools) -> RuleResult:
    share = ratio(int(met.sum()), len(units))
    wanted = rule.figure if rule.check is Check.UNITS else 1.0
    unit_count = 0 if measured.study.units is None else len(measured.study.units)
    people = sum_by(measured.study.cells_in.rows[rule.unit], measured.residents, unit_count)
    return RuleResult(
        rule,
        judge(None if share is None else share / wanted, measured.limits),
        float(people[units].sum()),
        float(people[units[met]].sum()),
        share,
        units=len(units),
        units_met=int(met.sum()),
        units_missed=tuple(units[~met].tolist()),
        by_unit=units_by_unit(
            measured, units, met, empty_units_of(measured.study, rule.unit, rule.settlement)
        ),
    )
