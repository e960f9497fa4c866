"""Two assessments side by side: who gains, who loses, and by how much.

    residents met after - before = gained - lost + grown

for every rule, where gained are the residents (after) of what meets the rule only after, lost those
(before) of what met it only before, and grown what they gained that meet it both times. What meets a
rule are cells (radius, walk, units), units (presence, ratio, area), facilities within the band (load).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import InputError
from coverage.assessment import Assessment
from coverage.checks.by_unit import sum_by
from coverage.checks.reach import BOUNDARY_M, reach_m
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Rule, Verdict
from coverage.model.tables import Floats

GAINED, LOST = 1, -1


@dataclass(frozen=True)
class RuleChange:
    """One rule that both standards have, as the second has it, and as it `was` in the first; `gained`, `lost`
    and `grown` as the module says.

    `cells` (n,), of rules that speak of cells: 1 where the rule is met only after, -1 only before, 0
    otherwise. `added_m` (n,), of radius and walk rules: how much farther the nearest facility is after
    (negative: nearer; inf: it can no longer be reached; -inf: only now; 0: neither time). `worse_off`
    are the residents (before) whose way grew in the rule's own measure, `worse_m` by how many metres on
    average, those aside who can no longer reach any; `walk_worse_off` and `walk_worse_m` the same on
    foot; None of rules without a distance. `within`: facilities within the band, `facilities`: all that
    a load rule judges. `by_unit` (radius, walk, units): unit_row, level, gained, lost,
    met_before, met_after (residents).
    """

    rule: Rule
    was: Rule
    verdicts: tuple[Verdict | None, Verdict | None]
    shares: tuple[float | None, float | None]
    actuals: tuple[float | None, float | None]
    residents_met: tuple[float, float]
    units_met: tuple[int | None, int | None]
    gained: float = 0.0
    lost: float = 0.0
    grown: float = 0.0
    cells: np.ndarray[tuple[int], np.dtype[np.int8]] | None = None
    added_m: Floats | None = None
    worse_off: float | None = None
    worse_m: float | None = None
    walk_worse_off: float | None = None
    walk_worse_m: float | None = None
    within: tuple[int | None, int | None] = (None, None)
    facilities: tuple[int | None, int | None] = (None, None)
    units: tuple[int | None, int | None] = (None, None)
    by_unit: pd.DataFrame | None = None


@dataclass(frozen=True)
class Comparison:
    """`rules` by id, in the order of the second standard; ids that only one of them has stand apart.

    Of two assessments only the second is kept: of a large city there is no room for both.
    """

    after: Assessment
    rules: Mapping[str, RuleChange]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


def compare(before: Assessment, after: Assessment) -> Comparison:
    """Set two assessments of the same cells side by side. InputError if their cells differ."""
    one, other = before.study.grid, after.study.grid
    same = one.crs == other.crs and np.array_equal(one.cell_id, other.cell_id)
    if not (same and np.array_equal(one.xy, other.xy)):
        raise InputError(
            "These two assessments do not have the same population cells; compare like with like."
        )
    old = {result.rule.id: result for result in before.results}
    new = {result.rule.id: result for result in after.results}
    both = [
        rule_id for rule_id in new if rule_id in old and new[rule_id].rule.check is old[rule_id].rule.check
    ]
    return Comparison(
        after,
        {rule_id: _change((before, old[rule_id]), (after, new[rule_id])) for rule_id in both},
        tuple(rule_id for rule_id in old if rule_id not in both),
        tuple(rule_id for rule_id in new if rule_id not in both),
    )


Judged = tuple[Assessment, RuleResult]


def _change(before: Judged, after: Judged) -> RuleChange:
    old, new = before[1], after[1]
    change = {
        "rule": new.rule,
        "was": old.rule,
        "verdicts": (old.verdict, new.verdict),
        "shares": (old.share, new.share),
        "actuals": (old.actual, new.actual),
        "residents_met": (old.residents_met, new.residents_met),
        "units_met": (old.units_met, new.units_met),
    }
    change["units"] = (old.units, new.units)
    loads = (old.load, new.load)
    change["within"] = tuple(load.within if load else None for load in loads)
    change["facilities"] = tuple(len(load.rows) if load else None for load in loads)
    moved = _by_items(before, after) if old.cells_met is None else _by_cells(before, after)
    return RuleChange(**change, **moved)  # type: ignore[arg-type]


def _by_items(before: Judged, after: Judged) -> dict[str, object]:
    """Who gains and loses by units or facilities that meet the rule, matched by their ids."""
    old, new = _items(before), _items(after)
    ids = dict.fromkeys((*old, *new))
    pairs = [(old.get(item, (0.0, False)), new.get(item, (0.0, False))) for item in ids]
    return {
        "gained": float(sum(now for (_, was), (now, met) in pairs if met and not was)),
        "lost": float(sum(then for (then, was), (_, met) in pairs if was and not met)),
        "grown": float(sum(now - then for (then, was), (now, met) in pairs if was and met)),
    }


def _items(judged: Judged) -> dict[object, tuple[float, bool]]:
    """What a rule judges one by one: id → (residents, whether it meets the rule)."""
    assessment, result = judged
    study = assessment.study
    if result.load is not None:
        ids = study.facilities.frame["facility_id"].to_numpy(object)[list(result.load.rows)]
        residents, in_band = result.load.residents.tolist(), result.load.in_band.tolist()
        return dict(zip(ids, zip(residents, in_band, strict=True), strict=True))
    table = result.by_unit
    if study.units is None or not len(table):
        return {"": (result.residents_met, True)} if result.residents_met else {}
    table = table[table["level"] == result.rule.unit]
    rows = table["unit_row"].to_numpy(int)
    people = table["residents"].to_numpy(float) if "residents" in table else (
        sum_by(study.cells_in.rows[result.rule.unit], study.grid.residents, len(study.units))[rows]
    )  # fmt: skip
    met = ~np.isin(rows, result.units_missed)
    return dict(zip(rows.tolist(), zip(people.tolist(), met.tolist(), strict=True), strict=True))


def _by_cells(before: Judged, after: Judged) -> dict[str, object]:
    old, new = before[1].cells_met, after[1].cells_met
    if old is None or new is None:
        return {}
    people, then = before[0].study.grid.residents, after[0].study.grid.residents
    gained, lost, kept = new & ~old, old & ~new, old & new
    change: dict[str, object] = {
        "gained": float(then[gained].sum()),
        "lost": float(people[lost].sum()),
        "grown": float((then - people)[kept].sum()),
        "cells": gained.astype(np.int8) - lost.astype(np.int8),
        "by_unit": _units(after[0], {"gained": then * gained, "lost": people * lost,
                                     "met_before": people * old, "met_after": then * new}),
    }  # fmt: skip
    if after[1].rule.check in (Check.RADIUS, Check.WALK):
        # How much farther the nearest is, and for whom: in the rule's own measure, and on foot.
        people = before[0].study.grid.residents * before[0].study.subject_to(before[1].rule.settlement)
        own_m = _added_m(*(reach_m(side[1].rule, side[0].measured)[0] for side in (before, after)))
        on_foot_m = _added_m(
            *(side[0].measured.distances.walk_to(side[1].rule.serves)[0] for side in (before, after))
        )
        worse_off, worse_m = _farther(own_m, people)
        walk_worse_off, walk_worse_m = _farther(on_foot_m, people)
        change |= {
            "added_m": own_m,
            "worse_off": worse_off,
            "worse_m": worse_m,
            "walk_worse_off": walk_worse_off,
            "walk_worse_m": walk_worse_m,
        }
    return change


def _added_m(old_m: Floats, new_m: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(old_m) & np.isinf(new_m), 0.0, new_m - old_m)


def _farther(added_m: Floats, people: Floats) -> tuple[float, float]:
    """Residents whose way grew, and by how many metres on average, those aside who cannot reach any."""
    worse = added_m > BOUNDARY_M
    known = worse & np.isfinite(added_m)
    weight = float(people[known].sum())
    metres = float((people[known] * added_m[known]).sum() / weight) if weight > 0 else 0.0
    return float(people[worse].sum()), metres


def _units(assessment: Assessment, figures: Mapping[str, Floats]) -> pd.DataFrame:
    study = assessment.study
    if study.units is None:
        return pd.DataFrame(columns=["unit_row", "level", *figures])
    parts = []
    for level, rows in study.cells_in.rows.items():
        of_level = study.units.of_level(level)
        sums = {name: sum_by(rows, values, len(study.units))[of_level] for name, values in figures.items()}
        parts.append(pd.DataFrame({"unit_row": of_level, "level": level, **sums}))
    return pd.concat(parts, ignore_index=True)
