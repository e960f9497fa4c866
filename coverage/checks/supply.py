"""`ratio`: places per 1,000 of a group, and `area_per_100_households`: floor area, in every unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.text import Text, text
from coverage.checks.by_unit import empty_units_of, judged, sum_by
from coverage.checks.measured import Measured
from coverage.checks.presence import no_units, units_subject
from coverage.model.results import RuleResult, judge, ratio
from coverage.model.standard import Rule, Verdict, group_title
from coverage.model.tables import HOUSEHOLDS, Floats, Ints


def check_supply(rule: Rule, measured: Measured) -> RuleResult:
    """Places of the accepted facilities per 1,000 of the group, unit by unit; `actual` is the city's.

    Facilities that state no places count as having none. Without units the city is judged whole.
    """
    group = measured.study.grid.groups.get(rule.group)
    if group is None:
        why = text("The population table has no column for {group} residents.", group=group_title(rule.group))
        return _unjudged(rule, why)
    if not group.any():
        why = text("The population table counts no {group} residents here.", group=group_title(rule.group))
        return _unjudged(rule, why)
    places = places_of(rule, measured)
    if not places.any():
        return _unjudged(rule, text("No facility in the list states its places or beds."))
    units = units_subject(rule, measured.study)
    held, people = np.asarray([places.sum()]), np.asarray([group.sum()])
    if len(units):
        held, people = (sums[units] for sums in _sums(rule, measured, places, group))
    met = held * 1000.0 >= rule.figure * people
    actual = ratio(1000.0 * float(places.sum()), float(group.sum()))
    # Met only if every unit has its places; nearly, if the city as a whole is near the figure.
    near = actual is not None and actual >= rule.figure * measured.limits.nearly_share
    verdict = Verdict.MEETS if met.all() else Verdict.NEARLY if near else Verdict.NOT
    return RuleResult(
        rule,
        verdict,
        float(group.sum()),
        float(people[met].sum()),
        ratio(int(met.sum()), len(met)),
        actual=actual,
        units=len(met),
        units_met=int(met.sum()),
        units_missed=tuple(units[~met].tolist()) if len(units) else (),
        by_unit=_by_unit(rule, measured, units, places, group),
    )


def places_of(rule: Rule, measured: Measured) -> Floats:
    """(facilities,) places stated by the facilities that `rule` accepts, 0 elsewhere."""
    frame = measured.study.facilities.frame
    if "places" not in frame:
        return np.zeros(len(frame))
    stated = frame["places"].fillna(0.0).to_numpy(float)
    return stated * frame["tier"].isin(rule.serves).to_numpy(bool)


def _sums(rule: Rule, measured: Measured, places: Floats, group: Floats) -> tuple[Floats, Floats]:
    study = measured.study
    count = 0 if study.units is None else len(study.units)
    held = sum_by(study.facilities_in.rows[rule.unit], places, count)
    return held, sum_by(study.cells_in.rows[rule.unit], group, count)


def _by_unit(
    rule: Rule, measured: Measured, judged_units: Ints, places: Floats, group: Floats
) -> pd.DataFrame:
    """The units judged, and with an empty verdict those in which nobody lives."""
    units = np.sort(np.append(judged_units, empty_units_of(measured.study, rule.unit, rule.settlement)))
    if not len(units):
        return pd.DataFrame(
            columns=["unit_row", "level", "residents", "places", "actual", "share", "verdict"]
        )
    held, people = _sums(rule, measured, places, group)
    table = pd.DataFrame(
        {"unit_row": units, "level": rule.unit, "residents": people[units], "places": held[units]}
    )
    table["actual"] = 1000.0 * table["places"] / table["residents"].where(table["residents"] > 0)
    # How much of the figure is there decides the verdict, and is no share of anything.
    fulfilled = judged(table, table["places"] * 1000.0 / rule.figure, table["residents"], measured)
    return fulfilled.assign(share=np.nan)


def check_floor_area(rule: Rule, measured: Measured) -> RuleResult:
    """m² of floor area of the accepted facilities per 100 households, unit by unit; `actual` is the city's.

    A facility's area counts for the unit it stands for. Households are a group of the population table,
    else residents / `household_size`. Facilities that state no area count as having none, and are
    counted in the remark. Not judged without units, households or any stated area.
    """
    study = measured.study
    units = units_subject(rule, study)
    if not len(units) or study.units is None:
        return no_units(rule, study)
    households = study.grid.groups.get(HOUSEHOLDS)
    if households is None and rule.household_size is None:
        why = text("The population table has no households, and the rule states no household size.")
        return _unjudged(rule, why)
    frame = study.facilities.frame
    accepted = frame["tier"].isin(rule.serves).to_numpy(bool)
    stated = frame["area_m2"].to_numpy(float) if "area_m2" in frame else np.full(len(frame), np.nan)
    known = accepted & np.isfinite(stated)
    if not known.any():
        return _unjudged(rule, text("No facility in the list states its floor area."))
    if households is None:
        households = measured.residents / (rule.household_size or 1.0)
    n, of_cells = len(study.units), study.cells_in.rows[rule.unit]
    area_m2 = sum_by(study.facilities_in.rows[rule.unit], np.where(known, stated, 0.0), n)[units]
    homes = sum_by(of_cells, households, n)[units]
    people = sum_by(of_cells, measured.residents, n)[units]
    met = area_m2 * 100.0 >= rule.figure * homes * (1.0 - 1e-12)
    share = ratio(int(met.sum()), len(met))
    table = pd.DataFrame(
        {"unit_row": units, "level": rule.unit, "residents": people, "households": homes, "area_m2": area_m2}
    )
    table["actual"] = 100.0 * table["area_m2"] / table["households"].where(table["households"] > 0)
    fulfilled = judged(table, table["area_m2"] * 100.0 / rule.figure, table["households"], measured)
    silent = int((accepted & ~known).sum())
    remark = silent_remark(silent)
    if HOUSEHOLDS not in study.grid.groups:
        remark = text(
            "Households are reckoned at {size:g} residents each, they are not counted. Facilities that state "
            "no floor area count as having none: {silent}.",
            size=rule.household_size,
            silent=silent,
        )
    return RuleResult(
        rule,
        judge(share, measured.limits),
        float(people.sum()),
        float(people[met].sum()),
        share,
        actual=ratio(100.0 * float(np.where(known, stated, 0.0).sum()), float(households.sum())),
        units=len(met),
        units_met=int(met.sum()),
        units_missed=tuple(units[~met].tolist()),
        remark=remark,
        by_unit=fulfilled.assign(share=np.nan),
    )


def silent_remark(silent: int) -> Text | None:
    """How many facilities state no floor area; None where all do."""
    if not silent:
        return None
    return text("Facilities that state no floor area count as having none: {silent}.", silent=silent)


def _unjudged(rule: Rule, why: Text) -> RuleResult:
    return RuleResult(rule, None, reason=why)
