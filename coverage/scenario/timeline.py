"""Year by year: what was reached with the facilities open by then, and what the plan would reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from coverage.checks.reach import BOUNDARY_M, accepted
from coverage.measuring.facility_reach import straight_nearest, walking_nearest
from coverage.model.results import judge, ratio
from coverage.model.standard import Check, Rule, Standard, Verdict
from coverage.model.study import Study
from coverage.model.tables import Bools, FacilityTable, Floats, Ints
from geo.network.snapping import Snapped, snap

OPEN: Final = "open"
PLANNED: Final = "planned"
_ALWAYS: Final = 0  # open, and nobody wrote since when
_NO_DATE: Final = 9999  # planned, and nobody wrote for when


@dataclass(frozen=True)
class YearResult:
    """One rule at the end of one year.

    `facilities`: open ones that the rule accepts; `planned`: those the plan adds to them by then.
    `share` and `verdict` are with the open ones, `share_planned` and `verdict_planned` with both;
    None where the rule speaks of nobody.
    """

    rule_id: str
    year: int
    facilities: int
    planned: int
    residents: float
    residents_met: float
    met_planned: float
    share: float | None
    share_planned: float | None
    verdict: Verdict | None
    verdict_planned: Verdict | None


@dataclass(frozen=True)
class Timeline:
    """Results by rule, then year. `undated`: open facilities without a date, counted in every year;
    `planned_undated`: planned ones without, counted from the last year on."""

    years: tuple[int, ...]
    results: tuple[YearResult, ...]
    undated: int
    planned_undated: int

    def of_rule(self, rule_id: str) -> tuple[YearResult, ...]:
        """The years of one rule, in order."""
        return tuple(result for result in self.results if result.rule_id == rule_id)


def timeline(
    study: Study, standard: Standard, *, years: Sequence[int] = (), cells: Snapped | None = None
) -> Timeline:
    """Radius and walk rules that divide by residents at the end of each year, with the residents of today.

    The facility table holds planned facilities too. Column `status`: "open" (also where it says
    nothing) or "planned"; others are left out. Column `opened`: when it opened, or is to open, in
    ISO ("2019", "2019-05", "2019-05-01") or "". Default years: from the first date to the last.
    `cells` are the grid's cells as snapped before, where they were (`Distances.cells`).
    """
    dates = _Dates.of(study.facilities)
    chosen = tuple(sorted(set(years))) or dates.years
    limit = standard.walking.snap_limit_m
    doors = snap(study.network, study.facilities.entrances.xy, limit_m=limit)
    places = cells if cells is not None else snap(study.network, study.grid.xy, limit_m=limit)
    ways = _Ways(study, standard, dates, places, doors)
    rules = [
        rule
        for rule in standard.rules
        if rule.check in (Check.RADIUS, Check.WALK) and rule.denominator == "residents"
    ]
    results = tuple(result for rule in rules for result in ways.years_of(rule, chosen))
    undated, planned_undated = (
        int(((dates.year == year) & dates.known).sum()) for year in (_ALWAYS, _NO_DATE)
    )
    return Timeline(chosen, results, undated, planned_undated)


@dataclass(frozen=True)
class _Dates:
    """(facilities,): the year each opened or is to open, whether it is open, whether it is to be counted."""

    year: Ints
    is_open: Bools
    known: Bools

    @classmethod
    def of(cls, facilities: FacilityTable) -> _Dates:
        frame = facilities.frame
        n = len(frame)
        status = frame["status"].fillna("").to_numpy(str) if "status" in frame else np.full(n, OPEN)
        opened = frame["opened"].fillna("").to_numpy(str) if "opened" in frame else np.full(n, "")
        is_open = (status == OPEN) | (status == "")
        stated = [int(date[:4]) if date[:4].isdigit() else -1 for date in opened]
        missing = np.where(is_open, _ALWAYS, _NO_DATE)
        return cls(
            np.where(np.asarray(stated, np.int64) >= 0, stated, missing),
            is_open,
            is_open | (status == PLANNED),
        )

    @property
    def years(self) -> tuple[int, ...]:
        """Every year from the first date to the last; none where there is no date."""
        dated = self.year[self.known & (self.year > _ALWAYS) & (self.year < _NO_DATE)]
        return tuple(range(int(dated.min()), int(dated.max()) + 1)) if len(dated) else ()


@dataclass(frozen=True)
class _Ways:
    """The study with cells and facilities on their streets."""

    study: Study
    standard: Standard
    dates: _Dates
    cells: Snapped
    doors: Snapped

    def years_of(self, rule: Rule, years: tuple[int, ...]) -> list[YearResult]:
        """Cohort by cohort, so that every facility is searched from only once."""
        counts_for = accepted(rule, self.study.facilities, self.standard)
        limit = np.full(len(self.dates.known), np.nan)
        limit[counts_for.rows] = counts_for.limit_m
        counting = np.isfinite(limit) & self.dates.known
        is_open = self.dates.is_open
        met = np.zeros(len(self.study.grid), dtype=bool)
        met_planned = met.copy()
        counted = np.zeros(len(counting), dtype=bool)
        found = []
        for year in years:
            by_now = counting & (
                (self.dates.year <= year) | ((year == years[-1]) & (self.dates.year == _NO_DATE))
            )
            met |= self._within(rule, np.flatnonzero(by_now & ~counted & is_open), limit)
            met_planned |= self._within(rule, np.flatnonzero(by_now & ~counted & ~is_open), limit)
            counted |= by_now
            counts = int((by_now & is_open).sum()), int((by_now & ~is_open).sum())
            found.append(self._result(rule, year, counts, (met, met | met_planned)))
        return found

    def _within(self, rule: Rule, rows: Ints, limit_m: Floats) -> Bools:
        """(cells,) within the rule's figure of one of these facilities; `limit_m` (facilities,)."""
        within = np.zeros(len(self.study.grid), bool)
        for limit in np.unique(limit_m[rows]).tolist():
            most_m, some = limit + BOUNDARY_M, rows[limit_m[rows] == limit]
            if rule.check is Check.RADIUS:
                xy = self.study.grid.xy
                near = straight_nearest(xy, xy, self.study.facilities, some)
            else:
                near = walking_nearest(
                    self.study.network, self.cells, self.study.facilities, self.doors, some, limit_m=most_m
                )
            within |= near.metres <= most_m
        return within

    def _result(self, rule: Rule, year: int, counts: tuple[int, int], met: tuple[Bools, Bools]) -> YearResult:
        subject, people = self.study.subject_to(rule.settlement), self.study.grid.residents
        whole = float(people[subject].sum())
        reached, with_plan = (float(people[subject & mask].sum()) for mask in met)
        shares = ratio(reached, whole), ratio(with_plan, whole)
        verdicts = [judge(share, self.standard.verdicts) for share in shares]
        return YearResult(rule.id, year, *counts, whole, reached, with_plan, *shares, *verdicts)
