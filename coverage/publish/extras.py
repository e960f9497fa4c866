"""What assessment.json says beyond the rules: who has far to go, and the districts side by side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.text import Text, text_to_json
from coverage.assessment import Assessment
from coverage.equity.equity import EquityRow
from coverage.equity.words import statements


def equity_of(assessment: Assessment) -> dict[str, Any] | None:
    """Rows and sentences for the rule that speaks of most residents; null where no rule has distances."""
    found = assessment.equity
    if found is None:
        return None
    return {
        "rule": found.rule.id,
        "rows": [_equity_row(row) for row in found.rows],
        "statements": [text_to_json(said) for said in statements(found, assessment.standard)],
    }


def league_of(assessment: Assessment) -> list[dict[str, Any]]:
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
