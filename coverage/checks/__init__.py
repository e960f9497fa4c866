"""One module a kind of check: a rule and the distances to a result.

Each is a reduction of distances measured once. The boundary counts as met everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from coverage.checks.loads import check_load
from coverage.checks.measured import Measured
from coverage.checks.presence import check_full_coverage, check_presence
from coverage.checks.reach import check_reach
from coverage.checks.supply import check_floor_area, check_supply
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Rule

__all__ = ["Measured", "check_rule"]

_CHECKS: Final[Mapping[Check, Callable[[Rule, Measured], RuleResult]]] = {
    Check.RADIUS: check_reach,
    Check.WALK: check_reach,
    Check.LOAD: check_load,
    Check.PRESENCE: check_presence,
    Check.RATIO: check_supply,
    Check.UNITS: check_full_coverage,
    Check.AREA: check_floor_area,
}


def check_rule(rule: Rule, measured: Measured) -> RuleResult:
    """Judge one rule of the standard that `measured` was measured for."""
    return _CHECKS[rule.check](rule, measured)
