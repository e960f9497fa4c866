"""Rows of a table → drafts of facilities: every cell understood, nothing placed yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from data.formats.raw import Cell, Row
from data.intake.columns import KEPT_FIELDS, PERSONAL
from data.intake.findings import ERROR, INFO, WARNING, Notebook
from data.intake.notation import LAT, LON, Angle, parse_angle, parse_pair
from data.intake.numbers import Kind, as_written, is_ditto, is_missing, parse_date, parse_number, plain
from data.intake.sheets import Table
from data.intake.tiers import CLOSED, OPEN, PLANNED, status_of, tier_of_kind, tier_of_name
from geo.text import Text, text

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
SET_ASIDE: Final = "set_aside"
TO_LOCATE: Final = "to_locate"

_TEXT_FIELDS: Final = (
    "name",
    "district",
    "street",
    "community",
    "address",
    "remark",
    "source",
    "facility_id",
)
_NUMBER_FIELDS: Final = ("places", "area_m2", "residents_declared")


@dataclass
class Draft:
    """One row as understood so far. `first`, `second` are what the list gives as longitude and
    latitude, in its own units and order; None where missing or unreadable."""

    table: int
    row: int
    values: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    first: Angle | None = None
    second: Angle | None = None
    outcome: str = ACCEPTED


@dataclass(frozen=True)
class _Cells:
    """The cells of one row by field, and where findings about them go."""

    table: Table
    row: int
    by_field: Mapping[str, Cell]
    notes: Notebook

    def note(self, level: str, code: str, message: Text, field_name: str = "") -> None:
        column = self.table.column_of(field_name) if field_name else ("", 0)
        self.notes.note(level, code, message, row=self.row, column=column)  # type: ignore[arg-type]

    def text(self, name: str) -> str:
        cell = self.by_field.get(name)
        return "" if is_missing(cell) else as_written(cell)


def read_rows(table: Table, number: int, notes: Notebook) -> list[Draft]:
    """One draft for every row of the table, in order; `number` is the table's among all tables."""
    _note_personal(table, notes)
    above: dict[str, Cell] = {}
    drafts = []
    for row_number, row in table.rows:
        by_field = _by_field(table, row)
        for name, cell in by_field.items():
            if is_ditto(cell):
                by_field[name] = above.get(name)
                column = table.column_of(name)
                notes.tally(
                    "ditto",
                    text("“{word}” was read as the value of the row above.", word=plain(cell)),
                    row_number,
                    column,
                )
        above = by_field
        drafts.append(_draft(_Cells(table, row_number, by_field, notes), number))
    notes.flush()
    return drafts


def _by_field(table: Table, row: Row) -> dict[str, Cell]:
    return {
        name: row[column] if column < len(row) else None
        for column, name in table.fields.items()
        if name in KEPT_FIELDS
    }


def _note_personal(table: Table, notes: Notebook) -> None:
    dropped = [table.titles[column] for column, name in table.fields.items() if name == PERSONAL]
    if dropped:
        notes.note(
            INFO,
            "personal-data-dropped",
            text("Columns with personal data were not read: {columns}.", columns="、".join(dropped)),
        )


def _draft(cells: _Cells, number: int) -> Draft:
    draft = Draft(number, cells.row)
    draft.values = {name: cells.text(name) for name in _TEXT_FIELDS}
    _fill_units_from_sheet(draft, cells.table)
    _read_name(draft, cells)
    _read_tier(draft, cells)
    _read_numbers(draft, cells)
    _read_opened(draft, cells)
    _read_coordinates(draft, cells)
    _read_status(draft, cells)
    return draft


def _fill_units_from_sheet(draft: Draft, table: Table) -> None:
    """A sheet named “玄武区” or “梅园街道” declares it for rows that say nothing themselves."""
    name = plain(table.sheet.name)
    if re.fullmatch(r"\S+[区县]", name) and not draft.values["district"]:
        draft.values["district"] = name
    elif re.fullmatch(r"\S+(街道|镇|乡)", name) and not draft.values["street"]:
        draft.values["street"] = name


def _refuse(draft: Draft) -> None:
    draft.outcome = REFUSED


def _read_name(draft: Draft, cells: _Cells) -> None:
    if draft.values["name"]:
        return
    if "name" in cells.by_field:
        _refuse(draft)
        cells.note(ERROR, "missing-name", text("The name is missing. Write the facility's name."), "name")
        return
    draft.values["name"] = draft.values["facility_id"] or str(cells.row)


def _read_tier(draft: Draft, cells: _Cells) -> None:
    kind = cells.text("tier")
    tier = tier_of_kind(kind) or tier_of_name(draft.values["name"]) or kind.lower()
    draft.values["tier"] = tier
    if tier:
        return
    _refuse(draft)
    cells.note(
        ERROR,
        "missing-tier",
        text(
            "Neither a type nor the name tells whether “{name}” is a service centre or a service station. "
            "Write 中心 or 站 (centre or station) in a column called 类型 (type).",
            name=draft.values["name"],
        ),
        "tier",
    )


def _read_numbers(draft: Draft, cells: _Cells) -> None:
    for name in _NUMBER_FIELDS:
        cell = cells.by_field.get(name)
        reading = parse_number(cell)
        draft.numbers[name] = reading.value
        if reading.kind is Kind.UNREADABLE:
            cells.note(
                WARNING,
                "unreadable-number",
                text("“{written}” is not a number; it was left out.", written=plain(cell)),
                name,
            )
        elif reading.kind is Kind.ABOUT:
            cells.notes.tally(
                "approximate-number",
                text("“{written}” was read as {value:g}.", written=plain(cell), value=reading.value),
                cells.row,
                cells.table.column_of(name),
            )


def _read_opened(draft: Draft, cells: _Cells) -> None:
    cell = cells.by_field.get("opened")
    stamp = parse_date(cell)
    draft.values["opened"] = stamp or ""
    if stamp is None:
        cells.note(
            WARNING,
            "unreadable-date",
            text("“{written}” is not a date; it was left out.", written=plain(cell)),
            "opened",
        )


def _read_status(draft: Draft, cells: _Cells) -> None:
    """Closed and planned facilities are set aside; words that say neither are taken as open."""
    written = cells.text("status")
    status = (status_of(written) if written else None) or _status_in_text(draft) or OPEN
    draft.values["status"] = status
    if written and status == OPEN and status_of(written) is None:
        cells.note(
            WARNING,
            "unknown-status",
            text("The status “{written}” is not known; the facility was taken as open.", written=written),
            "status",
        )
    if status in (CLOSED, PLANNED) and draft.outcome != REFUSED:
        draft.outcome = SET_ASIDE
        cells.note(INFO, f"status-{status}", _STATUS[status], "status" if written else "")


_STATUS: Final = {
    CLOSED: text("The facility is closed or merged into another; it was set aside."),
    PLANNED: text("The facility is planned or being built; it was set aside."),
}
_IN_NAME: Final = re.compile(
    r"[(（【\[](筹建|在建|拟建|规划|待建|建设中|已?撤并|已?撤销|已?关闭|停用|筹)[)）】\]]"
)
_IN_REMARK: Final = re.compile(
    r"^(筹建|在建|拟建|规划|待建|建设中|筹备|已?撤并|已?撤销|已?关闭|停用|已拆)[中。]?$"
)


def _status_in_text(draft: Draft) -> str | None:
    found = _IN_NAME.search(draft.values["name"]) or _IN_REMARK.match(draft.values["remark"])
    return status_of(found[1]) or PLANNED if found else None


def _read_coordinates(draft: Draft, cells: _Cells) -> None:
    points = cells.table.sheet.points
    if points is not None:
        _read_geometry(draft, cells, points[cells.row - 1])
        return
    wrong = _read_pair(draft, cells) if cells.by_field.get("lonlat") is not None else _read_two(draft, cells)
    if wrong:
        _refuse(draft)
        cells.note(
            ERROR,
            "unreadable-coordinates",
            text(
                "“{written}” is not a coordinate. Write decimal degrees such as 118.7969, or 118°47′49″.",
                written=plain(cells.by_field.get(wrong)),
            ),
            wrong,
        )
    elif draft.first is None or draft.second is None:
        _without_coordinates(draft, cells)


def _read_pair(draft: Draft, cells: _Cells) -> str:
    """Reads both coordinates of one cell; the field that cannot be read, or ""."""
    cell = cells.by_field["lonlat"]
    if is_missing(cell):
        return _read_two(draft, cells)
    pair = parse_pair(cell)
    if pair is None:
        return "lonlat"
    title = cells.table.column_of("lonlat")[0].lower()
    swap = pair[0].axis == LAT or pair[1].axis == LON
    swap = swap or (not pair[0].axis and re.match(r"纬|lat|北纬", title) is not None)
    draft.first, draft.second = (pair[1], pair[0]) if swap else pair
    return ""


def _read_two(draft: Draft, cells: _Cells) -> str:
    lon, lat = cells.by_field.get("lon"), cells.by_field.get("lat")
    first, second = parse_angle(lon), parse_angle(lat)
    for name, cell, angle in (("lon", lon, first), ("lat", lat, second)):
        if angle is None and not is_missing(cell):
            pair = parse_pair(cell)
            if pair and is_missing(lat if name == "lon" else lon):
                draft.first, draft.second = pair
                return ""
            return name
    if first and second and (first.axis == LAT or second.axis == LON):
        first, second = second, first
    draft.first, draft.second = first, second
    return ""


def _read_geometry(draft: Draft, cells: _Cells, point: tuple[float, float] | None) -> None:
    if point is None:
        kinds = cells.table.sheet.geometry_kind or []
        kind = kinds[cells.row - 1] if kinds else ""
        if not kind:
            _without_coordinates(draft, cells)
            return
        _refuse(draft)
        cells.note(
            ERROR,
            "not-a-point",
            text("The geometry ({kind}) is not a place; a point or an area is needed.", kind=kind),
        )
        return
    draft.first, draft.second = parse_angle(point[0]), parse_angle(point[1])


def _without_coordinates(draft: Draft, cells: _Cells) -> None:
    if draft.outcome == REFUSED:
        return
    column = "lon" if draft.first is None else "lat"
    if draft.values["address"] and draft.first is None and draft.second is None:
        draft.outcome = TO_LOCATE
        cells.note(
            WARNING,
            "to-locate",
            text(
                "There are no coordinates, only the address “{address}”; "
                "the facility was set aside until it is located.",
                address=draft.values["address"],
            ),
            column,
        )
        return
    _refuse(draft)
    cells.note(
        ERROR,
        "missing-coordinates",
        text(
            "There are no complete coordinates and no address. Write longitude and latitude, or the address."
        ),
        column,
    )
