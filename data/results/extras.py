"""Further tables and layers of an assessment folder: read and written by name, where they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio

from coverage.publish.measures import TEXTS
from data.files import read_csv
from geo.crs import WGS84
from geo.isochrone.isochrones import lighter

# Every assessment has these; see `coverage.publish.measures`.
ALWAYS: Final = (
    "shortfall", "equity", "lorenz", "league", "completeness", "detours", "detours_units",
    "detours_facilities", "loads", "choice", "choice_facilities", "travel_bands", "travel_quantiles",
    "denominators", "readings",
)  # fmt: skip
# These only where they were asked for; see `coverage.publish.asked`.
ASKED: Final = ("bands", "bands_units", "timeline", "supply", "gap_parts")
# These where residential land is known, or the standard states what a complete community needs.
WHERE_KNOWN: Final = ("land_equity", "complete_needs", "complete_communities")
# GeoJSON takes 24 bytes a corner: 4 MB altogether, and half a megabyte of a map.
_MOST_CORNERS: Final = 160_000
LAYERS: Final = ("isochrones", "barriers", "gap_parts", "units", "facility_extents")
# Every result has these; the GeoPackage of reach holds the others.
NOT_OF_REACH: Final = frozenset({"gap_parts", "units", "facility_extents"})
# The reached pieces of streets: too many for GeoJSON, so they are in the GeoPackage alone.
PIECES: Final = "reached_streets"
GEOPACKAGE: Final = "reach.gpkg"
# Titles of older folders.
_RENAMED: Final = {"left": "remaining", "check": "rule_check"}
FILES: Final = (
    *(f"{name}{ending}" for name in (*ALWAYS, *ASKED, *WHERE_KNOWN) for ending in (".csv", ".csvt")),
    *(f"{name}.geojson" for name in LAYERS),
    GEOPACKAGE,
)


def light_areas(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The areas as GeoJSON has them: of very many corners made lighter, by how much stands in
    the columns `outline_off_m` and `filled_m2`. The GeoPackage has the outlines as they were drawn."""
    found = lighter(areas.geometry.to_numpy(), most=_MOST_CORNERS)
    if not found.off_m:
        return areas
    drawn = areas.set_geometry(gpd.GeoSeries(found.shapes, index=areas.index, crs=areas.crs))
    return drawn.assign(outline_off_m=found.off_m, filled_m2=found.filled_m2)


def read_extras(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables that are there; an older folder has none."""
    return {
        name: table
        for name in (*ALWAYS, *ASKED, *WHERE_KNOWN)
        if (table := read_extra(folder, name)) is not None
    }


def read_extra(folder: Path, name: str) -> pd.DataFrame | None:
    """One table of a folder, None where it is not there."""
    path = folder / f"{name}.csv"
    return (
        read_csv(path, tuple(sorted({*TEXTS, *_RENAMED}))).rename(columns=_RENAMED)
        if path.is_file()
        else None
    )


def read_layers(folder: Path) -> dict[str, gpd.GeoDataFrame]:
    """The layers that are there."""
    found = {}
    for name in LAYERS:
        path = folder / f"{name}.geojson"
        if path.is_file():
            found[name] = _features(json.loads(path.read_bytes())).rename(columns=_RENAMED)
    return found


def write_geopackage(path: Path, layers: Mapping[str, gpd.GeoDataFrame | Iterable[gpd.GeoDataFrame]]) -> None:
    """How far one gets and what stands in the way, in one file; empty layers are left out. A layer may come
    in parts with the same columns and one kind of shape: as a whole a large city's take several hundred
    megabytes more."""
    begun = False
    for name, layer in layers.items():
        parts = (part for part in ([layer] if isinstance(layer, gpd.GeoDataFrame) else layer) if len(part))
        if name in NOT_OF_REACH or (first := next(parts, None)) is None:
            continue
        batches = (
            batch
            for part in chain([first], parts)
            for batch in pa.table(part.to_arrow(index=False, geometry_encoding="WKB")).to_batches()
        )
        head = next(batches)
        schema, stream = head.schema, chain([head], batches)
        del head  # let go of once it is written
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, stream),
            path,
            layer=name,
            driver="GPKG",
            geometry_name="geometry",
            geometry_type=first.geom_type.iloc[0],
            crs=WGS84,
            append=begun,
        )
        begun = True


def _features(collection: Mapping[str, list[object]]) -> gpd.GeoDataFrame:
    features = collection["features"]
    if not features:
        return gpd.GeoDataFrame({"rule": []}, geometry=[], crs=WGS84)
    return gpd.GeoDataFrame.from_features(features, crs=WGS84)
