"""Unit names as people write them: "中华门街道办事处", "中华门街道" and "中华门" are one street."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

# What an office adds to the name of its unit, and what a list adds to say that nothing is missing.
_OFFICE: Final = re.compile(r"(人民政府|管委会|管理委员会|办事处|党工委|党委|政府)$")
# The committee of a village or of a community says which of them it is.
_COMMITTEES: Final = (
    (re.compile(r"村?(村民委员会|村委会)$"), "村"),
    (re.compile(r"(社区)?(居民委员会|居委会)$"), "社区"),
)
_BRACKETS: Final = re.compile(r"[(\[【〔][^)\]】〕]*[)\]】〕]")
_MARKS: Final = re.compile(r"[\s·•・.。,，、\-—–_'’“”\"]+")
_ABOVE: Final = re.compile(
    r"^.{2,6}?(?:省|自治区)|^.{2,5}?市|^.{1,5}?(?:区|县)(?=.{2})|^.{1,6}?(?:街道办事处|街道|镇|乡)(?=.{2})"
)
_BETWEEN: Final = re.compile(r"[、，,；;/|\s]+")
_KIND: Final = re.compile(r"(街道办|街道|社区|行政村|自然村|镇|乡|村|区|县|市)$")
_SEVERAL: Final = re.compile(r"[、,，;；/／\n|]+|(?<=社区)和(?=.)|(?<=村)和(?=.)")
# The kinds that units of a level may be called; a name that ends in another level's kind is not meant.
_LEVEL_OF_KIND: Final = {
    **dict.fromkeys(("街道办", "街道", "镇", "乡"), "street"),
    **dict.fromkeys(("社区", "行政村", "自然村", "村"), "community"),
    **dict.fromkeys(("区", "县", "市"), "district"),
}


# Units are matched again and again, by every rule and for every list.
_KNOWN: Final = 50_000


@lru_cache(maxsize=_KNOWN)
def unit_key(name: str) -> str:
    """What two spellings of one unit share: width and case folded, spaces, marks and remarks in
    brackets, the office's and the kind's suffix removed.

    A name that would vanish or keep a single character ("东区") is kept whole.

    >>> unit_key("中华门街道办事处") == unit_key(" 中华门街道 ") == unit_key("中华门（新）")
    True
    """
    plain = _without_office(name)
    short = _KIND.sub("", plain)
    return short if len(short) >= 2 else plain


def names_in(cell: str) -> tuple[str, ...]:
    """The names in one cell of a list.

    >>> names_in("大行宫社区、北安门社区"), names_in(" 兰园社区 ")
    (('大行宫社区', '北安门社区'), ('兰园社区',))
    """
    parts = tuple(part.strip() for part in _SEVERAL.split(cell) if part.strip())
    return (
        parts
        if len(parts) > 1 and all(len(part) >= 2 for part in parts)
        else (cell.strip(),) * bool(cell.strip())
    )


def match_units(
    declared: Sequence[str],
    names: Sequence[str],
    *,
    parents_declared: Sequence[str],
    parents: Sequence[str],
    level: str = "",
) -> list[int]:
    """For each declared name the row in `names` it means, or -1 where none or several do.

    The whole name comes first, then what is left without the office's words, then the stem: 红花村,
    红花社区 and 红花镇 are three, and a stem that belongs to several is none of them. Where `level` is
    given, a name that ends in another level's kind means no unit of this one. Several units of one name
    are told apart by the declared parent's name, where there is one. A city, district or street before
    the name ("秦淮区中华门街道") is taken off if the whole is not found.
    """
    known = _Known(names)
    return [
        _one_of(known.called(name, level), parent, parents)
        for name, parent in zip(declared, parents_declared, strict=True)
    ]


class _Known:
    """Names by each of their spellings."""

    def __init__(self, names: Sequence[str]) -> None:
        self.kinds = [_kind(name) for name in names]
        self.whole, self.office, self.stem = (dict[str, list[int]]() for _ in range(3))
        for row, name in enumerate(names):
            self.whole.setdefault(_plain(name), []).append(row)
            self.office.setdefault(_without_office(name), []).append(row)
            self.stem.setdefault(unit_key(name), []).append(row)

    def called(self, name: str, level: str) -> list[int]:
        """Rows that the name may mean: as a whole, else without what stands above it."""
        for spelling in (name, *_without_above(name)) if name.strip() else ():
            kind = _kind(spelling)
            of_stem = [row for row in self.stem.get(unit_key(spelling), []) if _alike(kind, self.kinds[row])]
            if level and _LEVEL_OF_KIND.get(kind, level) != level:
                of_stem = []
            found = self.whole.get(_plain(spelling)) or self.office.get(_without_office(spelling)) or of_stem
            if found:
                return found
        return []


@lru_cache(maxsize=_KNOWN)
def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _MARKS.sub("", _BRACKETS.sub("", folded)) or _MARKS.sub("", folded)


@lru_cache(maxsize=_KNOWN)
def _without_office(name: str) -> str:
    plain = _plain(name)
    for committee, kind in _COMMITTEES:
        if len(committee.sub("", plain)) >= 2:
            plain = committee.sub(kind, plain)
    short = _OFFICE.sub("", plain)
    return short if len(short) >= 2 else plain


@lru_cache(maxsize=_KNOWN)
def _kind(name: str) -> str:
    """The kind that a name ends in, "" for none."""
    plain = _without_office(name)
    found = _KIND.search(plain)
    return found.group() if found and len(plain) > len(found.group()) + 1 else ""


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


def _alike(one: str, other: str) -> bool:
    """A name without a kind may be of any; 村 and 社区, 街道 and 镇 are told apart."""
    alike = {"街道办": "街道", "行政村": "村", "自然村": "村"}
    return not one or not other or alike.get(one, one) == alike.get(other, other)


def _one_of(candidates: list[int], parent: str, parents: Sequence[str]) -> int:
    if len(candidates) > 1 and parent:
        same = [row for row in candidates if _plain(parents[row]) == _plain(parent)]
        candidates = same or [row for row in candidates if unit_key(parents[row]) == unit_key(parent)]
    return candidates[0] if len(candidates) == 1 else -1


def services_named(entry: str) -> list[str]:
    """The services that a list names in one cell, each by itself.

    >>> services_named("养老、助餐/托育")
    ['养老', '助餐', '托育']
    """
    return [part for part in _BETWEEN.split(entry) if part]


# Words of kind and of courtesy, which two spellings of one facility's name may have or lack.
_OF_KIND: Final = re.compile(
    r"公共|基本|综合|便民|党群|社会|社区|街道|服务|[第的]|\b(?:the|of|and|public|community|service|services)\b"
)
_WORD: Final = re.compile(r"中心|[0-9]+|[a-z]+|[^\W_]")
# What tells facilities of one name apart, wherever else a name may be misspelt.
_TELLING: Final = re.compile(
    r"中心|[0-9]+|[a-z]|[十甲乙丙丁戊己庚辛壬癸东南西北上下前后左右内外大小]|north|south|east|west|upper|lower"
    r"|northern|southern|eastern|western"
)
_DIGITS: Final = str.maketrans("一二三四五六七八九", "123456789")
_PARTS: Final = re.compile(r"[(\[【〔]第?([^)\]】〕]{1,3}?)(?:[号区站处院部馆门楼栋期]|分站|校区)?[)\]】〕]")


def told_apart(name: str, other: str, *, far: bool) -> bool:
    """Whether two names that are much alike are those of two facilities.

    Numbers, points of the compass, 甲 and 乙, 中心 beside 站 tell any two apart. Of two that lie `far` apart
    every word does that is no word of kind, but for the district, street or town before one of them.

    >>> told_apart("戊服务站", "己服务站", far=False), told_apart("梅园服务站", "兰园服务站", far=True)
    (True, True)
    >>> told_apart("秦淮区梅园社区服务站", "梅园公共服务站", far=True), told_apart("第二站", "二站", far=True)
    (False, False)
    """
    return all(
        any(far or _TELLING.fullmatch(word) for word in ((one - two) + (two - one)))
        for one, two in (
            *((one, _own_words(other)) for one in _spellings(name)),
            *((_own_words(name), two) for two in _spellings(other)),
        )
    )


def telling_remark(name: str) -> str:
    """What a remark in brackets tells apart, "" for none.

    >>> telling_remark("梅园社区服务站（东区）"), telling_remark("梅园社区服务站（2023年）")
    ('东', '')
    """
    said = [
        part.translate(_DIGITS) for part in _PARTS.findall(unicodedata.normalize("NFKC", name).casefold())
    ]
    return "/".join(part for part in said if _TELLING.fullmatch(part))


@lru_cache(maxsize=20_000)
def _own_words(name: str) -> Counter[str]:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return Counter(_WORD.findall(_OF_KIND.sub(" ", plain).translate(_DIGITS)))


@lru_cache(maxsize=20_000)
def _spellings(name: str) -> tuple[Counter[str], ...]:
    """The name's own words, with and without what stands above it; a word of kind alone is no name."""
    words = [_own_words(shorter) for shorter in _without_above(name)]
    return (_own_words(name), *(own for own in words if own.total() > 1))
