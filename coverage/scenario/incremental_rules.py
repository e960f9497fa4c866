"""Which cells meet the radius and walk rules, kept right while facilities are edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from coverage.assessment import Assessment
from coverage.checks.reach import BOUNDARY_M, limit_m
from coverage.model.standard import Check, Rule
from coverage.model.tables import Bools, Floats, Ints
from coverage.scenario.change_log import Journal
from coverage.scenario.incremental_tier import LiveTier
from geo.csr_ranges import distinct

_REACH: Final = (Check.RADIUS, Check.WALK)


@dataclass
class Ruled:
    """A radius or walk rule, its limit with what counts as equal, and which cells meet it now."""

    rule: Rule
    limit_m: float
    subject: Bools
    met: Bools


def ruled(base: Assessment) -> list[Ruled]:
    """The radius and walk rules of an assessment."""
    found = []
    for result in base.results:
        if result.rule.check in _REACH and result.cells_met is not None:
            limit = limit_m(result.rule, base.standard) + BOUNDARY_M
            subject = base.study.subject_to(result.rule.settlement)
            found.append(Ruled(result.rule, limit, subject, result.cells_met.copy()))
    return found


def judge(
    rules: list[Ruled],
    tiers: Mapping[str, LiveTier],
    touched: Mapping[str, tuple[Ints, ...]],
    of_grid: tuple[Floats, Journal],
) -> tuple[dict[str, float], dict[str, float]]:
    """Judge touched cells anew: residents gained and lost, rule by rule.

    `touched`: tier → cells whose straight metres changed, those whose walking metres did, and so on
    in turn. `of_grid`: residents of the cells, and where to note what changed.
    """
    residents, journal = of_grid
    gained, lost = {}, {}
    for one in rules:
        on_foot = one.rule.check is Check.WALK
        cells = _cells(one.rule, touched, int(on_foot))
        name = "walk_m" if on_foot else "straight_m"
        near_m = np.min([getattr(tiers[tier], name)[cells] for tier in one.rule.serves], axis=0)
        met, was = one.subject[cells] & (near_m <= one.limit_m), one.met[cells]
        gained[one.rule.id] = float(residents[cells[met & ~was]].sum())
        lost[one.rule.id] = float(residents[cells[was & ~met]].sum())
        journal.write(one, "met", cells, met)
    return gained, lost


def _cells(rule: Rule, touched: Mapping[str, tuple[Ints, ...]], measure: int) -> Ints:
    parts = [cells for tier in rule.serves for cells in touched.get(tier, ())[measure::2]]
    return distinct(np.concatenate([np.empty(0, np.int64), *parts]))
