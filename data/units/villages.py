"""Villages that are only a point: their ground is what lies nearer to them than to the other points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from core.text import text
from coverage.model.tables import Ints
from data.units.remarks import Remarks


def with_outlines(table: gpd.GeoDataFrame, remarks: Remarks) -> gpd.GeoDataFrame:
    """`table` with an outline for each point: within its parent, what no sibling's outline takes and
    what is nearer to it than to the parent's other points.

    Points without a parent's outline, at the place of another point, or where siblings leave no
    ground are listed and left out.
    """
    shapes = table.geometry.to_numpy().copy()
    points = np.flatnonzero(shapely.get_dimensions(shapes) == 0)
    if not len(points):
        return table
    parents = _parent_rows(table)
    for parent in np.unique(parents[points]):
        rows = points[parents[points] == parent]
        shapes[rows] = _cells(shapes[rows], _free_ground(table, parents, int(parent)))
    without = points[shapely.is_empty(shapes[points])]
    remarks.each(
        "no-ground",
        [
            text(
                "{name} is only a point, and no ground is left around it in the unit above; it is left out.",
                name=table["name"].iloc[row],
            )
            for row in without
        ],
    )
    if len(points) > len(without):
        message = text(
            "{count} {count:village is a point|villages are points} without an outline; residents count "
            "for the nearest point within "
            "the unit above.",
            count=len(points) - len(without),
        )
        remarks.add("nearest-point", message)
    placed = table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))
    return placed.drop(index=without).reset_index(drop=True)


def _parent_rows(table: gpd.GeoDataFrame) -> Ints:
    row_of = {unit_id: row for row, unit_id in enumerate(table["unit_id"])}
    return np.asarray([row_of.get(parent, -1) for parent in table["parent_id"]], np.int64)


def _free_ground(table: gpd.GeoDataFrame, parents: Ints, parent: int) -> shapely.Geometry:
    """The parent's outline without its children's; nothing where the parent has none."""
    shapes = table.geometry.to_numpy()
    if parent < 0 or shapely.get_dimensions(shapes[parent]) != 2:
        return shapely.Polygon()
    children = shapes[(parents == parent) & (shapely.get_dimensions(shapes) == 2)]
    return (
        shapely.difference(shapes[parent], shapely.union_all(children)) if len(children) else shapes[parent]
    )


def _cells(points: np.ndarray, ground: shapely.Geometry) -> np.ndarray:
    """The ground nearest to each point; an empty shape for a point at another one's place."""
    cells = np.full(len(points), shapely.Polygon(), object)
    if shapely.is_empty(ground):
        return cells
    xy = shapely.get_coordinates(points)
    _, first = np.unique(xy, axis=0, return_index=True)
    first = np.sort(first)
    if len(first) == 1:
        cells[first] = ground
        return cells
    around = shapely.voronoi_polygons(shapely.MultiPoint(xy[first]), extend_to=ground, ordered=True)
    parts = shapely.intersection(shapely.get_parts(around), ground)
    cells[first] = np.where(shapely.area(parts) > 0, parts, shapely.Polygon())
    return cells
