"""Districts, streets/towns and communities/villages from any vector file → a checked `UnitTable`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.tables import LEVELS, RURAL, UNKNOWN, URBAN, UnitTable
from data.digest import sha256_of
from data.intake.findings import Finding
from data.population.columns import find_column
from data.vector import layers, read_vector
from geo.crs import WGS84
from geo.errors import InputError
from geo.text import Text, text

NAME_COLUMNS: Final = ("name", "名称", "单位名称", "name_zh", "Name_County")
LEVEL_COLUMNS: Final = ("level", "层级", "级别", "等级", "类型")
ID_COLUMNS: Final = ("unit_id", "code", "adcode", "代码", "编码", "区划代码", "Code_County", "id")
PARENT_COLUMNS: Final = ("parent_id", "parent", "上级代码", "上级")
CODE_COLUMNS: Final = ("settlement_code", "城乡分类代码", "城乡代码")
SETTLEMENT_COLUMNS: Final = ("settlement", "城乡", "城乡类型")

_LEVEL_WORDS: Final = {
    "district": ("district", "county", "区", "区县", "县"),
    "street": ("street", "town", "subdistrict", "街道", "镇", "乡", "街道/镇", "镇街", "乡镇"),
    "community": ("community", "village", "社区", "村", "社区/村", "村居"),
}
# 统计用城乡划分代码: 111, 112 city; 121, 122, 123 town; 210, 220 country.
_URBAN_CODES: Final = ("111", "112", "121", "122", "123")
_RURAL_CODES: Final = ("210", "220")
_SETTLEMENT_WORDS: Final = {
    "urban": URBAN,
    "城镇": URBAN,
    "城市": URBAN,
    "城": URBAN,
    "rural": RURAL,
    "乡村": RURAL,
    "农村": RURAL,
    "乡": RURAL,
}


@dataclass(frozen=True)
class UnitFile:
    """A units file as read: the table, remarks on it, and which file it was."""

    table: UnitTable
    findings: tuple[Finding, ...]
    sha256: str


def read_units(path: Path, *, crs: str) -> UnitFile:
    """Read units in any CRS (WGS-84 assumed, and said, where the file has none) into metric `crs`.

    Needs a name; level from its column, else districts. Broken outlines are repaired and each
    repair is listed; rows without an outline or a known level are listed and left out.
    """
    frame = _all_layers(path)
    findings: list[Finding] = []
    if frame.crs is None:
        frame = frame.set_crs(WGS84)
        findings.append(
            _remark(
                path, 0, "crs-assumed", text("The file does not say its coordinate system; WGS-84 is taken.")
            )
        )
    columns = [str(column) for column in frame.columns]
    name_column = find_column(columns, NAME_COLUMNS)
    if name_column is None:
        raise InputError(
            "{file}: no column is named {aliases}. The columns are: {columns}.",
            file=path.name,
            aliases=", ".join(NAME_COLUMNS[:3]),
            columns=", ".join(columns[:20]),
        )
    table = gpd.GeoDataFrame(
        {
            "unit_id": _words(frame, ID_COLUMNS, [str(row) for row in range(1, len(frame) + 1)]),
            "name": frame[name_column].fillna("").astype(str).str.strip(),
            "level": _levels(frame),
            "settlement": _settlements(frame),
            "parent_id": _words(frame, PARENT_COLUMNS, [""] * len(frame)),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    table = _usable(table, path, findings).to_crs(crs).reset_index(drop=True)
    if not len(table):
        raise InputError("{file}: no unit with a name, a known level and an outline is left.", file=path.name)
    return UnitFile(UnitTable(table), tuple(findings), sha256_of(path))


def _all_layers(path: Path) -> gpd.GeoDataFrame:
    """The layer called units, else all layers named after levels, else the first."""
    names = layers(path)
    if "units" in names or len(names) == 1:
        return read_vector(path, layer="units" if "units" in names else None)
    wanted = [name for name in names if name.casefold() in LEVELS]
    if not wanted:
        return read_vector(path)
    parts = [read_vector(path, layer=name).assign(level=name.casefold()) for name in wanted]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs)


def _words(frame: gpd.GeoDataFrame, aliases: Sequence[str], otherwise: list[str]) -> list[str]:
    column = find_column([str(name) for name in frame.columns], aliases)
    if column is None:
        return otherwise
    return [_word(value) for value in frame[column]]


def _word(value: object) -> str:
    """Codes come as numbers from some programs: 320102.0 is 320102."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _levels(frame: gpd.GeoDataFrame) -> list[str]:
    known = {word: level for level, words in _LEVEL_WORDS.items() for word in words}
    said = _words(frame, LEVEL_COLUMNS, ["district"] * len(frame))
    return [known.get(word.casefold(), "") for word in said]


def _settlements(frame: gpd.GeoDataFrame) -> list[str]:
    codes = _words(frame, CODE_COLUMNS, [""] * len(frame))
    words = _words(frame, SETTLEMENT_COLUMNS, [""] * len(frame))
    return [_settlement(code, word) for code, word in zip(codes, words, strict=True)]


def _settlement(code: str, word: str) -> str:
    """The statistical code decides; a name never does: 街道 of the suburbs contain villages."""
    if code in _URBAN_CODES:
        return URBAN
    if code in _RURAL_CODES:
        return RURAL
    return _SETTLEMENT_WORDS.get(word.casefold(), UNKNOWN)


def _usable(table: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoDataFrame:
    shapes = table.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    outline = ~missing & (shapely.get_dimensions(shapes) == 2)
    level, name = (table["level"] != "").to_numpy(), (table["name"] != "").to_numpy()
    broken = outline & ~shapely.is_valid(shapes)
    for wrong, code, message in (
        (~outline, "no-outline", text("The unit has no outline and is left out.")),
        (~level, "no-level", text("The unit's level is not known and it is left out.")),
        (~name, "no-name", text("The unit has no name and is left out.")),
        (broken, "outline-repaired", text("The unit's outline crossed itself and was repaired.")),
    ):
        findings.extend(_remark(path, int(row) + 1, code, message) for row in np.flatnonzero(wrong))
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    repaired = table.set_geometry(gpd.GeoSeries(shapes, crs=table.crs))
    return repaired[outline & level & name]


def _remark(path: Path, row: int, code: str, message: Text) -> Finding:
    return Finding(path.name, "", row, "", "warning", code, message)
