"""A site plan to what a map shows: sites with their facts, who is newly served, other plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from core.text import text
from coverage.publish import Results
from coverage.publish.plan import NEW_SITE, site_points
from geo.crs import project, unproject
from maps.model import OtherPlan, OverlayLayer


def plan_sites(results: Results) -> pd.DataFrame | None:
    """The sites of the plan with what their popups tell; None without a plan."""
    return None if results.plan is None else _frame(results.plan.plan["sites"])


def newly_served(results: Results) -> tuple[OverlayLayer, ...]:
    """Who is served anew, shaded site by site; none without a plan or without anybody."""
    if results.plan is None or NEW_SITE not in results.cells:
        return ()
    cells = results.cells[(results.cells[NEW_SITE] > 0) & (results.cells["residents"] > 0)]
    if cells.empty:
        return ()
    area = results.document["area"]
    gained = cells.groupby(NEW_SITE)["residents"].sum()
    ranks = [int(rank) for rank in gained.index]
    return (
        OverlayLayer(
            key="newly_served",
            title=text("Newly served by the suggested sites"),
            look="newly_served",
            shapes=list(_shapes(cells, ranks, area["crs"], area["spacing_m"])),
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


def _shapes(
    cells: pd.DataFrame, ranks: Sequence[int], crs: str, spacing_m: float
) -> Iterator[shapely.Geometry]:
    """The squares of the cells of each rank as one shape, in degrees."""
    xy = project(cells["lon"].to_numpy(float), cells["lat"].to_numpy(float), crs)
    half = spacing_m / 2.0
    squares = shapely.box(xy[:, 0] - half, xy[:, 1] - half, xy[:, 0] + half, xy[:, 1] + half)
    rank_of = cells[NEW_SITE].to_numpy(int)
    for rank in ranks:
        # A little wider, so that squares whose sides do not quite meet become one.
        whole = shapely.union_all(
            shapely.buffer(squares[rank_of == rank], spacing_m / 50.0, join_style="mitre")
        )
        yield shapely.transform(whole, lambda points: np.column_stack(unproject(points, crs)))
