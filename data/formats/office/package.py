"""The parts of a workbook's package: what refers to what, read and changed part by part.

What is not changed is saved byte for byte as it was.
"""

from __future__ import annotations

import io
import json
import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lxml import etree

from data.formats.sheets.worksheets import OWN_SHEETS

_STRICT: Final = "http://purl.oclc.org/ooxml/"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/"
TYPES: Final = f"{_PACKAGE}content-types"
_LINKS: Final = f"{_PACKAGE}relationships"
SHEET_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_CUSTOM_TYPE: Final = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_CUSTOM: Final = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VTYPES: Final = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_FORMAT_ID: Final = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
# The custom property that names the titles of the columns that a check added.
OWN_COLUMNS: Final = "service-circle-check-columns"
BROKEN_ZIP: Final = (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError)
_LINE: Final = re.compile(r"\r\n?|\n")


class PackageError(Exception):
    """The parts of a workbook are not there, or are no XML."""


class Book:
    """The parts of a workbook by name; those that were parsed are written anew."""

    def __init__(self, content: bytes) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                self.infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
                self.parts = {name: archive.read(name) for name in self.infos}
        except BROKEN_ZIP as error:
            raise PackageError from error
        self._trees: dict[str, Any] = {}
        self._edited: set[str] = set()
        self._strings: list[str] | None = None
        self.workbook = next(
            target for kind, target in self.links("").values() if kind.endswith("/officeDocument")
        )
        self.main = etree.QName(self.tree(self.workbook)).namespace or ""
        self.strict = self.main.startswith(_STRICT)
        office = (
            f"{_STRICT}officeDocument"
            if self.strict
            else "http://schemas.openxmlformats.org/officeDocument/2006"
        )
        self.relationship = f"{office}/relationships"

    def tree(self, name: str) -> Any:
        """The parsed part; entities are not expanded, nothing is fetched."""
        if name not in self._trees:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
            try:
                self._trees[name] = etree.fromstring(self.parts[name], parser)
            except (KeyError, etree.XMLSyntaxError) as error:
                raise PackageError from error
        return self._trees[name]

    def edit(self, name: str) -> Any:
        """The parsed part, to be changed: it is written anew, while all others stay byte for byte."""
        self._edited.add(name)
        return self.tree(name)

    def add(self, name: str, root: Any, content_type: str) -> None:
        self.parts[name] = b""
        self._trees[name] = root
        self._edited.add(name)
        types = self.edit("[Content_Types].xml")
        etree.SubElement(types, f"{{{TYPES}}}Override", PartName=f"/{name}", ContentType=content_type)

    def drop(self, name: str) -> None:
        self.parts.pop(name, None)
        self._trees.pop(name, None)
        self._edited.discard(name)
        types = self.edit("[Content_Types].xml")
        for override in types.findall(f"{{{TYPES}}}Override"):
            if override.get("PartName") == f"/{name}":
                types.remove(override)

    def unused(self, pattern: str) -> str:
        """The first name of the pattern with a number that no part has."""
        number = 1
        while pattern.format(number) in self.parts:
            number += 1
        return pattern.format(number)

    def tag(self, name: str) -> str:
        return f"{{{self.main}}}{name}"

    def links(self, part: str) -> dict[str, tuple[str, str]]:
        """Id → (type, target part) of what a part refers to; "" is the package."""
        name = _links_of(part)
        if name not in self.parts:
            return {}
        folder = posixpath.dirname(part)
        return {
            one.get("Id"): (one.get("Type"), _joined(folder, one.get("Target")))
            for one in self.tree(name)
            if isinstance(one.tag, str) and one.get("TargetMode") != "External" and one.get("Target")
        }

    def link(self, part: str, kind: str, target: str) -> str:
        """Refer from a part to another; returns the relationship's id."""
        name = _links_of(part)
        if name not in self.parts:
            root = etree.Element(f"{{{_LINKS}}}Relationships", nsmap={None: _LINKS})
            self.parts[name], self._trees[name] = b"", root
        known = {one.get("Id") for one in self.edit(name)}
        number = 1
        while f"rId{number}" in known:
            number += 1
        folder = posixpath.dirname(part)
        path = posixpath.relpath(target, folder) if folder else target
        etree.SubElement(
            self.tree(name), f"{{{_LINKS}}}Relationship", Id=f"rId{number}", Type=kind, Target=path
        )
        return f"rId{number}"

    def unlink(self, part: str, target: str) -> None:
        """Refer from a part to another no more."""
        ids = {number for number, (_, found) in self.links(part).items() if found == target}
        links = self.edit(_links_of(part))
        for link in list(links):
            if isinstance(link.tag, str) and link.get("Id") in ids:
                links.remove(link)

    def sheet_parts(self) -> dict[str, str]:
        """Sheet name → its part, in the order of the tabs; charts on sheets of their own are left out."""
        links = self.links(self.workbook)
        found = {}
        for sheet in self.tree(self.workbook).find(self.tag("sheets")):
            kind, target = links.get(sheet.get(f"{{{self.relationship}}}id"), ("", ""))
            if kind.endswith("/worksheet") and target in self.parts:
                found[sheet.get("name")] = target
        return found

    def strings(self) -> list[str]:
        """The shared strings."""
        if self._strings is None:
            links = self.links(self.workbook).values()
            parts = [part for kind, part in links if kind.endswith("/sharedStrings") and part in self.parts]
            items = (item for part in parts[:1] for item in self.tree(part).findall(self.tag("si")))
            self._strings = [text_of(item) for item in items]
        return self._strings

    def properties(self) -> str:
        """The part of custom properties, "" where there is none; the strict form has another word."""
        kinds = ("custom-properties", "customProperties")
        return next((part for kind, part in self.links("").values() if kind.endswith(kinds)), "")

    def mark(self, key: str, names: Sequence[str]) -> None:
        """A property of the workbook that tells what is ours from what is the sender's."""
        kind = f"{_STRICT if self.strict else 'http://schemas.openxmlformats.org/'}officeDocument/"
        kind += "relationships/customProperties" if self.strict else "2006/relationships/custom-properties"
        part = self.properties()
        if part not in self.parts:
            part = "docProps/custom.xml"
            self.add(part, etree.Element(f"{{{_CUSTOM}}}Properties", nsmap={None: _CUSTOM, "vt": _VTYPES}),
                     _CUSTOM_TYPE)  # fmt: skip
            self.link("", kind, part)
        root = self.edit(part)
        numbers = [int(one.get("pid", 1)) for one in root]
        ours = etree.SubElement(
            root, f"{{{etree.QName(root).namespace}}}property", fmtid=_FORMAT_ID,
            pid=str(max(numbers, default=1) + 1), name=key,
        )  # fmt: skip
        etree.SubElement(ours, f"{{{_VTYPES}}}lpwstr").text = json.dumps(list(names), ensure_ascii=False)

    def marked(self, key: str) -> tuple[str, ...] | None:
        """What a mark names; None where there is none."""
        custom = self.properties()
        for one in self.tree(custom) if custom in self.parts else ():
            if one.get("name") == key:
                try:
                    names = json.loads(text_of(one))
                except ValueError:
                    names = []
                return tuple(map(str, names)) if isinstance(names, list) else ()
        return None

    def forget_earlier_check(self) -> None:
        """Take away the marks and the sheets that the workbook's mark names as ours."""
        custom = self.properties()
        if custom not in self.parts:
            return
        names = self.marked(OWN_SHEETS) or ()
        for one in list(self.tree(custom)):
            if one.get("name") in (OWN_SHEETS, OWN_COLUMNS):
                self.edit(custom).remove(one)
        book, parts = self.edit(self.workbook), self.sheet_parts()
        sheets = book.find(self.tag("sheets"))
        ours = [sheet for sheet in sheets if sheet.get("name") in names]
        if len(ours) == len(sheets):
            return
        kept = [sheet for sheet in sheets if sheet not in ours]
        self.move_sheets({list(sheets).index(sheet): place for place, sheet in enumerate(kept)})
        for sheet in ours:
            sheets.remove(sheet)
            target = parts.get(sheet.get("name"), "")
            links = self.edit(_links_of(self.workbook))
            for link in links:
                if link.get("Id") == sheet.get(f"{{{self.relationship}}}id"):
                    links.remove(link)
            self.drop(target)
            self.parts.pop(_links_of(target), None)

    def move_sheets(self, places: Mapping[int, int]) -> None:
        """Names and views count the sheets: old place → new one; names of a sheet that goes go with it."""
        book = self.edit(self.workbook)
        names = book.find(self.tag("definedNames"))
        for name in list(names) if names is not None else ():
            place = name.get("localSheetId")
            if place is not None and int(place) not in places:
                names.remove(name)
            elif place is not None:
                name.set("localSheetId", str(places[int(place)]))
        for view in book.iter(self.tag("workbookView")):
            for attribute in ("activeTab", "firstSheet"):
                if view.get(attribute) is not None:
                    view.set(attribute, str(places.get(int(view.get(attribute)), 0)))

    def saved(self) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.parts.items():
                if name in self._edited:
                    content = etree.tostring(
                        self._trees[name], xml_declaration=True, encoding="UTF-8", standalone=True
                    )
                old = self.infos.get(name)
                info = zipfile.ZipInfo(name, old.date_time if old else (1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, content)
        return out.getvalue()


def letters(column: int) -> str:
    """The letters of a column that counts from 1.

    >>> letters(1), letters(27), letters(16384)
    ('A', 'AA', 'XFD')
    """
    said = ""
    while column:
        column, rest = divmod(column - 1, 26)
        said = chr(65 + rest) + said
    return said


def column_of(place: str) -> int:
    column = 0
    for letter in place.replace("$", "").rstrip("0123456789"):
        column = column * 26 + ord(letter.upper()) - 64
    return column


def lines_of(said: str, width: float) -> int:
    """How many lines a text takes in a column so many characters wide; Chinese takes the room of two."""
    lines = 0
    for line in _LINE.split(said):
        room = sum(2 if ord(letter) > 0x2E7F else 1 for letter in line)
        lines += max(1, -(-room // max(int(width) - 2, 1)))
    return lines


def speakable(said: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c for c in said if c in "\t\n\r" or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF
                                                        and ord(c) not in (0xFFFE, 0xFFFF)))  # fmt: skip


def text_of(element: Any) -> str:
    """All text inside, phonetic guides left out."""
    return "".join(
        part.text or ""
        for part in element.iter()
        if isinstance(part.tag, str) and not any(_is_guide(one) for one in part.iterancestors())
    )


def _is_guide(element: Any) -> bool:
    return isinstance(element.tag, str) and etree.QName(element).localname == "rPh"


def _links_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _joined(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
