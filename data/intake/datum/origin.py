"""In which system a map layer is: by what its makers always leave in the file, and, of units, by what bears
the same names in a layer that is known to be true."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely

from core.errors import InputError
from core.text import Listed, Text, listed, text
from coverage.model.names import unit_key
from coverage.model.tables import Floats, UnitTable
from data.formats.layers import opened
from data.formats.rasters import opened_raster, raster_pieces
from data.intake.datum.coordinates import DatumDecision, named_systems, ranking_of
from data.intake.datum.likelihood import SYSTEM_OF, UNKNOWN, anchors, no_evidence, placed_xy
from data.intake.datum.placing import CHINA, inside
from data.intake.datum.reference import NAME_COLUMNS
from data.intake.datum.scores import LOG_PRIOR, Scores, believe
from data.intake.findings import WARNING, Finding
from data.population.columns import find_column
from data.source import OSM_CREDIT, credits_of
from geo.crs import WGS84 as DEGREES
from geo.crs import metric_crs, project
from geo.datum import GCJ02, WGS84, convert

_SQLITE: Final = b"SQLite format 3\x00"
# The columns of DataV's outlines, which are GCJ-02 whatever their file says.
_DATAV: Final = ("acroutes", "childrennum", "subfeatureindex")
# As it leaves the service; whoever converts it writes more decimals.
_DATAV_DECIMALS: Final = 6
_OSM: Final = re.compile(r"osm_?(way_)?id|@id|full_id|admin_level")
_CENSUS: Final = (
    re.compile(r"code_(county|town|pr?efecture|perfecture)|gb_?code"),
    re.compile(r"pop_?20[0-2]\d"),
)
_SAMPLE: Final = 20
# Seconds: HRSL, WorldPop, LandScan and WorldPop's kilometre, GPW.
_PIXELS_OF_THE_WORLD: Final = np.array([1.0, 3.0, 30.0, 60.0, 150.0])
# How far sides and corners are off by rounding, in seconds and in halves of a pixel.
_ON_LATTICE: Final = 0.02


@dataclass(frozen=True)
class Origin:
    """`system` is gcj02, wgs84 or "" where nothing tells it."""

    system: str

    @property
    def known(self) -> bool:
        return self.system != ""


def origin_of(path: Path, units: UnitTable) -> Origin:
    """By columns of DataV, OpenStreetMap or a census, a note on the source beside the file, the demo city's
    own label; outside China, where no system is shifted, always WGS-84."""
    if not may_be_shifted(units.frame.to_crs(DEGREES).total_bounds):
        return Origin(WGS84)
    with opened(path) as file:
        titles = {str(field).casefold() for layer in file.layers for field in layer.fields}
    if any(title in titles for title in _DATAV):
        converted = WGS84 in named_systems(path.name)  # and perhaps rounded again to as few decimals
        return Origin(GCJ02 if _as_delivered(units) and not converted else "")
    if OSM_CREDIT in credits_of((path,)) or any(_OSM.fullmatch(title) for title in titles):
        return Origin(WGS84)
    if all(any(word.fullmatch(title) for title in titles) for word in _CENSUS) or is_synthetic(path):
        return Origin(WGS84)
    return Origin("")


def in_true_coordinates(
    paths: Sequence[Path], units: UnitTable
) -> tuple[UnitTable, bool, tuple[Finding, ...]]:
    """The units of some files as they truly lie, and whether their system is known at all: outlines known to
    be in GCJ-02 are converted, and a finding says so."""
    systems = {origin_of(path, units).system for path in paths}
    if systems != {GCJ02}:
        return units, systems == {WGS84}, ()
    table, message = converted_units(units, listed(path.name for path in paths))
    return table, True, (Finding(paths[0].name, "", 0, "", WARNING, "converted-layer", message),)


def converted_units(units: UnitTable, file: str | Listed) -> tuple[UnitTable, Text]:
    """Outlines in GCJ-02 as WGS-84, and what to say of it."""
    degrees = units.frame.to_crs(DEGREES)

    def moved(lonlat: Floats) -> Floats:
        return np.column_stack(convert(lonlat[:, 0], lonlat[:, 1], GCJ02, WGS84))

    shapes = shapely.transform(np.asarray(degrees.geometry.array, object), moved)
    frame = gpd.GeoDataFrame(degrees.drop(columns="geometry"), geometry=shapes, crs=DEGREES)
    message = text(
        "By its columns {file} holds outlines of DataV, which are GCJ-02; they were converted to WGS-84.",
        file=file,
    )
    return UnitTable(frame.to_crs(units.crs)), message


def may_be_shifted(bounds: Sequence[float]) -> bool:
    """Whether the middle of (west, south, east, north) in degrees lies in China, where map services shift."""
    west, south, east, north = bounds
    return bool(inside(np.array([(west + east) / 2]), np.array([(south + north) / 2]), CHINA)[0])


def tells_true(path: Path) -> bool:
    """Whether a layer of streets, residents or ground says that it is in WGS-84 (or CGCS2000): by its file's
    name, a note on the source beside it, columns of OpenStreetMap, the demo city's own label, or as a raster
    with the pixels of a model of the whole world.

    The system that a file declares says nothing: what map services deliver is declared as WGS-84 too.
    """
    if tuple(named_systems(path.name)) == (WGS84,) or OSM_CREDIT in credits_of((path,)) or is_synthetic(path):
        return True
    try:
        with raster_pieces(path) as pieces:
            if pieces:
                with opened_raster(pieces[0], path.name) as raster:
                    return _of_the_world(raster)
        with opened(path) as file:
            return any(_OSM.fullmatch(str(f).casefold()) for layer in file.layers for f in layer.fields)
    except InputError:
        return False  # a table: its titles have been read elsewhere


def _of_the_world(raster: rasterio.DatasetReader) -> bool:
    """Whether the pixels are those of a model of the whole world: in Mollweide's projection, or of so many
    seconds, laid from the equator and Greenwich (half a pixel off with some)."""
    crs, at = raster.crs, raster.transform
    if crs is None:
        return False
    if not crs.is_geographic:
        return "Mollweide" in crs.to_wkt()
    counts = np.array([2.0 * at.c / at.a, 2.0 * at.f / at.e])
    sides = np.abs(3600.0 * np.array([[at.a], [-at.e]]) - _PIXELS_OF_THE_WORLD).min(axis=1)
    return bool(np.abs(counts - counts.round()).max() < _ON_LATTICE and sides.max() < _ON_LATTICE)


def _as_delivered(units: UnitTable) -> bool:
    """Whether the corners have no more decimals than the service gives."""
    shapes = np.asarray(units.frame.to_crs(DEGREES).geometry.array, object)[:_SAMPLE]
    corners = shapely.get_coordinates(shapes)
    return bool(
        np.abs(corners - corners.round(_DATAV_DECIMALS)).max(initial=0.0) < 10.0 ** -(_DATAV_DECIMALS + 2)
    )


def is_synthetic(path: Path) -> bool:
    """Whether a GeoPackage says of itself that it shows no real place."""
    if path.is_dir():  # a File Geodatabase
        return False
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            return False
    with opened(path) as layers:
        read = (pyogrio.read_info(layer.source, layer=layer.layer) for layer in layers.layers)
        return any((about.get("layer_metadata") or {}).get("synthetic") == "true" for about in read)


_LEAST_NAMES: Final = 4
_LEAST_POSTERIOR: Final = 0.995
_LEAST_SUPPORT: Final = 0.95


def layer_datum(layer: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> DatumDecision:
    """Which system a layer that claims degrees in WGS-84 is in, by what has the same name in `truth`.

    The middles of places of one name are compared under every hypothesis. Undecided with fewer
    than four names in common, or where the middles agree under none.
    """
    own, known = _middles(layer), _middles(truth)
    shared = [name for name in own if name in known]
    if len(shared) < _LEAST_NAMES:
        return DatumDecision(UNKNOWN, False, 0.0)
    lon, lat = np.array([own[name] for name in shared]).T
    true_lon, true_lat = np.array([known[name] for name in shared]).T
    crs = metric_crs(float(np.median(true_lon)), float(np.median(true_lat)))
    places = np.asarray(shapely.points(project(true_lon, true_lat, crs)), object)
    scores, away_m = anchors(np.arange(len(shared)), places, placed_xy(lon, lat, crs))
    nothing = no_evidence(len(shared))
    belief = believe(
        Scores(np.nan_to_num(nothing)[:, :, None], scores, None, nothing, away_m, nothing), LOG_PRIOR
    )
    decided = (
        belief.posterior[belief.best] >= _LEAST_POSTERIOR
        and belief.support[belief.best] >= _LEAST_SUPPORT
        and SYSTEM_OF[belief.best] != UNKNOWN
    )
    system = SYSTEM_OF[belief.best] if decided else UNKNOWN
    return DatumDecision(system, bool(decided), belief.confidence, (), ranking_of(belief.posterior))


def shifted_layer(decision: DatumDecision) -> Text | None:
    """What to tell about a layer decided to be shifted; None if it is not."""
    if not decision.decided or decision.system == WGS84:
        return None
    return text(
        "The layer claims WGS-84, but against the reference layer it lies as {system} does; it was not used. "
        "Convert it, or get the original.",
        system=decision.system.upper(),
    )


def _middles(layer: gpd.GeoDataFrame) -> dict[str, tuple[float, float]]:
    """Name → longitude and latitude of the middle; names that occur twice are left out."""
    frame = layer if layer.crs is None else layer.to_crs(DEGREES)
    column = find_column([str(name) for name in frame.columns], NAME_COLUMNS)
    if column is None:
        return {}
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty) & frame[column].notna()]
    keys = [unit_key(str(name)) for name in frame[column]]
    middles = shapely.get_coordinates(shapely.centroid(np.asarray(frame.geometry.array, object)))
    return {
        key: (float(x), float(y)) for key, (x, y) in zip(keys, middles, strict=True) if keys.count(key) == 1
    }
