"""Which columns of a units file hold names, numbers and parents: by title, then by what stands in them.

The titles and words are those of `words.toml`.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np

_WORDS: Final = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
TITLES: Final[Mapping[str, Sequence[str]]] = _WORDS["titles"]
NAMES_OF: Final[Mapping[str, Sequence[str]]] = _WORDS["titles"]["names_of"]
LEVEL_WORDS: Final[Mapping[str, Sequence[str]]] = _WORDS["level_words"]
LAYER_WORDS: Final[Mapping[str, Sequence[str]]] = _WORDS["layer_words"]
SETTLEMENT_WORDS: Final[Mapping[str, Sequence[str]]] = _WORDS["settlement_words"]
# National levels as GADM, geoBoundaries and HDX count them for China.
ADM_LEVELS: Final = {0: "above", 1: "above", 2: "above", 3: "district", 4: "street", 5: "community"}
_ADM: Final = re.compile(r"^(?P<local>nl_)?name_(?P<gadm>\d)$|^adm(?P<hdx>\d)_?(?P<tongue>zh|cn|name|en)\w*$")
_UNIT_NAME: Final = re.compile(r".{1,}(社区|村|居委会|村委会|街道|街道办事处|镇|乡|区|县|旗)$")
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
    if isinstance(value, Mapping):  # a structure of Parquet, as Overture has its names
        return json.dumps(dict(value), ensure_ascii=False, default=str)
    word = str(value).strip()
    return word[:-2] if re.fullmatch(r"\d+\.0", word) else word


def columns_of(frame: gpd.GeoDataFrame) -> Columns:
    """Name, number and parents of a layer. The number's column has a number of its own in nearly every
    row: an Id of 0, or the county's code in all rows, is none."""
    titles = [str(column) for column in frame.columns if column != frame.geometry.name]
    # The first column of names, one with Chinese names before others.
    found = [title for title in titles_in(titles, TITLES["names"]) if _names_units(unit_names(frame, title))]
    chinese = [
        title
        for title in found
        if _names_units(
            [
                name if any("一" <= letter <= "鿿" for letter in name) else ""
                for name in unit_names(frame, title)
            ]
        )
    ]
    name = next(iter([*chinese, *found]), "")
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
    if not name:
        name = next((title for title in titles if _called_as_units(words(frame, title))), "")
    number = next(
        (
            title
            for title in titles_in(titles, TITLES["numbers"])
            if title != name and _numbers_units(frame, title)
        ),
        "",
    )
    return Columns(name, level, number, title_in(titles, TITLES["parents"]), tuple(by_level.items()))


def _called_as_units(names: Sequence[str]) -> bool:
    """Whether a column of an unknown title holds different names that nearly all end as those of units."""
    ending = [name for name in names if _UNIT_NAME.search(name)]
    return bool(names) and len(ending) >= 0.9 * len(names) and len(set(ending)) >= 0.9 * len(ending)


def unit_names(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    """Names; of Overture's `names` the primary one."""
    return [_primary(word) for word in words(frame, column)]


def not_numbers(frame: gpd.GeoDataFrame, chosen: str) -> list[str]:
    """Columns that are called numbers and do not number the units."""
    titles = [str(column) for column in frame.columns if column != frame.geometry.name]
    return [
        title
        for title in titles_in(titles, TITLES["numbers"])
        if title != chosen and any(words(frame, title))
    ]


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
