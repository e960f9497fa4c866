"""Which reader a file needs, by its content, never by its extension."""

from __future__ import annotations

from data.formats.delimited import read_delimited
from data.formats.limits import Limits
from data.formats.raw import RawFile, UnreadableError
from data.formats.records import read_json
from data.formats.spreadsheet import read_workbook

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def parse(name: str, content: bytes, sha256: str, limits: Limits) -> RawFile:
    """The file's sheets, or its problem."""
    kind = _kind(content)
    file = RawFile(name, kind, sha256)
    try:
        if kind == "workbook":
            return RawFile(name, kind, sha256, read_workbook(content, limits))
        if kind == "json":
            return RawFile(name, kind, sha256, (read_json(content, limits),))
        return RawFile(name, kind, sha256, (read_delimited(content, limits),))
    except UnreadableError as error:
        return file.refused(error.message)


def _kind(content: bytes) -> str:
    if content.startswith((_ZIP, _OLE)):
        return "workbook"
    head = content.removeprefix(b"\xef\xbb\xbf")[:200].lstrip()
    return "json" if head[:1] in (b"{", b"[") else "text"
