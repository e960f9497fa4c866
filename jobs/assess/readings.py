"""The same distances read otherwise: for the elderly at their speed, for old town and new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.errors import SettingError
from core.text import Text, text
from coverage.assessment import judge_all
from coverage.checks.measured import Measured
from coverage.equity.equity import ELDERLY, Area, Equity, equity, statements
from coverage.model.study import Study
from coverage.publish import results_of
from coverage.publish.measures import with_measures
from coverage.scenario.apply import with_grid
from jobs.assess.folder import Assessed, about


def elderly(done: Assessed) -> Assessed:
    """Everything once more at the standard's elderly speed, counted in elderly residents where the
    population table has them, else in all. Nothing is measured anew."""
    standard = done.inputs.standard
    walking = replace(standard.walking, speed_kmh=standard.walking.elderly_speed_kmh)
    rules = tuple(replace(rule, speed_kmh=None) for rule in standard.rules)
    slow = replace(standard, walking=walking, rules=rules)
    grid = done.inputs.study.grid
    counted = replace(grid, residents=grid.groups[ELDERLY]) if ELDERLY in grid.groups else grid
    study = with_grid(done.inputs.study, counted)
    inputs = replace(done.inputs, study=study, standard=slow)
    assessment = judge_all(Measured(study, done.assessment.measured.distances, slow))
    results = with_measures(results_of(assessment, about(inputs)), assessment)
    return Assessed(inputs, assessment, results)


def old_and_new(done: Assessed, rule_id: str, old: Sequence[str]) -> tuple[Equity, tuple[Text, ...]]:
    """Distances of a rule in the old town (units by number) and in all other units of their level.

    With the plain sentences on them. SettingError for a unit that is not there, or of mixed levels.
    """
    rule = done.inputs.standard.rule(rule_id)
    found = equity(rule, done.assessment.measured, areas=town_areas(done.inputs.study, old))
    return found, statements(found, done.inputs.standard)


def town_areas(study: Study, old: Sequence[str]) -> tuple[Area, ...]:
    """The old town as stated, and the new town: all other units of that level."""
    if study.units is None or not old:
        return ()
    frame = study.units.frame
    rows = np.flatnonzero(frame["unit_id"].isin(list(old)).to_numpy(bool))
    levels = set(frame["level"].iloc[rows])
    if len(rows) < len(set(old)) or len(levels) != 1:
        raise SettingError("The old town must be named by units of one level that the units file has.")
    others = np.setdiff1d(study.units.of_level(levels.pop()), rows)
    return (
        Area(text("the old town"), tuple(rows.tolist())),
        Area(text("the new town"), tuple(others.tolist())),
    )
