"""Radius against walking: who lives inside the circle and still cannot walk there in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coverage.checks.by_unit import sum_by
from coverage.checks.measured import Measured
from coverage.checks.reach import BOUNDARY_M, cells_within, limit_m, reach_m
from coverage.model.results import ratio
from coverage.model.standard import Check, Rule, Standard
from coverage.model.tables import Bools, Floats


@dataclass(frozen=True)
class Detours:
    """One radius rule read along the streets.

    `walk_m` is the walk the circle is held against: the limit of the standard's walk rule `walk_rule`
    for the same facilities, or the radius itself along streets where there is none (""). `in_radius`
    (n,) are subject cells in the radius, `cut_off` those of them whose nearest accepted facility is
    farther than that on foot. `detour` (n,) is metres on foot / straight metres, each to its own
    nearest facility (1 where both are 0, inf where none can be walked to). `share` is residents cut
    off / residents in the radius; `median_detour` that of the residents in the radius.
    `by_unit`: unit_row, level, in_radius, cut_off, share; `by_facility`: facility_row and the same,
    for the residents whose nearest facility in a straight line it is, with their median detour.
    """

    rule: Rule
    walk_rule: str
    walk_m: float
    in_radius: Bools
    cut_off: Bools
    detour: Floats
    residents_in_radius: float
    residents_cut_off: float
    share: float | None
    median_detour: float
    by_unit: pd.DataFrame
    by_facility: pd.DataFrame


def detours(measured: Measured) -> tuple[Detours, ...]:
    """Every radius rule of the standard, in its order."""
    rules = [rule for rule in measured.standard.rules if rule.check is Check.RADIUS]
    return tuple(_detours(rule, measured) for rule in rules)


def walk_rule_for(rule: Rule, standard: Standard) -> Rule | None:
    """The walk rule that a radius rule is compared with: of those for residents of its settlement.

    One of the same tier before one that accepts the same facilities; of several the shortest walk.
    """
    walks = [
        other
        for other in standard.rules
        if other.check is Check.WALK and other.settlement in (rule.settlement, "any")
    ]
    of_tier = [other for other in walks if other.tier == rule.tier]
    alike = of_tier or [other for other in walks if set(other.serves) == set(rule.serves)]
    return min(alike, key=lambda other: other.limit_m(standard.walking), default=None)


def detour_ratio(straight_m: Floats, walk_m: Floats) -> Floats:
    """Metres on foot for each metre in a straight line; 1 where both are 0, inf where nothing is reached."""
    with np.errstate(divide="ignore", invalid="ignore"):
        detour = walk_m / straight_m
    return np.where(walk_m == straight_m, np.where(np.isinf(walk_m), np.inf, 1.0), detour)


def weighted_median(values: Floats, weights: Floats) -> float:
    """The smallest value that at least half of the weight does not exceed; NaN without weight."""
    order = np.argsort(values)
    run = np.cumsum(weights[order])
    if not len(run) or run[-1] <= 0:
        return float("nan")
    return float(values[order][np.searchsorted(run, run[-1] / 2)])


def _detours(rule: Rule, measured: Measured) -> Detours:
    study, residents = measured.study, measured.residents
    straight_m, nearest = reach_m(rule, measured)
    walk_m, _ = measured.distances.walk_to(rule.serves)
    walk = walk_rule_for(rule, measured.standard)
    limit = limit_m(walk or rule, measured.standard)
    in_radius = study.subject_to(rule.settlement) & cells_within(rule, measured)
    cut_off = in_radius & ~(walk_m <= limit + BOUNDARY_M)
    detour = detour_ratio(straight_m, walk_m)
    inside, missed = residents * in_radius, residents * cut_off
    rows = np.where(in_radius, nearest, -1)
    cells = np.flatnonzero(rows >= 0)
    table = pd.DataFrame({"facility_row": rows[cells], "in_radius": inside[cells], "cut_off": missed[cells]})
    sums = table.groupby("facility_row", sort=True).sum().reset_index()
    order = cells[np.argsort(rows[cells], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(rows[order])) + 1) if len(order) else []
    medians = [weighted_median(detour[group], inside[group]) for group in groups]
    return Detours(
        rule,
        walk.id if walk else "",
        limit,
        in_radius,
        cut_off,
        detour,
        float(inside.sum()),
        float(missed.sum()),
        ratio(float(missed.sum()), float(inside.sum())),
        weighted_median(detour[in_radius], residents[in_radius]),
        _by_unit(measured, {"in_radius": inside, "cut_off": missed}),
        sums.assign(share=_share(sums), median_detour=medians),
    )


def _by_unit(measured: Measured, figures: Mapping[str, Floats]) -> pd.DataFrame:
    study = measured.study
    parts = [
        pd.DataFrame(
            {"unit_row": study.units.of_level(level), "level": level}
            | {
                name: sum_by(rows, values, len(study.units))[study.units.of_level(level)]
                for name, values in figures.items()
            }
        )
        for level, rows in study.cells_in.rows.items()
        if study.units is not None
    ]
    if not parts:
        return pd.DataFrame(columns=["unit_row", "level", *figures, "share"])
    table = pd.concat(parts, ignore_index=True)
    return table.assign(share=_share(table))


def _share(table: pd.DataFrame) -> Floats:
    whole, part = table["in_radius"].to_numpy(float), table["cut_off"].to_numpy(float)
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
