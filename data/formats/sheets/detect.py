"""What kind of file some bytes are, by content; the extension is not asked."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath
from typing import Final

WORKBOOK: Final = "workbook"
OLD_WORKBOOK: Final = "old_workbook"
OPEN_DOCUMENT: Final = "open_document"
XML_WORKBOOK: Final = "xml_workbook"
HTML: Final = "html"
TEXT: Final = "text"
JSON: Final = "json"
GEOPACKAGE: Final = "geopackage"
SHAPEFILE: Final = "shapefile"
KML: Final = "kml"
ZIP: Final = "zip"
EMPTY: Final = "empty"
UNKNOWN_XML: Final = "xml"
PICTURE: Final = "picture"
PDF: Final = "pdf"
DOCUMENT: Final = "document"
PACKED: Final = "packed"
GPX: Final = "gpx"
CAD: Final = "cad"
FILE_GEODATABASE: Final = "file_geodatabase"
MAPINFO: Final = "mapinfo"
FLATGEOBUF: Final = "flatgeobuf"
PARQUET: Final = "parquet"
DATABASE: Final = "database"

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SQLITE: Final = b"SQLite format 3\x00"
_SHP: Final = b"\x00\x00\x27\x0a"
_MARKS: Final = (
    (b"%PDF", PDF),
    (b"\x89PNG", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"GIF8", PICTURE),
    (b"BM", PICTURE),
    (b"II*\x00", PICTURE),
    (b"MM\x00*", PICTURE),
    (b"Rar!", PACKED),
    (b"7z\xbc\xaf\x27\x1c", PACKED),
    (b"\x1f\x8b", PACKED),
    (b"{\\rtf", DOCUMENT),
    (b"AC10", CAD),
    (b"AutoCAD Binary DXF", CAD),
    (b"fgb\x03fgb", FLATGEOBUF),
    (b"PAR1", PARQUET),
    (b"\x00\x01\x00\x00Standard ", DATABASE),
)
# BIFF 2, 3 and 4 begin with a BOF record of their own, without an OLE container.
_BIFF: Final = re.compile(rb"^\x09[\x00\x02\x04][\x04\x06]\x00")
_HEAD_BYTES: Final = 4096


def kind_of(content: bytes) -> str:
    """One of the kinds above; a zip is told by its members (`ZIP`: an archive of files)."""
    if not content.strip(b"\x00 \t\r\n"):
        return EMPTY
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = set(archive.namelist())
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return ZIP
        if "[Content_Types].xml" in names:
            return DOCUMENT if names & {"word/document.xml", "ppt/presentation.xml"} else WORKBOOK
        if "OFD.xml" in names:
            return PDF
        if "content.xml" in names and "mimetype" in names:
            return OPEN_DOCUMENT
        ends = {PurePosixPath(name.replace("\\", "/")).suffix.lower() for name in names}
        if ".gdbtable" in ends:
            return FILE_GEODATABASE
        if ends & {".tab", ".mif"} and ends <= {".tab", ".dat", ".map", ".id", ".ind", ".mif", ".mid", ""}:
            return MAPINFO
        return ZIP
    if content.startswith(_OLE) or _BIFF.match(content):
        return OLD_WORKBOOK
    if content.startswith(_SQLITE):
        return GEOPACKAGE
    if content.startswith(_SHP):
        return SHAPEFILE
    for mark, kind in _MARKS:
        if content.startswith(mark) and (kind is not PICTURE or b"\0" in content[:_HEAD_BYTES]):
            return kind
    head = content[:_HEAD_BYTES]
    if _DXF.match(head):
        return CAD
    if _MAPINFO.match(head):
        return MAPINFO
    low = head.lower()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        low = head.replace(b"\0", b"").lower()
    low = low.removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n\x1e")
    if low[:1] in (b"{", b"[") or _SCRIPT.match(low):
        return JSON
    if not low.startswith(b"<"):
        return HTML if low.startswith(b"mime-version") else TEXT
    if re.search(rb"<(\w+:)?kml\b", low):
        return KML
    if re.search(rb"<(\w+:)?gpx\b", low):
        return GPX
    if b"urn:schemas-microsoft-com:office:spreadsheet" in low:
        return XML_WORKBOOK
    if (
        re.match(rb"<(!doctype html|html|table|head|meta|body|style|div|!--)", low)
        or b"<html" in low
        or b"<table" in low
    ):
        return HTML
    return UNKNOWN_XML


_SCRIPT: Final = re.compile(rb"((var|let|const|export default)\s+)?[\w.$]+\s*[=(]\s*[\[{]\s*[\[{\"\]}]")
_DXF: Final = re.compile(rb"\s*0\s*\r?\n\s*SECTION\s*\r?\n")
_MAPINFO: Final = re.compile(
    rb"\s*(!table\s*\r?\n\s*!version|version\s+\d+\s*\r?\n\s*charset)", re.IGNORECASE
)
