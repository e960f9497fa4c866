"""Unit names as people write them: "中华门街道办事处", "中华门街道" and "中华门" are one street."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

# What an office adds to the name of its unit, and what a list adds to say that nothing is missing.
_OFFICE: Final = re.compile(
    r"(村民委员会|居民委员会|社区居委会|人民政府|村委会|居委会|管委会|管理委员会|办事处|党工委|党委|政府)$"
)
_BRACKETS: Final = re.compile(r"[(\[【〔][^)\]】〕]*[)\]】〕]")
_MARKS: Final = re.compile(r"[\s·•・.。,，、\-—–_'’“”\"]+")
_ABOVE: Final = re.compile(
    r"^.{2,6}?(?:省|自治区)|^.{2,5}?市|^.{1,5}?(?:区|县)(?=.{2})|^.{1,6}?(?:街道办事处|街道|镇|乡)(?=.{2})"
)
_BETWEEN: Final = re.compile(r"[、，,；;/|\s]+")
_KIND: Final = re.compile(r"(街道办|街道|社区|行政村|自然村|镇|乡|村|区|县|市)$")


def unit_key(name: str) -> str:
    """What two spellings of one unit share: width and case folded, spaces, marks and remarks in
    brackets, the office's and the kind's suffix removed.

    A name that would vanish or keep a single character ("东区") is kept whole.

    >>> unit_key("中华门街道办事处") == unit_key(" 中华门街道 ") == unit_key("中华门（新）")
    True
    """
    plain = _plain(name)
    for suffix in (_OFFICE, _KIND):
        short = suffix.sub("", plain)
        plain = short if len(short) >= 2 else plain
    return plain


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _MARKS.sub("", _BRACKETS.sub("", folded)) or _MARKS.sub("", folded)


def _without_above(name: str) -> list[str]:
    """The name with the city, district and street before it taken off, one after the other.

    >>> _without_above("南京市秦淮区中华门街道")
    ['秦淮区中华门街道', '中华门街道']
    """
    shorter = []
    plain = _plain(name)
    while (rest := _ABOVE.sub("", plain, count=1)) != plain and len(rest) >= 2:
        shorter.append(rest)
        plain = rest
    return shorter


def match_units(
    declared: Sequence[str], names: Sequence[str], *, parents_declared: Sequence[str], parents: Sequence[str]
) -> list[int]:
    """For each declared name the row in `names` it means, or -1 where none or several do.

    Several units of one name are told apart by the declared parent's name, where there is one. A
    city, district or street before the name ("秦淮区中华门街道") is taken off if the whole is not found.
    """
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(unit_key(name), []).append(row)
    return [
        _row_of(name, parent, rows, parents) for name, parent in zip(declared, parents_declared, strict=True)
    ]


def _row_of(name: str, parent: str, rows: Mapping[str, list[int]], parents: Sequence[str]) -> int:
    """The name as a whole; else without what stands above it, if that leaves one unit."""
    if not name.strip():
        return -1
    for spelling in (name, *_without_above(name)):
        candidates = rows.get(unit_key(spelling), [])
        if candidates:
            return _one_of(candidates, parent, parents)
    return -1


def _one_of(candidates: list[int], parent: str, parents: Sequence[str]) -> int:
    if len(candidates) > 1 and parent:
        candidates = [row for row in candidates if unit_key(parents[row]) == unit_key(parent)]
    return candidates[0] if len(candidates) == 1 else -1


def services_named(entry: str) -> list[str]:
    """The services that a list names in one cell, each by itself.

    >>> services_named("养老、助餐/托育")
    ['养老', '助餐', '托育']
    """
    return [part for part in _BETWEEN.split(entry) if part]
