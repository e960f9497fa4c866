"""A scenario's assessment from that of the study as it is, measuring anew only what can differ."""

from __future__ import annotations

import numpy as np

from coverage.assessment import Assessment, judge_all
from coverage.checks import check_rule
from coverage.checks.measured import Measured
from coverage.edits import Close, Move, Open, Scenario
from coverage.incremental import live
from coverage.measure import Distances, measure
from coverage.scenario import Variant, apply


def assess_scenario(base: Assessment, scenario: Scenario) -> Assessment:
    """The assessment after the scenario's edits: the same as assessing the edited study anew.

    Streets are measured anew; facilities alone incrementally; with figures, speeds or residents alone
    the distances stay. SettingError as `apply`.
    """
    return judge_all(_measured(base, scenario))


def judge_scenario(base: Assessment, scenario: Scenario) -> Assessment:
    """The same rules judged, without gaps, loads by tier and notes: for who only compares."""
    measured = _measured(base, scenario)
    results = tuple(check_rule(rule, measured) for rule in measured.standard.rules)
    return Assessment(measured, results, (), np.zeros(len(measured.study.facilities)), ())


def _measured(base: Assessment, scenario: Scenario) -> Measured:
    variant = apply(scenario, base.study, base.standard)
    return Measured(variant.study, _distances(base, scenario, variant), variant.standard)


def _distances(base: Assessment, scenario: Scenario, variant: Variant) -> Distances:
    if not _same_ground(base, variant):
        study, standard = variant.study, variant.standard
        tiers = tuple(dict.fromkeys((*standard.tiers, *study.facilities.tiers)))
        return measure(study.grid, study.facilities, study.network, tiers=tiers, walking=standard.walking)
    engine = live(base)
    for edit in scenario.edits:
        if isinstance(edit, Open | Close | Move):
            engine.do(edit)
    return engine.distances()


def _same_ground(base: Assessment, variant: Variant) -> bool:
    """Whether streets, tiers and the way points are put on streets are those already measured."""
    return (
        variant.study.network is base.study.network
        and variant.standard.walking.snap_limit_m == base.standard.walking.snap_limit_m
        and variant.standard.tiers == base.standard.tiers
    )
