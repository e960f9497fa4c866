"""District, street or community: by words, numbers, codes, titles, parents and names; never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from coverage.model.tables import LEVELS
from data.units.columns import (
    ADM_LEVELS,
    LAYER_WORDS,
    LEVEL_WORDS,
    TITLES,
    Columns,
    titles_in,
    unit_names,
    words,
)

# Units above the district are no units of a study: named and left out.
ABOVE: Final = "above"
# So are grids, estates and hamlets below the communities.
BELOW: Final = "below"
_KNOWN: Final = {word: level for level, names in LEVEL_WORDS.items() for word in names}
# OpenStreetMap in China: county 6, town or subdistrict 8, village or community 10 (wiki, Tag:boundary).
_OSM_LEVELS: Final = {
    **dict.fromkeys(("2", "3", "4", "5"), ABOVE), "6": "district", "8": "street", "10": "community",
}  # fmt: skip
_PROVINCES: Final = frozenset(
    map(
        str,
        (
            *range(11, 16),
            *range(21, 24),
            *range(31, 38),
            *range(41, 47),
            *range(50, 55),
            *range(61, 66),
            71,
            81,
            82,
        ),
    )
)
_MOST: Final = 0.9
_HALF: Final = 0.5
_LAYER_CHINESE: Final = (
    ("community", re.compile(r"社区|村")),
    ("street", re.compile(r"街道|乡镇|镇街|街镇|镇")),
    ("district", re.compile(r"区县|县区|区界|分区|各区|县|区$")),
)
# Columns that speak of the unit above, and not of the row.
_OF_OTHERS: Final = re.compile(r"上级|所属|隶属|parent", re.I)
_NO_DISTRICT: Final = re.compile(r"社区|小区|园区|行政区划|行政区|区划|市区|片区|辖区|地区")
_SUFFIXES: Final = (
    ("community", re.compile(r"(社区|村|居委会|村委会|居民委员会|村民委员会|嘎查|community|village)$")),
    ("street", re.compile(r"(街道|镇|乡|苏木|办事处|街道办|subdistrict|town|township)$")),
    ("district", re.compile(r"((?<!小)(?<!园)(?<!发)(?<!片)区|县|旗|district|county)$")),
)


def level_of_word(word: str) -> str:
    """A level's word in Chinese, English or a provider's terms → the level, `ABOVE`, `BELOW`, or "".

    >>> level_of_word("街道办事处"), level_of_word("ADM3"), level_of_word("乡镇级"), level_of_word("x")
    ('street', 'district', 'street', '')
    """
    plain = unicodedata.normalize("NFKC", word).strip().casefold()
    parts = {_level_of_part(part) for part in re.split(r"[/、,()和或及]", plain) if part.strip()}
    # 县(市、区)级 is of the level that stands before its bracket.
    bare = re.sub(r"\(.*?\)", "", plain)
    return _level_of_part(plain) or (parts.pop() if len(parts) == 1 else _level_of_part(bare))


def _level_of_part(plain: str) -> str:
    short = re.sub(r"(级|类|行政区划|区划)$", "", plain.strip())
    return next(
        (level for word in (plain, short, plain.removesuffix("s")) if (level := _KNOWN.get(word))), ""
    )


def level_of_code(code: str) -> str:
    """The level of an official division code of 6, 9, 12 or (land survey) 19 digits; "" for others.

    >>> level_of_code("320102"), level_of_code("320102002"), level_of_code("320102002001")
    ('district', 'street', 'community')
    >>> level_of_code("320102000000"), level_of_code("320100"), level_of_code("100001")
    ('district', 'above', '')
    """
    digits = code[3:] if code.startswith("156") and len(code) == 9 else code
    digits = digits[:12] if len(digits) == 19 else digits
    if not digits.isdigit() or len(digits) not in (6, 9, 12) or digits[:2] not in _PROVINCES:
        return ""
    county, town, village = digits[:6], digits[6:9], digits[9:12]
    if village.strip("0"):
        return "community"
    if town.strip("0"):
        return "street"
    return ABOVE if county.endswith("00") else "district"


def level_of_title(title: str) -> str:
    """The level that a layer or file is called after; "" where it names none or several.

    >>> level_of_title("nanjing_communities"), level_of_title("街道边界"), level_of_title("units")
    ('community', 'street', '')
    """
    plain = unicodedata.normalize("NFKC", title).casefold()
    tokens = set(re.split(r"[^a-z0-9]+", plain))
    tokens |= {token.removesuffix("s") for token in tokens}
    found = {level for level, names in LAYER_WORDS.items() if tokens & set(names)}
    found |= {
        level
        for level, pattern in _LAYER_CHINESE
        if pattern.search(_NO_DISTRICT.sub("", plain) if level == "district" else plain)
    }
    return found.pop() if len(found) == 1 else ""


class UnclearLevelError(Exception):
    """Nothing tells the level of a layer's units; `words` are those that were found in its place."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        self.words = tuple(words)
        super().__init__()


def levels_of(
    frame: gpd.GeoDataFrame, columns: Columns, *, titles: Sequence[str], answer: str = ""
) -> tuple[list[str], str]:
    """Each row's level ("" where its word is not known, `ABOVE` districts, `BELOW` communities), and how it
    was found.

    In this order: a column of words, of numbers, official codes, the user's `answer`, the column of
    names and the columns of parents, the layer's and the file's `titles`, the names' endings. The
    column is "" where none was used. UnclearLevelError where nothing tells.
    """
    found, strange = _by_words(frame)
    if found is not None:
        return found
    by_code = [level_of_code(code) for code in words(frame, columns.number)]
    by_name = [level_of_name(name) for name in unit_names(frame, columns.name)] if columns.name else []
    numbered, numbers = _by_numbers(frame, by_code, by_name)
    if numbered is not None:
        return numbered
    if answer:
        return [answer] * len(frame), ""
    if _mostly(by_code):
        return by_code, columns.number
    if columns.level:
        return [columns.level] * len(frame), columns.name
    by_parents = _by_parents(frame, columns)
    if _mostly(by_parents):
        return by_parents, columns.parents[0][1]
    level = next((called for title in titles if (called := level_of_title(title))), "")
    if level:
        return [level] * len(frame), ""
    if _mostly(by_name):
        return by_name, columns.name
    raise UnclearLevelError([*strange, *numbers])


def level_of_name(name: str) -> str:
    """What the ending of a unit's name says of its level; "" where nothing."""
    plain = re.sub(r"[(（].*?[)）]", "", name).strip().casefold()
    return next((level for level, ending in _SUFFIXES if ending.search(plain)), "")


def _by_words(frame: gpd.GeoDataFrame) -> tuple[tuple[list[str], str] | None, list[str]]:
    """By the column most of whose words are known; and the words of the others, which are not."""
    best, most, strange = None, 0.0, list[str]()
    titles = [str(column) for column in frame.columns if column != frame.geometry.name]
    called = [*titles_in(titles, TITLES["levels"])]
    for title in called:
        said = words(frame, title)
        filled = [word for word in said if word]
        known = [level_of_word(word) for word in said]
        share = sum(map(bool, known)) / max(len(filled), 1)
        if filled and share > max(most, _HALF - 1e-9):
            best, most = (known, title), share
        elif filled and not any(word.isdigit() for word in filled):
            strange += [word for word in dict.fromkeys(filled) if not level_of_word(word)][:6]
    for title in titles if best is None else ():
        known = [level_of_word(word) for word in words(frame, title)]
        # A column of another title counts only if nothing else stands in it, in every row.
        if title not in called and not _OF_OTHERS.search(title) and all(known):
            return (known, title), []
    return best, strange


def _by_numbers(
    frame: gpd.GeoDataFrame, by_code: Sequence[str], by_name: Sequence[str]
) -> tuple[tuple[list[str], str] | None, list[str]]:
    """By a column of level numbers: OpenStreetMap's, else each number by its rows' codes or names, else
    three numbers from the coarsest (whose units are the largest) down."""
    strange = list[str]()
    for title in titles_in([str(c) for c in frame.columns if c != frame.geometry.name], TITLES["levels"]):
        said = words(frame, title)
        numbers = sorted({word for word in said if word}, key=lambda word: (len(word), word))
        if not numbers or len(numbers) > len(_OSM_LEVELS) or not all(word.isdigit() for word in numbers):
            continue
        osm = set(numbers) <= set(_OSM_LEVELS) and bool(set(numbers) & {"6", "8", "10"})
        meaning: Mapping[str, str] = _OSM_LEVELS if osm else _meaning(frame, said, numbers, by_code, by_name)
        if meaning:
            return ([meaning.get(word, "") for word in said], title), []
        strange += numbers
    return None, strange


def _meaning(
    frame: gpd.GeoDataFrame,
    said: Sequence[str],
    numbers: Sequence[str],
    by_code: Sequence[str],
    by_name: Sequence[str],
) -> Mapping[str, str]:
    for evidence in (by_code, by_name):
        meaning = {
            number: _common([at for at, word in zip(evidence, said, strict=True) if word == number])
            for number in numbers
            if evidence
        }
        if meaning and all(meaning.values()) and len(set(meaning.values())) == len(numbers):
            return meaning
    if len(numbers) != len(LEVELS):
        return {}
    areas = shapely.area(frame.geometry.to_numpy())
    of_number = [np.asarray([word == number for word in said]) for number in numbers]
    sizes = [
        float(areas[rows & (areas > 0)].mean()) if (areas[rows] > 0).any() else 0.0 for rows in of_number
    ]
    if sizes[0] > sizes[1] > sizes[2]:
        return dict(zip(numbers, LEVELS, strict=True))
    return dict(zip(numbers, reversed(LEVELS), strict=True)) if sizes[0] < sizes[1] < sizes[2] else {}


def _by_parents(frame: gpd.GeoDataFrame, columns: Columns) -> list[str]:
    """A row that names a street other than itself is a community; one that names a district, a street."""
    above = dict(columns.parents)
    if not above:
        return []
    own = unit_names(frame, columns.name)
    street, district = (words(frame, above.get(level, "")) for level in ("street", "district"))
    community = words(frame, above.get("community", ""))
    return [
        "community" if place or (town and town != name)
        else "street" if town or (county and county != name)
        else "district" if county else ""
        for name, place, town, county in zip(own, community, street, district, strict=True)
    ]  # fmt: skip


def _mostly(levels: Sequence[str]) -> bool:
    return bool(levels) and sum(map(bool, levels)) >= _MOST * len(levels)


def _common(levels: Sequence[str]) -> str:
    """The level that nearly all of them are."""
    found = max(set(levels), key=levels.count, default="")
    return found if levels.count(found) >= _MOST * len(levels) else ""


__all__ = ["ABOVE", "ADM_LEVELS", "BELOW", "UnclearLevelError", "level_of_word", "levels_of"]
