"""The assessment folder on disk."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from pyarrow import ArrowException

from core.errors import InputError
from core.progress import Progress, silent
from core.text import Bilingual, text, text_from_json
from coverage.model.standard import Standard
from coverage.publish.tables import PlanTables, Results
from coverage.publish.wide import file_columns, layer_columns
from data.files import read_csv, write_bytes, write_csv, write_json
from data.guard import guarded
from data.parse_standard import parse_standard
from data.results.extras import (
    GEOPACKAGE,
    LAYERS,
    NOT_OF_REACH,
    light_areas,
    read_extras,
    read_layers,
    write_geopackage,
)
from data.results.land import is_land_alone
from data.whole_folder import require_whole
from geo.crs import WGS84

_DECIMALS: Final = 7
_UNIT_TEXTS: Final = ("unit_id", "name", "level", "parent_id", "settlement", "rule", "share_of", "verdict")
_FACILITY_NUMBERS: Final = (
    "lon",
    "lat",
    "places",
    "area_m2",
    "residents_declared",
    "snap_m",
    "load",
    "source_row",
)


# The places that a plan was chosen among.
CANDIDATES: Final = "candidates.parquet"


def write_results(folder: Path, results: Results, progress: Progress = silent) -> None:
    """Write every table of `results` into `folder`, each file at once."""
    writers = _writers(folder, results)
    for number, write in enumerate(writers, start=1):
        progress(number / len(writers), text("Writing the results: {n} of {all}", n=number, all=len(writers)))
        write()


def _writers(folder: Path, results: Results) -> list[Callable[[], None]]:
    """What writes each file, the provenance last."""
    scenario = str(results.document.get("scenario") or "")
    groups = dict(results.document["area"].get("group_columns", {}))
    called, of_layers = file_columns(results.standard) | groups, layer_columns(groups)

    def layer(name: str, shapes: gpd.GeoDataFrame) -> None:
        shapes = light_areas(shapes) if name == "isochrones" else shapes
        write_bytes(folder / f"{name}.geojson", geojson(shapes, scenario=scenario))

    writers: list[Callable[[], None]] = [
        partial(write_json, folder / "assessment.json", results.document),
        partial(write_bytes, folder / "standard.toml", results.standard.toml.encode("utf-8")),
        partial(write_csv, folder / "units.csv", results.units),
        partial(write_csv, folder / "facilities.csv", results.facilities.rename(columns=called)),
        lambda: write_bytes(folder / "cells.parquet", _parquet(results.cells.rename(columns=called))),
        partial(layer, "gaps", results.gaps.rename(columns=of_layers)),
    ]
    if results.plan is not None:
        candidates = results.plan.candidates
        writers += [
            partial(write_json, folder / "plan.json", results.plan.plan),
            partial(layer, "sites", results.plan.sites.rename(columns=of_layers)),
        ]
        if candidates is not None:
            writers.append(lambda: write_bytes(folder / CANDIDATES, _parquet(candidates)))
    writers += [partial(write_csv, folder / f"{name}.csv", table) for name, table in results.extras.items()]
    writers += [partial(layer, name, results.layers[name]) for name in LAYERS if name in results.layers]
    if results.layers.keys() - NOT_OF_REACH:
        writers.append(partial(write_geopackage, folder / GEOPACKAGE, results.layers))
    return [*writers, partial(write_json, folder / "provenance.json", results.provenance)]


@guarded
def read_results(folder: Path) -> Results:
    """The results that `write_results` wrote; InputError if `folder` is not such a folder."""
    whole = require_whole(folder)
    try:
        return _read(folder)
    except _NOT_AS_WRITTEN as error:
        if whole:  # it is as this program wrote it
            raise
        raise InputError(
            "{folder}: a file in it is broken, or was written by another version. Make the result again.",
            folder=folder.name,
        ) from error


_NOT_AS_WRITTEN: Final = (LookupError, TypeError, ValueError, AttributeError, ArrowException)


def _read(folder: Path) -> Results:
    if is_land_alone(folder):
        raise InputError(
            "{folder} is a result of residential land alone: its residents are unknown. `export` makes its "
            "products; page, scenarios, periods and forms need a result with residents.",
            folder=folder.name,
        )
    document = _json(folder, "assessment.json")
    toml = _bytes(folder, "standard.toml").decode("utf-8")
    standard = _titled(parse_standard(toml, source="standard.toml"), document["standard"])
    # A folder of an older version has them by their names in memory.
    groups = document["area"].get("group_columns", {})
    in_memory = {called: column for column, called in (file_columns(standard) | groups).items()}
    of_layers = {called: column for column, called in layer_columns(groups).items()}
    facilities = folder / "facilities.csv"
    _bytes(folder, facilities.name)
    texts = tuple(
        column
        for column in pd.read_csv(facilities, encoding="utf-8-sig", nrows=0).columns
        if column not in _FACILITY_NUMBERS and not in_memory.get(column, column).startswith("load_")
    )
    plan = None
    if (folder / "plan.json").exists():
        there = (folder / CANDIDATES).exists()
        candidates = pd.read_parquet(io.BytesIO(_bytes(folder, CANDIDATES))) if there else None
        sites = _read_geojson(folder, "sites.geojson").rename(columns=of_layers)
        plan = PlanTables(_json(folder, "plan.json"), sites, candidates)
    return Results(
        document=document,
        standard=standard,
        units=read_csv(folder / "units.csv", _UNIT_TEXTS),
        cells=pd.read_parquet(io.BytesIO(_bytes(folder, "cells.parquet"))).rename(columns=in_memory),
        facilities=read_csv(facilities, texts).rename(columns=in_memory),
        gaps=_read_gaps(folder).rename(columns=of_layers),
        provenance=_json(folder, "provenance.json"),
        plan=plan,
        extras=read_extras(folder),
        layers=read_layers(folder),
    )


def _titled(standard: Standard, published: Mapping[str, Any]) -> Standard:
    """The standard under the title it was published with: an edited one says so."""
    title = published.get("title")
    if title is None:
        return standard
    differences = tuple(text_from_json(said) for said in published.get("differences", ()))
    return replace(standard, title=Bilingual(title["zh"], title["en"]), differences=differences)


def _parquet(frame: pd.DataFrame) -> memoryview:
    # Dictionaries of a hundred thousand different metres cost time, memory and room.
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd", use_dictionary=False)
    return buffer.getbuffer()


def geojson(frame: gpd.GeoDataFrame, *, scenario: str = "") -> bytes:
    """Features with coordinates to seven decimals; values that are not finite become null. The layer of a
    scenario says so beside its features, since the file may be passed on alone."""
    # Rounded vertex by vertex: snapping whole shapes to a grid would need them noded anew.
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy.round(_DECIMALS))
    rows = frame.drop(columns=frame.geometry.name).to_dict("records")
    said = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
    # Shapes are text already; only what is said of them goes through Python.
    features = [
        f'{{"type":"Feature","properties":{said(_finite(row))},"geometry":{shape}}}'
        for row, shape in zip(rows, shapely.to_geojson(shapes), strict=True)
    ]
    marked = f'"scenario":{json.dumps(scenario, ensure_ascii=False)},' if scenario else ""
    return f'{{"type":"FeatureCollection",{marked}"features":[{",".join(features)}]}}'.encode()


def _finite(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(key): None if isinstance(value, float) and not abs(value) < float("inf") else value
        for key, value in row.items()
    }


def _read_gaps(folder: Path) -> gpd.GeoDataFrame:
    """JSON has no infinity: a gap without a distance is one from which nothing can be reached.

    An older folder does not say where a gap's flag stands: a point inside it is taken.
    """
    gaps = _read_geojson(folder, "gaps.geojson")
    for column in gaps.columns.intersection(["nearest_m", "farthest_m"]):
        gaps[column] = pd.to_numeric(gaps[column]).fillna(float("inf"))
    if "lon" not in gaps:
        inside = gaps.geometry.representative_point()
        gaps = gaps.assign(lon=inside.x, lat=inside.y)
    return gaps


def _read_geojson(folder: Path, name: str) -> gpd.GeoDataFrame:
    collection = json.loads(_bytes(folder, name))
    features = collection["features"]
    if not features:
        columns = [
            "rule",
            "rank",
            "residents",
            "area_km2",
            "unit",
            "nearest_m",
            "lon",
            "lat",
            "residents_gained",
        ]
        return gpd.GeoDataFrame({c: [] for c in columns}, geometry=[], crs=WGS84)
    return gpd.GeoDataFrame.from_features(features, crs=WGS84)


def _json(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = json.loads(_bytes(folder, name))
    except (ValueError, RecursionError) as error:
        raise InputError("{folder}: {file} is broken.", folder=folder.name, file=name) from error
    return document


def _bytes(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise InputError(
            "{folder} is not an assessment folder: {file} is missing.", folder=folder.name, file=name
        ) from error
