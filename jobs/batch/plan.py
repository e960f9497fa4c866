"""What a batch is asked for: a TOML file that names areas and what is made of each.

    make = ["assess"]                  # also "suggest", "isochrones", "export:html", "export:form:ID" …
    [common]                           # options of every area, named as on the command line
    standard = "nanjing-2011"
    network = "province.osm.pbf"
    [[area]]                           # one by one: a name, a code if there is one, options of its own
    name = "江宁区"
    facilities = ["lists/江宁区.xlsx"]
    [folders]                          # or every folder that a pattern matches, named after it
    pattern = "counties/*"
    facilities = ["*.xlsx"]            # files and patterns are looked for in the area's folder
    units = "units.gpkg"
    [table]                            # or a row an area: name, code, and options as columns
    file = "areas.csv"                 # several files in one cell are separated by ;

All three may stand in one plan. Paths are relative to the plan, those of a table to the table.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from core.text import printable, text
from data.files import file_name, matching
from data.formats.encoding import decode
from data.formats.raw import UnreadableError
from data.formats.sheets.read import read_files
from data.forms import open_form
from data.toml_fields import TomlFields
from jobs.assess.export import FORM, ExportRequest
from jobs.reach import ReachWish
from jobs.siting.request import SitingRequest
from jobs.study.cases import StudyFiles

MADE: Final = ("assess", "suggest", "isochrones", "export")
EXPORT: Final = "export:"
# A plan is written by hand or by a script; all 2,800 counties one by one take a few hundred kB.
_MOST_BYTES: Final = 5_000_000
_MOST_AREAS: Final = 10_000
_SEVERAL: Final = ";"
# What spreadsheets make of codes: ="0320104", '320105, 3.20102E+05.
_AS_TEXT: Final = re.compile(r"""="(?P<quoted>[^"]*)"|'(?P<marked>.*)""")
_AS_NUMBER: Final = re.compile(r"(?P<digit>\d)(\.(?P<part>\d+))?[eE]\+?(?P<power>\d{1,2})")
_TOTAL: Final = re.compile(r"合\s*计|小\s*计|总\s*计|total|sum", re.IGNORECASE)
_OWN_KEYS: Final = ("name", "code", "tiles")
_MOST_TILES: Final = 10_000


@dataclass(frozen=True)
class Given:
    """The options of one area as they are written, each with the folder its paths are relative to."""

    name: str
    code: str
    options: Mapping[str, tuple[Any, Path]]
    place: str  # where it stands in the plan, for messages
    tiles: int = 1


@dataclass(frozen=True)
class Area:
    """One area: its study, and what else is asked of it where the plan makes that too. One of more than one
    of `tiles` is measured tile by tile."""

    name: str
    code: str
    study: StudyFiles
    request: SitingRequest | None = None
    wish: ReachWish | None = None
    tiles: int = 1

    @property
    def folder(self) -> str:
        """Its folder's name under `areas/`."""
        return file_name(self.name)


@dataclass(frozen=True)
class BatchPlan:
    """Areas in the order of the plan, each name and folder once; `make` in the order of `MADE`."""

    areas: tuple[Area, ...]
    make: tuple[str, ...]
    exports: tuple[str, ...] = field(default=())


AreaReader = Callable[[Given, Sequence[str]], Area]


def read_plan(path: Path, area_of: AreaReader) -> BatchPlan:
    """The plan of a file; `area_of` makes an area of its options, as the command line would.

    InputError with line and key, or with the area and its option, for what cannot be.
    """
    plan = TomlFields(_text_of(path), path.name, most_bytes=_MOST_BYTES, most_tables=_MOST_AREAS)
    plan.known_keys(plan.table, ("make", "common", "area", "folders", "table"), "")
    make, exports = _made(plan, path)
    common = {key: (value, path.parent) for key, value in plan.section("common").items()}
    for key in set(common) & set(_OWN_KEYS):
        raise plan.refuse("common", key, text("each area has its own"))
    given = [*_one_by_one(plan, path), *_of_folders(plan, path), *_of_table(plan, path)]
    if not given:
        raise InputError(
            "{file} names no area. Write [[area]] with a name, [folders] with a pattern, or [table] with a "
            "file.",
            file=path.name,
        )
    _require_apart(given, path)
    _require_only_assessed(given, make, exports)
    areas = (area_of(replace(g, options={**common, **g.options}), make) for g in given)
    return BatchPlan(tuple(areas), make, exports)


def _text_of(path: Path) -> str:
    try:
        return decode(path.read_bytes()).lstrip("\ufeff")
    except OSError as error:
        raise InputError(
            "The plan {file} cannot be read: {problem}.", file=path.name, problem=error.strerror
        ) from error
    except UnreadableError as error:
        raise InputError("{file}: {problem}", file=path.name, problem=error.message) from error


def _made(plan: TomlFields, path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the verbs, what is exported)."""
    words = plan.words(plan.table, "make", "", default=("assess",))
    exports = tuple(word.removeprefix(EXPORT) for word in words if word.startswith(EXPORT))
    for word in words:
        if word not in MADE[:-1] and (not word.startswith(EXPORT) or word == EXPORT):
            allowed = "assess, suggest, isochrones, export:html, export:pptx, export:form:ID …"
            raise plan.refuse(
                "", "make", text("“{word}” is not known; allowed: {allowed}", word=word, allowed=allowed)
            )
    for export in exports:  # refused here, not by every area when all else is done
        ExportRequest(path.parent, export)
        if export.startswith(FORM):
            open_form(export.removeprefix(FORM))
    return tuple(verb for verb in MADE[:-1] if verb in words or verb == "assess"), exports


def _one_by_one(plan: TomlFields, path: Path) -> list[Given]:
    tables = plan.table.get("area", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise plan.refuse("", "area", text("write each area under a heading [[area]]"))
    given = []
    for number, table in enumerate(tables):
        where = f"area:{number}"
        options = {key: (value, path.parent) for key, value in table.items() if key not in _OWN_KEYS}
        code = table.get("code", "")
        if isinstance(code, bool) or not isinstance(code, str | int):
            raise plan.refuse(where, "code", text("write a text in quotes, or a whole number"))
        named = plan.word(table, "name", where), printable(str(code)).strip()
        tiles = _tiles_of(plan, table, where)
        given.append(Given(*named, options, f"{path.name}, [[area]] {number + 1}", tiles))
    return given


def _of_folders(plan: TomlFields, path: Path) -> list[Given]:
    table = plan.section("folders")
    if not table:
        return []
    pattern = plan.word(table, "pattern", "folders")
    try:
        folders = [found for found in matching(path.parent, pattern) if found.is_dir()]
    except ValueError as error:
        why = text("the pattern cannot be: {problem}", problem=str(error))
        raise plan.refuse("folders", "pattern", why) from error
    if not folders:
        raise plan.refuse("folders", "pattern", text("no folder matches “{pattern}”", pattern=pattern))
    return [
        Given(
            printable(folder.name),
            "",
            {key: (value, folder) for key, value in table.items() if key != "pattern"},
            f"{path.name}, [folders], {folder.name}",
        )
        for folder in folders
    ]


def _of_table(plan: TomlFields, path: Path) -> list[Given]:
    section = plan.section("table")
    if not section:
        return []
    plan.known_keys(section, ("file",), "table")
    file = path.parent / plan.word(section, "file", "table")
    rows = _table_rows(file)
    titles = [title.strip() for title in rows[0]] if rows else []
    if "name" not in titles:
        raise InputError(
            "{file}: no column is called “name”; the first line names the columns.", file=file.name
        )
    twice = next((title for title in titles if title and titles.count(title) > 1), None)
    if twice is not None:
        raise InputError("{file}: two columns are called “{column}”.", file=file.name, column=twice)
    given = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if any(row[len(titles) :]):
            raise InputError("{file}, row {row}: more cells than columns.", file=file.name, row=number)
        cells = dict.fromkeys(titles, "") | {
            title: cell.strip() for title, cell in zip(titles, row, strict=False) if title
        }
        if not cells["name"]:
            raise InputError("{file}, row {row}: the area has no name.", file=file.name, row=number)
        if _TOTAL.fullmatch(cells["name"]):
            raise InputError(
                "{file}, row {row}: “{name}” is a row of totals, not an area. Delete the row.",
                file=file.name, row=number, name=cells["name"],
            )  # fmt: skip
        options: dict[str, tuple[Any, Path]] = {
            key: (
                [part for part in value.split(_SEVERAL) if part.strip()] if _SEVERAL in value else value,
                file.parent,
            )
            for key, value in cells.items()
            if value and key not in _OWN_KEYS
        }
        named = printable(cells["name"]), _code_in(cells.get("code", ""), file.name, number)
        tiles = _tiles_in(cells.get("tiles", ""), file.name, number)
        given.append(Given(*named, options, f"{file.name}, row {number}", tiles))
    return given


def _table_rows(file: Path) -> list[list[str]]:
    """The cells of a workbook's first sheet that has any, or of a text in any encoding."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(
            "{file} cannot be read: {problem}.", file=file.name, problem=error.strerror or str(error)
        ) from error
    if content.startswith(_WORKBOOKS):
        (book,) = read_files([file])
        if book.problem is not None:
            raise InputError("{file}: {problem}", file=file.name, problem=book.problem)
        return next(
            ([list(map(_cell, row)) for row in sheet.rows] for sheet in book.sheets if sheet.rows), []
        )
    try:
        written = decode(content).lstrip("\ufeff")
    except UnreadableError as error:
        raise InputError("{file}: {problem}", file=file.name, problem=error.message) from error
    head = written.partition("\n")[0]
    apart = "\t" if head.count("\t") > head.count(",") else ","
    try:
        return list(csv.reader(io.StringIO(written, newline=""), delimiter=apart, skipinitialspace=True))
    except csv.Error as error:
        raise InputError("{file} is no table: {problem}", file=file.name, problem=str(error)) from error


# How workbooks begin: a zip, or a document of older Excel.
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def _cell(value: object) -> str:
    """A cell as it would be typed: numbers without a decimal that is none."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _tiles_of(plan: TomlFields, table: Mapping[str, Any], where: str) -> int:
    number = plan.number(table, "tiles", where, bounds=(1, _MOST_TILES), default=1)
    if number != int(number):
        raise plan.refuse(where, "tiles", text("write a whole number"))
    return int(number)


def _code_in(cell: str, file: str, row: int) -> str:
    """A code as it was before a spreadsheet took it for a number. InputError where digits are lost."""
    written = _AS_TEXT.fullmatch(cell)
    if written:
        return printable(written["quoted"] or written["marked"] or "")
    number = _AS_NUMBER.fullmatch(cell)
    if number is None:
        return printable(re.sub(r"(?<=\d)\.0+$", "", cell))
    digits, length = number["digit"] + (number["part"] or ""), 1 + int(number["power"])
    if len(digits) != length:
        raise InputError(
            "{file}, row {row}: the code {code} has lost digits: a spreadsheet took it for a number. Format "
            "the column as text and write the codes again.",
            file=file, row=row, code=cell,
        )  # fmt: skip
    return digits


def _tiles_in(cell: str, file: str, row: int) -> int:
    if not cell:
        return 1
    if not cell.isdecimal() or not 1 <= int(cell) <= _MOST_TILES:
        raise InputError(
            "{file}, row {row}: “{cell}” is no number of tiles from 1 to {most}.",
            file=file, row=row, cell=cell, most=_MOST_TILES,
        )  # fmt: skip
    return int(cell)


def _require_only_assessed(given: Sequence[Given], make: Sequence[str], exports: Sequence[str]) -> None:
    """InputError where more than tables is asked of an area in tiles."""
    more = [*(verb for verb in make if verb != "assess"), *(f"{EXPORT}{to}" for to in exports)]
    for one in given:
        if one.tiles > 1 and more:
            raise InputError(
                "{place} (“{area}”): an area in tiles is assessed into tables; “{what}” needs the streets of "
                "the whole area at once. Put it into a plan of its own.",
                place=one.place, area=one.name, what=more[0],
            )  # fmt: skip


def _require_apart(given: Sequence[Given], path: Path) -> None:
    """InputError where two areas would share a folder."""
    taken: dict[str, Given] = {}
    for one in given:
        # Windows and macOS take capitals and small letters for the same.
        folder = file_name(one.name).casefold()
        if folder in taken:
            raise InputError(
                "{file}: “{one}” ({place}) and “{other}” ({other_place}) would have one folder. Give each "
                "area a name of its own.",
                file=path.name,
                one=one.name,
                place=one.place,
                other=taken[folder].name,
                other_place=taken[folder].place,
            )
        taken[folder] = one
