"""Shapefiles, GeoPackages, file geodatabases, MapInfo tables, FlatGeobuf and Parquet, read from copies under
names of our own.

Copies, because names with “!” or “|” mean something else to GDAL and nested zips fail; of our own
names, because a member's name may point outside.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from core.errors import InputError
from core.text import text
from data.formats.archive import files_in, read_member
from data.formats.encoding import decoded_cell, decoded_cells
from data.formats.geometry import extent_wkb
from data.formats.geopackage import asks_too_much
from data.formats.limits import Limits
from data.formats.raw import Cell, RawSheet, Row, UnreadableError
from data.formats.sheets.spreadsheet import require_size

# What belongs to a file geodatabase, under names of its own program.
_GDB_PART: Final = re.compile(
    r"a[0-9a-f]{8}\.(\w+\.)?(gdbtable|gdbtablx|gdbindexes|freelist|spx|atx|horizon)|gdb|timestamps",
    re.IGNORECASE,
)
_SHP_SIDES: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def read_geopackage(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """One sheet a layer that has geometry; UnreadableError if it is damaged or empty."""
    with tempfile.TemporaryDirectory(prefix="list") as folder:
        path = Path(folder) / "list.gpkg"
        path.write_bytes(content)
        if refusal := asks_too_much(path):
            raise UnreadableError(refusal)
        source = f"GPKG:{path}"
        names = _layers(source)
        if not names:
            raise UnreadableError(text("The GeoPackage holds no layer with places."))
        return tuple(_sheet(source, name, name, limits) for name in names)


def read_flatgeobuf(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """The layer of a FlatGeobuf file; UnreadableError if it is damaged or without places."""
    with tempfile.TemporaryDirectory(prefix="list") as folder:
        path = Path(folder) / "list.fgb"
        path.write_bytes(content)
        if not len(_layers(str(path))):
            raise _damaged()
        return (_sheet(str(path), None, "", limits),)


def read_parquet(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """A Parquet table, with places where it is a GeoParquet; UnreadableError if it is damaged."""
    # Imported here: only this format needs it.
    from data.formats.tables import parquet_frame

    with tempfile.TemporaryDirectory(prefix="list") as folder:
        path = Path(folder) / "list.parquet"
        path.write_bytes(content)
        try:
            frame = parquet_frame(path, "Parquet")
        except InputError as error:
            raise UnreadableError(error.message) from error
    require_size("", len(frame) + 1, len(frame.columns), limits)
    table = frame.drop(columns=frame.geometry.name)
    rows: list[Row] = [[str(title) for title in table.columns]]
    rows += [[_cell(value) for value in values] for values in table.astype(object).itertuples(index=False)]
    if not len(frame) or frame.geometry.isna().all():
        return (RawSheet("", rows),)
    points, kinds, extents = _points(list(shapely.to_wkb(frame.geometry.to_numpy())))
    crs = "" if frame.crs is None else frame.crs.to_string()
    return (
        RawSheet(
            "", rows, crs=crs, points=[None, *points], geometry_kind=["", *kinds], extents=[None, *extents]
        ),
    )


def read_geodatabase(archive: zipfile.ZipFile, limits: Limits) -> tuple[RawSheet, ...]:
    """One sheet a layer of points or areas, of every file geodatabase of a zip."""
    with tempfile.TemporaryDirectory(prefix="list") as room:
        folders: dict[str, Path] = {}
        for name, member in files_in(archive):
            path = PurePosixPath(name.replace("\\", "/"))
            folder = folders.setdefault(str(path.parent), Path(room) / f"list{len(folders)}.gdb")
            if _GDB_PART.fullmatch(path.name):
                folder.mkdir(exist_ok=True)
                (folder / path.name).write_bytes(read_member(archive, member))
        sheets: list[RawSheet] = []
        for folder in folders.values():
            if not any(folder.glob("*.gdbtable")):
                continue
            sheets += [_sheet(str(folder), name, name, limits) for name in _layers(str(folder))]
    if not sheets:
        raise UnreadableError(text("The file geodatabase holds no layer with places."))
    return tuple(sheets)


def read_shapefile(parts: dict[str, bytes], name: str, limits: Limits) -> RawSheet:
    """A shapefile from its parts by extension (".shp", ".dbf" …); a missing index is made anew."""
    if ".dbf" not in parts:
        raise UnreadableError(
            text(
                "The shapefile {name} comes without its .dbf, which holds names and types. "
                "Send all its parts.",
                name=name,
            )
        )
    with tempfile.TemporaryDirectory(prefix="list") as folder:
        for extension, content in parts.items():
            if extension != ".cpg":
                (Path(folder) / f"list{extension}").write_bytes(content)
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
        # Read as Latin-1, which loses no byte; what the bytes mean is decided below.
        sheet = _sheet(str(Path(folder) / "list.shp"), None, name, limits, encoding="ISO-8859-1")
    declared = parts.get(".cpg", b"").decode("ascii", "ignore").strip()
    return RawSheet(
        sheet.name,
        _redecoded(sheet.rows, declared),
        crs=sheet.crs,
        points=sheet.points,
        geometry_kind=sheet.geometry_kind,
        extents=sheet.extents,
    )


def zipped_shapefiles(archive: zipfile.ZipFile, limits: Limits) -> list[RawSheet]:
    """Every shapefile of a zip, wherever it lies in it, named by its path."""
    by_stem: dict[str, dict[str, bytes]] = {}
    for name, member in files_in(archive):
        path = PurePosixPath(name.replace("\\", "/"))
        if path.suffix.lower() in _SHP_SIDES:
            by_stem.setdefault(str(path.with_suffix("")), {})[path.suffix.lower()] = read_member(
                archive, member
            )
    return [read_shapefile(parts, stem, limits) for stem, parts in by_stem.items() if ".shp" in parts]


def _layers(source: str) -> list[str]:
    """The names of the layers with places."""
    try:
        return [str(name) for name, kind in pyogrio.list_layers(source) if kind is not None]
    except (DataSourceError, DataLayerError) as error:
        raise _damaged() from error


def _sheet(
    source: str, layer: str | None, name: str, limits: Limits, encoding: str | None = None
) -> RawSheet:
    try:
        info = pyogrio.read_info(source, layer=layer, encoding=encoding)
        require_size(name, max(int(info["features"]), 0) + 1, len(info["fields"]) + 1, limits)
        meta, _, geometry, columns = pyogrio.raw.read(
            source, layer=layer, encoding=encoding, force_2d=True, datetime_as_string=True
        )
    except (DataSourceError, DataLayerError, ValueError, RuntimeError) as error:
        raise _damaged() from error
    rows: list[Row] = [[str(field) for field in meta["fields"]]]
    rows += [[_cell(value) for value in values] for values in zip(*columns, strict=True)]
    if geometry is None:
        raise UnreadableError(text("The layer {name} has no places.", name=name))
    if len(rows) == 1 and len(geometry):
        rows += [[] for _ in geometry]
    points, kinds, extents = _points(geometry)
    return RawSheet(
        name,
        rows,
        crs=str(meta["crs"] or ""),
        points=[None, *points],
        geometry_kind=["", *kinds],
        extents=[None, *extents],
    )


def _points(
    geometry: Sequence[bytes | None],
) -> tuple[list[tuple[float, float] | None], list[str], list[bytes | None]]:
    shapes = shapely.from_wkb(np.asarray(geometry, object), on_invalid="ignore")
    points: list[tuple[float, float] | None] = []
    kinds: list[str] = []
    for shape in shapes:
        kinds.append("" if shape is None else shape.geom_type)
        points.append(None if shape is None else _inner(shape))
    return points, kinds, [extent_wkb(shape) for shape in shapes]


def _inner(shape: Any) -> tuple[float, float] | None:
    if shape.is_empty:
        return None
    if shape.geom_type == "MultiPoint":
        shape = shape.geoms[0]
    if "Polygon" in shape.geom_type:
        shape = shapely.make_valid(shape).representative_point()
    if shape.geom_type != "Point" or not np.isfinite([shape.x, shape.y]).all():
        return None
    return float(shape.x), float(shape.y)


def _cell(value: Any) -> Cell:
    if value is None:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, str):
        return value.strip() or None
    return value if isinstance(value, int | float | bool | date) else str(value)


def _redecoded(rows: list[Row], declared: str) -> list[Row]:
    """Texts read as Latin-1 → what they are: as declared, else UTF-8, else GB18030, for the whole file.

    Titles and texts that are cut off within a character lose that character.
    """
    beyond = [c.encode("latin-1") for row in rows for c in row if isinstance(c, str) and not c.isascii()]
    encoding = decoded_cells(beyond, declared)

    def redecoded(cell: Cell) -> Cell:
        if not isinstance(cell, str) or cell.isascii():
            return cell
        return decoded_cell(cell.encode("latin-1"), encoding) or cell

    return [[redecoded(cell) for cell in row] for row in rows]


def _damaged() -> UnreadableError:
    return UnreadableError(
        text("The map layer is damaged or incomplete. Export it anew and send all its parts.")
    )
