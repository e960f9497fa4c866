"""The columns in which a table says where its facilities are, each way of saying it in order of
preference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from data.formats.raw import Cell, Row
from data.intake.tables.columns import join_title, normalise, title_field
from data.intake.tables.disguises import place_in
from data.intake.tables.notation import (
    DECIMAL,
    MINUTES,
    MINUTES_SECONDS,
    PACKED,
    PACKED_MINUTES,
    UNCLEAR,
    parse_angle,
    parse_pair,
)
from data.intake.tables.numbers import LAT, LON, Angle, is_missing, plain

_SAMPLE: Final = 400
_MOSTLY: Final = 0.8
_NEWER: Final = re.compile(
    r"核实|复核|修正|更正|校正|纠正|纠偏|订正|调整|变更|修改|改正|更新|核定|勘误|最新|^新|新坐标|新经|新纬|新址|现|实测|确认|终|new|correct|verif|updat|after"
)
_OLDER: Final = re.compile(
    r"原|旧|老|初|历史|上报|迁移?前|(核实|复核|修正|更正|校正|纠正|纠偏|订正|调整|变更|修改|改正|更新|核定)前|old|orig|previous|before|former|raw"
)
_OF_LON: Final = re.compile(r"经度|东经|经|longitude|lng|long|lon|横坐标|x坐标|坐标x|easting|east|x|e$")
_OF_LAT: Final = re.compile(r"纬度|北纬|纬|latitude|lat|纵坐标|y坐标|坐标y|northing|north|y|n$")
_DEGREES: Final = re.compile(r"度|°|d|deg(rees?)?|度数", re.IGNORECASE)
_MINUTES: Final = re.compile(r"分|′|'|m|min(utes?)?", re.IGNORECASE)
_SECONDS: Final = re.compile(r"秒|″|\"|s|sec(onds?)?", re.IGNORECASE)
_SAYS_SECONDS: Final = re.compile(r"度[.·]?分[.·]?秒|dms|dd?d?\.?mm\.?ss|时分秒", re.IGNORECASE)
_SAYS_MINUTES: Final = re.compile(r"度[.·]?分|ddd?\.?mm|degrees?[.·]?minutes?", re.IGNORECASE)
# Fewer rows than these may have digits below sixty by chance.
_TELLING_ROWS: Final = 8
# A degree with so many decimals is no number of another kind.
_FINE: Final = 3
_SUSPICIOUS_ROWS: Final = 20


@dataclass(frozen=True)
class PlaceColumns:
    """One way of saying where: `lon` and `lat` are one column each, or three (degrees, minutes, seconds);
    both are empty where one column, `pair`, holds both coordinates.

    `title` is what the columns are called, `age` 1 for corrected and -1 for former places, `lon_style` and
    `lat_style` how the numbers are to be taken. `suspicious`: decimal numbers that look like minutes and
    seconds.
    """

    title: str
    lon: tuple[int, ...] = ()
    lat: tuple[int, ...] = ()
    pair: int | None = None
    age: int = 0
    lon_style: str = DECIMAL
    lat_style: str = DECIMAL
    suspicious: bool = False

    @property
    def columns(self) -> tuple[int, ...]:
        return (*self.lon, *self.lat, *(() if self.pair is None else (self.pair,)))

    def cells(self, row: Row) -> tuple[Cell, Cell, Cell]:
        """What a row says: longitude, latitude, and both in one."""
        if self.pair is not None:
            return None, None, _at(row, self.pair)
        return _joined(row, self.lon), _joined(row, self.lat), None


Titles = Sequence[Sequence[str]]


def place_columns(
    titles: Titles, columns: Sequence[int], rows: Sequence[Row], mapping: Mapping[int, str]
) -> tuple[PlaceColumns, ...]:
    """Every way in which some columns of a table say where; corrected before plain before former ones, then
    in their order. `mapping` (column → field, "" for none) is what somebody has confirmed."""
    said = {c: mapping[c] if c in mapping else _field(titles[c]) for c in columns}
    said = {c: field for c, field in said.items() if field}
    chosen = [c for c, field in mapping.items() if field in ("lon", "lat", "lonlat")]
    if chosen:
        said = {
            c: field for c, field in said.items() if c in mapping or field not in ("lon", "lat", "lonlat")
        }
    pairs = (column for column, field in sorted(said.items()) if field == "lonlat")
    found = [*_two_columns(titles, said), *(_pair_column(titles, column) for column in pairs)]
    if not chosen:
        taken = {c for place in found for c in place.columns}
        free = [c for c in columns if c not in taken and c not in mapping]
        found += _by_content(titles, said, free, rows)
    found = [_with_style(place, titles, rows) for place in found]
    order = {place: number for number, place in enumerate(found)}
    return tuple(sorted(found, key=lambda place: (-place.age, order[place])))


def part_of_angle(part: str) -> int | None:
    """0, 1 or 2 for a title that says degrees, minutes or seconds only."""
    bare = re.sub(r"[()（）\[\]\s]", "", part)
    for number, pattern in enumerate((_DEGREES, _MINUTES, _SECONDS)):
        if pattern.fullmatch(bare):
            return number
    return None


def _field(parts: Sequence[str]) -> str:
    found = title_field(parts)
    if found is not None:
        return found[0]
    part = part_of_angle(parts[-1]) if len(parts) > 1 else None
    above = title_field(parts[:-1]) if part is not None else None
    return above[0] if above and above[0] in (LON, LAT) else ""


def _which_part(parts: Sequence[str]) -> int | None:
    """Whether a column of a longitude or latitude holds its degrees, minutes or seconds alone."""
    if not parts:
        return None
    alone = part_of_angle(parts[-1]) if len(parts) > 1 else None
    if alone is not None:
        return alone
    title = normalise("".join(parts))
    for axis in (_OF_LON, _OF_LAT):
        rest = axis.sub("", title, count=1)
        if rest != title and rest and (part := part_of_angle(rest)) is not None:
            return part if rest.strip("()（）") != "度" or "度度" in title or "(" in title else None
    return None


def _two_columns(titles: Titles, said: Mapping[int, str]) -> list[PlaceColumns]:
    lons, lats = _axes(titles, said, LON), _axes(titles, said, LAT)
    places: list[PlaceColumns] = []
    for lon in lons:
        if not lats:
            break
        stem = _stem(titles[lon[0]], _OF_LON)
        same = [lat for lat in lats if _stem(titles[lat[0]], _OF_LAT) == stem]
        at = lon[0]
        lat = min(same or lats, key=lambda lat: (abs(lat[0] - at), lat[0] < at))
        lats.remove(lat)
        title = " + ".join(join_title(titles[c]) or f"#{c + 1}" for c in (lon[0], lat[0]))
        places.append(PlaceColumns(title, lon=lon, lat=lat, age=_age(title)))
    return places


def _axes(titles: Titles, said: Mapping[int, str], axis: str) -> list[tuple[int, ...]]:
    """Each longitude (or latitude) of a table: a column, or its columns of degrees, minutes and seconds."""
    groups: list[list[tuple[int, int]]] = []
    for column in sorted(c for c, field in said.items() if field == axis):
        part = _which_part(titles[column])
        if part in (1, 2) and groups and groups[-1][-1] == (column - 1, part - 1):
            groups[-1].append((column, part))
        else:
            groups.append([(column, part or 0)])
    return [tuple(column for column, _ in group) for group in groups]


def _pair_column(titles: Titles, column: int) -> PlaceColumns:
    title = join_title(titles[column]) or f"#{column + 1}"
    return PlaceColumns(title, pair=column, age=_age(title))


def _by_content(
    titles: Titles, said: Mapping[int, str], free: Iterable[int], rows: Sequence[Row]
) -> list[PlaceColumns]:
    """Columns whose cells hold places, whatever they are called; fields with a meaning of their own only
    where the place is written in a way that nothing else is."""
    found = []
    for column in free:
        cells = [cell for row in rows[:_SAMPLE] if not is_missing(cell := _at(row, column))]
        fits = [place_in(cell) is not None for cell in cells]
        if said.get(column, "address") in ("", "address", "remark"):
            # Some pair is finely given: 118.79 may be a round figure of one place, not of all.
            decimals = [_decimals_in_china(cell) for cell in cells]
            if max(decimals, default=0) >= _FINE:
                fits = [fit or count > 0 for fit, count in zip(fits, decimals, strict=True)]
        if cells and sum(fits) >= _MOSTLY * len(cells):
            found.append(_pair_column(titles, column))
    return found


def _decimals_in_china(cell: Cell) -> int:
    """The decimals of a pair of degrees, a longitude and a latitude of China; 0 for none."""
    pair = parse_pair(cell)
    if pair is None:
        return 0
    low, high = sorted(abs(angle.value) for angle in pair)
    return max(angle.decimals for angle in pair) if 3 <= low <= 54 and 73 <= high <= 136 else 0


def _age(title: str) -> int:
    low = normalise(title)
    if re.search(r"(核实|复核|修正|更正|校正|纠正|纠偏|订正|调整|变更|修改|改正|更新|核定)前", low):
        return -1
    if _NEWER.search(low):
        return 1
    return -1 if _OLDER.search(low) else 0


def _stem(parts: Sequence[str], axis: re.Pattern[str]) -> str:
    return axis.sub("", normalise("".join(parts)), count=1)


def _at(row: Row, column: int) -> Cell:
    return row[column] if column < len(row) else None


def _joined(row: Row, columns: tuple[int, ...]) -> Cell:
    """A coordinate of one column, or of three as 118°47′20″."""
    if len(columns) == 1:
        return _at(row, columns[0])
    parts = [_at(row, column) for column in columns]
    if all(is_missing(part) for part in parts):
        return None
    # As the cells show them: what is written in them already keeps its own marks.
    shown = [re.sub(r"[°′″'\"度分秒\s]", "", plain(part)) or "0" for part in parts]
    return "".join(value + mark for value, mark in zip(shown, "°′″", strict=False))


def _with_style(place: PlaceColumns, titles: Titles, rows: Sequence[Row]) -> PlaceColumns:
    """How the numbers of two columns are to be taken, judged by all of their rows together."""
    if place.pair is not None or len(place.lon) > 1:
        return place
    cells = [[_at(row, columns[0]) for row in rows[:_SAMPLE]] for columns in (place.lon, place.lat)]
    values = [
        [c for c in column if not isinstance(c, bool) and re.fullmatch(r"\d+(\.\d+)?", plain(c))]
        for column in cells
    ]
    count = min(map(len, values))
    if not count:
        return place
    title = "".join(part for c in place.columns for part in titles[c])
    if all(_reads(column, PACKED, axis) for column, axis in zip(values, _RANGES, strict=True)):
        told = count >= _TELLING_ROWS or _SAYS_MINUTES.search(normalise(title))
        style = PACKED if told else UNCLEAR
        return replace(place, lon_style=style, lat_style=style)
    if all(_reads(column, PACKED_MINUTES, axis) for column, axis in zip(values, _RANGES, strict=True)):
        return replace(place, lon_style=PACKED_MINUTES, lat_style=PACKED_MINUTES)
    sexagesimal = all(
        _reads(column, MINUTES_SECONDS, axis) for column, axis in zip(values, _RANGES, strict=True)
    )
    if _SAYS_SECONDS.search(title) and sexagesimal:
        return replace(place, lon_style=MINUTES_SECONDS, lat_style=MINUTES_SECONDS)
    if _SAYS_MINUTES.search(title) and not _SAYS_SECONDS.search(title):
        minutes = all(_reads(column, MINUTES, axis) for column, axis in zip(values, _RANGES, strict=True))
        if minutes:
            style = MINUTES if not sexagesimal else MINUTES_SECONDS if count >= _TELLING_ROWS else UNCLEAR
            return replace(place, lon_style=style, lat_style=style)
    return replace(place, suspicious=sexagesimal and count >= _SUSPICIOUS_ROWS)


_RANGES: Final = ((73.0, 136.0), (3.0, 54.0))


def _reads(cells: Sequence[Cell], style: str, bounds: tuple[float, float]) -> bool:
    """Whether all numbers can be minutes and seconds in that style and then lie in China."""
    for cell in cells:
        angle: Angle | None = parse_angle(cell, style)
        written = plain(cell)
        if style == PACKED and not re.fullmatch(r"\d{6,7}(\.\d+)?", written):
            return False
        if style == PACKED_MINUTES and not re.fullmatch(r"\d{3,5}\.\d+", written):
            return False
        if style not in (PACKED, PACKED_MINUTES) and len(written.partition(".")[2]) < 3:
            return False
        if angle is None or angle.value == float(written) or not bounds[0] <= angle.value <= bounds[1]:
            return False
    return True
