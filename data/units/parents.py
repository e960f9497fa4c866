"""Which unit a unit belongs to: by number, by name, else by the ground they share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely

from core.text import text
from coverage.model.names import match_units
from coverage.model.tables import LEVELS, Ints
from data.units.remarks import Remarks


def with_parents(table: gpd.GeoDataFrame, remarks: Remarks) -> gpd.GeoDataFrame:
    """`table` with `parent_id` of the next coarser level that the file has ("" at the top).

    A stated number holds, then a stated name, then the unit that most of the outline lies in.
    """
    present = [level for level in LEVELS if (table["level"] == level).any()]
    parent_ids = table["parent_id"].to_numpy(object).copy()
    for above, level in pairwise(present):
        rows, upper = (np.flatnonzero((table["level"] == name).to_numpy()) for name in (level, above))
        found = _stated(table, rows, upper)
        by_place = np.flatnonzero(found < 0)
        found[by_place] = _around(table, rows[by_place], upper)
        _tell(table, rows[by_place], found[by_place], remarks)
        parent_ids[rows] = np.append(table["unit_id"].to_numpy(object), "")[found]
    top = (table["level"] == present[0]).to_numpy() if present else np.zeros(len(table), bool)
    parent_ids[top] = ""
    return table.assign(parent_id=parent_ids)


def _stated(table: gpd.GeoDataFrame, rows: Ints, upper: Ints) -> Ints:
    """Rows of the parents that are named by number or by an unambiguous name; -1 where not."""
    row_of = dict(zip(table["unit_id"].iloc[upper], upper.tolist(), strict=True))
    said: Sequence[str] = table["parent_id"].iloc[rows].tolist()
    names = table["name"].iloc[upper].tolist()
    by_name = match_units(said, names, parents_declared=[""] * len(said), parents=[""] * len(names))
    named = [row_of.get(word, upper[at] if at >= 0 else -1) for word, at in zip(said, by_name, strict=True)]
    return np.asarray(named, np.int64)


def _around(table: gpd.GeoDataFrame, rows: Ints, upper: Ints) -> Ints:
    """Rows of the outlines that share most ground with each (a point: that it lies in); -1 for none."""
    shapes = table.geometry.to_numpy()
    found = np.full(len(rows), -1, np.int64)
    if not len(rows):
        return found
    child, parent = shapely.STRtree(shapes[upper]).query(shapes[rows], predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[rows[child]], shapes[upper[parent]]))
    # Ascending by shared ground, at equal ground the first parent last, so that it is the one written.
    order = np.lexsort((-parent, shared))
    found[child[order]] = upper[parent[order]]
    return found


def _tell(table: gpd.GeoDataFrame, rows: Ints, found: Ints, remarks: Remarks) -> None:
    said = table["parent_id"].to_numpy(object)
    names = table["name"].to_numpy(object)
    silent = sum(1 for row, at in zip(rows, found, strict=True) if not said[row] and at >= 0)
    if silent:
        message = text(
            "{count} {count:unit does|units do} not say what {count:it belongs|they belong} to; the "
            "place tells.",
            count=silent,
        )
        remarks.add("parent-by-place", message, level="info")
    unknown = [
        text(
            "{name} is said to belong to “{parent}”, which the file does not have; by its place it "
            "belongs to {found}.",
            name=names[row],
            parent=said[row],
            found=names[at],
        )
        for row, at in zip(rows, found, strict=True)
        if said[row] and at >= 0
    ]
    remarks.each("parent-unknown", unknown)
    alone = [
        text("{name} lies in no unit of the level above.", name=names[row])
        for row, at in zip(rows, found, strict=True)
        if at < 0
    ]
    remarks.each("parent-missing", alone)
