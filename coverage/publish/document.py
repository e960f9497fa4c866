"""assessment.json, key by key as its readers expect."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from core.text import Text, text_to_json
from coverage.assessment import Assessment
from coverage.equity.equity import EquityRow, statements
from coverage.equity.residential_land import land_by_cell
from coverage.model.results import RuleResult, shortfall
from coverage.model.standard import Check, Rule
from coverage.model.study import Study
from coverage.publish.tables import About
from coverage.publish.wide import group_columns, share_of
from geo.crs import unproject

FORMAT: Final = 1
_DECIMALS: Final = 7
# Of so many of the residents a remark stands beside every figure.
_FROM_SHARE: Final = 0.01
_UNIT_OF: Final = {
    Check.RADIUS: "m",
    Check.WALK: "min",
    Check.LOAD: "residents",
    Check.RATIO: "per_1000",
    Check.UNITS: "share",
    Check.AREA: "m2_per_100_households",
}


def assessment_document(assessment: Assessment, about: About) -> Mapping[str, Any]:
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
            "group_columns": group_columns(grid.groups),
            "facilities": {
                tier: int((study.facilities.frame["tier"] == tier).sum()) for tier in study.facilities.tiers
            },
            "synthetic": about.synthetic,
        },
        "standard": {
            "id": assessment.standard.id,
            "sha256": assessment.standard.sha256,
            "title": {"zh": assessment.standard.title.zh, "en": assessment.standard.title.en},
            "differences": [text_to_json(said) for said in assessment.standard.differences],
        },
        "rules": [_rule(result, study) for result in assessment.results],
        "gaps": gap_rows(assessment),
        "equity": _equity(assessment),
        "league": _league(assessment),
        "notes": [text_to_json(note) for note in (*about.notes, *assessment.notes)],
        "limits": [text_to_json(note) for note in _limits(assessment, about)],
        "scenario": about.scenario or None,
    }


def _limits(assessment: Assessment, about: About) -> list[Text]:
    """What limits the trust in every figure: of remarks that count residents, from 1 % of them on."""
    total = assessment.study.grid.total
    counted = [
        note
        for note in (*about.notes, *assessment.notes)
        if isinstance(found := note.values.get("residents"), int | float) and found >= _FROM_SHARE * total > 0
    ]
    return list(dict.fromkeys((*about.limits, *counted)))


def _rule(result: RuleResult, study: Study) -> dict[str, Any]:
    rule = result.rule
    row: dict[str, Any] = {
        "id": rule.id,
        "check": rule.check.value,
        "tier": rule.tier,
        "settlement": rule.settlement,
        "figure": _figure(rule),
        "unit": "m" if rule.in_metres else _UNIT_OF.get(rule.check, rule.unit),
        "residents": result.residents,
        "residents_met": result.residents_met,
        "share": result.share,
        "share_of": share_of(rule),
        "verdict": result.verdict.value if result.verdict else None,
        **_divided(result),
        **_classes(result.rule),
        "evidence": rule.evidence.value if rule.evidence else None,
        "source": rule.source,
    }
    if result.reason:
        row["reason"] = text_to_json(result.reason)
    if result.remark:
        row["remark"] = text_to_json(result.remark)
    if result.actual is not None:
        row["actual"] = result.actual
    if result.verdict is not None:
        row["residents_missed"] = result.residents_missed
    lacking = shortfall(result)
    if lacking is not None:
        row["lacking"] = {"what": lacking.what, "amount": lacking.amount}
    if result.load is not None:
        load = result.load
        row |= {"facilities": len(load.rows), "within": load.within, "under": load.under, "over": load.over}
        row["residents_without"] = load.residents_without
    if result.units is not None:
        row |= {"units": result.units, "units_met": result.units_met}
        names = [""] if study.units is None else study.units.frame["name"].to_list()
        codes = [""] if study.units is None else study.units.frame["unit_id"].to_list()
        row["units_missed"] = [str(names[missed]) for missed in result.units_missed]
        row["units_missed_ids"] = [str(codes[missed]) for missed in result.units_missed]
    return row


def _divided(result: RuleResult) -> dict[str, Any]:
    """What the share of a radius or walk rule is a share of."""
    if result.rule.check not in (Check.RADIUS, Check.WALK):
        return {}
    own = result.rule.denominator != "residents"
    return {
        "denominator": result.rule.denominator,
        "covered": result.covered if own else result.residents_met,
        "total": result.total if own else result.residents,
    }


def _classes(rule: Rule) -> dict[str, Any]:
    """Figures by size of facility, where the rule has them."""
    sizes = [{"least_m2": size.least_m2, "figure_m": size.figure_m} for size in rule.classes]
    return {"classes": sizes} if sizes else {}


def _figure(rule: Rule) -> float | list[float]:
    if rule.band is not None:
        return list(rule.band)
    return int(rule.figure) if rule.figure.is_integer() else rule.figure


def gap_rows(assessment: Assessment) -> list[dict[str, Any]]:
    """One row a gap, as assessment.json has it: `unit` is its place, `units` where most of its residents
    live, `lon, lat` the best site for it, distances in metres (null: cannot be reached)."""
    study = assessment.study
    xy = np.asarray([gap.xy for gap in assessment.gaps], float).reshape(-1, 2)
    lon, lat = (values.round(_DECIMALS).tolist() for values in unproject(xy, study.grid.crs))
    facilities = study.facilities.frame["name"].to_numpy(str)
    units = np.empty(0, str) if study.units is None else study.units.frame["name"].to_numpy(str)
    rows = []
    land_m2 = land_by_cell(study)[0] if study.grounds.residential is not None and assessment.gaps else None
    for i, gap in enumerate(assessment.gaps):
        shares = [
            {
                "unit": " ".join(str(units[row]) for row in share.unit_rows.values() if row >= 0),
                "residents": share.residents,
                "share": share.share,
            }
            for share in gap.shares
        ]
        at = {"lon": lon[i], "lat": lat[i]}
        row: dict[str, Any] = {
            "rule": gap.rule_id,
            "rank": gap.rank,
            "residents": gap.residents,
            **{f"residents_{name}": value for name, value in gap.groups.items()},
            "area_km2": round(gap.area_m2 / 1e6, 4),
            **({} if land_m2 is None else {"residential_land_m2": round(float(land_m2[gap.cells].sum()), 1)}),
            "unit": shares[0]["unit"] if shares else "",
            "units": shares,
            "units_touched": gap.units_touched,
            "nearest_m": _metres(gap.nearest_m),
            "farthest_m": _metres(gap.farthest_m),
            "nearest": str(facilities[gap.nearest_row]) if gap.nearest_row >= 0 else None,
            **at,
        }
        if gap.site is not None:
            row["site"] = {**at, "residents": gap.site.residents}
        rows.append(row)
    return rows


def _metres(metres: float) -> float | None:
    """JSON has no infinity."""
    return round(metres, 1) if math.isfinite(metres) else None


def _equity(assessment: Assessment) -> dict[str, Any] | None:
    """Rows and sentences for the rule that speaks of most residents; null where no rule has distances."""
    found = assessment.equity
    if found is None:
        return None
    return {
        "rule": found.rule.id,
        "rows": [_equity_row(row) for row in found.rows],
        "statements": [text_to_json(said) for said in statements(found, assessment.standard)],
    }


def _league(assessment: Assessment) -> list[dict[str, Any]]:
    """The districts by rank; none where there are no districts. Unranked where nobody lives."""
    columns = assessment.league.drop(columns=["unit_row"]).to_dict(orient="records")
    return [
        {str(key): _plain(value) for key, value in row.items()}
        | {"rank": int(row["rank"]) if row["residents"] > 0 else None}
        for row in columns
    ]


def _equity_row(row: EquityRow) -> dict[str, Any]:
    spread = row.spread
    figures = {
        "residents": spread.people,
        "unreachable": spread.unreachable,
        "mean_m": spread.mean_m,
        "median_m": spread.median_m,
        "p90_m": spread.p90_m,
        "median_min": row.minutes(spread.median_m),
        "p90_min": row.minutes(spread.p90_m),
        "share_beyond": spread.share_beyond,
        "gini": spread.gini,
        "worst_to_best": spread.worst_to_best,
        "speed_kmh": row.speed_kmh,
    }
    title = text_to_json(row.title) if isinstance(row.title, Text) else str(row.title)
    return {"kind": row.kind, "id": row.id, "title": title} | {k: _plain(v) for k, v in figures.items()}


def _plain(value: object) -> object:
    """JSON has neither infinity nor “not a number”: both become null."""
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
