"""JSON: GeoJSON, one object after another, or plain lists of records as map services answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from core.text import text
from data.formats.delimited import decode
from data.formats.geometry import inner_point
from data.formats.limits import Limits
from data.formats.raw import Cell, RawSheet, Row, UnreadableError

Record = dict[str, Any]
_DEPTH: Final = 4
_WGS84_NAMES: Final = ("CRS84", "4326")


def read_json(content: bytes, limits: Limits) -> RawSheet:
    """One sheet: a header of field names, then one row a feature or record, in their order.

    Nested objects become dotted names ("location.lat"). UnreadableError if it is not JSON or holds
    no records.
    """
    documents = list(_documents(decode(content)))
    features = [feature for document in documents for feature in _features(document)]
    crs = next((found for document in documents if (found := _crs(document))), "")
    if features:
        return _sheet(
            [dict(_flat(f.get("properties") or {})) for f in features],
            limits,
            geometries=[f.get("geometry") for f in features],
            crs=crs,
        )
    records = [dict(_flat(r)) for document in documents for r in _records(document)]
    if not records:
        raise UnreadableError(text("The JSON file holds neither features nor a list of records."))
    return _sheet(records, limits)


def _documents(written: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    position = 0
    while True:
        while position < len(written) and (written[position].isspace() or written[position] in "\x1e,"):
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


def _records(document: Any, depth: int = 0) -> list[Record]:
    """The longest list of objects, here or below."""
    if isinstance(document, list):
        return [r for r in document if isinstance(r, dict)]
    if not isinstance(document, dict) or depth >= _DEPTH:
        return []
    return max((_records(value, depth + 1) for value in document.values()), key=len, default=[])


def _flat(record: Record, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Cell]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < _DEPTH:
            yield from _flat(value, f"{name}.", depth + 1)
        elif isinstance(value, list | dict):
            yield name, json.dumps(value, ensure_ascii=False)[:1000]
        else:
            yield name, value.strip() or None if isinstance(value, str) else value


def _sheet(
    records: list[dict[str, Cell]], limits: Limits, *, geometries: list[Any] | None = None, crs: str = ""
) -> RawSheet:
    names = list(dict.fromkeys(name for record in records for name in record))
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
    rows: list[Row] = [list(names), *([record.get(name) for name in names] for record in records)]
    if geometries is None:
        return RawSheet("", rows)
    found = [inner_point(geometry) for geometry in geometries]
    return RawSheet(
        "",
        rows,
        crs=crs,
        points=[None, *(point for point, _ in found)],
        geometry_kind=["", *(kind for _, kind in found)],
    )
