"""Street lines of a GIS, in whatever format and layer: which lines are the streets, and who walks there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.text import Text, listed, text
from data.formats.inputs_read import InputRead, because
from data.formats.layers import LayerInfo, MapFile, opened
from data.formats.systems import middle_of, no_system, usable_system
from data.streets.classes import StreetClasses, classes_of, navinfo_codes
from data.streets.layer_choice import BESIDE, NO_STREETS, STREETS, Choice, chosen_layers, columns_of
from data.streets.raw import NOT_WALKED, RawStreets, Shapes
from geo.crs import WGS84

_LAYER_TITLES: Final = ("layer", "level", "zlevel", "z_level", "高程层", "层级", "道路层级", "竖向层")
_BRIDGE_TITLES: Final = ("bridge", "is_bridge", "isbridge", "桥", "桥梁", "是否桥梁", "是否桥")
_TUNNEL_TITLES: Final = ("tunnel", "is_tunnel", "istunnel", "隧道", "是否隧道", "地道")
# Words that say so under any title but that of a name.
_BRIDGE_WORDS: Final = (
    "bridge", "viaduct", "overpass", "flyover", "elevated", "footbridge", "桥", "桥梁", "高架", "高架桥",
    "高架路", "高架道路", "立交桥", "天桥", "人行天桥", "跨线桥",
)  # fmt: skip
_TUNNEL_WORDS: Final = ("tunnel", "underpass", "隧道", "地道", "地下通道", "下穿", "下穿通道")
_NAMES: Final = re.compile(r"name|名|^mc$", re.IGNORECASE)
_NO: Final = frozenset(
    {
        "",
        "no",
        "f",
        "false",
        "0",
        "0.0",
        "none",
        "nan",
        "n",
        "null",
        "<na>",
        "-",
        "否",
        "无",
        "不是",
        "非桥",
        "非隧道",
    }
)
_HIGHEST_LAYER: Final = 9
_OTHER_WAYS: Final = ("railway", "waterway", "aeroway", "aerialway", "power", "pipeline")
# Titles under which drawings say what a line is.
_DRAWN_AS: Final = (
    "layer", "图层", "图层名", "图层名称", "layername", "layer_name", "refname", "要素", "要素名称",
    "要素类型", "要素类别", "地物", "地物类型", "地物名称", "feature", "feature_type", "featuretype",
)  # fmt: skip


def read_lines(path: Path, *, layer: str = "", class_name: str = "") -> RawStreets:
    """The street lines of a map file.

    The layer `layer`, else the one whose lines look like streets, by its name and by its classes; where two
    do, OpenQuestionError. Layers "water" and "green" go to the basemap, "barriers" are obstacles. Lines
    with a class are kept by the rule for OpenStreetMap's ways (`class_name` names the column), all lines
    where no column tells one. A column `class` of the numbers 0, 1, 2 says what a map shows from afar.
    """
    with opened(path) as file:
        chosen = chosen_layers(file, layer)
        beside = {
            info.name.casefold(): _shapes(file, info, chosen)
            for info in file.layers
            if info.name.casefold() in ("water", "green", "barriers") and not chosen.takes(info)
        }
        aside = tuple(
            InputRead(
                "network",
                path.name,
                info.name,
                rows_left_out=info.count,
                used=False,
                why=text("Another layer is taken."),
            )
            for info in file.layers
            if not chosen.takes(info) and info.name.casefold() not in beside
        )
    return _raw(path, chosen, beside, aside, class_name)


def _shapes(file: MapFile, info: LayerInfo, streets: Choice) -> Shapes:
    """The shapes of a layer beside the streets, in their system."""
    frame = file.read(info).frame
    if frame.crs is not None and streets.frame.crs is not None and frame.crs != streets.frame.crs:
        frame = frame.to_crs(streets.frame.crs)
    shapes = np.asarray(frame.geometry.to_numpy(), object)
    return np.asarray(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))], object)


def _raw(
    path: Path,
    chosen: Choice,
    beside: Mapping[str, Shapes],
    aside: tuple[InputRead, ...],
    class_name: str,
) -> RawStreets:
    columns, shapes = columns_of(chosen.frame), np.asarray(chosen.frame.geometry.to_numpy(), object)
    n = len(shapes)
    findings: list[Text] = []
    crs, system = _system(path, chosen.frame, shapes, findings)
    numbered = "class" in columns and not class_name and _all_numbers(columns["class"])
    told = classes_of(
        {k: v for k, v in columns.items() if not (numbered and k == "class")},
        n,
        column=class_name,
        file=path.name,
    )
    lines, owner = _lines_of(shapes)
    is_line = np.zeros(n, bool)
    is_line[owner] = True
    walked = told.walked & ~_called_otherwise(columns, n, told.column, findings)
    if not told.column:
        walked &= ~_of_other_ways(columns, n)
    _count(findings, is_line, walked)
    if not told.column and is_line.any():
        findings.append(
            text(
                "{path} says no class of streets: all its lines are walked, expressways among them.",
                path=path.name,
            )
        )
    kept = walked[owner]
    parts, owner = lines[kept], owner[kept]
    xy, part = shapely.get_coordinates(parts, return_index=True)
    klass = _stated_classes(columns["class"]) if numbered else told.klass
    water = beside.get("water", shapes[:0])
    return RawStreets(
        xy=xy,
        way_vertices=np.arange(len(xy)),
        way_start=np.searchsorted(part, np.arange(len(parts) + 1)),
        way_class=klass[owner],
        way_layer=_layers(columns, n)[owner],
        crs=crs,
        shared=False,
        water=water,
        green=beside.get("green", shapes[:0]),
        obstacles=np.concatenate(
            [water[shapely.get_dimensions(water) == 1], beside.get("barriers", shapes[:0])]
        ),
        findings=tuple(findings),
        read=(_read_entry(path, chosen, told, system, is_line & walked), *aside),
        closed=int((is_line & ~walked).sum()),
    )


def _called_otherwise(
    columns: Mapping[str, Sequence[Any]], n: int, classes: str, findings: list[Text]
) -> NDArray[np.bool_]:
    """(n,) rows that a column of a drawing calls something else than streets: 等高线 beside 道路中心线."""
    for title, values in columns.items():
        if (
            title != classes and title.strip().casefold() not in _DRAWN_AS
        ):  # names of streets hold words of rivers too (滨河路)
            continue
        words = ["" if value is None else str(value) for value in values]
        named = {word for word in words if STREETS.search(word) and not BESIDE.search(word)}
        others = {
            word for word in words if word not in named and (NO_STREETS.search(word) or BESIDE.search(word))
        }
        if named and others:
            findings.append(
                text(
                    "By the column {column} some lines are no streets and were left out: {words}.",
                    column=title,
                    words=listed(sorted(others)),
                )
            )
            return np.array([word in others for word in words], bool)
    return np.zeros(n, bool)


def _of_other_ways(columns: Mapping[str, Sequence[Any]], n: int) -> NDArray[np.bool_]:
    """(n,) rows with a tag of OpenStreetMap that makes a railway, a river or a power line of them."""
    other = np.zeros(n, bool)
    for title, values in columns.items():
        if title.strip().casefold() in _OTHER_WAYS:
            other |= [str(value).strip().casefold() not in (*_NO, "platform") for value in values]
    return other


def _read_entry(
    path: Path, chosen: Choice, told: StreetClasses, system: str, used: NDArray[np.bool_]
) -> InputRead:
    return InputRead(
        "network",
        path.name,
        layer=chosen.info.name,
        column=told.column,
        system=system,
        rows_read=int(used.sum()),
        rows_left_out=int((~used).sum()),
        why=because(chosen.why, NOT_WALKED if not used.all() else ""),
    )


def _count(findings: list[Text], is_line: NDArray[np.bool_], walked: NDArray[np.bool_]) -> None:
    said = (
        text(
            "{count} {count:feature|features} without a line {count:was|were} left out.",
            count=int((~is_line).sum()),
        ),
        text(
            "{count} {count:line|lines} that may not be walked {count:was|were} left out.",
            count=int((is_line & ~walked).sum()),
        ),
    )
    findings.extend(sentence for sentence in said if sentence.values["count"])


def _system(path: Path, frame: gpd.GeoDataFrame, shapes: Shapes, findings: list[Text]) -> tuple[str, str]:
    """The system to read the coordinates in, and its name for a reader."""
    middle = middle_of(shapes)
    declared = frame.crs
    # A GeoPackage without a system says "Undefined geographic SRS", or an engineering one of that name.
    if declared is None or declared.name.startswith("Undefined") or middle is None:
        if middle is not None and (abs(middle[0]) > 180 or abs(middle[1]) > 180):
            raise no_system(path.name, middle)
        findings.append(
            text("{path} names no coordinate system; it was read as WGS-84 degrees.", path=path.name)
        )
        return WGS84, "EPSG:4326"
    if declared.is_geographic and abs(middle[1]) > 90 >= abs(middle[0]):
        return WGS84, "EPSG:4326"  # refused as swapped, which is what it is
    system = usable_system(declared, path.name, middle)
    if system.warning is not None:
        findings.append(system.warning)
    return system.crs.to_wkt(), system.name


def _lines_of(shapes: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """The single lines in shapes, also those within collections, and the row of each."""
    present = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    parts, owner = shapely.get_parts(shapely.force_2d(shapes[present]), return_index=True)
    while np.any(nested := shapely.get_num_geometries(parts) > 1):
        inner, of = shapely.get_parts(parts, return_index=True)
        parts, owner = inner, owner[of]
        del nested
    single, of = shapely.get_parts(parts, return_index=True)
    line = (shapely.get_type_id(single) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(single)
    return np.asarray(single[line], object), present[owner[of[line]]].astype(np.int64)


def _all_numbers(values: Sequence[Any]) -> bool:
    stated = [v for v in values if v is not None and v == v]
    return all(isinstance(v, (int, float, np.number)) for v in stated)


def _stated_classes(values: Sequence[Any]) -> NDArray[np.int8]:
    numbers = pd.to_numeric(pd.Series(list(values), dtype=object), errors="coerce").to_numpy(float)
    return np.asarray(np.clip(np.nan_to_num(numbers), 0, 2), np.int8)


def _layers(columns: Mapping[str, Sequence[Any]], n: int) -> NDArray[np.int64]:
    """Above (+) or below (-) the ground: a column of levels, else a bridge is above and a tunnel below.

    All on the ground in an extract of OpenStreetMap: there a common vertex is always a junction.
    """
    titles = {str(title).strip().casefold(): title for title in columns}
    if "osm_id" in titles:
        return np.zeros(n, np.int64)
    bridge, tunnel = (
        _said(next((columns[titles[t]] for t in names if t in titles), None), n)
        for names in (_BRIDGE_TITLES, _TUNNEL_TITLES)
    )
    if not any(t in titles for t in (*_BRIDGE_TITLES, *_TUNNEL_TITLES)):
        for title, values in columns.items():
            if not _NAMES.search(title):
                words = [str(value).strip().casefold() for value in values]
                bridge |= np.isin(words, _BRIDGE_WORDS)
                tunnel |= np.isin(words, _TUNNEL_WORDS)
    if "kind" in titles:
        codes = [navinfo_codes(str(value)) for value in columns[titles["kind"]]]
        if any(codes):
            bridge |= np.array([any(code.endswith("08") for code in own) for own in codes])
            tunnel |= np.array([any(code.endswith("0f") for code in own) for own in codes])
    stated = next((columns[titles[t]] for t in _LAYER_TITLES if t in titles), None)
    layer = np.zeros(n, np.int64)
    # Merging files in QGIS adds a column of their names, `layer`, with one of their paths.
    if stated is not None and "path" not in titles:
        numbers = pd.to_numeric(pd.Series(list(stated), dtype=object), errors="coerce")
        if _are_levels(numbers, stated):
            layer = numbers.fillna(0).to_numpy(float).astype(np.int64)
    return np.where(layer != 0, layer, bridge.astype(np.int64) - (tunnel & ~bridge))


def _are_levels(numbers: pd.Series[Any], stated: Sequence[Any]) -> bool:
    """Whole numbers near 0, most of the streets on the ground, and nothing that is no number."""
    there = numbers.dropna()
    if len(there) < sum(str(value).strip().casefold() not in _NO for value in stated):
        return False
    whole = bool((there == there.round()).all() and (there.abs() <= _HIGHEST_LAYER).all())
    return whole and (there != 0).sum() <= len(numbers) / 2


def _said(values: Sequence[Any] | None, n: int) -> NDArray[np.bool_]:
    """Yes, in one of the ways files say so."""
    if values is None:
        return np.zeros(n, bool)
    return np.array([str(value).strip().casefold() not in _NO for value in values], bool)
