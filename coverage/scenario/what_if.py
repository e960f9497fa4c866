"""A scenario's assessment from that of the study as it is, measuring anew only what can differ."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from coverage.assessment import Assessment, judge_all
from coverage.checks import check_rule
from coverage.checks.measured import Measured
from coverage.measuring.measure import measure
from coverage.model.edits import AddBarrier, AddStreet, Edit, Scenario, UseStandard
from coverage.scenario.apply import Variant, apply
from coverage.scenario.incremental import Live, in_common, live

# Edits after which distances may have to be measured anew: streets, or a standard with other tiers.
_OF_GROUND: Final = (AddStreet, AddBarrier, UseStandard)


def assess_scenario(base: Assessment, scenario: Scenario) -> Assessment:
    """The assessment after the scenario's edits: the same as assessing the edited study anew.

    Streets are measured anew; facilities alone incrementally; with figures, speeds or residents alone
    the distances stay. SettingError as `apply`.
    """
    return judge_all(Trail(base).measured(scenario))


@dataclass
class Trail:
    """One list of edits after another on the same city, each from where the last one led.

    Each edit is applied once, to the study after those before it; the distances then follow the list of
    facilities, so that one edit more takes milliseconds. What is answered does not depend on the lists
    asked before. Not for several threads.
    """

    base: Assessment
    _steps: list[tuple[Edit, Variant]] = field(default_factory=list)
    _ground: tuple[Edit, ...] = ()
    _engine: Live | None = None

    def judge(self, scenario: Scenario) -> Assessment:
        """The rules judged after the edits, without gaps, loads by tier and notes: for who only compares.

        SettingError as `apply`; the trail goes on as if it had not been asked.
        """
        measured = self.measured(scenario)
        results = tuple(check_rule(rule, measured) for rule in measured.standard.rules)
        return Assessment(measured, results, (), np.zeros(len(measured.study.facilities)), ())

    def measured(self, scenario: Scenario) -> Measured:
        """The edited study with its distances, and the standard to judge them by."""
        now = apply(replace(scenario, edits=()), self.base.study, self.base.standard)
        steps = self._steps[: in_common([edit for edit, _ in self._steps], scenario.edits)]
        for edit in scenario.edits[len(steps) :]:
            before = steps[-1][1] if steps else now
            steps.append((edit, apply(replace(scenario, edits=(edit,)), before.study, before.standard)))
        self._steps = steps
        variant = steps[-1][1] if steps else now
        study, standard = variant.study, variant.standard
        if study.facilities.has_extents or self.base.study.facilities.has_extents:
            # Only facilities that are points are followed step by step; others are measured anew.
            tiers = tuple(dict.fromkeys((*standard.tiers, *study.facilities.tiers)))
            distances = measure(
                study.grid, study.facilities, study.network, tiers=tiers, walking=standard.walking
            )
            return Measured(study, distances, standard)
        ground = tuple(edit for edit in scenario.edits if isinstance(edit, _OF_GROUND))
        engine = self._engine if ground == self._ground else None
        # It stays away if what follows fails halfway.
        self._engine, self._ground = None, ground
        engine = engine or live(self._on_ground(variant))
        distances = engine.follow(variant.study.facilities)
        self._engine = engine
        return Measured(variant.study, distances, variant.standard)

    def _on_ground(self, variant: Variant) -> Assessment:
        """The base's facilities on the variant's streets and standard, measured but not judged."""
        base, walking = self.base, variant.standard.walking
        study = replace(base.study, network=variant.study.network)
        before, distances = base.standard, base.measured.distances
        same_ways = (walking.snap_limit_m, walking.island_m) == (
            before.walking.snap_limit_m,
            before.walking.island_m,
        )
        same_tiers = variant.standard.tiers == before.tiers
        if not (study.network is base.study.network and same_ways and same_tiers):
            tiers = tuple(dict.fromkeys((*variant.standard.tiers, *study.facilities.tiers)))
            distances = measure(study.grid, study.facilities, study.network, tiers=tiers, walking=walking)
        return replace(base, measured=Measured(study, distances, variant.standard), results=())
