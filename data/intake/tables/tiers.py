"""Which tier a facility has, and whether it is open, from the words of the list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz, process

from data.intake.tables.columns import SIMPLIFIED
from data.intake.tables.words import any_of, kinds, words

CENTRE: Final = "centre"
STATION: Final = "station"
OPEN: Final = "open"
CLOSED: Final = "closed"
PLANNED: Final = "planned"

_SERVICE: Final = "(公共|便民|党群|政务|为民|综合|社会|行政|一站式|社区)*"
_OFFERS: Final = "(公共|便民|党群|政务|为民|综合|社会)"
_KIND_CENTRE: Final = re.compile(
    rf"{_OFFERS}?服务中心|{_OFFERS}+服务中心|中心|街道|街道级|镇级|街镇级|乡镇级|街道（?镇）?级|一级|一级新社区.*|"
    rf"(街道|镇|乡|街镇){_OFFERS}*服务中心|(service )?cent(re|er)s?"
)
_KIND_STATION: Final = re.compile(
    rf"(公共|便民|党群|政务|为民|综合|社区|村)*服务(工作)?站(点)?|站|站点|社区|社区级|村级|村居级|村社区级|社区村级|"
    rf"二级|二级新社区.*|社区{_OFFERS}*服务中心|(service )?stations?"
)
_NAME_STATION: Final = re.compile(
    rf"服务(工作)?站|便民站|(社区|村|居委会).*服务[点室]|(社区|村|居委会).*(党群|便民|公共|综合|为民).*服务大厅|"
    rf"(社区|村|居委会).*(党群|便民|公共|综合|为民){_SERVICE}服务中心|社区{_OFFERS}*服务中心|(service "
    rf")?station$"
)
_NAME_CENTRE: Final = re.compile(
    rf"(街道|镇|乡|办事处|园区|开发区|新城|新区|区).*(便民|公共|党群|政务|为民|综合|社会|行政|社区){_SERVICE}服务(中心|大厅)|"
    r"(便民|公共|党群|政务|为民)(便民|公共|党群|政务|为民|综合)*服务中心|service cent(re|er)$"
)
# 夫子庙街道社区服务中心: a street's centre for communities, or a community's own? Nobody can tell by the
# name.
_OF_BOTH: Final = re.compile(rf"(街道|镇|乡|办事处)社区{_OFFERS}*服务中心$")
_PLACE_IN_NAME: Final = re.compile(r"^.*(街道|社区|居委会|村|镇|乡|路|街|巷|大道|新城|花园|小区|苑|号)(?=.)")
_BRACKETED: Final = re.compile(r"[(（\[【].*?[)）\]】]")
_ALIKE: Final = 60.0
_KNOWN: Final = (
    "服务中心", "公共服务中心", "便民服务中心", "党群服务中心", "政务服务中心", "服务站", "公共服务站",
    "便民服务站", "社区服务站", "社区党群服务中心", "街道级", "社区级",
)  # fmt: skip


@dataclass(frozen=True)
class Tier:
    """What a facility is: `tier` "centre", "station", or another kind as called in results; "" where nothing
    tells it. `by` is "type", "name" or "title". `doubt` says why it must be asked: "both" where the words
    mean a centre as well as a station, "kind" where a type says a tier and the name another kind, "unknown"
    where a type is kept as a kind that is not known."""

    tier: str
    by: str = ""
    doubt: str = ""


def tier_of(kind: str, name: str, titles: Sequence[str]) -> Tier:
    """By the type, which outranks the name; else by the name; else by the titles of the list.

    >>> tier_of("", "大行宫社区党群服务中心", ()), tier_of("卫生", "梅园社区卫生服务站", ())
    (Tier(tier='station', by='name', doubt=''), Tier(tier='卫生', by='type', doubt=''))
    >>> tier_of("社区服务中心", "夫子庙街道社区服务中心", ()).doubt
    'both'
    """
    by_kind, other = tier_of_kind(kind), kind_in_name(name)
    if _OF_BOTH.search(_bare(name)) and (not kind or "社区" in kind):
        return Tier("", "name", "both")
    if by_kind:
        return Tier(by_kind, "type", "kind" if other else "")
    if kind and other_kind(kind):
        return Tier(kind.lower(), "type")
    by_name = tier_of_name(name)
    if by_name:
        return Tier(by_name, "name")
    if other:
        return Tier(other, "name")
    if kind and not is_vague(kind):
        return Tier(kind.lower(), "type", "unknown")
    told = {tier_of_title(title) or kind_in_name(_without_list_words(title)) for title in titles} - {None, ""}
    if len(told) == 1:
        return Tier(str(told.pop()), "title")
    return Tier(kind.lower(), "type", "unknown") if kind and not told else Tier("")


@lru_cache(maxsize=4096)
def tier_of_kind(kind: str) -> str | None:
    """The tier a word of the type column names as a whole, or None if it names neither tier.

    >>> tier_of_kind("公共服务站"), tier_of_kind("Centre"), tier_of_kind("幼儿园")
    ('station', 'centre', None)
    """
    written = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", kind).strip().lower()).translate(SIMPLIFIED)
    for reading in (written, re.sub(r"[()]", "", written)):
        if _KIND_STATION.fullmatch(reading):
            return STATION
        if _KIND_CENTRE.fullmatch(reading):
            return CENTRE
    return None


@lru_cache(maxsize=4096)
def tier_of_name(name: str) -> str | None:
    """The tier a facility's own name tells, or None: also for facilities of other services.

    The party-and-people centre (党群服务中心) of a community is its station, that of a street is a centre.

    >>> tier_of_name("梅园新村街道便民服务中心"), tier_of_name("大行宫社区党群服务中心")
    ('centre', 'station')
    """
    written = _bare(name)
    if kind_in_name(name):
        return None
    # A street's name may hold 村 (梅园新村街道): what stands before the last 街道 or 镇 does not count.
    tail = re.split(r"街道|镇|乡(?=[^村]*服务)", written)[-1]
    if _NAME_STATION.search(tail):
        return STATION
    return CENTRE if _NAME_CENTRE.search(written) else None


@lru_cache(maxsize=4096)
def kind_in_name(name: str) -> str:
    """The other service that a name tells after the last place in it; "" for none.

    >>> kind_in_name("五老村社区卫生服务站"), kind_in_name("健康路社区服务站"), kind_in_name("中山路小学")
    ('卫生', '', '学校')
    """
    written = _bare(name)
    return other_kind(_PLACE_IN_NAME.sub("", written))


@lru_cache(maxsize=4096)
def other_kind(written: str) -> str:
    """The kind of another service that words name anywhere, as results call it; "" for none."""
    low = unicodedata.normalize("NFKC", written).lower().translate(SIMPLIFIED)
    return next((kind for kind, told in kinds().items() if told.search(low)), "")


def is_vague(kind: str) -> bool:
    """Whether a type says no more than that it is a public service."""
    return any(word in kind.lower() for word in words("vague", "words"))


def nearest_word(written: str) -> str:
    """The known word that a misspelt type is most like; "" if it is like none."""
    found = process.extractOne(written, _KNOWN, scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return found[0] if found else ""


def _bare(name: str) -> str:
    written = unicodedata.normalize("NFKC", name).strip().lower().translate(SIMPLIFIED)
    return _BRACKETED.sub("", written).strip() or written


@lru_cache(maxsize=4096)
def tier_of_title(title: str) -> str | None:
    """The tier that the title of a whole list, a sheet or a file tells, or None; none if it names both.

    >>> tier_of_title("玄武区社区服务站统计表（2023年）"), tier_of_title("公共服务中心（站）一览表")
    ('station', None)
    """
    written = unicodedata.normalize("NFKC", title).lower().translate(SIMPLIFIED)
    if "中心" in written and "站" in written:
        return None
    bare = _without_list_words(title)
    return None if _OF_BOTH.search(bare) else tier_of_kind(bare) or tier_of_name(bare)


def _without_list_words(title: str) -> str:
    """A list's title without what makes it one: “一、”, “统计表(2023年)”, “.xlsx”."""
    written = unicodedata.normalize("NFKC", title).lower().translate(SIMPLIFIED)
    written = re.sub(r"^[(]?[一二三四五六七八九十\d]+[)]?[、.]\s*", "", written)
    return _LIST_WORDS.sub("", re.sub(r"\(.*?\)|\s+|\.\w+$", "", written))


_LIST_WORDS: Final = re.compile(
    r"(基本)?(信息|情况|数据|分布|位置)?(统计|汇总|登记|明细|一览|调查|摸底|排查)?(表|名单|清单|台账|名录|名称|汇总|统计|情况|信息|数据|机构|设施)+[-_\d.版稿终年月日]*$"
)


@lru_cache(maxsize=4096)
def status_of(written: str) -> str | None:
    """ "open", "closed" or "planned"; None if the words say none of them."""
    low = written.strip().lower()
    return next((status for status in (CLOSED, PLANNED, OPEN) if any_of("status", status).search(low)), None)
