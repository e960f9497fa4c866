"""The two coordinates of a row: from two columns, from one, or from the geometry."""

from __future__ import annotations

import re
from typing import Final

from core.text import text
from data.intake.drafts import REFUSED, SET_ASIDE, TO_LOCATE, Draft, RowCells
from data.intake.findings import ERROR, WARNING
from data.intake.notation import LAT, LON, parse_angle, parse_pair
from data.intake.numbers import as_written, is_missing, plain


def read_coordinates(draft: Draft, cells: RowCells) -> None:
    points = cells.table.sheet.points
    if points is not None:
        _read_geometry(draft, cells, points[cells.row - 1])
        return
    wrong = _read_pair(draft, cells) if cells.by_field.get("lonlat") is not None else _read_two(draft, cells)
    if wrong:
        draft.lose_place()
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
    else:
        _tell_notation(draft, cells)


def _tell_notation(draft: Draft, cells: RowCells) -> None:
    """Degrees, minutes and seconds, full-width digits and the like: what they were read as."""
    for name, angle in (("lon", draft.first), ("lat", draft.second), ("lonlat", None)):
        cell = cells.by_field.get(name)
        if not isinstance(cell, str) or _PLAIN.fullmatch(cell.strip()) or is_missing(cell):
            continue
        pair = (draft.first, draft.second) if angle is None else (angle,)
        value = ", ".join(f"{a.value:.6f}".rstrip("0").rstrip(".") for a in pair if a is not None)
        read = text("“{written}” was read as {value}.", written=as_written(cell), value=value)
        cells.tally("coordinates-read", read, name)


_PLAIN: Final = re.compile(r"[\d.+\-]+(\s*,\s*[\d.+\-]+)?")


def _read_pair(draft: Draft, cells: RowCells) -> str:
    """Reads both coordinates of one cell; the field that cannot be read, or ""."""
    cell = cells.by_field["lonlat"]
    if is_missing(cell):
        return _read_two(draft, cells)
    pair = parse_pair(cell)
    if pair is None:
        return "lonlat"
    title = cells.table.column_of("lonlat")[0].lower()
    swap = pair[0].axis == LAT or pair[1].axis == LON
    swap = swap or (not pair[0].axis and _LATITUDE_FIRST.search(title) is not None)
    draft.first, draft.second = (pair[1], pair[0]) if swap else pair
    return ""


_LATITUDE_FIRST: Final = re.compile(r"纬度?[^经]*经|lat.*(lon|lng)|^[^经]*(纬|北纬)[^经]*$|^lat")


def _read_two(draft: Draft, cells: RowCells) -> str:
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


def _read_geometry(draft: Draft, cells: RowCells, point: tuple[float, float] | None) -> None:
    if point is None:
        kinds = cells.table.sheet.geometry_kind or []
        kind = kinds[cells.row - 1] if kinds else ""
        if not kind:
            _without_coordinates(draft, cells)
            return
        draft.lose_place()
        cells.note(
            ERROR,
            "not-a-point",
            text("The geometry ({kind}) is not a place; a point or an area is needed.", kind=kind),
        )
        return
    draft.first, draft.second = parse_angle(point[0]), parse_angle(point[1])


def _without_coordinates(draft: Draft, cells: RowCells) -> None:
    if draft.outcome in (REFUSED, SET_ASIDE):
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
    draft.refuse()
    cells.note(
        ERROR,
        "missing-coordinates",
        text(
            "There are no complete coordinates and no address. Write longitude and latitude, or the address."
        ),
        column,
    )
