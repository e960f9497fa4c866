"""JSON: GeoJSON, one object after another, or lists of records as map services and web pages keep them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.text import text
from data.formats.encoding import decode
from data.formats.geometry import extent_of, inner_point
from data.formats.limits import Limits
from data.formats.raw import Cell, RawSheet, Row, UnreadableError

Record = dict[str, Any]
_DEPTH: Final = 6
_WGS84_NAMES: Final = ("CRS84", "4326")
_MANY: Final = 0.5
# By these a record is known to be a place, and not a group that holds places in a list of its own.
_PLACING: Final = frozenset(
    [
        "lon",
        "lng",
        "long",
        "longitude",
        "lat",
        "latitude",
        "x",
        "y",
        "location",
        "lnglat",
        "lonlat",
        "latlng",
        "coordinate",
        "coordinates",
        "position",
        "point",
        "geometry",
        "address",
        "经度",
        "纬度",
        "坐标",
        "经纬度",
        "位置",
        "地址",
        "详细地址",
    ]
)


@dataclass(frozen=True)
class _Group:
    """Records that stand in one list; `path` are the keys that lead to it, `given` what holds for all."""

    path: tuple[str, ...]
    given: Mapping[str, Any]
    records: tuple[Record, ...]


def read_json(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """A sheet for each list of records, named by the keys that lead to it: a header of field names, then one
    row a feature or record, in their order.

    Nested objects become dotted names ("location.lat"). UnreadableError if it is not JSON or holds no
    records.
    """
    documents = list(_documents(_SCRIPT.sub("", decode(content))))
    groups = [group for document in documents for group in _groups(document)]
    groups = groups or list(_groups(documents))  # one record a line
    crs = next((found for document in documents if (found := _crs(document))), "")
    placed = [group for group in groups if any(_is_placed(record) for record in group.records)]
    longest = max(groups, key=lambda group: len(group.records)).path if groups else ()
    kept = placed or [group for group in groups if group.path == longest]
    if not kept:
        raise UnreadableError(text("The JSON file holds neither features nor a list of records."))
    names = [" / ".join(group.path) for group in kept]
    together: dict[str, list[_Group]] = {}
    for name, group in zip(names, kept, strict=True):
        together.setdefault("" if len(set(names)) == 1 else name, []).append(group)
    return tuple(_sheet(name, parts, limits, crs) for name, parts in together.items())


# var places = [ … ];  and  callback( … );  as pages keep what they show.
_SCRIPT: Final = re.compile(r"^[\s\ufeff]*(?:(?:var|let|const|export default)\s+)?[\w.$]*\s*[=(]\s*(?=[\[{])")


def _documents(written: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    position = 0
    while True:
        while position < len(written) and (
            written[position].isspace() or written[position] in "\x1e,;)\ufeff"
        ):
            position += 1
        if position >= len(written):
            return
        try:
            document, position = decoder.raw_decode(written, position)
        except (json.JSONDecodeError, RecursionError) as error:
            line = written.count("\n", 0, position) + 1
            raise UnreadableError(
                text("The JSON text is broken or cut off in the part that begins at line {line}.", line=line)
            ) from error
        yield document


def _features(document: Any) -> list[Record]:
    if not isinstance(document, dict):
        return []
    kind = document.get("type")
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        return [f for f in document["features"] if isinstance(f, dict)]
    return [document] if kind == "Feature" else []


def _crs(document: Any) -> str:
    """The old `crs` member, if there is one; GeoJSON without it says nothing (though WGS-84 is meant)."""
    crs = document.get("crs") if isinstance(document, dict) else None
    name = str((crs.get("properties") or {}).get("name", "")) if isinstance(crs, dict) else ""
    if any(known in name for known in _WGS84_NAMES):
        return "EPSG:4326"
    return name


def _groups(
    document: Any, path: tuple[str, ...] = (), given: Mapping[str, Any] | None = None
) -> Iterator[_Group]:
    """Every list of records in a document, whatever it is grouped by."""
    given = given or {}
    if len(path) > _DEPTH:
        return
    features = _features(document)
    if features:
        yield _Group(path, given, tuple(features))
    elif isinstance(document, list):
        records = [r for r in document if isinstance(r, dict)]
        if records and not _features(records[0]):
            yield from _listed(records, path, given)
        elif records:
            yield _Group(path, given, tuple(f for r in records for f in _features(r)))
        elif _is_table(document):
            titles = [str(title) for title in document[0]]
            rows = tuple(dict(zip(titles, row, strict=False)) for row in document[1:])
            yield _Group(path, given, rows)
    elif isinstance(document, dict):
        named = _places_by_name(document) or _by_column(document)
        if named:
            yield _Group(path, given, named)
            return
        for key, value in document.items():
            if isinstance(value, list | dict):
                yield from _groups(value, (*path, str(key)), given)


def _listed(records: list[Record], path: tuple[str, ...], given: Mapping[str, Any]) -> Iterator[_Group]:
    """Records as they are; those that only hold further lists of places are groups of these."""
    own: list[Record] = []
    for record in records:
        inner = (
            []
            if _is_placed(record)
            else [
                value
                for value in record.values()
                if isinstance(value, list | dict)
                and any(_is_placed(r) for group in _groups(value) for r in group.records)
            ]
        )
        if not inner:
            own.append(record)
            continue
        plain = {key: value for key, value in record.items() if not isinstance(value, list | dict)}
        label = next((str(value) for value in plain.values() if isinstance(value, str) and value), "")
        for value in inner:
            yield from _groups(value, (*path, label) if label else path, {**given, **plain})
    if own:
        yield _Group(path, given, tuple(own))


def _is_placed(record: Record) -> bool:
    """Whether a record says where it is, as far as its keys tell."""
    if "geometry" in record or record.get("type") == "Feature":
        return True
    names = {part.strip("@_ ").casefold() for name, _ in _flat(record) for part in name.split(".")}
    return bool(names & _PLACING) or any("经度" in name or "坐标" in name or "地址" in name for name in names)


def _is_table(document: list[Any]) -> bool:
    """Rows as lists, the first of them the titles."""
    rows = [row for row in document if isinstance(row, list)]
    return (
        len(rows) == len(document) > 1
        and len(rows[0]) > 1
        and all(isinstance(title, str) and not _is_number(title) for title in rows[0])
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def _places_by_name(document: Record) -> tuple[Record, ...]:
    """{"name": [lon, lat], …}, as charts keep the places of their series; () for anything else."""
    pairs = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and 2 <= len(value) <= 3 and all(_is_number(v) for v in value)
    }
    if len(pairs) < 2 or len(pairs) < _MANY * len(document):
        return ()
    return tuple({"name": key, "lonlat": json.dumps(value)} for key, value in pairs.items())


def _by_column(document: Record) -> tuple[Record, ...]:
    """{"name": [a, b], "lon": [1, 2]} and {"columns": ["name", "lon"], "data": [[a, 1], [b, 2]]}, as programs
    write tables; () for anything else."""
    titles, rows = document.get("columns"), document.get("data")
    if isinstance(titles, list) and isinstance(rows, list) and _is_table([titles, *rows]):
        return tuple(dict(zip(titles, row, strict=False)) for row in rows)
    columns = [value for value in document.values() if isinstance(value, list)]
    plain = all(not isinstance(cell, list | dict) for column in columns for cell in column)
    alike = len({len(column) for column in columns}) == 1
    if len(columns) < len(document) or len(columns) < 2 or not (plain and alike and columns[0]):
        return ()
    records = tuple(dict(zip(document, row, strict=True)) for row in zip(*columns, strict=True))
    return records if _is_placed(records[0]) else ()


def _flat(record: Record, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Cell]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < _DEPTH:
            yield from _flat(value, f"{name}.", depth + 1)
        elif isinstance(value, list | dict):
            yield name, json.dumps(value, ensure_ascii=False)[:1000]
        else:
            yield name, value.strip() or None if isinstance(value, str) else value


def _sheet(name: str, groups: list[_Group], limits: Limits, crs: str) -> RawSheet:
    records: list[dict[str, Cell]] = []
    geometries: list[Any] = []
    for group in groups:
        for record in group.records:
            is_feature = record.get("type") == "Feature" and ("geometry" in record or "properties" in record)
            own = record.get("properties") or {} if is_feature else record
            given = {key: value for key, value in group.given.items() if key not in own}
            records.append(dict(_flat({**given, **own})))
            geometries.append(record.get("geometry") if is_feature else None)
    names = list(dict.fromkeys(title for record in records for title in record))
    if len(records) > limits.rows or len(names) > limits.columns or len(records) * len(names) > limits.cells:
        raise UnreadableError(
            text(
                "The file has {rows} records with {columns} fields; "
                "at most {most_rows} and {most_columns} are read.",
                rows=len(records),
                columns=len(names),
                most_rows=limits.rows,
                most_columns=limits.columns,
            )
        )
    rows: list[Row] = [list(names), *([record.get(title) for title in names] for record in records)]
    if not any(geometries):
        return RawSheet(name, rows)
    found = [inner_point(geometry) for geometry in geometries]
    return RawSheet(
        name,
        rows,
        crs=crs,
        points=[None, *(point for point, _ in found)],
        geometry_kind=["", *(kind for _, kind in found)],
        extents=[None, *(extent_of(geometry) for geometry in geometries)],
    )
