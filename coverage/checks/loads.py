"""`load`: residents per facility, against a band."""

from __future__ import annotations

import numpy as np

from core.text import text
from coverage.checks.allocation import TO_NEAREST, Allocation, Manner, allocate, own_tiers, tier_loads
from coverage.checks.by_unit import facilities_by_unit
from coverage.checks.measured import Measured
from coverage.model.results import LoadResult, RuleResult, judge, ratio
from coverage.model.standard import Rule, settlement_title
from coverage.model.study import Study
from coverage.model.tables import Bools, Floats


def check_load(rule: Rule, measured: Measured, *, manner: Manner = TO_NEAREST) -> RuleResult:
    """Residents of the rule's settlement go to facilities it accepts; by default the nearest on foot.

    Judged are the facilities of the rule's own tier that stand in its settlement. Residents who go
    to one of another accepted tier or settlement are served there: they are neither in a load of
    this rule nor without a facility. Equally near facilities of the rule's own tier share equally;
    they go before an equally near one of another tier. Both ends of the band are within.
    """
    allocation = allocate(rule, measured, manner)
    load = load_result(rule, measured.study, allocation)
    share = ratio(load.within, len(load.rows))
    low, high = rule.band or (0.0, np.inf)
    subject = measured.study.subject_to(rule.settlement)
    nothing = text("The list has no such facility.")
    if rule.settlement != "any":
        who = settlement_title(rule.settlement)
        nothing = text("The list has no such facility in {who} ground.", who=who)
    return RuleResult(
        rule,
        judge(share, measured.limits),
        float(measured.residents[subject].sum()),
        load.residents_within,
        share,
        load=load,
        reason=nothing if share is None else None,
        by_unit=facilities_by_unit(
            measured,
            np.asarray(load.rows, np.int64),
            {"within": load.in_band, "under": load.residents < low, "over": load.residents > high},
        ),
    )


def load_result(rule: Rule, study: Study, allocation: Allocation) -> LoadResult:
    """The loads of the facilities that `rule` judges, against its band (both ends are within)."""
    low, high = rule.band or (0.0, np.inf)
    chosen = study.facilities.frame["tier"].isin(own_tiers(rule) or (rule.tier,)).to_numpy(bool)
    if rule.settlement != "any":
        chosen = chosen & (study.facility_settlement == rule.settlement)
    rows = np.flatnonzero(chosen)
    residents = allocation.loads[rows]
    under, over = int((residents < low).sum()), int((residents > high).sum())
    return LoadResult(
        tuple(rows.tolist()),
        residents,
        (residents >= low) & (residents <= high),
        len(rows) - under - over,
        under,
        over,
        allocation.residents_without,
    )


def nearest_loads(measured: Measured, subject: Bools) -> Floats:
    """(facilities,) residents of the `subject` cells whose nearest facility of its tier it is, on foot.

    Equally near facilities of a tier share equally.
    """
    loads = np.zeros(len(measured.study.facilities))
    for tier in measured.standard.tiers:
        reached = subject & np.isfinite(measured.distances.walk_to([tier])[0])
        loads += tier_loads(measured, (tier,), reached)
    return loads
