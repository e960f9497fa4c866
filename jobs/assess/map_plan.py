"""A site plan to what a map shows: sites with their facts, who is newly served, other plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from core.text import text
from coverage.measuring.outlines import cell_outlines
from coverage.model.tables import Ints, PopulationGrid
from coverage.publish import Results
from coverage.publish.plan import NEW_SITE, site_points
from geo.crs import project, unproject
from maps.model import OtherPlan, OverlayLayer


def plan_sites(results: Results) -> pd.DataFrame | None:
    """The sites of the plan with what their popups tell; None without a plan."""
    return None if results.plan is None else _frame(results.plan.plan["sites"])


def newly_served(results: Results, grid: PopulationGrid) -> tuple[OverlayLayer, ...]:
    """Who is served anew, shaded site by site; none without a plan or without anybody."""
    if results.plan is None or NEW_SITE not in results.cells:
        return ()
    rank_of = np.where(grid.residents > 0, results.cells[NEW_SITE].to_numpy(int), 0)
    ranks = np.unique(rank_of[rank_of > 0]).tolist()
    if not ranks:
        return ()
    gained = np.bincount(rank_of, weights=grid.residents)
    return (
        OverlayLayer(
            key="newly_served",
            title=text("Newly served by the suggested sites"),
            look="newly_served",
            shapes=_shapes([np.flatnonzero(rank_of == rank) for rank in ranks], grid),
            names=[text("Newly served by site {rank}", rank=rank) for rank in ranks],
            facts=[[(text("Residents here"), text("{n:,.0f}", n=float(gained[rank])))] for rank in ranks],
        ),
    )


def other_plans(results: Results) -> tuple[OtherPlan, ...]:
    """The alternatives of the plan, each with how much worse it is."""
    if results.plan is None:
        return ()
    return tuple(
        OtherPlan(_title(number, other), _frame(other["sites"]))
        for number, other in enumerate(results.plan.plan.get("alternatives", []), start=1)
    )


def _title(number: int, other: Mapping[str, Any]) -> Any:
    return text(
        "Plan {letter}: {worse:.2%} worse, other sites: {n}",
        letter=chr(ord("A") + number),
        worse=other["worse_by"],
        n=other["differs_in"],
    )


def _frame(sites: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(site_points(sites).drop(columns="geometry"))


def grid_of(results: Results) -> PopulationGrid:
    """The residents of a result folder, in metres."""
    cells, area = results.cells, results.document["area"]
    return PopulationGrid(
        cell_id=cells["cell_id"].to_numpy(),
        xy=project(cells["lon"].to_numpy(float), cells["lat"].to_numpy(float), area["crs"]),
        residents=cells["residents"].to_numpy(float),
        area_m2=cells["area_m2"].to_numpy(float),
        spacing_m=area["spacing_m"],
        crs=area["crs"],
    )


def _shapes(groups: Sequence[Ints], grid: PopulationGrid) -> list[shapely.Geometry]:
    """The ground of each group of cells as one shape, in degrees."""
    shapes = cell_outlines(grid, groups)
    return list(shapely.transform(shapes, lambda points: np.column_stack(unproject(points, grid.crs))))
