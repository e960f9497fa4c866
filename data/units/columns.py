"""What columns of a units file are called, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np

from coverage.model.tables import RURAL, UNKNOWN, URBAN
from data.population.columns import find_column

NAME_COLUMNS: Final = (
    "name",
    "名称",
    "单位名称",
    "name_zh",
    "Name_County",
    "XZQMC",
    "ZLDWMC",
    "社区名称",
    "村名称",
)
LEVEL_COLUMNS: Final = ("level", "层级", "级别", "等级", "类型")
ADMIN_LEVEL_COLUMNS: Final = ("admin_level",)
ID_COLUMNS: Final = (
    "unit_id",
    "code",
    "adcode",
    "代码",
    "编码",
    "区划代码",
    "统计用区划代码",
    "Code_County",
    "XZQDM",
    "ZLDWDM",
    "id",
)
PARENT_COLUMNS: Final = ("parent_id", "parent", "上级代码", "上级")
# By the level of the unit itself: a street's own column "街道" holds its own name.
PARENT_COLUMNS_OF: Final = {
    "street": ("所属区", "所属区县", "区", "区县"),
    "community": ("所属街道", "所属乡镇", "所属镇街", "街道", "镇街", "街镇", "乡镇"),
}
CODE_COLUMNS: Final = ("settlement_code", "城乡分类代码", "城乡代码", "城乡分类")
SETTLEMENT_COLUMNS: Final = ("settlement", "城乡", "城乡类型")

_LEVEL_WORDS: Final = {
    "district": ("district", "county", "区", "区县", "县", "县级"),
    "street": (
        "street",
        "town",
        "subdistrict",
        "街道",
        "镇",
        "乡",
        "街道/镇",
        "镇街",
        "街镇",
        "乡镇",
        "乡级",
    ),
    "community": (
        "community",
        "village",
        "社区",
        "村",
        "社区/村",
        "村居",
        "村/社区",
        "居委会",
        "村委会",
        "村级",
    ),
}
# OpenStreetMap in China: county 6, town or subdistrict 8, village or community 10 (wiki, Tag:boundary).
_ADMIN_LEVELS: Final = {"6": "district", "8": "street", "10": "community"}
_SETTLEMENT_WORDS: Final = {
    "urban": URBAN,
    "城镇": URBAN,
    "城市": URBAN,
    "城区": URBAN,
    "镇区": URBAN,
    "城": URBAN,
    "rural": RURAL,
    "乡村": RURAL,
    "农村": RURAL,
    "乡": RURAL,
}
# 统计用城乡划分代码: 111, 112 city; 121, 122, 123 town; 210, 220 country.
_URBAN_CODES: Final = ("111", "112", "121", "122", "123")
_RURAL_CODES: Final = ("210", "220")


def words(frame: gpd.GeoDataFrame, aliases: Sequence[str]) -> list[str] | None:
    """The column of one of the names as texts ("" where empty), None if there is none."""
    column = find_column([str(name) for name in frame.columns], aliases)
    return None if column is None else [_word(value) for value in frame[column]]


def _word(value: object) -> str:
    """Codes come as numbers from some programs: 320102.0 is 320102."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def levels_of(frame: gpd.GeoDataFrame) -> list[str]:
    """Each row's level, "" where its word is not known; a file without any says districts."""
    known = {word: level for level, names in _LEVEL_WORDS.items() for word in names}
    said = words(frame, LEVEL_COLUMNS)
    if said is not None and any(word.casefold() in known for word in said):
        return [known.get(word.casefold(), "") for word in said]
    numbers = words(frame, ADMIN_LEVEL_COLUMNS)
    if numbers is not None:
        return [_ADMIN_LEVELS.get(number, "") for number in numbers]
    return ["district"] * len(frame) if said is None else [""] * len(frame)


def parents_of(frame: gpd.GeoDataFrame, levels: Sequence[str]) -> list[str]:
    """The number or name each row states of the unit above it, "" where none."""
    empty = [""] * len(frame)
    said = words(frame, PARENT_COLUMNS) or empty
    by_level = {level: words(frame, aliases) or empty for level, aliases in PARENT_COLUMNS_OF.items()}
    return [
        word or by_level.get(level, empty)[row]
        for row, (word, level) in enumerate(zip(said, levels, strict=True))
    ]


def settlements_of(frame: gpd.GeoDataFrame) -> list[str]:
    """Urban, rural or "": the statistical code decides, then the word; a name never does.

    街道 of the suburbs contain villages.
    """
    empty = [""] * len(frame)
    codes, said = words(frame, CODE_COLUMNS) or empty, words(frame, SETTLEMENT_COLUMNS) or empty
    return [
        _by_code(code) or _by_word(word) or _by_code(word) for code, word in zip(codes, said, strict=True)
    ]


def _by_code(code: str) -> str:
    if code in _URBAN_CODES:
        return URBAN
    return RURAL if code in _RURAL_CODES else UNKNOWN


def _by_word(word: str) -> str:
    return _SETTLEMENT_WORDS.get(word.casefold(), UNKNOWN)
