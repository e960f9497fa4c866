"""`ratio`: places per 1,000 of a group of residents, in every unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.text import Text, text
from coverage.checks.by_unit import empty_units_of, judged, sum_by
from coverage.checks.measured import Measured
from coverage.checks.presence import units_subject
from coverage.model.results import RuleResult, ratio
from coverage.model.standard import Rule, Verdict, group_title
from coverage.model.tables import Floats, Ints


def check_supply(rule: Rule, measured: Measured) -> RuleResult:
    """Places of the accepted facilities per 1,000 of the group, unit by unit; `actual` is the city's.

    Facilities that state no places count as having none. Without units the city is judged whole.
    """
    group = measured.study.grid.groups.get(rule.group)
    if group is None:
        why = text("The population table has no column for {group} residents.", group=group_title(rule.group))
        return _unjudged(rule, why)
    places = places_of(rule, measured)
    if not places.any():
        return _unjudged(rule, text("No facility in the list states its places or beds."))
    units, held, people = _unit_sums(rule, measured, places, group)
    met = held * 1000.0 >= rule.figure * people
    actual = ratio(1000.0 * float(places.sum()), float(group.sum()))
    return RuleResult(
        rule,
        _verdict(rule, measured, actual, every_unit=bool(met.all())),
        float(group.sum()),
        float(people[met].sum()),
        ratio(int(met.sum()), len(met)),
        actual,
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


def _unit_sums(rule: Rule, measured: Measured, places: Floats, group: Floats) -> tuple[Ints, Floats, Floats]:
    units = units_subject(rule, measured.study)
    if not len(units):
        return units, np.asarray([places.sum()]), np.asarray([group.sum()])
    held, people = _sums(rule, measured, places, group)
    return units, held[units], people[units]


def _sums(rule: Rule, measured: Measured, places: Floats, group: Floats) -> tuple[Floats, Floats]:
    study = measured.study
    count = 0 if study.units is None else len(study.units)
    held = sum_by(study.facilities_in.rows[rule.unit], places, count)
    return held, sum_by(study.cells_in.rows[rule.unit], group, count)


def _verdict(rule: Rule, measured: Measured, actual: float | None, *, every_unit: bool) -> Verdict:
    """Met only if every unit has its places; nearly, if the city as a whole is near the figure."""
    if every_unit:
        return Verdict.MEETS
    near = actual is not None and actual >= rule.figure * measured.limits.nearly_share
    return Verdict.NEARLY if near else Verdict.NOT


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
    return judged(table, table["places"] * 1000.0 / rule.figure, table["residents"], measured)


def _unjudged(rule: Rule, why: Text) -> RuleResult:
    return RuleResult(rule, None, reason=why)
