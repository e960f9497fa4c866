"""Which columns of a units file hold names, numbers, parents and classes: by title, then by what stands in them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np

NAME_COLUMNS: Final = (
    "name", "名称", "单位名称", "区划名称", "行政区名称", "行政区划名称", "单元名称", "名字", "name_zh",
    "name:zh", "name_chn", "name_cn", "Name_County", "XZQMC", "XZQHMC", "ZLDWMC", "QSDWMC", "MC",
    "shapeName", "names.primary", "names_primary", "names", "unit_name", "unit",
)  # fmt: skip
ID_COLUMNS: Final = (
    "unit_id", "code", "adcode", "代码", "编码", "编号", "区划代码", "行政区代码", "行政区划代码", "区划码",
    "统计用区划代码", "Code_County", "XZQDM", "XZQHDM", "ZLDWDM", "QSDWDM", "gb", "SQDM", "CDM", "CUNDM",
    "JDDM", "XZDM", "QXDM", "社区代码", "村代码", "街道代码", "乡镇代码", "区县代码", "adm5_pcode",
    "adm4_pcode", "adm3_pcode", "GID_3", "shapeID", "division_id", "osm_id", "@id", "id",
)  # fmt: skip
PARENT_COLUMNS: Final = (
    "parent_id", "parent", "上级代码", "上级", "上级区划代码", "所属单位", "parent_division_id", "parent_code",
    "parent.adcode",
)  # fmt: skip
# Titles that name a level: the finest of them holds the unit's own name where no other column does.
NAMES_OF: Final = {
    "community": (
        "社区名称", "村名称", "社区名", "村名", "村居名称", "村社区名称", "SQMC", "CMC", "CUNMC", "CWMC",
        "社区", "村居", "村", "村/社区", "社区/村", "所属社区", "community", "village",
    ),
    "street": (
        "街道名称", "乡镇名称", "镇街名称", "街镇名称", "街道名", "乡镇名", "JDMC", "XZMC", "XZJDMC", "ZJMC",
        "所属街道", "所属乡镇", "所属镇街", "街道", "镇街", "街镇", "乡镇", "街道/镇", "镇", "乡镇街道",
        "street", "town", "township", "subdistrict",
    ),
    "district": (
        "区县名称", "区名称", "县区名称", "区县名", "QXMC", "XMC", "XQMC", "所属区", "所属区县", "区", "区县",
        "县区", "县", "行政区", "district", "county",
    ),
}  # fmt: skip
# National levels as GADM, geoBoundaries and HDX count them for China.
ADM_LEVELS: Final = {1: "above", 2: "above", 3: "district", 4: "street", 5: "community"}
_ADM: Final = re.compile(r"^(?P<local>nl_)?name_(?P<gadm>\d)$|^adm(?P<hdx>\d)_?(?P<tongue>zh|cn|name|en)\w*$")
_EMPTY: Final = frozenset(("", "na", "n/a", "none", "null", "nan", "<null>", "无"))
_CUT_BYTES: Final = (9, 10)
_LEAST_FILLED: Final = 0.5
_FEW_TWICE: Final = 0.1
_LEVELS_UP: Final = ("community", "street", "district")


@dataclass(frozen=True)
class Columns:
    """The titles that were chosen ("" for none): `level` the level that the name's title speaks of,
    `parents` level → the column that names the unit of that level above."""

    name: str = ""
    level: str = ""
    number: str = ""
    parent: str = ""
    parents: tuple[tuple[str, str], ...] = ()


def title_in(columns: Sequence[str], aliases: Sequence[str]) -> str:
    """The first alias that a column bears, whole or cut at ten bytes as shapefiles cut it; "" for none."""
    return next(titles_in(columns, aliases), "")


def titles_in(columns: Sequence[str], aliases: Sequence[str]) -> Iterator[str]:
    """All columns that bear one of the aliases, those that bear it whole first."""
    plain = {str(column): _plain(column) for column in columns}
    seen = set[str]()
    for fits in (str.__eq__, _is_cut):
        for alias in aliases:
            for column, title in plain.items():
                if column not in seen and fits(title, _plain(alias)):
                    seen.add(column)
                    yield column


def words(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    """A column as texts, "" where empty and everywhere for the column "" ."""
    return [word_of(value) for value in frame[column]] if column else [""] * len(frame)


def word_of(value: object) -> str:
    """Codes come as numbers from some programs: 320102.0 is 320102."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    word = str(value).strip()
    return word[:-2] if re.fullmatch(r"\d+\.0", word) else word


def columns_of(frame: gpd.GeoDataFrame) -> Columns:
    """Name, number and parents of a layer. The number's column has a number of its own in nearly every
    row: an Id of 0, or the county's code in all rows, is none."""
    titles = [str(column) for column in frame.columns if column != frame.geometry.name]
    name = next(
        (title for title in titles_in(titles, NAME_COLUMNS) if _names_units(unit_names(frame, title))), ""
    )
    by_level = {
        level: title
        for level in _LEVELS_UP
        for title in titles_in(titles, NAMES_OF[level])
        if title != name and _names_units(words(frame, title), least=0.01)
    }
    level = ""
    if not name:
        level = next((level for level in _LEVELS_UP if level in by_level), "")
        name = by_level.pop(level, "")
    counted = _counted_names(frame, titles)
    if not name and counted:
        depth = max(counted)
        name, level = counted[depth], ADM_LEVELS.get(depth, "")
        by_level |= {ADM_LEVELS[k]: counted[k] for k in counted if k < depth and ADM_LEVELS.get(k) != "above"}
    number = next(
        (title for title in titles_in(titles, ID_COLUMNS) if title != name and _numbers_units(frame, title)),
        "",
    )
    return Columns(name, level, number, title_in(titles, PARENT_COLUMNS), tuple(by_level.items()))


def unit_names(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    """Names; of Overture's `names` the primary one."""
    return [_primary(word) for word in words(frame, column)]


def not_numbers(frame: gpd.GeoDataFrame, chosen: str) -> list[str]:
    """Columns that are called numbers and do not number the units."""
    titles = [str(column) for column in frame.columns if column != frame.geometry.name]
    return [title for title in titles_in(titles, ID_COLUMNS) if title != chosen and any(words(frame, title))]


def _counted_names(frame: gpd.GeoDataFrame, titles: Sequence[str]) -> dict[int, str]:
    """Depth → the column of names, of GADM's and HDX's several ones; Chinese names before others."""
    found = dict[int, str]()
    for title in titles:
        match = _ADM.match(_plain(title))
        if match and _names_units(words(frame, title)):
            depth = int(match["gadm"] or match["hdx"])
            chinese = bool(match["local"]) or match["tongue"] in ("zh", "cn")
            if depth not in found or chinese:
                found[depth] = title
    return found


def _names_units(names: Sequence[str], least: float = _LEAST_FILLED) -> bool:
    filled = [name for name in names if name.casefold() not in _EMPTY and not name.isdigit()]
    return len(filled) >= max(least * len(names), 1)


def _numbers_units(frame: gpd.GeoDataFrame, title: str) -> bool:
    numbers = [word for word in words(frame, title) if word and word != "0"]
    return len(numbers) >= _LEAST_FILLED * len(frame) and len(set(numbers)) >= (1 - _FEW_TWICE) * len(numbers)


def _primary(word: str) -> str:
    if not word.startswith("{"):
        return "" if word.casefold() in _EMPTY else word
    try:
        names = json.loads(word)
    except ValueError:
        return word
    return str(names.get("primary") or "") if isinstance(names, dict) else word


def _is_cut(title: str, alias: str) -> bool:
    kept = title.rstrip("\ufffd?")
    if not kept or len(kept) >= len(alias) or not alias.startswith(kept):
        return False
    return any(
        len(kept.encode(encoding, "ignore")) in _CUT_BYTES
        or (len(title) > len(kept) and len(kept.encode(encoding, "ignore")) >= 7)
        for encoding in ("utf-8", "gbk")
    )


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", str(name)).strip().lstrip("\ufeff").casefold()
