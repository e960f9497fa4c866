"""A map for the public: borders and names of units are not in it, and places are rounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.text import Text, text
from maps.model import Basemap, MapModel, OtherPlan, OverlayLayer, no_labels

# Points are rounded to about 100 m (at most 70 m off), outlines to about 10 m.
POINT_DECIMALS, OUTLINE_DECIMALS = 3, 4
ROUNDED: Text = text("Places are rounded to about 100 m")
_WHERE: Text = text("Where")


def public_model(model: MapModel) -> MapModel:
    """The same without what is not for the public; it is out of the data, not switched off."""
    ground = model.basemap
    return replace(
        model,
        headline=model.headline_public,
        facilities=_bare(model.facilities),
        facilities_before=None if model.facilities_before is None else _bare(model.facilities_before),
        gaps=_outlined(model.gaps).assign(units=[()] * len(model.gaps)),
        gap_parts=None if model.gap_parts is None else _outlined(model.gap_parts),
        sites=None if model.sites is None else _bare(model.sites),
        other_plans=tuple(OtherPlan(plan.title, _bare(plan.sites)) for plan in model.other_plans),
        # The outline of a building would say where its rounded point is.
        extents=None,
        areas=tuple(_coarse(one) for one in model.areas if one.look != "extent"),
        paths=tuple(_coarse(_unplaced(path)) for path in model.paths),
        basemap=Basemap(ground.streets, ground.water, ground.water_lines, ground.green, {}, no_labels()),
        steps=(),
        units=None,
        unit_shares=None,
        credits=(*model.credits, ROUNDED),
    )


def _bare(table: pd.DataFrame) -> pd.DataFrame:
    """Rows with rounded places and without what names a unit or a parcel."""
    kept = table.drop(columns=["units", "by_unit"], errors="ignore")
    # The name of a suggested site may be that of a parcel.
    blank = ["unit", "name"] if "residents_gained" in table else ["unit"]
    for key in kept.columns.intersection(blank):
        kept[key] = ""
    if "units_touched" in kept:
        kept["units_touched"] = 0
    for key in ("lon", "lat"):
        kept[key] = kept[key].astype(float).round(POINT_DECIMALS)
    return kept


def _outlined(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = _rounded(frame.geometry.to_numpy())
    bare = _bare(pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    return gpd.GeoDataFrame(bare, geometry=shapes, crs=frame.crs)


def _coarse(layer: OverlayLayer) -> OverlayLayer:
    # Lines between two places of one facility end where it is.
    decimals = POINT_DECIMALS if layer.look == "apart" else OUTLINE_DECIMALS
    return replace(layer, shapes=list(_rounded(np.asarray(layer.shapes, dtype=object), decimals)))


def _rounded(shapes: Any, decimals: int = OUTLINE_DECIMALS) -> Any:
    return shapely.transform(shapes, lambda xy: np.round(xy, decimals))


def _unplaced(layer: OverlayLayer) -> OverlayLayer:
    facts = [[fact for fact in one if fact[0] != _WHERE] for one in layer.facts]
    return replace(layer, facts=facts)
