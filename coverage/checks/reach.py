"""`radius` and `walk`: residents within a distance of a facility that the rule accepts."""

from __future__ import annotations

from core.text import text
from coverage.checks.by_unit import residents_by_unit
from coverage.checks.measured import Measured
from coverage.measuring.measure import BOUNDARY_M as BOUNDARY_M
from coverage.model.results import RuleResult, judge, ratio
from coverage.model.standard import Check, Rule, Standard, settlement_title
from coverage.model.tables import Bools, Floats, Ints


def reach_m(rule: Rule, measured: Measured) -> tuple[Floats, Ints]:
    """Metres to the nearest facility that `rule` accepts, in the rule's own measure, and its row."""
    distances = measured.distances
    to = distances.straight_to if rule.check is Check.RADIUS else distances.walk_to
    return to(rule.serves)


def limit_m(rule: Rule, standard: Standard) -> float:
    """The rule's figure with its tolerance, in metres: minutes at its own walking speed or the standard's."""
    return rule.limit_m(standard.walking)


def cells_within(rule: Rule, measured: Measured) -> Bools:
    """(n,) which cells have a facility that `rule` (radius or walk) accepts within its figure."""
    return reach_m(rule, measured)[0] <= limit_m(rule, measured.standard) + BOUNDARY_M


def check_reach(rule: Rule, measured: Measured) -> RuleResult:
    """Residents of the rule's settlement within its figure, counted at the cells' centres."""
    subject = measured.study.subject_to(rule.settlement)
    met = subject & cells_within(rule, measured)
    residents = float(measured.residents[subject].sum())
    residents_met = float(measured.residents[met].sum())
    share = ratio(residents_met, residents)
    nobody = text(
        "The rule speaks of {who} residents, and there are none.", who=settlement_title(rule.settlement)
    )
    return RuleResult(
        rule,
        judge(share, measured.limits),
        residents,
        residents_met,
        share,
        reason=nobody if share is None else None,
        cells_subject=subject,
        cells_met=met,
        by_unit=residents_by_unit(measured, subject, met),
    )
