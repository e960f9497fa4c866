"""`load`: residents per facility, against a band."""

from __future__ import annotations

import numpy as np

from coverage.checks.by_unit import facilities_by_unit, sum_by
from coverage.checks.measured import Measured
from coverage.results import LoadResult, RuleResult, judge, ratio
from coverage.standard import Rule
from coverage.study import Study
from coverage.tables import Bools, Floats, Ints
from geo.text import text


def check_load(rule: Rule, measured: Measured) -> RuleResult:
    """Residents of the rule's settlement go to the nearest facility it accepts, on foot.

    Judged are the facilities of the rule's own tier that stand in its settlement. Residents whose
    nearest is of another accepted tier or settlement are served there: they are neither in a load
    of this rule nor without a facility. Both ends of the band are within.
    """
    low, high = rule.band or (0.0, np.inf)
    rows, residents, without = _loads(rule, measured)
    under, over = residents < low, residents > high
    within = ~(under | over)
    share = ratio(int(within.sum()), len(rows))
    subject = measured.study.subject_to(rule.settlement)
    return RuleResult(
        rule,
        judge(share, measured.limits),
        float(measured.residents[subject].sum()),
        float(residents[within].sum()),
        share,
        load=LoadResult(
            tuple(rows.tolist()), residents, int(within.sum()), int(under.sum()), int(over.sum()), without
        ),
        reason=text("The list has no such facility.") if share is None else None,
        by_unit=facilities_by_unit(measured, rows, {"within": within, "under": under, "over": over}),
    )


def nearest_loads(measured: Measured, subject: Bools) -> Floats:
    """(facilities,) residents of the `subject` cells whose nearest facility of its tier it is, on foot."""
    loads = np.zeros(len(measured.study.facilities))
    for tier in measured.standard.tiers:
        walk_m, nearest = measured.distances.walk_to([tier])
        reached = np.where(subject & np.isfinite(walk_m), nearest, -1)
        loads += sum_by(reached, measured.residents, len(loads))
    return loads


def _loads(rule: Rule, measured: Measured) -> tuple[Ints, Floats, float]:
    study = measured.study
    subject = study.subject_to(rule.settlement)
    walk_m, nearest = measured.distances.walk_to(rule.serves)
    reached = subject & np.isfinite(walk_m)
    loads = sum_by(np.where(reached, nearest, -1), measured.residents, len(study.facilities))
    rows = _judged_facilities(rule, study)
    return rows, loads[rows], float(measured.residents[subject & ~reached].sum())


def _judged_facilities(rule: Rule, study: Study) -> Ints:
    chosen = (study.facilities.frame["tier"] == rule.tier).to_numpy(bool)
    if rule.settlement != "any":
        chosen = chosen & (study.facility_settlement == rule.settlement)
    return np.flatnonzero(chosen)
