"""Vector files (GeoPackage, GeoJSON, shapefile in a zip or bare) as geopandas frames."""

from __future__ import annotations

import tempfile
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import geopandas as gpd
import numpy as np
import pyogrio
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import GEOSException

from core.errors import InputError

_SQLITE: Final = b"SQLite format 3\x00"
_SHAPEFILE: Final = b"\x00\x00\x27\x0a"
_ZIP: Final = b"PK\x03\x04"
_MAX_UNPACKED_BYTES: Final = 2_000_000_000


def layers(path: Path) -> tuple[str, ...]:
    """The names of the layers of a vector file, in its order."""
    try:
        return tuple(str(name) for name, _ in pyogrio.list_layers(_openable(path)))
    except DataSourceError as error:
        raise _unreadable(path) from error


@dataclass(frozen=True)
class Layer:
    """One layer as read; `unclosed` rows have an outline that does not close, here closed by a
    straight line from its last point to its first."""

    frame: gpd.GeoDataFrame
    unclosed: NDArray[np.int64]


def read_vector(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """All rows of one layer (the first, unless named), in the file's own CRS (None where it has none).

    The format is told by its first bytes, never by GDAL's guessing. InputError for a missing,
    unreadable or unknown file, and for one with outlines that do not close.
    """
    read = read_layer(path, layer=layer)
    if len(read.unclosed):
        raise InputError(
            "{file}: {count} outlines do not close, the first in row {row}. Please send them complete.",
            file=path.name,
            count=len(read.unclosed),
            row=int(read.unclosed[0]) + 1,
        )
    return read.frame


def read_layer(path: Path, *, layer: str | None = None) -> Layer:
    """As `read_vector`, for who knows what to do with outlines that do not close."""
    try:
        return Layer(_frame(path, layer, "raise"), np.empty(0, np.int64))
    except GEOSException:
        fixed, without = _frame(path, layer, "fix"), _frame(path, layer, "ignore")
    return Layer(fixed, np.flatnonzero(without.geometry.isna() & ~fixed.geometry.isna()))


def _frame(path: Path, layer: str | None, on_invalid: str) -> gpd.GeoDataFrame:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Non closed ring", RuntimeWarning)
            frame = pyogrio.read_dataframe(_openable(path), layer=layer, on_invalid=on_invalid)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise _unreadable(path) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError("{file}: the layer has no geometry; a map layer is needed.", file=path.name)
    return frame


def write_vector(path: Path, frame: gpd.GeoDataFrame, *, layer: str) -> None:
    """A GeoPackage of one layer; a reader sees the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, ignore_cleanup_errors=True) as beside:
        written = Path(beside) / "layer.gpkg"
        frame.to_file(written, layer=layer, driver="GPKG")
        written.replace(path)


def _openable(path: Path) -> str:
    """A name that GDAL opens with the driver we mean, whatever characters the path has."""
    start = _first_bytes(path)
    if start.startswith(_SQLITE):
        return f"GPKG:{path.resolve()}"
    if start.startswith(_SHAPEFILE):
        return f"ESRI Shapefile:{path.resolve()}" if "!" in str(path) else str(path.resolve())
    if start.startswith(_ZIP):
        return _zipped_shapefile(path)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return f"GeoJSON:{path.resolve()}"
    raise InputError(
        "{file}: this is not a GeoPackage, a GeoJSON or a shapefile (zipped or bare).", file=path.name
    )


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise InputError("The file {file} cannot be opened. Does it exist?", file=path.name) from error


def _zipped_shapefile(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise _unreadable(path) from error
    if sum(member.file_size for member in members) > _MAX_UNPACKED_BYTES:
        raise InputError("{file}: unpacked this is larger than 2 GB; please send less.", file=path.name)
    shapes = [m.filename for m in members if PurePosixPath(m.filename).suffix.lower() == ".shp"]
    if len(shapes) != 1:
        raise InputError(
            "{file}: the zip holds {count} shapefiles; exactly one is needed.",
            file=path.name,
            count=len(shapes),
        )
    return f"/vsizip/{{{path.resolve()}}}/{shapes[0]}"


def _unreadable(path: Path) -> InputError:
    return InputError("{file}: the file is damaged or not what its name says.", file=path.name)
