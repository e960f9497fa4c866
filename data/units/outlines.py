"""Outlines as drawn → outlines that can be measured; every repair is reported. Villages that are only a
point get the ground that lies nearer to them than to the other points."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from core.text import text
from coverage.model.tables import Bools, Floats, Ints
from data.intake.findings import INFO, WARNING
from data.units.levels import ABOVE, BELOW
from data.units.remarks import At, Remarks


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
    row_of = {unit_id: row for row, unit_id in enumerate(table["unit_id"])}
    parents = np.asarray([row_of.get(parent, -1) for parent in table["parent_id"]], np.int64)
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
            "{count} {count:village is a point|villages are points} without an outline; residents count for "
            "the nearest point within the unit above.",
            count=len(points) - len(without),
        )
        remarks.add("nearest-point", message)
    placed = table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))
    return placed.drop(index=without).reset_index(drop=True)


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


# An outline that stops so near to its start was meant to be closed; farther, a part of it is missing.
_CLOSING_M: Final = 100.0
_SAME_GROUND: Final = 0.95
_COLLECTION: Final = 7  # a geometry collection, as KML packs an outline and its label
_SAME_POINT_M: Final = 1.0


def usable(table: gpd.GeoDataFrame, unclosed: Ints, remarks: Remarks) -> gpd.GeoDataFrame:
    """Rows (metric) that have a name, a known level and a place; the others are listed.

    A place is an outline, or a point if the unit is a community or village. Crossing outlines are
    repaired; outlines that do not close are closed over at most 100 m. Provinces and cities above the
    districts, grids and estates below the communities are no units of a study.
    """
    table = _closed(table, unclosed, remarks)
    shapes = table.geometry.to_numpy().copy()
    above, below = ((table["level"] == level).to_numpy() for level in (ABOVE, BELOW))
    of_study = ~above & ~below
    known, named = (table["level"] != "").to_numpy(), (table["name"] != "").to_numpy()
    placed = _areas(shapes) | (
        np.asarray((shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes))
        & (table["level"] == "community").to_numpy()
    )
    broken = _areas(shapes) & ~shapely.is_valid(shapes)
    for wrong, code, message, level in (
        (~placed & of_study, "no-outline", text("The unit has no outline and is left out."), WARNING),
        (~named & of_study, "no-name", text("The unit has no name and is left out."), WARNING),
        (above, "above-district", text("The unit stands above the districts and is left out."), INFO),
        (below, "below-community", text("The unit stands below the communities and is left out."), INFO),
        (
            broken & known & named & of_study,
            "outline-repaired",
            text("The unit's outline crossed itself and was repaired."),
            WARNING,
        ),
    ):
        remarks.rows(code, message, table[wrong], level)
    for word in dict.fromkeys(table["level_word"][~known]):
        message = (
            text("The unit's level “{word}” is not known and it is left out.", word=word)
            if word
            else text("The unit's level is not known and it is left out.")
        )
        remarks.rows("no-level", message, table[~known & (table["level_word"] == word)])
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    mixed = np.flatnonzero(_areas(shapes) & (shapely.get_type_id(shapes) == _COLLECTION))
    for row in mixed:
        parts = shapely.get_parts(shapes[row])
        shapes[row] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    kept = known & named & placed & of_study & ~shapely.is_empty(shapes)
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))[kept].reset_index(
        drop=True
    )


def _areas(shapes: np.ndarray) -> Bools:
    return np.asarray((shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes))


def _closed(table: gpd.GeoDataFrame, unclosed: Ints, remarks: Remarks) -> gpd.GeoDataFrame:
    """Without the outlines whose ends lie too far apart; the straight line that closed the others is told."""
    shapes = table.geometry.to_numpy()
    gap_m = np.asarray([_closing_m(shapes[row]) for row in unclosed], float)
    for row, metres in zip(unclosed.tolist(), gap_m.tolist(), strict=True):
        name = table["name"].iloc[row]
        if metres > _CLOSING_M:
            remarks.add(
                "outline-open",
                text(
                    "The outline of {name} is open: {metres:,.0f} m are missing between its ends. It is left "
                    "out; please send it complete.",
                    name=name,
                    metres=metres,
                ),
                At(int(table["row"].iloc[row]) + 1, table["file"].iloc[row]),
                level="error",
            )
        else:
            remarks.add(
                "outline-closed",
                text(
                    "The outline of {name} did not close; a straight line of {metres:,.1f} m closes it.",
                    name=name,
                    metres=metres,
                ),
                At(int(table["row"].iloc[row]) + 1, table["file"].iloc[row]),
            )
    return table.drop(index=unclosed[gap_m > _CLOSING_M])


def _closing_m(shape: shapely.Geometry) -> float:
    """The longest last step of its rings: with one ring exactly the line that closed it."""
    rings = shapely.get_rings(shape)
    steps: Floats = np.asarray(
        [np.hypot(*np.diff(shapely.get_coordinates(ring)[-2:], axis=0)[0]) for ring in rings]
    )
    return float(steps.max(initial=0.0))


def without_twice(table: gpd.GeoDataFrame, remarks: Remarks) -> gpd.GeoDataFrame:
    """Without rows that say again what an earlier one says: name, level and the same outline. The first
    one counts; what it leaves open the later ones add."""
    shapes = table.geometry.to_numpy()
    same = table.groupby(["level", "name"], sort=False).indices
    dropped, filled = list[int](), table.copy()
    for rows in same.values():
        kept = list[int]()
        for row in rows.tolist():
            first = next((k for k in kept if _alike(shapes[k], shapes[row])), None)
            if first is None:
                kept.append(row)
                continue
            dropped.append(row)
            for column in ("number", "parent", "settlement"):
                at = filled.columns.get_loc(column)
                filled.iloc[first, at] = filled.iloc[first, at] or filled.iloc[row, at]
    if not dropped:
        return table
    names = table["name"].to_numpy(object)
    remarks.add(
        "unit-twice",
        text(
            "{count} {count:unit comes|units come} again with the same name and outline and {count:counts|"
            "count} once, the first of them {name} (row {row}).",
            count=len(dropped),
            name=names[dropped[0]],
            row=int(table["row"].iloc[dropped[0]]) + 1,
        ),
        At(file=str(table["file"].iloc[dropped[0]])),
    )
    return filled.drop(index=table.index[dropped]).reset_index(drop=True)


def _alike(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    """The same place, but for the drawing: at most a twentieth of the ground differs."""
    if shapely.get_dimensions(one) != shapely.get_dimensions(other):
        return False
    if shapely.get_dimensions(one) == 0:
        return bool(shapely.distance(one, other) < _SAME_POINT_M)
    if not shapely.intersects(one, other):
        return False
    both = shapely.area(shapely.intersection(one, other))
    return bool(both >= _SAME_GROUND * max(shapely.area(one), shapely.area(other)))


def merged(table: gpd.GeoDataFrame, rows: Ints, remarks: Remarks) -> gpd.GeoDataFrame:
    """Those of `rows` that are parts of one unit (same name and unit above; their numbers the same, or none)
    as one row, at the first one's place."""
    own = table.loc[rows]
    numbered = own["number"].where(own["number"] != "", "")
    keys = list(zip(own["name"], own["parent_id"], numbered, strict=True))
    areas = _areas(own.geometry.to_numpy())
    groups = dict[object, list[int]]()
    for row, key, is_area in zip(rows.tolist(), keys, areas, strict=True):
        if is_area:
            groups.setdefault(key, []).append(row)
    several = [group for group in groups.values() if len(group) > 1]
    if not several:
        return table
    shapes = table.geometry.to_numpy().copy()
    columns = {name: table[name].to_numpy(float).copy() for name in ("stated", "households")}
    dropped = list[int]()
    for group in several:
        at = table.index.get_indexer(group)
        shapes[at[0]] = shapely.union_all(shapes[at])
        # A total stands with every part, or is given part by part.
        for stated in columns.values():
            said = stated[at][np.isfinite(stated[at])]
            stated[at[0]] = np.nan if not len(said) else said[0] if len(set(said)) == 1 else said.sum()
        dropped += group[1:]
    remarks.add(
        "parts-united",
        text(
            "{parts} rows are parts of {units} {units:unit|units} and were put together.",
            parts=sum(map(len, several)),
            units=len(several),
        ),
        level=INFO,
    )
    united = table.assign(**columns).set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))
    return united.drop(index=dropped)
