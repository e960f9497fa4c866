"""The door for map layers: what a file holds, and one layer of it as a frame, whatever the format.

    with opened(path) as file:
        for layer in file.layers: …          # name, geometry, fields, count, declared system
        frame = file.read(layer).frame

Formats are recognised by content and opened by the driver meant: GeoPackage, shapefile (bare, or
anywhere in a zip), File Geodatabase, GeoJSON, GeoJSONSeq, EsriJSON, TopoJSON, FlatGeobuf, GeoParquet,
KML and KMZ, text tables with WKT. Whatever points to other files stays closed (`data.formats.named`).
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import GEOSException

from core.errors import InputError
from core.text import listed, printable
from data.formats.encoding import decode
from data.formats.geopackage import asks_too_much, settled
from data.formats.named import not_read
from data.formats.raw import UnreadableError
from data.formats.tables import MOST_CELLS, has_wkt, parquet_frame, wkt_frame
from data.formats.unpack import Piece, damaged, first_bytes, linked, pieces_of

_SHP_SIDES: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_ASIDE: Final = (
    *_SHP_SIDES[1:], ".sbn", ".sbx", ".qix", ".qmd", ".qpj", ".xml", ".txt", ".md", ".pdf", ".qml", ".sld",
    ".csvt", ".lock", ".gpkg-wal", ".gpkg-shm", ".gpkg-journal", ".jpg", ".png", ".doc", ".docx",
)  # fmt: skip
_SEQUENCE: Final = re.compile(r"^\x1e?\s*\{[^\n]*\}\s*\n\s*\x1e?\{")
_ERRORS: Final = (DataSourceError, DataLayerError, ValueError, RuntimeError)


@dataclass(frozen=True)
class LayerInfo:
    """One layer before it is read. `geometry` as GDAL names it ("Polygon", "Unknown" for a mixture), ""
    for a table without shapes; `system` the declared one as WKT or a code, "" where there is none."""

    name: str
    geometry: str
    fields: tuple[str, ...]
    count: int
    system: str
    source: str
    layer: str | None
    driver: str


@dataclass(frozen=True)
class Layer:
    """One layer as read; `unclosed` rows have an outline that does not close, here closed by a
    straight line from its last point to its first. A table without shapes has none in every row.
    `cleaned` names the columns whose texts held characters that nobody sees (they were left out), and the
    rows of each, from 0."""

    frame: gpd.GeoDataFrame
    unclosed: NDArray[np.int64]
    name: str = ""
    cleaned: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)


@dataclass(frozen=True)
class MapFile:
    """An opened file: its layers in its order, and what an archive holds besides."""

    name: str
    layers: tuple[LayerInfo, ...]
    left_out: tuple[str, ...] = ()

    def find(self, name: str) -> LayerInfo | None:
        """The layer of that name, or whose last part is that; case does not matter."""
        wanted = name.strip().casefold()
        for called in (lambda n: n, lambda n: n.rpartition("/")[2], lambda n: PurePosixPath(n).stem):
            for layer in self.layers:
                if called(layer.name.casefold()) == wanted:
                    return layer
        return None

    def read(self, layer: LayerInfo, *, bbox: tuple[float, float, float, float] | None = None) -> Layer:
        """All rows of a layer, or those that touch `bbox` (in the layer's own system)."""
        if layer.driver in _WHOLE:
            frame, cleaned = _without_hidden(_WHOLE[layer.driver](Path(layer.source), self.name))
            return Layer(frame, np.empty(0, np.int64), layer.name, cleaned)
        try:
            frame, cleaned = _without_hidden(_read(layer, self.name, "raise", bbox))
            return Layer(frame, np.empty(0, np.int64), layer.name, cleaned)
        except GEOSException:
            fixed, without = (_read(layer, self.name, how, bbox) for how in ("fix", "ignore"))
        unclosed = np.flatnonzero(without.geometry.isna() & ~fixed.geometry.isna())
        frame, cleaned = _without_hidden(fixed)
        return Layer(frame, unclosed, layer.name, cleaned)


@contextmanager
def opened(path: Path) -> Iterator[MapFile]:
    """The map layers of a file. InputError that says what the file is, where it is none of these."""
    with (
        pieces_of(path) as pieces,
        tempfile.TemporaryDirectory(prefix="layers", ignore_cleanup_errors=True) as room,
    ):
        layers: list[LayerInfo] = []
        left: list[str] = []
        problem: InputError | None = None
        several = sum(piece.suffix not in _ASIDE for piece in pieces) > 1
        for number, piece in enumerate(pieces):
            if len(pieces) > 1 and piece.suffix in _ASIDE:
                continue
            try:
                layers += _layers_of(piece, path, pieces, Path(room) / str(number), several=several)
            except InputError as error:
                problem = problem or error
                left.append(piece.name)
        if not layers:
            if problem is not None and len(left) == 1:
                raise problem
            if len(pieces) == 1 and pieces[0].path == path:
                raise damaged(path.name)
            raise InputError(
                "{file}: the archive holds no map layer, only: {names}.",
                file=path.name,
                names=listed((piece.name for piece in pieces), most=10),
            )

        yield MapFile(path.name, tuple(layers), tuple(left))


def _layers_of(
    piece: Piece, whole: Path, pieces: Sequence[Piece], room: Path, *, several: bool
) -> list[LayerInfo]:
    """The layers of one file. `several` files may hold layers of one name, which then carry the file's."""
    source, driver = _source(piece, whole, pieces, room)
    if driver in _WHOLE:
        frame = _WHOLE[driver](Path(source), whole.name)
        kinds = {str(kind) for kind in frame.geometry.geom_type.dropna().unique()}
        fields = tuple(printable(str(name)) for name in frame.columns if name != frame.geometry.name)
        kind = kinds.pop() if len(kinds) == 1 else "Unknown" if kinds else ""
        system = "" if frame.crs is None else frame.crs.to_wkt()
        return [
            LayerInfo(
                printable(piece.stem if several else Path(piece.name).stem),
                kind,
                fields,
                len(frame),
                system,
                source,
                None,
                driver,
            )
        ]
    with _quiet():
        try:
            names = [str(name) for name, _ in pyogrio.list_layers(source)]
        except _ERRORS as error:
            raise damaged(whole.name) from error
        found = [_info(source, name, driver, whole.name) for name in names]
    alone = len(found) == 1
    return [
        LayerInfo(
            printable(
                (piece.stem if alone else f"{piece.stem}/{info.name}") if several
                else Path(piece.name).stem if driver == "shapefile" else info.name
            ),
            info.geometry, info.fields, info.count, info.system, info.source, info.layer, info.driver,
        )
        for info in found
    ]  # fmt: skip


def _info(source: str, name: str, driver: str, file: str) -> LayerInfo:
    latin = driver == "shapefile"
    try:
        info = pyogrio.read_info(
            source, layer=name, encoding="ISO-8859-1" if latin else None, force_feature_count=True
        )
    except _ERRORS as error:
        raise damaged(file) from error
    fields = [str(field) for field in info["fields"]]
    if latin:
        fields = _redecoded_titles(fields, _declared(source))
    if info["features"] * max(len(fields), 1) > MOST_CELLS:
        raise InputError("{file}: the layer {layer} has more rows than are read.", file=file, layer=name)
    kind, titles = info["geometry_type"], tuple(map(printable, fields))
    return LayerInfo(
        name, "" if kind is None else str(kind), titles, int(info["features"]), str(info["crs"] or ""),
        source, name, driver,
    )  # fmt: skip


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        warnings.filterwarnings("ignore", category=UserWarning)
        yield


def _read(
    layer: LayerInfo, file: str, on_invalid: str, bbox: tuple[float, float, float, float] | None
) -> gpd.GeoDataFrame:
    latin = layer.driver == "shapefile"
    more: dict[str, Any] = {"bbox": bbox} if bbox is not None and layer.geometry else {}
    try:
        with _quiet():
            frame = pyogrio.read_dataframe(
                layer.source,
                layer=layer.layer,
                on_invalid=on_invalid,
                encoding="ISO-8859-1" if latin else None,
                **more,
            )
    except _ERRORS as error:
        raise damaged(file) from error
    if latin:
        # Texts read as Latin-1, which loses no byte, as what they are: UTF-8 where that fits, else as
        # declared, else GB18030.
        declared = _declared(layer.source)
        geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
        own = [name for name in frame.columns if name != geometry]
        words = [name for name in own if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
        texts = [v for name in words for v in frame[name].unique() if isinstance(v, str) and not v.isascii()]
        encoding = _encoding(texts, declared)
        for name in words:
            known = {
                value: value.encode("latin-1", "replace").decode(encoding, "replace")
                for value in frame[name].unique()
                if isinstance(value, str) and not value.isascii()
            }
            if known:
                frame[name] = frame[name].map(lambda value, known=known: known.get(value, value))
        titles = dict(zip(own, _redecoded_titles([str(name) for name in own], declared), strict=True))
        frame = frame.rename(columns=titles)
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([None] * len(frame), index=frame.index))
    return frame


def _without_hidden(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, NDArray[np.int64]]]:
    """The frame without characters that a terminal would obey or nobody sees, and where there were any."""
    titles = {name: printable(str(name)) for name in frame.columns}
    frame = frame.rename(columns={name: clean for name, clean in titles.items() if clean != str(name)})
    cleaned: dict[str, NDArray[np.int64]] = {}
    for name in frame.columns[~frame.columns.duplicated(keep=False)]:
        values = frame[name]
        if not (pd.api.types.is_object_dtype(values.dtype) or pd.api.types.is_string_dtype(values.dtype)):
            continue
        words = {value for value in values if isinstance(value, str)}
        wrong = {word: clean for word in words if (clean := printable(word)) != word}
        if wrong:
            held = [isinstance(value, str) and value in wrong for value in values]
            cleaned[str(name)] = np.flatnonzero(held)
            frame.loc[held, name] = [wrong[value] for value in values[held]]
    return frame, cleaned


def _source(piece: Piece, whole: Path, pieces: Sequence[Piece], room: Path) -> tuple[str, str]:
    """What GDAL opens with the driver meant, whatever characters the path has; and the kind."""
    path, start = piece.path, first_bytes(piece.path)
    if path.is_dir():
        if any(path.glob("*.gdbtable")):
            return str(path.resolve()), "geodatabase"
        raise InputError("{file} is a folder and no File Geodatabase.", file=whole.name)
    if start.startswith(b"SQLite format 3\x00"):
        path = settled(path, room)
        if too_much := asks_too_much(path):
            raise InputError("{file}: {problem}", file=whole.name, problem=too_much)
        # GDAL would take the one for an archive, and what stands before a colon for another file.
        if path.suffix.lower() == ".zip" or set("!:") & set(str(path.resolve())[2:]):
            return f"GPKG:{_copy_named(path, room, '.gpkg')}", "geopackage"
        return f"GPKG:{path.resolve()}", "geopackage"
    if start.startswith(b"\x00\x00\x27\x0a"):
        return _shapefile(piece, whole, pieces, room), "shapefile"
    if start.startswith(b"fgb\x03"):
        return str(_copy_named(path, room, ".fgb")), "flatgeobuf"
    if start.startswith(b"PAR1"):
        return str(path), "parquet"
    if refusal := not_read(start, whole.name):
        raise refusal
    # JSON, KML or a table with WKT, in UTF-8 whatever it was in.
    content = path.read_bytes()
    try:
        written = decode(content)
    except UnreadableError as error:
        raise _unknown(whole.name) from error
    head = written[:65536].lstrip("\ufeff \t\r\n")
    if not head.startswith(("{", "[", "\x1e", "<")):
        if has_wkt(head):
            return str(path), "wkt"
        raise _unknown(whole.name)
    kml = head.startswith("<")
    if kml and "<kml" not in head:
        raise _unknown(whole.name)
    if kml and ("<!DOCTYPE" in written or "<!ENTITY" in written):
        raise InputError(
            "{file} declares words of its own (DOCTYPE), which may stand for anything, and is not opened. "
            "Export the KML anew.",
            file=whole.name,
        )
    target = path
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or not _is_utf8(content) or kml:
        room.mkdir(exist_ok=True)
        target = room / ("0.kml" if kml else "0.json")
        written = re.sub(r'^(<\?xml[^>]*?)\s+encoding=(["\']).*?\2', r"\1", written.lstrip("\ufeff"))
        target.write_text(_bound(written) if kml else written, "utf-8")
    if kml:
        return str(target), "kml"
    driver = (
        "TopoJSON" if re.search(r'"type"\s*:\s*"Topology"', head)
        else "ESRIJSON" if '"esriGeometry' in head or '"rings"' in head or '"paths"' in head
        else "GeoJSONSeq" if head.startswith("\x1e") or _SEQUENCE.match(head)
        else "GeoJSON"
    )  # fmt: skip
    return f"{driver}:{target.resolve()}", driver.lower()


def _bound(kml: str) -> str:
    """KML whose prefixes are not declared, as some exporters write it, with them declared."""
    head = kml[:4096]
    missing = [
        p for p in ("gx", "atom", "xsi") if re.search(rf"[<\s]{p}:", kml) and f"xmlns:{p}=" not in head
    ]
    names = "".join(f' xmlns:{p}="urn:{p}"' for p in missing)
    return kml.replace("<kml", f"<kml{names}", 1) if names else kml


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _unknown(file: str) -> InputError:
    return InputError(
        "{file}: this is not a map layer that is read (GeoPackage, shapefile, File Geodatabase, GeoJSON, "
        "FlatGeobuf, GeoParquet, KML, or a table with WKT).",
        file=file,
    )


def _copy_named(path: Path, room: Path, suffix: str) -> Path:
    """The file under a name of our own, since some drivers go by the name."""
    room.mkdir(exist_ok=True)
    linked([path], room, "0")
    target = room / f"0{path.suffix.lower()}"
    return target if target.suffix == suffix else target.rename(target.with_suffix(suffix))


def _shapefile(piece: Piece, whole: Path, pieces: Sequence[Piece], room: Path) -> str:
    """The parts of a shapefile beside each other under a name that GDAL does not misread."""
    if len(pieces) > 1:
        beside = [other.path for other in pieces if other.stem.casefold() == piece.stem.casefold()]
    else:
        stem = piece.path.stem.casefold()
        beside = [side for side in piece.path.parent.iterdir() if side.stem.casefold() == stem]
    parts = {side.suffix.lower(): side for side in beside if side.suffix.lower() in _SHP_SIDES}
    parts[".shp"] = piece.path
    if ".dbf" not in parts:
        raise InputError(
            "{file}: the shapefile comes without its .dbf, which holds the names and numbers. "
            "Send all its parts.",
            file=whole.name,
        )
    room.mkdir(exist_ok=True)
    linked(list(parts.values()), room, "layer")
    if ".shx" not in parts:
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
    return str(room / "layer.shp")


def _declared(source: str) -> str:
    """The encoding that the .cpg states; it may lie."""
    cpg = Path(source).with_suffix(".cpg")
    return cpg.read_bytes()[:40].decode("ascii", "ignore").strip() if cpg.exists() else ""


def _encoding(texts: Sequence[str], declared: str) -> str:
    joined = "\n".join(texts).encode("latin-1", "replace")
    for name in ("utf-8", declared, "gb18030"):
        with suppress(UnicodeDecodeError, LookupError):
            joined.decode(name or "utf-8")
            return name or "utf-8"
    return declared or "gb18030"


def _redecoded_titles(titles: Sequence[str], declared: str) -> list[str]:
    """Titles read as Latin-1; one that is cut at ten bytes loses the character it was cut in."""
    done = []
    for title in titles:
        raw = title.encode("latin-1", "replace")
        for name in ("utf-8", declared or "gb18030", "gb18030"):
            with suppress(UnicodeDecodeError, LookupError):
                done.append(_cut(raw, name))
                break
        else:
            done.append(title)
    return done


def _cut(raw: bytes, encoding: str) -> str:
    """Decoded without a character that is cut off at the end of ten bytes."""
    for short in range(4):
        with suppress(UnicodeDecodeError):
            return raw[: len(raw) - short].decode(encoding)
        if len(raw) < 10:
            break
    return raw.decode(encoding)


# Formats that are read as a whole to know what they hold.
_WHOLE: Final = {"wkt": wkt_frame, "parquet": parquet_frame}
