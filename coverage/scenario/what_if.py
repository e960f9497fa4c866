"""A scenario's assessment from that of the study as it is, measuring anew only what can differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Final

import numpy as np

from coverage.assessment import Assessment, judge_all
from coverage.checks import check_rule
from coverage.checks.measured import Measured
from coverage.measuring.measure import measure
from coverage.model.edits import AddBarrier, AddStreet, Edit, FacilityEdit, Scenario, UseStandard
from coverage.scenario.apply import Variant, apply
from coverage.scenario.incremental import Live, live

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

    Only the edits in which a list differs from the one before are made or taken back, so that one edit
    more takes milliseconds. What it answers does not depend on the lists before. Not for several threads.
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
        variant = self._variant(scenario)
        engine = self._on_ground(tuple(edit for edit in scenario.edits if isinstance(edit, _OF_GROUND)))
        self._engine = None  # it stays so if what follows fails halfway
        _follow(engine, [edit for edit in scenario.edits if isinstance(edit, FacilityEdit)])
        self._engine = engine
        return Measured(variant.study, engine.distances_to(variant.study.facilities), variant.standard)

    def _variant(self, scenario: Scenario) -> Variant:
        now = apply(replace(scenario, edits=()), self.base.study, self.base.standard)
        kept = _in_common([edit for edit, _ in self._steps], scenario.edits)
        steps = self._steps[:kept]
        for edit in scenario.edits[kept:]:
            before = steps[-1][1] if steps else now
            steps.append((edit, apply(replace(scenario, edits=(edit,)), before.study, before.standard)))
        self._steps = steps
        return steps[-1][1] if steps else now

    def _on_ground(self, edits: tuple[Edit, ...]) -> Live:
        """An engine for the streets and standard after these edits; facilities do not bear on them."""
        if self._engine is None or edits != self._ground:
            base = self.base
            variant = apply(Scenario("", base.study.grid.crs, edits), base.study, base.standard)
            self._engine, self._ground = live(_ready(base, variant)), edits
        return self._engine


def _ready(base: Assessment, variant: Variant) -> Assessment:
    """The variant's distances, without results: nothing is judged while its facilities are edited."""
    distances = base.measured.distances
    study, walking = variant.study, variant.standard.walking
    if not _same_ground(base, variant):
        tiers = tuple(dict.fromkeys((*variant.standard.tiers, *study.facilities.tiers)))
        distances = measure(study.grid, study.facilities, study.network, tiers=tiers, walking=walking)
    return replace(base, measured=Measured(study, distances, variant.standard), results=())


def _same_ground(base: Assessment, variant: Variant) -> bool:
    """Whether streets, tiers and the way points are put on streets are those already measured."""
    return (
        variant.study.network is base.study.network
        and variant.standard.walking.snap_limit_m == base.standard.walking.snap_limit_m
        and variant.standard.walking.island_m == base.standard.walking.island_m
        and variant.standard.tiers == base.standard.tiers
    )


def _follow(engine: Live, edits: Sequence[FacilityEdit]) -> None:
    """Bring the engine to these edits, from those it has made."""
    kept = _in_common(engine.edits, edits)
    while len(engine.done) > kept:
        engine.undo()
    for edit in edits[kept:]:
        engine.do(edit)


def _in_common(one: Sequence[Edit], other: Sequence[Edit]) -> int:
    """With how many equal edits both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
