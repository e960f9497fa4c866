"""Urban or rural by a layer of the built-up area, where neither code nor column says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from core.errors import InputError
from core.text import text
from coverage.model.tables import RURAL, UNKNOWN, URBAN, Floats
from data.units.remarks import Remarks
from data.vector import read_vector
from geo.crs import WGS84

_HALF: Final = 0.5
_DOUBTFUL: Final = (0.2, 0.8)


def with_settlement(table: gpd.GeoDataFrame, urban: Path, remarks: Remarks) -> gpd.GeoDataFrame:
    """Units of the finest level whose class is not known: urban if at least half their ground is.

    Those between a fifth and four fifths are listed, since either class may be meant.
    """
    finest = table["level"] == next(
        level for level in ("community", "street", "district") if (table["level"] == level).any()
    )
    rows = np.flatnonzero((finest & (table["settlement"] == UNKNOWN)).to_numpy())
    shapes = table.geometry.to_numpy()[rows]
    share = _shared(shapes, _built_up(urban, str(table.crs))) / np.maximum(shapely.area(shapes), 1e-9)
    settlement = table["settlement"].to_numpy(object).copy()
    settlement[rows] = np.where(share >= _HALF, URBAN, RURAL)
    message = text(
        "{urban} units are urban and {rural} rural by the layer {layer}.",
        urban=int((share >= _HALF).sum()),
        rural=int((share < _HALF).sum()),
        layer=urban.name,
    )
    remarks.add("settlement-by-layer", message, level="info")
    doubtful = np.flatnonzero((share > _DOUBTFUL[0]) & (share < _DOUBTFUL[1]))
    remarks.each(
        "settlement-doubtful",
        [
            text(
                "{share:.0%} of {name} are built up; please confirm its class.",
                share=share[k],
                name=table["name"].iloc[rows[k]],
            )
            for k in doubtful
        ],
    )
    return table.assign(settlement=settlement)


def _built_up(path: Path, crs: str) -> np.ndarray:
    frame = read_vector(path)
    frame = (frame.set_crs(WGS84) if frame.crs is None else frame).to_crs(crs)
    shapes = frame.geometry.to_numpy()
    shapes = shapes[shapely.get_dimensions(shapes) == 2]
    if not len(shapes):
        raise InputError("{file}: the layer has no area in it.", file=path.name)
    # One shape without overlaps: ground that two polygons cover is still one ground.
    parts: np.ndarray = shapely.get_parts(shapely.union_all(shapely.make_valid(shapes)))
    return parts


def _shared(shapes: np.ndarray, parts: np.ndarray) -> Floats:
    """(n,) m² of each shape inside the parts."""
    shape, part = shapely.STRtree(parts).query(shapes, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[shape], parts[part]))
    shared: Floats = np.bincount(shape, weights=area, minlength=len(shapes)).astype(float)
    return shared
