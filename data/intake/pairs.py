"""Where a row says that its facility is: by its geometry, by the columns that are preferred, by the next
ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from core.text import Text, text
from data.formats.raw import Cell
from data.intake.datum.coordinates import named_systems
from data.intake.drafts import REFUSED, SET_ASIDE, TO_LOCATE, Draft, RowCells
from data.intake.findings import ERROR, WARNING
from data.intake.tables.disguises import coded_place, notation_of, place_in
from data.intake.tables.notation import UNCLEAR, parse_angle, parse_pair
from data.intake.tables.numbers import LAT, LON, Angle, is_missing, plain, quoted
from data.intake.tables.place_columns import PlaceColumns

_PLAIN: Final = re.compile(r"[\d.+\-]+(\s*,\s*[\d.+\-]+)?")
_LATITUDE_FIRST: Final = re.compile(r"纬度?[^经]*经|lat.*(lon|lng)|^[^经]*(纬|北纬)[^经]*$|^lat")
_ERROR_VALUE: Final = re.compile(r"#(REF|VALUE|N/A|DIV/0|NAME|NULL|NUM|SPILL|CALC)[!?]?", re.IGNORECASE)
_SLIPS: Final = str.maketrans(
    {"l": "1", "I": "1", "|": "1", "O": "0", "o": "0", "。": ".", "，": ".", ",": "."}
)
_CHINA: Final = ((73.0, 136.0), (3.0, 54.0))


@dataclass(frozen=True)
class Written:
    """What one way of saying where gives for a row: two angles, or the cell that cannot be read (its column,
    counted from 0), or neither. `words` is what is said there of the system."""

    first: Angle | None = None
    second: Angle | None = None
    wrong: int | None = None
    words: str = ""

    @property
    def whole(self) -> bool:
        return self.first is not None and self.second is not None


def read_coordinates(draft: Draft, cells: RowCells) -> None:
    """Sets the two numbers of a draft, and what other columns say of the same place."""
    sheet, table = cells.table.sheet, cells.table
    point = sheet.points[cells.row - 1] if sheet.points is not None else None
    written = [_read(cells, place) for place in table.places]
    used: Written | None = None
    if point is not None:
        used = Written(parse_angle(point[0]), parse_angle(point[1]))
    else:
        draft.place = next((k for k, one in enumerate(written) if one.whole), None)
        used = None if draft.place is None else written[draft.place]
    draft.others = [
        (k, one.first, one.second) for k, one in enumerate(written) if one.whole and k != draft.place
    ]
    if used is not None:
        draft.first, draft.second = used.first, used.second
        draft.said = _said(cells, used, draft)
        _tell_notation(draft, cells)
        if draft.place:
            # The preferred columns hold nothing for this row, or nothing that can be read.
            if written[0].wrong is not None:
                _note_wrong(cells, written[0].wrong, WARNING)
            place = table.places[draft.place]
            message = text("The coordinates were taken from the column {column}.", column=place.title)
            column = table.column(place.columns[0])
            cells.notes.tally("place-from-other-column", message, cells.row, column)
        return
    kinds = sheet.geometry_kind or []
    kind = kinds[cells.row - 1] if kinds else ""
    wrong = next(((k, one) for k, one in enumerate(written) if one.wrong is not None), None)
    if kind:
        draft.lose_place()
        message = text("The geometry ({kind}) is not a place; a point or an area is needed.", kind=kind)
        cells.note(ERROR, "not-a-point", message)
    elif wrong is not None and wrong[1].wrong is not None:
        _tell_wrong(draft, cells, table.places[wrong[0]], wrong[1].wrong)
    elif table.places and any(one.first or one.second for one in written):
        half = next(one for one in written if one.first or one.second)
        draft.first, draft.second = half.first, half.second
        _without_coordinates(draft, cells)
    else:
        _without_coordinates(draft, cells)


def _read(cells: RowCells, place: PlaceColumns) -> Written:
    lon, lat, pair = place.cells(cells.cells)
    if place.pair is not None:
        if is_missing(pair) and not _is_error(pair):
            return Written()
        found, coded = parse_pair(pair), coded_place(pair)
        if found is None and coded is not None:
            return Written(coded.first, coded.second)
        if found is None:
            return Written(wrong=place.pair)
        hidden = place_in(pair)
        first, second = _in_order(found, place.title)
        return Written(first, second, words=hidden.words if hidden else "")
    if UNCLEAR in (place.lon_style, place.lat_style) and not is_missing(lon) and not is_missing(lat):
        return Written(wrong=place.lon[0])
    one, two = parse_angle(lon, place.lon_style), parse_angle(lat, place.lat_style)
    for angle, cell, other, column in ((one, lon, lat, place.lon[0]), (two, lat, lon, place.lat[0])):
        if angle is None and (not is_missing(cell) or _is_error(cell)):
            both = parse_pair(cell)
            if both is not None and is_missing(other):
                return Written(*_in_order(both, ""))
            return Written(wrong=column)
    if one and two and (one.axis == LAT or two.axis == LON):
        one, two = two, one
    return Written(one, two)


def _in_order(pair: tuple[Angle, Angle], title: str) -> tuple[Angle, Angle]:
    """Longitude first: by what the cell says, else by the title."""
    one, other = pair[0], pair[1]
    swap = one.axis == LAT or other.axis == LON
    swap = swap or (not one.axis and _LATITUDE_FIRST.search(title.lower()) is not None)
    return (other, one) if swap else (one, other)


def _said(cells: RowCells, used: Written, draft: Draft) -> str:
    """What the row itself says of its system, by the nearest word: the cell made for it, a link, the titles
    of the columns used, how they were found, a remark on coordinates. "" where none names exactly one."""
    places = cells.table.places
    titles = places[draft.place or 0].title if places and cells.table.sheet.points is None else ""
    remark = cells.said("remark")
    for words in (
        cells.said("system"),
        used.words,
        titles,
        cells.said("source"),
        remark if "坐标" in remark or "经纬" in remark else "",
    ):
        if words and len(named_systems(words)) == 1:
            return words
    return ""


def _tell_notation(draft: Draft, cells: RowCells) -> None:
    """Degrees, minutes and seconds, full-width digits and the like: what they were read as."""
    if cells.table.sheet.points is not None or not cells.table.places:
        return
    place = cells.table.places[draft.place or 0]
    shown = place.cells(cells.cells)
    styles = (place.lon_style, place.lat_style, "")
    columns = (place.lon[:1], place.lat[:1], () if place.pair is None else (place.pair,))
    for cell, style, column, angle in zip(
        shown, styles, columns, (draft.first, draft.second, None), strict=True
    ):
        told = isinstance(cell, str) and not _PLAIN.fullmatch(cell.strip())
        if not column or is_missing(cell) or not (told or style):
            continue
        pair = (draft.first, draft.second) if angle is None else (angle,)
        value = ", ".join(f"{a.value:.6f}".rstrip("0").rstrip(".") for a in pair if a is not None)
        read = text("“{written}” was read as {value}.", written=quoted(cell), value=value)
        cells.notes.tally("coordinates-read", read, cells.row, cells.table.column(column[0]))


def _tell_wrong(draft: Draft, cells: RowCells, place: PlaceColumns, wrong: int) -> None:
    draft.lose_place()
    mend = _mended(cells, place)
    if UNCLEAR in (place.lon_style, place.lat_style) and mend is None:
        cells.note_at(ERROR, "unclear-notation", _UNCLEAR, wrong)
    elif mend is not None:
        draft.mend = mend
        cells.note_at(
            ERROR,
            "unreadable-coordinates",
            text(
                "“{written}” is not a coordinate. Is {lon}, {lat} meant? Write decimal degrees such as "
                "118.7969, or 118°47′49″.",
                written=quoted(_cell(cells, wrong)),
                lon=f"{mend[0]:.7g}",
                lat=f"{mend[1]:.7g}",
            ),
            wrong,
        )
    else:
        _note_wrong(cells, wrong, ERROR)


def _note_wrong(cells: RowCells, wrong: int, level: str) -> None:
    """Why a cell is no coordinate, by its true cause."""
    cell = _cell(cells, wrong)
    title = cells.table.column(wrong)[0]
    written = plain(cell)
    notation = notation_of(cell, title)
    message: Text
    if written.startswith("="):
        code = "formula-without-value"
        message = text(
            "The cell holds a formula without a value ({formula}): the program that wrote the workbook has "
            "not "
            "computed it. Open and save it in Excel or WPS, or write the value itself.",
            formula=quoted(cell),
        )
    elif _ERROR_VALUE.fullmatch(written):
        code = "formula-error"
        message = text(
            "The cell shows {error}: its formula points to something that is gone. Write the value itself.",
            error=written.upper(),
        )
    elif notation is not None:
        code = "unread-notation"
        message = text(
            "The column holds {notation}, which are not read. Write longitude and latitude in decimal "
            "degrees.",
            notation=notation,
        )
    else:
        code = "unreadable-coordinates"
        message = text(
            "“{written}” is not a coordinate. Write decimal degrees such as 118.7969, or 118°47′49″.",
            written=quoted(cell),
        )
    cells.note_at(level, code, message, wrong)


_UNCLEAR: Final = text(
    "The digits can be decimal degrees or degrees, minutes and seconds without marks, which are kilometres "
    "apart, and nothing tells which. Write decimal degrees such as 118.7969, or 118°47′49″."
)


def _mended(cells: RowCells, place: PlaceColumns) -> tuple[float, float] | None:
    """What was probably meant by two cells with a slip of the keyboard, if both then lie in China."""
    lon, lat, pair = place.cells(cells.cells)
    if pair is not None or len(place.lon) > 1:
        return None
    values = []
    for cell, (low, high) in zip((lon, lat), _CHINA, strict=True):
        angle = parse_angle(cell) or parse_angle(_without_slips(plain(cell)))
        if angle is None or not low <= angle.value <= high or angle.decimals < 3:
            return None
        values.append(angle.value)
    return values[0], values[1]


def _without_slips(written: str) -> str:
    """Digits for letters like them, and one decimal point.

    >>> _without_slips("l18..7O9"), _without_slips("118.788.962"), _without_slips("118.789123/")
    ('118.709', '118.788962', '118.789123')
    """
    written = re.sub(r"\.+", ".", written.translate(_SLIPS)).strip("./;:'` ")
    whole, point, rest = written.partition(".")
    return whole + point + rest.replace(".", "")


def _is_error(cell: Cell) -> bool:
    """An error value of a formula, which otherwise counts as nothing."""
    return (
        isinstance(cell, str) and _ERROR_VALUE.fullmatch(cell.strip()) is not None and cell.strip() != "#N/A"
    )


def _cell(cells: RowCells, column: int) -> Cell:
    return cells.cells[column] if column < len(cells.cells) else None


def _without_coordinates(draft: Draft, cells: RowCells) -> None:
    if draft.outcome in (REFUSED, SET_ASIDE):
        return
    place = cells.table.places[0] if cells.table.places else None
    column = None if place is None else place.columns[0]
    if place is not None and draft.first is not None and place.lat:
        column = place.lat[0]
    if draft.values["address"] and draft.first is None and draft.second is None:
        draft.outcome = TO_LOCATE
        message = text(
            "There are no coordinates, only the address “{address}”; "
            "the facility was set aside until it is located.",
            address=draft.values["address"],
        )
        cells.note_at(WARNING, "to-locate", message, column)
        return
    draft.refuse()
    message = text(
        "There are no complete coordinates and no address. Write longitude and latitude, or the address."
    )
    cells.note_at(ERROR, "missing-coordinates", message, column)
