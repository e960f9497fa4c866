"""Street lines of a GIS: GeoPackage, GeoJSON, shapefile."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError

from core.errors import InputError
from core.text import Text, text
from data.streets.raw import RawStreets, Shapes
from data.streets.walkable import TAGS, is_walkable, street_class
from data.vector import read_vector
from geo.crs import WGS84

STREETS_LAYER: Final = "streets"
_LINE_TYPES: Final = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
# Geofabrik's shapefiles call the highway tag so.
_ALIASES: Final = {"fclass": "highway"}


@dataclass(frozen=True)
class _Layer:
    """Geometries with the columns that matter; `crs` "" where the file has none."""

    shapes: Shapes
    columns: Mapping[str, Sequence[object]]
    crs: str


def read_gpkg(path: Path) -> RawStreets:
    """The street lines of a GeoPackage: layer "streets", else the first layer of lines.

    Layers "water" and "green" go to the basemap. Lines with a `highway` column are kept by the rule
    for OpenStreetMap ways; a `class` column (0, 1, 2) says what a map shows from afar.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*GPKG")  # the file's name is none of GDAL's business
            streets, shapes = _gpkg_layers(path)
    except (DataSourceError, DataLayerError) as problem:
        raise InputError(
            "The street file {path} cannot be read: {problem}", path=path.name, problem=str(problem)
        ) from problem
    return _raw(path, streets, shapes)


def read_shapefile(path: Path) -> RawStreets:
    """The lines of a shapefile, bare or in a zip, by the same rule; its names are as short as 10 letters."""
    frame = read_vector(path)
    columns = {str(name): list(frame[name]) for name in frame.columns.drop(frame.geometry.name)}
    crs = frame.crs.to_wkt() if frame.crs is not None else ""
    return _raw(path, _Layer(np.asarray(frame.geometry.to_numpy(), object), columns, crs), {})


def read_geojson(path: Path) -> RawStreets:
    """The lines of a GeoJSON file; other features and broken ones are left out and counted."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        features = list(content["features"])
        crs = _geojson_crs(content)
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise InputError(
            "The street file {path} is not a GeoJSON feature collection: {problem}",
            path=path.name,
            problem=str(problem),
        ) from problem
    lines = [f for f in features if _is_line(f)]
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in lines], on_invalid="ignore")
    properties = [f.get("properties") or {} for f in lines]
    columns = {key: [p.get(key) for p in properties] for key in sorted({k for p in properties for k in p})}
    return _raw(path, _Layer(np.asarray(shapes, object), columns, crs), {})


def _gpkg_layers(path: Path) -> tuple[_Layer, dict[str, Shapes]]:
    layers = {str(name): str(kind) for name, kind in pyogrio.list_layers(_source(path))}
    streets = _read_layer(path, _streets_layer(path, layers))
    present = [name for name in ("water", "green") if name in layers]
    return streets, {name: _shapes_of(path, name, streets.crs) for name in present}


def _streets_layer(path: Path, layers: Mapping[str, str]) -> str:
    lines = [name for name, kind in layers.items() if "LineString" in kind]
    if STREETS_LAYER not in layers and not lines:
        raise InputError("{path} has no layer of lines.", path=path.name)
    return STREETS_LAYER if STREETS_LAYER in layers else lines[0]


def _source(path: Path) -> Path | bytes:
    """The file as pyogrio takes it: it would look for an archive behind these names."""
    return path.read_bytes() if "!" in str(path) or path.suffix == ".zip" else path


def _read_layer(path: Path, layer: str) -> _Layer:
    meta, _, wkb, values = pyogrio.raw.read(_source(path), layer=layer)
    columns = dict(zip((str(f) for f in meta["fields"]), values, strict=True))
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    return _Layer(np.asarray(shapes, object), columns, str(meta["crs"] or ""))


def _shapes_of(path: Path, layer: str, crs: str) -> Shapes:
    read = _read_layer(path, layer)
    if read.crs != crs:
        raise InputError(
            "The layers “{first}” and “{second}” of {path} are in different coordinate systems.",
            first=STREETS_LAYER,
            second=layer,
            path=path.name,
        )
    present = ~shapely.is_missing(read.shapes) & ~shapely.is_empty(read.shapes)
    return np.asarray(read.shapes[present], object)


def _is_line(feature: Any) -> bool:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    return isinstance(geometry, dict) and geometry.get("type") in ("LineString", "MultiLineString")


def _geojson_crs(content: Mapping[str, Any]) -> str:
    """The CRS of the old `crs` member; without one GeoJSON is WGS-84 (RFC 7946)."""
    member = content.get("crs")
    return str(member["properties"]["name"]) if member else WGS84


def _raw(path: Path, layer: _Layer, shapes: Mapping[str, Shapes]) -> RawStreets:
    findings: list[Text] = []
    crs = _checked_crs(path, layer.crs, findings)
    is_line = np.isin(shapely.get_type_id(layer.shapes), _LINE_TYPES) & ~shapely.is_empty(layer.shapes)
    lost = text(
        "{count} {count:feature|features} without a line {count:was|were} left out.",
        count=int((~is_line).sum()),
    )
    tags = _tags(layer.columns, len(layer.shapes))
    walked = _walked(tags, is_line)
    closed = text(
        "{count} {count:line|lines} that may not be walked {count:was|were} left out.",
        count=int((is_line & ~walked).sum()),
    )
    findings.extend(said for said in (lost, closed) if said.values["count"])
    rows = np.flatnonzero(is_line & walked)
    parts, owner = shapely.get_parts(shapely.force_2d(layer.shapes[rows]), return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    return RawStreets(
        xy=xy,
        way_vertices=np.arange(len(xy)),
        way_start=np.searchsorted(part, np.arange(len(parts) + 1)),
        way_class=_classes(tags, layer.columns)[rows][owner],
        way_layer=_layers(layer.columns, len(layer.shapes))[rows][owner],
        crs=crs,
        shared=False,
        water=shapes.get("water", np.empty(0, object)),
        green=shapes.get("green", np.empty(0, object)),
        findings=tuple(findings),
    )


def _checked_crs(path: Path, crs: str, findings: list[Text]) -> str:
    try:
        known = CRS.from_user_input(crs) if crs else None
    except CRSError as problem:
        raise InputError(
            "The coordinate system of {path} is not known: {crs}", path=path.name, crs=crs
        ) from problem
    # A GeoPackage without CRS says "Undefined geographic SRS" or an engineering CRS of that name.
    if known is not None and not known.name.startswith("Undefined"):
        return known.to_string()
    findings.append(text("{path} names no coordinate system; it was read as WGS-84 degrees.", path=path.name))
    return WGS84


def _tags(columns: Mapping[str, Sequence[object]], n: int) -> list[dict[str, str]]:
    """OpenStreetMap's tags of each line, as far as the file has them."""
    present = {_ALIASES.get(name, name): values for name, values in columns.items()}
    tags: list[dict[str, str]] = [{} for _ in range(n)]
    for key in TAGS:
        for row, value in enumerate(present.get(key, ())):
            if isinstance(value, str) and value:
                tags[row][key] = value
    return tags


def _walked(tags: list[dict[str, str]], is_line: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Files that know nothing of OpenStreetMap's `highway` hold streets only."""
    if not any("highway" in t for t in tags):
        return is_line
    return np.array([is_walkable(t) for t in tags], bool)


def _classes(tags: list[dict[str, str]], columns: Mapping[str, Sequence[object]]) -> NDArray[np.int8]:
    stated = columns.get("class")
    if stated is None:
        return np.array([street_class(t.get("highway", "")) for t in tags], np.int8)
    numbers = np.array([float(v) if isinstance(v, (int, float, np.number)) else 0.0 for v in stated])
    return np.asarray(np.clip(np.nan_to_num(numbers), 0, 2), np.int8)


def _layers(columns: Mapping[str, Sequence[object]], n: int) -> NDArray[np.int64]:
    """Above (+) or below (-) the ground: the column `layer`, else a bridge is above and a tunnel below.

    All on the ground in an extract of OpenStreetMap: there a common vertex is always a junction.
    """
    if "osm_id" in columns:
        return np.zeros(n, np.int64)
    bridge, tunnel = (_said(columns.get(name), n) for name in ("bridge", "tunnel"))
    written = pd.Series(np.asarray(columns.get("layer", [None] * n), object))
    stated = pd.to_numeric(written, errors="coerce")
    layer = stated.fillna(0).to_numpy(float).clip(-9, 9).astype(np.int64)
    return np.where(layer != 0, layer, bridge.astype(np.int64) - (tunnel & ~bridge))


def _said(values: Sequence[object] | None, n: int) -> NDArray[np.bool_]:
    """Yes, in one of the ways files say so; Geofabrik writes T and F."""
    no = ("", "no", "f", "false", "0", "none", "nan")
    words = [str(value).strip().casefold() for value in values] if values is not None else [""] * n
    return np.array([word not in no for word in words], bool)
