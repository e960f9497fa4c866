"""assessment.json, key by key as its readers expect."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from coverage.assessment import Assessment
from coverage.gaps import Gap
from coverage.results import RuleResult
from coverage.standard import Check, Rule
from coverage.study import Study
from geo.crs import unproject
from geo.text import text_to_json

FORMAT: Final = 1
_UNIT_OF: Final = {
    Check.RADIUS: "m",
    Check.WALK: "min",
    Check.LOAD: "residents",
    Check.RATIO: "per_1000",
    Check.UNITS: "share",
}


def assessment_document(assessment: Assessment, *, synthetic: bool) -> Mapping[str, Any]:
    """The assessment as plain JSON values. Shares are not rounded; infinities become null."""
    study = assessment.study
    grid = study.grid
    return {
        "format": FORMAT,
        "area": {
            "name": study.name,
            "residents": grid.total,
            "cells": len(grid),
            "residents_unlinked": assessment.residents_unlinked,
            "crs": grid.crs,
            "spacing_m": grid.spacing_m,
            "groups": {name: float(values.sum()) for name, values in grid.groups.items()},
            "facilities": {
                tier: int((study.facilities.frame["tier"] == tier).sum()) for tier in study.facilities.tiers
            },
            "synthetic": synthetic,
        },
        "standard": {"id": assessment.standard.id, "sha256": assessment.standard.sha256},
        "rules": [_rule(result, study) for result in assessment.results],
        "gaps": [_gap(gap, study) for gap in assessment.gaps],
        "notes": [text_to_json(note) for note in assessment.notes],
    }


def _rule(result: RuleResult, study: Study) -> dict[str, Any]:
    rule = result.rule
    row: dict[str, Any] = {
        "id": rule.id,
        "check": rule.check.value,
        "tier": rule.tier,
        "settlement": rule.settlement,
        "figure": _figure(rule),
        "unit": _UNIT_OF.get(rule.check, rule.unit),
        "residents": result.residents,
        "residents_met": result.residents_met,
        "share": result.share,
        "verdict": result.verdict.value if result.verdict else None,
    }
    if result.reason:
        row["reason"] = text_to_json(result.reason)
    if result.actual is not None:
        row["actual"] = result.actual
    if result.load is not None:
        load = result.load
        row |= {"facilities": len(load.rows), "within": load.within, "under": load.under, "over": load.over}
        row["residents_without"] = load.residents_without
    if result.units is not None:
        row |= {"units": result.units, "units_met": result.units_met}
        row["units_missed"] = _unit_names(study, result.units_missed)
    return row


def _figure(rule: Rule) -> float | list[float]:
    if rule.band is not None:
        return list(rule.band)
    return int(rule.figure) if rule.figure.is_integer() else rule.figure


def _unit_names(study: Study, rows: tuple[int, ...]) -> list[str]:
    if study.units is None:
        return []
    names = study.units.frame["name"].to_numpy(str)
    return [str(names[row]) for row in rows]


def _gap(gap: Gap, study: Study) -> dict[str, Any]:
    lon, lat = unproject_one(gap.xy, study.grid.crs)
    return {
        "rule": gap.rule_id,
        "rank": gap.rank,
        "residents": gap.residents,
        **{f"residents_{name}": value for name, value in gap.groups.items()},
        "area_km2": round(gap.area_m2 / 1e6, 4),
        "unit": gap_unit(gap, study),
        "nearest_m": round(gap.nearest_m, 1) if math.isfinite(gap.nearest_m) else None,
        "nearest": _facility_name(gap.nearest_row, study),
        "lon": lon,
        "lat": lat,
    }


def _facility_name(row: int, study: Study) -> str | None:
    return str(study.facilities.frame["name"].iloc[row]) if row >= 0 else None


def gap_unit(gap: Gap, study: Study) -> str:
    """The gap's street and community, as a planner says where something is; "" outside all units."""
    if study.units is None:
        return ""
    names = study.units.frame["name"].to_numpy(str)
    rows = [gap.unit_rows.get(level, -1) for level in ("district", "street", "community")]
    return " ".join(str(names[row]) for row in rows if row >= 0)


def unproject_one(xy: tuple[float, float], crs: str) -> tuple[float, float]:
    """One point in metres to degrees, rounded to seven decimals (a centimetre)."""
    lon, lat = unproject(np.asarray([xy]), crs)
    return round(float(lon[0]), 7), round(float(lat[0]), 7)
