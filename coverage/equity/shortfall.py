"""What a rule still lacks, in the thing it counts: the 差距 of the city's assessment table."""

from __future__ import annotations

from dataclasses import dataclass

from coverage.model.results import RuleResult
from coverage.model.standard import Check


@dataclass(frozen=True)
class Shortfall:
    """`amount` of `what` ("residents", "facilities", "units", "places", "m2"); 0 where nothing lacks."""

    what: str
    amount: float


def shortfall(result: RuleResult) -> Shortfall | None:
    """How much is missing until the rule is met to the last; None where it could not be judged.

    radius, walk: residents beyond the figure. load: facilities outside the band. presence: units
    without one. units: units lacking until the wanted share. ratio: places lacking, unit by unit
    (a surplus elsewhere does not help), as fractions. area_per_100_households: m² lacking, likewise.
    """
    if result.verdict is None:
        return None
    match result.rule.check:
        case Check.RADIUS | Check.WALK:
            return Shortfall("residents", result.residents_missed)
        case Check.LOAD:
            return Shortfall("facilities", float(_outside(result)))
        case Check.RATIO:
            return Shortfall("places", _places(result))
        case Check.AREA:
            return Shortfall("m2", _floor_m2(result))
        case Check.PRESENCE | Check.UNITS:
            return Shortfall("units", float(_units(result)))


def _outside(result: RuleResult) -> int:
    return result.load.under + result.load.over if result.load else 0


def _units(result: RuleResult) -> int:
    units, met = result.units or 0, result.units_met or 0
    wanted = result.rule.figure if result.rule.check is Check.UNITS else 1.0
    # The fewest whole units that make the share; a hair less, so that 0.9 of 10 is 9.
    return max(-int(-(wanted * units - 1e-9) // 1) - met, 0)


def _floor_m2(result: RuleResult) -> float:
    table = result.by_unit
    wanted = result.rule.figure * table["households"].to_numpy(float) / 100.0
    return float((wanted - table["area_m2"].to_numpy(float)).clip(min=0.0).sum())


def _places(result: RuleResult) -> float:
    figure, table = result.rule.figure, result.by_unit
    if len(table):
        wanted, held = figure * table["residents"].to_numpy(float) / 1000.0, table["places"].to_numpy(float)
        return float((wanted - held).clip(min=0.0).sum())
    whole = figure * result.residents / 1000.0
    return max(whole - (result.actual or 0.0) * result.residents / 1000.0, 0.0)
