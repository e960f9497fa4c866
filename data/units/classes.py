"""Urban or rural by what stands in the columns of a units file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd

from coverage.model.tables import RURAL, UNKNOWN, URBAN
from data.units.columns import SETTLEMENT_WORDS, TITLES, titles_in, words

# Titles that ask for one class: yes and 1 are that class, no and 0 the other.
_ASKS_URBAN: Final = re.compile(r"^(是否(为)?城|is_?urban|urban$|城镇$)")
_ASKS_RURAL: Final = re.compile(r"^(是否(为)?(农|乡|涉农)|is_?rural|rural$|农村$)")
_YES: Final = frozenset(("1", "是", "y", "yes", "true", "t", "√"))
_NO: Final = frozenset(("0", "2", "否", "n", "no", "false", "f", "×"))
# 统计用城乡划分代码: 111, 112 city; 121, 122, 123 town; 210, 220 country; 1 and 2 are their first digits.
_CODES: Final = {
    **dict.fromkeys(("111", "112", "121", "122", "123", "100", "110", "120", "1", "11", "12"), URBAN),
    **dict.fromkeys(("210", "220", "200", "2", "21", "22"), RURAL),
}
_STATISTICAL: Final = {
    URBAN: frozenset(("111", "112", "121", "122", "123")),
    RURAL: frozenset(("210", "220")),
}
_ALL_CODES: Final = _STATISTICAL[URBAN] | _STATISTICAL[RURAL]
_KNOWN: Final = {word: settlement for settlement, names in SETTLEMENT_WORDS.items() for word in names}


@dataclass(frozen=True)
class Classes:
    """Each row's class ("" where none is known), the column that says it, and the words in such a
    column that are not known."""

    settlement: tuple[str, ...]
    column: str
    strange: tuple[str, ...]


def classes_of(frame: gpd.GeoDataFrame) -> Classes:
    """By the column most of whose values are known; where it is silent, by the others.

    A name never decides: 街道 of the suburbs contain villages.
    """
    titles = [str(column) for column in frame.columns if column != frame.geometry.name]
    read = {title: words(frame, title) for title in titles_in(titles, TITLES["settlements"])}
    if not any(filled for said in read.values() for filled in said):
        # By its values alone a column counts only if every one of them is a statistical code.
        read |= {title: said for title in titles if _only_codes(said := words(frame, title))}
    known = {title: [_class_of(word, title) for word in said] for title, said in read.items()}
    # Of equally full columns the first, as codes stand before words in the table above.
    order = sorted(known, key=lambda title: -sum(map(bool, known[title])))
    settlement = [
        next(filter(None, row), UNKNOWN) for row in zip(*(known[title] for title in order), strict=True)
    ]
    if not order:
        return Classes((UNKNOWN,) * len(frame), "", ())
    strange = dict.fromkeys(
        word
        for row, found in enumerate(settlement)
        for title in order
        if not found and (word := read[title][row])
    )
    return Classes(tuple(settlement), order[0], tuple(strange))


def _only_codes(said: Sequence[str]) -> bool:
    """Whether all that stands in a column are codes of three digits, of urban and of rural ones."""
    found = {word for word in said if word}
    return bool(found & _STATISTICAL[URBAN]) and bool(found & _STATISTICAL[RURAL]) and found <= _ALL_CODES


def _class_of(word: str, title: str) -> str:
    plain = unicodedata.normalize("NFKC", word).strip().casefold()
    asked = unicodedata.normalize("NFKC", title).strip().casefold()
    if not plain:
        return UNKNOWN
    for pattern, own, other in ((_ASKS_URBAN, URBAN, RURAL), (_ASKS_RURAL, RURAL, URBAN)):
        if pattern.match(asked) and plain in _YES | _NO:
            return own if plain in _YES else other
    code = re.match(r"\d+", plain)
    if code:
        rest = plain[code.end() :].strip(" -—:：、.()")
        return _CODES.get(code.group(), UNKNOWN) if not rest or len(code.group()) == 3 else UNKNOWN
    return _KNOWN.get(plain, UNKNOWN)


def unknown_words(found: Sequence[str], most: int = 6) -> str:
    """The first words, quoted, for a message."""
    return " ".join(f"“{word}”" for word in found[:most]) + (" …" if len(found) > most else "")
