"""The whole answer for one city and one standard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverage.checks import Measured, check_rule
from coverage.checks.loads import nearest_loads
from coverage.gaps import Gap, find_gaps
from coverage.measure import measure
from coverage.results import RuleResult
from coverage.standard import Standard
from coverage.study import Study
from coverage.tables import Floats
from geo.progress import Progress, silent
from geo.text import Text, text


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

    @property
    def residents_unlinked(self) -> float:
        """Residents of cells farther from any street than the snap limit."""
        return float(self.study.grid.residents[self.measured.distances.unlinked_cells].sum())


def assess(study: Study, standard: Standard, *, progress: Progress = silent) -> Assessment:
    """Measure and judge every rule of `standard` for `study`. Deterministic."""
    progress(0.0, text("Measuring distances"))
    tiers = tuple(dict.fromkeys((*standard.tiers, *study.facilities.tiers)))
    distances = measure(study.grid, study.facilities, study.network, tiers=tiers, walking=standard.walking)
    measured = Measured(study, distances, standard)
    progress(0.5, text("Judging the rules"))
    results = tuple(check_rule(rule, measured) for rule in standard.rules)
    progress(0.7, text("Finding the gaps"))
    gaps = find_gaps(results, measured)
    loads = nearest_loads(measured, np.ones(len(study.grid), dtype=bool))
    progress(1.0, text("Assessed"))
    return Assessment(measured, results, gaps, loads, _notes(measured))


def _notes(measured: Measured) -> tuple[Text, ...]:
    """What a reader must know beside the figures; only what is the case."""
    study, distances = measured.study, measured.distances
    notes = []
    told_apart = any(rule.settlement != "any" for rule in measured.standard.rules)
    if told_apart and study.settlement_assumed > 0:
        notes.append(
            text(
                "{residents:,.0f} residents live where no unit says urban or rural; "
                "they are judged by the urban rules.",
                residents=study.settlement_assumed,
            )
        )
    cells = distances.unlinked_cells
    if len(cells):
        notes.append(
            text(
                "{residents:,.0f} residents in {cells} cells are farther than {limit:g} m from any street; "
                "on foot they count as not covered.",
                residents=float(study.grid.residents[cells].sum()),
                cells=len(cells),
                limit=measured.standard.walking.snap_limit_m,
            )
        )
    doors = int((distances.facilities.edge < 0).sum())
    if doors:
        notes.append(
            text(
                "{count} facilities are farther than {limit:g} m from any street; "
                "nobody can reach them on foot.",
                count=doors,
                limit=measured.standard.walking.snap_limit_m,
            )
        )
    missing = [tier for tier in measured.standard.tiers if tier not in study.facilities.tiers]
    notes.extend(
        text("The list has no facility of the kind “{tier}”.", tier=measured.standard.tier_title(tier))
        for tier in missing
    )
    return tuple(notes)
