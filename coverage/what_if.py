"""A scenario's assessment from that of the study as it is, measuring anew only what can differ."""

from __future__ import annotations

from coverage.assessment import Assessment, assess, judge_all
from coverage.checks.measured import Measured
from coverage.edits import Close, Move, Open, Scenario
from coverage.incremental import live
from coverage.scenario import Variant, apply


def assess_scenario(base: Assessment, scenario: Scenario) -> Assessment:
    """The assessment after the scenario's edits: the same as assessing the edited study anew.

    Streets are measured anew; facilities alone incrementally; with figures, speeds or residents alone
    the distances stay. SettingError as `apply`.
    """
    variant = apply(scenario, base.study, base.standard)
    of_list = [edit for edit in scenario.edits if isinstance(edit, Open | Close | Move)]
    if not _same_ground(base, variant):
        return assess(variant.study, variant.standard)
    engine = live(base)
    for edit in of_list:
        engine.do(edit)
    return judge_all(Measured(variant.study, engine.distances(), variant.standard))


def _same_ground(base: Assessment, variant: Variant) -> bool:
    """Whether streets, tiers and the way points are put on streets are those already measured."""
    return (
        variant.study.network is base.study.network
        and variant.standard.walking.snap_limit_m == base.standard.walking.snap_limit_m
        and variant.standard.tiers == base.standard.tiers
    )
