"""The whole answer for one city and one standard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from core.progress import Progress, part, silent
from core.text import Text, text
from coverage.checks import Measured, check_rule
from coverage.checks.loads import nearest_loads
from coverage.equity.denominators import judged_by_denominator
from coverage.equity.equity import Equity, equity
from coverage.equity.unit_ranking import league
from coverage.gaps import Gap, find_gaps, split_large, with_sites
from coverage.measuring.measure import measure
from coverage.model.results import RuleResult
from coverage.model.standard import ANY_TIER, Check, Standard
from coverage.model.study import Study
from coverage.model.tables import Floats

# Of each rule's gaps, how many of the largest get a proposed site at once; others when asked for.
_GAPS_WITH_SITE: Final = 200


@dataclass(frozen=True)
class Assessment:
    """Every rule of a standard judged for a study, with its gaps and what the reader should know.

    `facility_loads` (facilities,): residents whose nearest facility of its tier it is, on foot.
    """

    measured: Measured
    results: tuple[RuleResult, ...]
    gaps: tuple[Gap, ...]
    facility_loads: Floats
    notes: tuple[Text, ...]

    @property
    def study(self) -> Study:
        return self.measured.study

    @property
    def standard(self) -> Standard:
        return self.measured.standard

    def result(self, rule_id: str) -> RuleResult:
        """The result of one rule; KeyError if the standard has none of that name."""
        for result in self.results:
            if result.rule.id == rule_id:
                return result
        raise KeyError(rule_id)

    def gaps_of(self, rule_id: str) -> tuple[Gap, ...]:
        """The gaps of one rule, most residents first."""
        return tuple(gap for gap in self.gaps if gap.rule_id == rule_id)

    @cached_property
    def equity(self) -> Equity | None:
        """Distances among the residents of the radius or walk rule that speaks of most of them.

        Of several such rules the walk rule with the widest figure; rules with figures by size are passed
        over, since ways to facilities of different figures are not compared. None where there is none.
        """
        reach = (Check.RADIUS, Check.WALK)
        judged = [r for r in self.results if r.rule.check in reach and r.residents > 0 and not r.rule.classes]
        walking = self.standard.walking
        widest = max(
            judged,
            key=lambda r: (r.residents, r.rule.check is Check.WALK, r.rule.limit_m(walking)),
            default=None,
        )
        return equity(widest.rule, self.measured) if widest else None

    @cached_property
    def league(self) -> pd.DataFrame:
        """The districts side by side; see `coverage.equity.unit_ranking`."""
        return league(self.results, self.measured)

    @property
    def residents_unlinked(self) -> float:
        """Residents of cells farther from any street than the snap limit."""
        return float(self.study.grid.residents[self.measured.distances.unlinked_cells].sum())


def assess(study: Study, standard: Standard, *, progress: Progress = silent) -> Assessment:
    """Measure and judge every rule of `standard` for `study`. Deterministic."""
    progress(0.0, text("Measuring distances"))
    tiers = tuple(dict.fromkeys((*standard.tiers, *study.facilities.tiers)))
    distances = measure(study.grid, study.facilities, study.network, tiers=tiers, walking=standard.walking)
    return judge_all(Measured(study, distances, standard), progress=progress)


def judge_all(
    measured: Measured, *, sites: bool = True, known: Sequence[Gap] = (), progress: Progress = silent
) -> Assessment:
    """The assessment of what has been measured already; without `sites` the streets are not looked at, and
    no gap has a proposed one. `known` as `with_sites` takes them."""
    study = measured.study
    rules = measured.standard.rules
    judged: list[RuleResult] = []
    for number, rule in enumerate(rules):
        said = text("Judging the rules: {n} of {all}", n=number + 1, all=len(rules))
        progress(0.5 + 0.2 * number / len(rules), said)
        judged.append(judged_by_denominator(check_rule(rule, measured), measured))
    results = tuple(judged)
    progress(0.7, text("Finding the gaps"))
    gaps = find_gaps(results, measured)
    if sites:
        looking, splitting = part(progress, 0.75, 0.85), part(progress, 0.85, 0.98)
        gaps = with_sites(gaps, measured, most=_GAPS_WITH_SITE, known=known, progress=looking)
        parts = split_large(gaps, measured, progress=splitting)
        gaps = tuple(replace(gap, parts=parts.get(number, ())) for number, gap in enumerate(gaps))
    loads = nearest_loads(measured, np.ones(len(study.grid), dtype=bool))
    progress(1.0, text("Assessed"))
    return Assessment(measured, results, gaps, loads, _notes(measured))


def judge_rules(measured: Measured) -> Assessment:
    """The rules judged, without gaps, loads by tier and notes: for who only compares."""
    results = tuple(check_rule(rule, measured) for rule in measured.standard.rules)
    return Assessment(measured, results, (), np.zeros(len(measured.study.facilities)), ())


def _notes(measured: Measured) -> tuple[Text, ...]:
    """What a reader must know beside the figures; only what is the case."""
    study, distances = measured.study, measured.distances
    notes = []
    told_apart = any(rule.settlement != "any" for rule in measured.standard.rules)
    if told_apart and study.settlement_assumed > 0:
        notes.append(
            text(
                "{residents:,.0f} residents live where it is not known from the units whether "
                "it is urban or rural; "
                "they are judged by the urban rules.",
                residents=study.settlement_assumed,
            )
        )
    cells = distances.unlinked_cells
    if len(cells):
        notes.append(
            text(
                "Farther than {limit:g} m from any street: {residents:,.0f} "
                "{residents:resident|residents} in "
                "{cells} {cells:cell|cells}; on foot they count as not covered, but for what stands within "
                "50 m of them.",
                residents=float(study.grid.residents[cells].sum()),
                cells=len(cells),
                limit=measured.standard.walking.snap_limit_m,
            )
        )
    if len(study.facilities):
        cut_off = np.isinf(distances.walk_to(list(distances.walk_m))[0]) & distances.cells.linked
        cells = np.flatnonzero(cut_off & (study.grid.residents > 0))
        if len(cells):
            notes.append(
                text(
                    "On streets from which no facility can be reached on foot: {residents:,.0f} "
                    "{residents:resident|residents} in {cells} {cells:cell|cells}; on foot they count as not "
                    "covered. Is a street missing there?",
                    residents=float(study.grid.residents[cells].sum()),
                    cells=len(cells),
                )
            )
    doors = int((~distances.facility_linked).sum())
    if doors:
        notes.append(
            text(
                "Facilities farther than {limit:g} m from any street: {count}; on foot only who lives "
                "within 50 m reaches them.",
                count=doors,
                limit=measured.standard.walking.snap_limit_m,
            )
        )
    there = {ANY_TIER, *study.facilities.tiers}
    lacking = [rule for rule in measured.standard.rules if there.isdisjoint(rule.serves)]
    notes.extend(
        text("The list has no facility of the kind “{tier}”.", tier=measured.standard.tier_title(tier))
        for tier in dict.fromkeys(rule.tier for rule in lacking)
    )
    return tuple(notes)
