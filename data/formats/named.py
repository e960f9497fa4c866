"""Formats that are not read, each named as what it is, with the way out."""

from __future__ import annotations

from typing import Final

from core.errors import InputError
from core.text import Text, text

_POINTS_ELSEWHERE: Final = text(
    "{file} only points to other files and is not opened. Send the file it points to."
)
_AS_LAYER: Final = text(
    "{file} is a {kind} file, which is not read. Save it as a GeoPackage or a shapefile and send that."
)
_RASTER: Final = text("{file} is a raster ({kind}); a map layer is needed here.")
_TABLE: Final = text("{file} is a file of the kind {kind}; a map layer is needed here.")
_PACKED: Final = text("{file} is packed as {kind}, which is not opened. Send it as .zip.")
_PAPER: Final = text("{file} is a {kind}. Send the data it was made from.")

_MARKS: Final[tuple[tuple[bytes, Text, str], ...]] = (
    (b"<VRTDataset", _POINTS_ELSEWHERE, "VRT"),
    (b"<OGRVRTDataSource", _POINTS_ELSEWHERE, "VRT"),
    (b"<GDALTileIndexDataset", _POINTS_ELSEWHERE, "GTI"),
    (b"<GDAL_WMS", _POINTS_ELSEWHERE, "WMS"),
    (b"<qgis", _POINTS_ELSEWHERE, "QGIS"),
    (b"II*\x00", _RASTER, "GeoTIFF"),
    (b"MM\x00*", _RASTER, "GeoTIFF"),
    (b"II+\x00", _RASTER, "GeoTIFF"),
    (b"MM\x00+", _RASTER, "GeoTIFF"),
    (b"EHFA_HEADER_TAG", _RASTER, "ERDAS .img"),
    (b"CDF\x01", _RASTER, "NetCDF"),
    (b"CDF\x02", _RASTER, "NetCDF"),
    (b"\x89HDF", _RASTER, "HDF5 / NetCDF"),
    (b"ncols", _RASTER, "ESRI ASCII"),
    (b"NCOLS", _RASTER, "ESRI ASCII"),
    (b"%PDF", _PAPER, "PDF"),
    (b"\x89PNG", _PAPER, "PNG"),
    (b"\xff\xd8\xff", _PAPER, "JPEG"),
    (b"Rar!", _PACKED, "RAR"),
    (b"7z\xbc\xaf\x27\x1c", _PACKED, "7z"),
    (b"\xd0\xcf\x11\xe0", _TABLE, "Excel (.xls, .et)"),
    (b"!table", _AS_LAYER, "MapInfo TAB"),
    (b"Version   ", _AS_LAYER, "MapInfo MIF"),
    (b"VERSION ", _AS_LAYER, "MapInfo MIF"),
    (b"<gpx", _AS_LAYER, "GPX"),
    (b"<osm", _TABLE, "OpenStreetMap"),
    (b"OSMHeader", _TABLE, "OpenStreetMap"),
    (b"<wfs:FeatureCollection", _AS_LAYER, "GML"),
    (b"<gml", _AS_LAYER, "GML"),
    (b":FeatureCollection", _AS_LAYER, "GML"),
    (b"AutoCAD", _AS_LAYER, "DWG / DXF"),
    (b"AC10", _AS_LAYER, "DWG"),
    (b"  0\nSECTION", _AS_LAYER, "DXF"),
    (b"  0\r\nSECTION", _AS_LAYER, "DXF"),
)
_SOMEWHERE: Final = (b"<", b"OSMHeader", b":FeatureCollection", b"AutoCAD")


def not_read(start: bytes, file: str) -> InputError | None:
    """The refusal of a file by its first bytes, None where it may be one that is read."""
    head = start.replace(b"\0", b"") if start.startswith((b"\xff\xfe", b"\xfe\xff")) else start
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if plain[:1] in (b"{", b"["):
        return None
    for mark, sentence, kind in _MARKS:
        anywhere = mark.startswith(_SOMEWHERE) and (plain.startswith(b"<") or mark == b"OSMHeader")
        if head.startswith(mark) or plain.startswith(mark) or (anywhere and mark in head):
            return InputError(Text(sentence.template, {"file": file, "kind": kind}))
    if not start.strip(b"\0 \t\r\n"):
        return InputError("{file} is empty.", file=file)
    return None
