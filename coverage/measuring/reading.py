"""The same distances read otherwise: at another speed, for a group of residents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from coverage.checks.measured import Measured
from coverage.checks.reach import check_reach, limit_m
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Rule
from coverage.scenario.apply import with_grid

ELDERLY: Final = "elderly"


@dataclass(frozen=True)
class Reading:
    """A walk rule at a speed and for a group ("" for all residents): `limit_m` is how far the minutes go."""

    rule: Rule
    speed_kmh: float
    group: str
    limit_m: float
    result: RuleResult


def read_walks(measured: Measured, *, speed_kmh: float, group: str = "") -> tuple[Reading, ...]:
    """Every walk rule of the standard that divides by residents at `speed_kmh`, in its order; nothing is
    measured anew.

    A figure in metres on foot does not depend on the speed, and stays.

    With a group, shares are of that group's residents; KeyError if the grid does not count it.
    """
    standard = measured.standard
    slower = replace(standard, walking=replace(standard.walking, speed_kmh=speed_kmh))
    grid = measured.study.grid
    counted = replace(grid, residents=grid.groups[group]) if group else grid
    reading = Measured(with_grid(measured.study, counted), measured.distances, slower)
    walks = [
        replace(rule, speed_kmh=None)
        for rule in standard.rules
        if rule.check is Check.WALK and rule.denominator == "residents"
    ]
    return tuple(
        Reading(rule, speed_kmh, group, limit_m(rule, slower), check_reach(rule, reading)) for rule in walks
    )


def elderly_reading(measured: Measured) -> tuple[Reading, ...]:
    """Every walk rule at the standard's elderly speed: of elderly residents, where the grid counts them."""
    group = ELDERLY if ELDERLY in measured.study.grid.groups else ""
    return read_walks(measured, speed_kmh=measured.standard.walking.elderly_speed_kmh, group=group)
