"""Outlines as drawn → outlines that can be measured; every repair is told."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.text import text
from coverage.model.tables import Bools, Floats, Ints
from data.units.remarks import Remarks

# An outline that stops so near to its start was meant to be closed; farther, a part of it is missing.
_CLOSING_M: Final = 100.0


def usable(table: gpd.GeoDataFrame, unclosed: Ints, remarks: Remarks) -> gpd.GeoDataFrame:
    """Rows (metric, with the file's row number in `row`) that have a name, a known level and a place.

    A place is an outline, or a point if the unit is a community or village. Crossing outlines are
    repaired; outlines that do not close are closed over at most 100 m.
    """
    table = _closed(table, unclosed, remarks)
    shapes = table.geometry.to_numpy().copy()
    known, named = (table["level"] != "").to_numpy(), (table["name"] != "").to_numpy()
    placed = _areas(shapes) | (_points(shapes) & (table["level"] == "community").to_numpy())
    broken = _areas(shapes) & ~shapely.is_valid(shapes)
    for wrong, code, message in (
        (~placed, "no-outline", text("The unit has no outline and is left out.")),
        (~known, "no-level", text("The unit's level is not known and it is left out.")),
        (~named, "no-name", text("The unit has no name and is left out.")),
        (
            broken & known & named,
            "outline-repaired",
            text("The unit's outline crossed itself and was repaired."),
        ),
    ):
        remarks.rows(code, message, table["row"].to_numpy()[wrong].tolist())
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    kept = known & named & placed & ~shapely.is_empty(shapes)
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))[kept].reset_index(
        drop=True
    )


def _areas(shapes: np.ndarray) -> Bools:
    return np.asarray((shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes))


def _points(shapes: np.ndarray) -> Bools:
    return np.asarray((shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes))


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
                row=row + 1,
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
                row=row + 1,
            )
    return table.drop(index=unclosed[gap_m > _CLOSING_M])


def _closing_m(shape: shapely.Geometry) -> float:
    """The longest last step of its rings: with one ring exactly the line that closed it."""
    rings = shapely.get_rings(shape)
    steps: Floats = np.asarray(
        [np.hypot(*np.diff(shapely.get_coordinates(ring)[-2:], axis=0)[0]) for ring in rings]
    )
    return float(steps.max(initial=0.0))


def merged(table: gpd.GeoDataFrame, remarks: Remarks) -> gpd.GeoDataFrame:
    """Rows that are parts of one unit (same number, name and level) as one row, at the first one's place."""
    same = ["unit_id", "name", "level"]
    twice = table.duplicated(same, keep=False) & (shapely.get_dimensions(table.geometry.to_numpy()) == 2)
    if not twice.any():
        return table
    parts = table[twice]
    united = parts.dissolve(by=same, aggfunc="first", sort=False).reset_index()[table.columns]
    remarks.add(
        "parts-united",
        text(
            "{parts} rows are parts of {units} units and were put together.",
            parts=len(parts),
            units=len(united),
        ),
        level="info",
    )
    both = pd.concat([table[~twice], united]).sort_values("row", kind="stable")
    return gpd.GeoDataFrame(both, geometry="geometry", crs=table.crs).reset_index(drop=True)
