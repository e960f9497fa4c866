"""Unit names as people write them: "中华门街道办事处", "中华门街道" and "中华门" are one street."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_OFFICE: Final = re.compile(r"(村民委员会|居民委员会|村委会|居委会|管委会|办事处)$")
_KIND: Final = re.compile(r"(街道|社区|镇|乡|村|区|县|市)$")


def unit_key(name: str) -> str:
    """What two spellings of one unit share: width and case folded, spaces, the office's
    and the kind's suffix removed.

    A name that would vanish or keep a single character ("东区") is kept whole.

    >>> unit_key("中华门街道办事处") == unit_key(" 中华门街道 ") == unit_key("中华门")
    True
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()
    for suffix in (_OFFICE, _KIND):
        short = suffix.sub("", plain)
        plain = short if len(short) >= 2 else plain
    return plain


def match_units(
    declared: Sequence[str], names: Sequence[str], *, parents_declared: Sequence[str], parents: Sequence[str]
) -> list[int]:
    """For each declared name the row in `names` it means, or -1 where none or several do.

    Several units of one name are told apart by the declared parent's name, where there is one.
    """
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(unit_key(name), []).append(row)
    return [
        _one_of(rows.get(unit_key(name), []) if name else [], parent, parents)
        for name, parent in zip(declared, parents_declared, strict=True)
    ]


def _one_of(candidates: list[int], parent: str, parents: Sequence[str]) -> int:
    if len(candidates) > 1 and parent:
        candidates = [row for row in candidates if unit_key(parents[row]) == unit_key(parent)]
    return candidates[0] if len(candidates) == 1 else -1
