"""Which reader a file needs, by its content, never by its extension."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from core.text import Text, listed, printable, text
from data.formats.archive import files_in, member_name, open_archive, read_member, unpacked_stream
from data.formats.geopackage import settled
from data.formats.limits import Limits
from data.formats.raw import RawFile, RawSheet, UnreadableError
from data.formats.sheets import detect
from data.formats.sheets.delimited import read_delimited
from data.formats.sheets.detect import kind_of
from data.formats.sheets.kml import read_gpx, read_kml
from data.formats.sheets.markup import read_html
from data.formats.sheets.records import read_json
from data.formats.sheets.spreadsheet import PROTECTED, read_workbook, read_xml_workbook
from data.formats.sheets.worksheets import SheetMarks, marks_of

_LISTS: Final = re.compile(
    r"\.(xlsx|xlsm|xls|et|ods|csv|tsv|txt|geojson|json|kml|gpkg|zip|tar|t?gz|t?bz2)$", re.IGNORECASE
)
_MOST_LISTS: Final = 50


SHAPEFILE_PARTS: Final = (".dbf", ".shx", ".prj", ".cpg")


def read_one(path: Path, name: str, limits: Limits) -> RawFile:
    """The file at `path`, called `name`; what runs in the child process."""
    try:
        size = path.stat().st_size
        with tempfile.TemporaryDirectory(prefix="list") as room:
            content = settled(path, Path(room)).read_bytes() if size <= limits.file_bytes else b""
        # The other parts of a bare shapefile: files of its name next to it.
        beside = {
            side.suffix.lower(): side.read_bytes()
            for side in (path.parent.iterdir() if path.suffix.lower() == ".shp" else ())
            if side.stem.lower() == path.stem.lower() and side.suffix.lower() in SHAPEFILE_PARTS
        }
    except OSError:
        return RawFile(name, "", "", problem=text("The file cannot be opened."))
    if size > limits.file_bytes:
        most = limits.file_bytes >> 20
        return RawFile(
            name, "", "", problem=text("The file is larger than {most} MB; split the list.", most=most)
        )
    return parse(name, content, limits, beside=beside)


def parse(name: str, content: bytes, limits: Limits, *, beside: Mapping[str, bytes] | None = None) -> RawFile:
    """The file's sheets, or its problem; `beside` are the other parts of a bare shapefile."""
    file = RawFile(name, "", "")
    try:
        content = unpacked_stream(content, limits)
        kind = kind_of(content)
        file = RawFile(name, kind, "")
        if len(content) > limits.file_bytes:
            raise UnreadableError(
                text("The file is larger than {most} MB; split the list.", most=limits.file_bytes >> 20)
            )
        if kind == detect.SHAPEFILE:
            from data.formats.sheets.vector import read_shapefile

            shapes = read_shapefile({".shp": content, **(beside or {})}, "", limits)
            return replace(file, sheets=(shapes,))
        sheets = _sheets(kind, content, limits)
        sheets = tuple(replace(sheet, name=printable(sheet.name)) for sheet in sheets)
        return replace(
            file, sheets=sheets, notes=_left_out(content, sheets, limits) if kind == detect.ZIP else ()
        )
    except UnreadableError as error:
        return file.refused(error.message)
    except (MemoryError, RecursionError):
        return file.refused(TOO_LARGE)


TOO_LARGE: Final = text(
    "The file needs more memory than a list may; it was not read. Split it or save it anew."
)

_REFUSED: Final[dict[str, Text]] = {
    detect.EMPTY: text("The file is empty."),
    detect.PICTURE: text("The file is a picture. Send the table itself."),
    detect.PDF: text("The file is a PDF or OFD. Send the workbook it was made from."),
    detect.DOCUMENT: text("The file is a document or slides. Copy the table into a workbook and send that."),
    detect.DATABASE: text("The file is an Access database. Export the table as .xlsx and send that."),
    detect.PACKED: text(
        "The file is packed in a format that is not read. Send it as .zip, or the list itself."
    ),
    detect.CAD: text(
        "The file is a CAD drawing (DXF or DWG). Export its points with their names as .xlsx, .csv or .kml "
        "and send that."
    ),
    detect.MAPINFO: text(
        "The file is a MapInfo table (.tab or .mif). Export it as shapefile (.zip), GeoPackage or .xlsx with "
        "longitude and latitude, and send that."
    ),
    detect.UNKNOWN_XML: text(
        "The file is XML of a kind that is not read. Save the list as .xlsx and send that."
    ),
}


def _sheets(kind: str, content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """Every reader by kind; those that need GDAL or xlrd are imported only when they are needed."""
    if kind in _REFUSED:
        raise UnreadableError(_REFUSED[kind])
    if kind == detect.ZIP:
        return _zip(content, limits)
    if kind == detect.WORKBOOK:
        # The sheets with what stands in cells without a value, the rows that are hidden, and our own mark.
        marks = marks_of(content, limits)
        sheets = []
        for sheet in read_workbook(content, limits):
            own = marks.sheets.get(sheet.name, SheetMarks())
            for (row, column), shown in own.cells.items():
                if (
                    row < len(sheet.rows)
                    and column < len(sheet.rows[row])
                    and sheet.rows[row][column] is None
                ):
                    sheet.rows[row][column] = shown
            sheets.append(replace(sheet, hidden_rows=own.hidden_rows, own=sheet.name in marks.own))
        return tuple(sheets)
    if kind == detect.OPEN_DOCUMENT:
        from data.formats.sheets.spreadsheet import read_open_document

        return read_open_document(content, limits)
    if kind == detect.OLD_WORKBOOK:
        # By calamine, which is quick and knows passwords; by xlrd what it does not know.
        if any(stream.encode("utf-16-le") in content for stream in ("EncryptedPackage", "EncryptionInfo")):
            raise UnreadableError(PROTECTED)
        try:
            return read_workbook(content, limits)
        except UnreadableError as error:
            if error.message == PROTECTED:
                raise
        from data.formats.sheets.spreadsheet import read_old_workbook

        return read_old_workbook(content, limits)
    if kind == detect.GEOPACKAGE:
        from data.formats.sheets.vector import read_geopackage

        return read_geopackage(content, limits)
    if kind in (detect.FLATGEOBUF, detect.PARQUET, detect.FILE_GEODATABASE):
        from data.formats.sheets.vector import read_flatgeobuf, read_geodatabase, read_parquet

        if kind == detect.FILE_GEODATABASE:
            with open_archive(content, limits) as archive:
                return read_geodatabase(archive, limits)
        return (read_parquet if kind == detect.PARQUET else read_flatgeobuf)(content, limits)
    if kind == detect.KML:
        return read_kml(content, limits)
    if kind == detect.GPX:
        return read_gpx(content, limits)
    if kind == detect.XML_WORKBOOK:
        return read_xml_workbook(content, limits)
    if kind == detect.HTML:
        return read_html(content, limits)
    return read_json(content, limits) if kind == detect.JSON else (read_delimited(content, limits),)


def _zip(content: bytes, limits: Limits, *, within: bool = False) -> tuple[RawSheet, ...]:
    """All shapefiles and all lists of a zip, each sheet named by its path in it; also those of zips `within`
    it, which count against its limits, and of these no further ones."""
    with open_archive(content, limits) as archive:
        names = [name for name, _ in files_in(archive)]
        sheets: list[RawSheet] = []
        if any(name.lower().endswith(".shp") for name in names):
            from data.formats.sheets.vector import zipped_shapefiles

            sheets.extend(zipped_shapefiles(archive, limits))
        lists = [member for name, member in files_in(archive) if _LISTS.search(name)]
        left = limits.unpacked_bytes - sum(member.file_size for member in archive.infolist())
        for member in lists[:_MOST_LISTS]:
            try:
                inner = unpacked_stream(read_member(archive, member), replace(limits, unpacked_bytes=left))
            except UnreadableError:
                continue  # it stands among what was not read
            kind = kind_of(inner)
            if kind == detect.EMPTY or (kind == detect.ZIP and within):
                continue
            if kind == detect.ZIP:
                try:
                    found = _zip(inner, replace(limits, unpacked_bytes=left), within=True)
                except UnreadableError:
                    continue
                with open_archive(inner, limits) as unpacked:
                    left -= sum(part.file_size for part in unpacked.infolist())
            else:
                found = _sheets(kind, inner, limits)
            sheets.extend(_renamed(sheet, member_name(member)) for sheet in found)
    if not sheets:
        raise UnreadableError(
            text(
                "The zip holds no list and no complete shapefile, only: {names}", names=listed(names, most=10)
            )
        )
    return tuple(sheets)


def _left_out(content: bytes, sheets: tuple[RawSheet, ...], limits: Limits) -> tuple[Text, ...]:
    """A remark that names the members of a zip of which nothing was read, other than parts of a shapefile."""
    with open_archive(content, limits) as archive:
        names = [name for name, _ in files_in(archive)]
    left = [
        name
        for name in names
        if PurePosixPath(name).suffix.lower() not in _SIDES
        and not any(sheet.name == name or sheet.name.startswith(f"{name} / ") for sheet in sheets)
    ]
    if not left:
        return ()
    return (
        text(
            "Of the zip, {count} {count:file was|files were} not read: {names}",
            count=len(left),
            names=listed(left, most=10),
        ),
    )


_SIDES: Final = (".shp", *SHAPEFILE_PARTS, ".sbn", ".sbx", ".qix", ".xml", ".qmd", ".qpj")


def _renamed(sheet: RawSheet, path: str) -> RawSheet:
    name = f"{path} / {sheet.name}" if sheet.name else path
    return replace(sheet, name=name)
