"""A site plan as tables: plan.json, its sites as points, and which site serves whom anew."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from core.text import text_to_json
from coverage.model.tables import Ints
from coverage.publish.tables import PlanTables, Results
from geo.crs import WGS84

if TYPE_CHECKING:  # importing the solver takes a moment, and tables do not need it
    from coverage.siting import CurvePoint, Plan

# The column of cells.parquet that says which site of the plan serves a cell anew, 0 for none.
NEW_SITE: Final = "new_site"
_SITE_COLUMNS: Final = ("rank", "lon", "lat", "residents_gained", "unit")
# What sites.geojson says besides, where it is known.
_MORE: Final = (
    "name", "tier", "residents_alone", "nearest", "nearest_m", "load", "cost", "capacity", "area_m2",
    "required", "residents_nearer", "saved_m",
)  # fmt: skip


def plan_tables(
    plan: Plan,
    sites: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
    candidates: pd.DataFrame | None = None,
) -> PlanTables:
    """plan.json and its sites; `sites` in the plan's build order, each with what is told of it.

    `facts`: goal, by, tier, rule, count, existing, residents_before, residents_after, and whatever
    else is told of the plan as a whole.
    """
    document = {
        "format": 1,
        **facts,
        "objective": _number(plan.objective),
        "bound": _number(plan.bound),
        "gap": float(plan.gap),
        "proven": bool(plan.proven),
        "verdict": facts.get("verdict") or text_to_json(plan.verdict),
        "seconds": round(float(plan.seconds), 3),
        # The keys that every reader expects come first.
        "sites": [{key: site[key] for key in _SITE_COLUMNS} | dict(site) for site in sites],
    }
    return PlanTables(document, site_points(document["sites"]), candidates)


def site_points(sites: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """Sites as points in WGS-84 with the facts that are one value each, and `<group>_gained`."""
    rows = [
        {key: site[key] for key in (*_SITE_COLUMNS, *_MORE) if key in site}
        | {f"{group}_gained": value for group, value in site.get("groups_gained", {}).items()}
        for site in sites
    ]
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(_SITE_COLUMNS))
    points = gpd.points_from_xy(frame["lon"].astype(float), frame["lat"].astype(float))
    return gpd.GeoDataFrame(frame, geometry=points, crs=WGS84)


def curve_rows(points: Sequence[CurvePoint]) -> list[dict[str, float]]:
    """Number of sites, the best found with so many, its bound, and what the build order reaches."""
    return [
        {"sites": p.sites, "best": float(p.best), "bound": float(p.bound), "in_order": float(p.in_order)}
        for p in points
    ]


def with_plan(results: Results, plan: PlanTables, new_site: Ints) -> Results:
    """The results with a plan; their cells say which site serves them anew."""
    cells = results.cells.assign(**{NEW_SITE: new_site.astype(np.int32)})
    return replace(results, plan=plan, cells=cells)


def _number(value: float) -> float | None:
    """JSON has no infinity: a bound that is not known is null."""
    return float(value) if math.isfinite(value) else None
