"""What the titles of a population table say, in all usual words, and what a number of people counts.

A title is taken apart: unit in brackets or at the end（人, 万人, 人/公顷, %), year or census, then the words
that are left. A density is never a count, households are never residents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

COUNT: Final = "count"
PER_HA: Final = "per_ha"
PER_KM2: Final = "per_km2"
PERCENT: Final = "percent"
# A density that does not say of what ground.
DENSITY: Final = "density"

_KM2: Final = (
    r"(?:sq(?:uare)?\.? ?k(?:m|ilomet(?:er|re)s?)|km ?\^? ?[2²]|k㎡|㎢|square kilomet(?:er|re)s?"
    r"|平方公里|平方千米|平方km)"
)
_HA: Final = r"(?:ha|hectares?|公顷)"
_HINTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        PER_KM2,
        re.compile(
            rf"(?:/|\bper\b|每) ?{_KM2}|\b{_KM2}(?![a-z])|km ?\^? ?-2|^[a-z]{{3}} pd \d{{4}}\b|平方公里"
            rf"|平方千米"
        ),
    ),
    (PER_HA, re.compile(rf"(?:/|\bper\b|每) ?{_HA}(?![a-z])|\bha ?\^? ?-1|\bpph\b|公顷")),
    (
        PERCENT,
        re.compile(
            r"%|％|\bpercent(?:age)?\b|\bpct\b|\bproportions?\b|\bshares?\b|\bratio\b|占比|比例|比重|百分比|占总人口|老龄化率"
        ),
    ),
    (DENSITY, re.compile(r"\bdensit(?:y|ies)\b|\bdens\b|\bpop ?den\b|\bpopdens(?:ity)?\b|密度")),
)
_COUNTS: Final = re.compile(
    r"\bppp\b|\bper (?:pixel|cell|grid(?: cell)?)\b|\bcounts?\b|\bpersons?\b|\bpeople\b"
    r"|\binhabitants?\b|\bresidents?\b"
    r"|\bghs pop\b|\blandscan\b|人口数|常住人口|每格|/ ?(?:格|像元)|(?:^|[\s:：(（])人(?:$|[\s)）])"
)


def unit_in(words: str) -> str:
    """The unit that words name; COUNT where they name none. Never by a part of a word: “country” is no
    count, and `_pd_` is Pudong unless the name is built as WorldPop builds it.

    >>> [unit_in(w) for w in ("persons/hectare", "人/平方公里", "county_pop", "sh_pd_pop", "chn_pd_2020_1km")]
    ['per_ha', 'per_km2', 'count', 'count', 'per_km2']
    """
    return hinted_unit(words) or COUNT


def hinted_unit(words: str) -> str:
    """As `unit_in`, "" where the words name no unit at all."""
    plain = re.sub(r"[_\s]+", " ", unicodedata.normalize("NFKC", words).casefold()).strip()
    found = next((unit for unit, pattern in _HINTS if pattern.search(plain)), "")
    return found or (COUNT if _COUNTS.search(plain) else "")


# Titles that a shapefile may have cut, and what their last letter goes on with.
_CUT_BYTES: Final = (9, 10)
_CUT_BEFORE: Final = {"人": "口", "总": "数"}
# A band that ends here or later is open where no other begins after it.
_NOBODY_OLDER: Final = 99
# Kinds of a head.
RESIDENTS: Final = "residents"
GROUP: Final = "group"
AGES: Final = "ages"
PART: Final = "part"
OTHER: Final = ""

_YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)(?:年(?:末|底|初)?)?")
_CENSUSES: Final = {"七普": 2020, "六普": 2010, "五普": 2000, "第七次": 2020, "第六次": 2010, "第五次": 2000}
# What numbers are multiplied with, by the unit beside their title.
_SCALES: Final = (
    (1e8, re.compile(r"亿人?")),
    (1e6, re.compile(r"百万人|\bmillions?\b")),
    (1e4, re.compile(r"万")),
    (1e3, re.compile(r"千人|\bthousands?\b|\(k\)|\b000s?\b")),
    (1e2, re.compile(r"百人|\bhundreds?\b")),
)
# (rank, words): the lower rank is taken. Registered residents (户籍) live elsewhere in part.
_RANKS: Final[tuple[tuple[int, re.Pattern[str]], ...]] = (
    (
        0,
        re.compile(
            r"常住(?:总)?人(?:口|数)(?:总|总数|数|数量|合计)?|czrks?(?:l|h)?|usual_?residents|resident_?pop(?:ulation)?|residents?|常住"
        ),
    ),
    (
        1,
        re.compile(
            r"(?:总|合计)?人(?:口|数)(?:总|总数|数|数量|合计|总计|计数|规模)?|人口_(?:总数?|合计|总计|小计|数)|居民(?:人口|人数|数|总数)?|居住人(?:口|数)(?:数|总数)?|z?rks?(?:l|h)?"
            r"|v0001|[a-z]{3}_general|tot_p|obs_value(?:_t)?|(?:tot_?)?pop_cy|(?:wp|ghs|worldpop|landscan|hrsl)_+sum|(?:tot(?:al)?|sum|est|wp|ghs|worldpop|landscan|hrsl|num(?:ber)?|no)?_?(?:of_)?(?:pop(?:ulation|s|n|u(?:l(?:a(?:t(?:i(?:o)?)?)?)?)?)?|people|persons|inhabitants|ppl)"
            r"(?:_?(?:tot(?:al)?|sum|count|cnt|num|est|all|t|value|size))?"
        ),
    ),
    (
        2,
        re.compile(
            r"(?:实有|现有|实际|服务|管理)(?:居住)?人(?:口|数)(?:总数|数)?|syrks?(?:l|h)?|居住"
            r"|(?:pop(?:ulation)?_?)?home(?:_?pop(?:ulation)?)?|(?:夜间|夜晚)(?:居住)?人(?:口|数)|(?:pop(?:ulation)?_?)?night(?:_?time)?(?:_?pop(?:ulation)?)?"
        ),
    ),
    (
        3,
        re.compile(
            r"grid_?code|gridcode|value|_?sum|dn|ppp|z|band_?1|counts?|cnt|b1|raster_?val(?:ue)?|数值|值|数量|合计|总计|共计|总数|total"
        ),
    ),
    (
        4,
        re.compile(
            r"户籍(?:总)?人(?:口|数)(?:总数|数|合计)?|hjrks?(?:l|h)?|registered_?pop(?:ulation)?|hukou(?:_?pop(?:ulation)?)?"
        ),
    ),
)
REGISTERED_RANK: Final = 4
_WEAK_RANK: Final = 3

_OPEN: Final = r"_?(?:周?岁)?(?:及)?(?:以上|\+|plus|_?over|_?above|及以上)"
_BAND: Final = re.compile(
    r"(\d{1,3})\s*周?岁?\s*(?:[-‐‑‒–—―−－~〜～]+|至|到|_to_|to|_)\s*(\d{1,3})(?!\d)\s*周?岁?(?:以下)?"
)
_FROM: Final = re.compile(
    rf"(?<!\d)(\d{{1,3}})\s*{_OPEN}|(?:over|above|age)_?(\d{{1,3}})_?(?:plus|over|above)"
)
_UNDER: Final = re.compile(r"(?<!\d)(\d{1,3})\s*周?岁?(?:及)?以下")
# 总 人 口, as yearbooks set it; and a title with its English below.
_SPACED: Final = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_BILINGUAL: Final = re.compile(r"([^a-z]*[\u4e00-\u9fff][^a-z]*?)[\s/]*[a-z]{4}[a-z0-9 ,.'()/%-]*")
_NOT_ALL: Final = re.compile(r"死亡|出生|流动|外来|暂住|失业|就业|从业|在校|学生|户数")
_GROUND: Final = re.compile(r"area|surface|ground|land|面积")
_OF_PEOPLE: Final = re.compile(r"pop|person|people|resid|inhab|人|dens|密度|/|\bper\b")
_SINGLE: Final = re.compile(r"(\d{1,3})周?岁(?:人口|人数)?")
# WorldPop: M_60, f_5, chn_f_60_2020, t_0_1: five-year bands by the age they begin with.
_BY_SEX: Final = re.compile(r"(?:^|_)([mft])_?(\d{1,2})(?:_(\d{1,2}))?(?=_|$)")
_STARTS: Final = (0, 1, *range(5, 95, 5))
_FEMALE: Final = re.compile(r"女|female|women|(?:^|_)f(?:_|$)")
_MALE: Final = re.compile(r"男|(?<!fe)male|(?<!wo)men|(?:^|_)m(?:_|$)")
# Columns that make up all residents together, where none holds them: men and women, town and country,
# who live in households and in institutions, registered here and elsewhere.
_PARTS: Final[tuple[tuple[str, str, re.Pattern[str]], ...]] = (
    ("sex", "m", re.compile(r"男|males?|men|m")),
    ("sex", "f", re.compile(r"女|females?|women|f")),
    ("ground", "town", re.compile(r"城镇|城市|urban|town")),
    ("ground", "country", re.compile(r"乡村|农村|rural|country")),
    ("living", "household", re.compile(r"家庭户|(?:in_)?(?:private_?)?households?")),
    ("living", "institution", re.compile(r"集体户|institution(?:s|al)?|collective|group_?quarters")),
    ("register", "here", re.compile(r"(?:本地|本市|本县|本区)?户籍")),
    ("register", "elsewhere", re.compile(r"非户籍|外地户籍|非本(?:地|市|县|区)户籍")),
)  # fmt: skip
_PEOPLE_WORDS: Final = re.compile(
    r"常住|居住|人口|人数|小计|合计|总数|pop(?:ulation|s)?|people|persons?|residents?|count|total|tot|sum"
    r"|性(?!别)|数量|数|[_人]"
)
_NO_PEOPLE: Final = re.compile(
    r"户数|household|hh|建筑|面积|area|房|gdp|率(?!.*人)|比上年|增长|growth|change|密度|就业|工作|流动|外来|暂住|流入|流出|从业|working|worker|jobs|daytime|visitor|floating|migrant"
)
_GROUPS: Final = {
    "elderly": re.compile(
        r"elderly(?:_(?:residents|pop(?:ulation)?|people|count))?|seniors?|老年人?(?:口|数)?(?:数|总数)?|老人(?:数|人数)?|lnrks?"
        r"|60周?岁?(?:及)?以上(?:的)?(?:老年人?|老人)?(?:人口|人数|人|数|口)?"
    ),
    "children": re.compile(r"children|儿童|少儿(?:人口)?|少年儿童"),
    "preschool": re.compile(r"preschool|学前(?:儿童)?"),
    "households": re.compile(r"(?:居民|常住|家庭|住|总)?户数|households?"),
}
# The ages of a group, from its first to its last year; None: to the end of life. Households have none.
GROUP_AGES: Final[dict[str, tuple[int, int | None] | None]] = {
    "elderly": (60, None),
    "children": (0, 14),
    "preschool": (3, 6),
    "households": None,
}


@dataclass(frozen=True)
class Head:
    """A title as understood. `rank` orders columns of residents (the lowest counts), `scale` is what its
    numbers are multiplied with (万: 10,000), `unit` count, per_ha, per_km2, density or percent. `ages`
    (first, last or None) of a band, `sex` "m", "f" or ""; `part` what a PART is of what (sex, m); `year` 0
    where none is named; `said` is the title without year and unit."""

    title: str
    kind: str = OTHER
    rank: int = 9
    group: str = ""
    ages: tuple[int, int | None] | None = None
    sex: str = ""
    part: tuple[str, str] = ("", "")
    unit: str = "count"
    scale: float = 1.0
    year: int = 0
    said: str = ""

    @property
    def weak(self) -> bool:
        """Whether the title says nothing of people (GRID_CODE, value)."""
        return self.kind == RESIDENTS and self.rank == _WEAK_RANK


@lru_cache(maxsize=4096)
def understood(title: str) -> Head:
    """What one title says; `kind` OTHER where it is no column of people. Of a title in Chinese and English
    (常住人口 Permanent population) the Chinese counts."""
    plain = unicodedata.normalize("NFKC", title).strip().lstrip("\ufeff").casefold()
    plain = _SPACED.sub("", plain)
    if both := _BILINGUAL.fullmatch(plain):
        return replace(understood(both[1]), title=title)
    unit = unit_in(plain)
    scale = next((times for times, words in _SCALES if words.search(plain)), 1.0) if unit == "count" else 1.0
    bare = re.sub(r"[((\[【][^))\]】]*[))\]】]", "", plain) or plain
    year, bare = _without_year(bare)
    base = re.sub(r"[\s_./:：、-]+", "_", bare).strip("_")
    base = re.sub(
        r"(?:_?(?:万人|万|千人|百人|百万人|亿人|单位|(?:in_)?(?:thousands?|millions?|hundreds?))|(?<=[口数])_?人)$",
        "",
        base,
    )
    base = re.sub(r"^(?:年末|年底|年初|全区|全市|本|合计)_?", "", base) or base
    head = Head(title, unit=unit, scale=scale, year=year, said=base)
    if unit in (PER_HA, PER_KM2, DENSITY) and _GROUND.search(base) and not _OF_PEOPLE.search(plain):
        return replace(head, unit=COUNT)  # AREA_KM2, 面积（公顷）
    if unit in (PER_HA, PER_KM2, DENSITY):
        return replace(
            head,
            kind=RESIDENTS,
            rank=_rank(re.sub(r"_?(?:密度|dens(?:ity)?|den)_?.*|_?per_?.*|/.*", "", base)) or 1,
        )
    if (ages := _ages(bare, base)) is not None and not _NOT_ALL.search(base):
        sex = _sex(base)
        return replace(head, kind=AGES, ages=ages, sex=sex)
    for group, words in _GROUPS.items():
        if words.fullmatch(
            re.sub(r"_?(?:占比|比例|比重|占总人口.*|percent.*|pct|share|proportion|数量|总数|%)$", "", base)
        ):
            return replace(head, kind=GROUP, group=group, ages=GROUP_AGES[group])
    if unit != PERCENT and (part := _part(base)) is not None:
        return replace(head, kind=PART, part=part)
    if _NO_PEOPLE.search(base) or _FEMALE.search(base) or _MALE.search(base) or unit == PERCENT:
        return head
    rank = _rank(base)
    if rank is None and title and len(title.encode()) in _CUT_BYTES and title[-1] in _CUT_BEFORE:
        # A shapefile in UTF-8 keeps three characters of 常住人口数量.
        return replace(understood(f"{title}{_CUT_BEFORE[title[-1]]}"), title=title)
    return head if rank is None else replace(head, kind=RESIDENTS, rank=rank)


def _without_year(bare: str) -> tuple[int, str]:
    for word, year in _CENSUSES.items():
        if word in bare:
            rest = re.sub(r"第[五六七]次(?:全国)?(?:人口)?普查|[五六七]普|普查|数据", "", bare)
            return year, re.sub(_YEAR, "", rest) or bare
    found = _YEAR.search(bare)
    if found is None:
        short = re.fullmatch(r"(pop(?:ulation)?)_?(\d\d)", bare)
        return (2000 + int(short[2]), short[1]) if short else (0, bare)
    return int(found[1]), re.sub(r"(?:全市|全区|全国|普查|末|统计)", "", bare.replace(found[0], "")).strip(
        "_ "
    ) or bare


def _rank(base: str) -> int | None:
    whole = re.sub(r"(?<=.)_(?:总?合计|小计|总计|计|全部|total|all)$", "", base)
    return next((rank for rank, words in _RANKS if words.fullmatch(base) or words.fullmatch(whole)), None)


def _part(base: str) -> tuple[str, str] | None:
    """Of what whole a title names a part, and which: 男性人口, pop_f, 乡村人口; None for other titles."""
    if base in ("户籍人口", "户籍人数", "户籍人口数"):
        return None  # residents, if nothing better is there
    bare = _PEOPLE_WORDS.sub("", base)
    return next(((whole, which) for whole, which, words in _PARTS if words.fullmatch(bare)), None)


def _ages(bare: str, base: str) -> tuple[int, int | None] | None:
    if found := _BAND.search(bare):
        first, last = int(found[1]), int(found[2])
        if first <= last and not _BY_SEX.search(base):
            return first, last
    if found := _FROM.search(bare):
        return int(found[1] or found[2]), None
    if found := _UNDER.search(bare):
        return 0, int(found[1])
    if found := _SINGLE.fullmatch(bare):
        return int(found[1]), int(found[1])
    if found := _BY_SEX.search(base):
        first, last = int(found[2]), int(found[3] or 0)
        if last > first + 1:
            return first, last
        return band_from(first) if first in _STARTS else None
    return None


def band_from(start: int) -> tuple[int, int | None]:
    """The band of WorldPop that begins at an age: 0, 1–4, 5–9, …, 75–79; from 80 on all who are older."""
    if start >= 80:
        return start, None
    return start, next(one for one in _STARTS if one > start) - 1


def _sex(base: str) -> str:
    if found := _BY_SEX.search(base):
        return "" if found[1] == "t" else found[1]
    return "f" if _FEMALE.search(base) else "m" if _MALE.search(base) else ""


def bands_of(group: str, heads: Iterable[Head]) -> list[Head]:
    """The columns whose sum is a group: its own; else its ages in one column; else bands that make up its
    ages without a gap, of both sexes where only these are there. Empty where they do not."""
    heads = list(heads)
    whole = [head for head in heads if head.kind == GROUP and head.group == group]
    if whole:
        return whole[:1]
    ages = GROUP_AGES.get(group)
    if ages is None:
        return []
    banded = [head for head in heads if head.kind == AGES and head.ages is not None]
    for sexes in (("",), ("m", "f")):
        parts = [_chain([head for head in banded if head.sex == sex], ages) for sex in sexes]
        if all(parts):
            return [head for part in parts for head in part]
    return []


def everybody(heads: Iterable[Head]) -> list[Head]:
    """Columns that make up all residents where none holds them; empty where they do not.

    Ages without a gap from birth to the end of life, of both sexes where only these are there; else one
    column each of men and women, of town and country, of households and institutions.
    """
    heads = list(heads)
    banded = [head for head in heads if head.kind == AGES and head.ages is not None]
    for sexes in (("",), ("m", "f")):
        parts = [_chain([head for head in banded if head.sex == sex], (0, None)) for sex in sexes]
        if all(parts):
            return [head for part in parts for head in part]
    named = [head for head in heads if head.kind == PART]
    year = max((head.year for head in named), default=0)
    for whole in dict.fromkeys(one for one, _, _ in _PARTS):
        which = [which for one, which, _ in _PARTS if one == whole]
        own = [[h for h in named if h.part == (whole, one) and h.year == year] for one in which]
        if all(len(found) == 1 for found in own):
            return [found[0] for found in own]
    return []


def _chain(heads: Sequence[Head], ages: tuple[int, int | None]) -> list[Head]:
    """Bands from the first year to the last, each beginning where the one before ended; the widest that
    lead to the end."""
    begin, end = ages
    fitting = [
        (head, last)
        for head in heads
        if head.ages is not None and head.ages[0] == begin
        for last in [999 if head.ages[1] is None else head.ages[1]]
        if end is None or last <= end
    ]
    for head, last in sorted(fitting, key=lambda item: -item[1]):
        if last in (999, end):
            return [head]
        rest = _chain(heads, (last + 1, end))
        if rest or (end is None and last >= _NOBODY_OLDER):
            return [head, *rest]
    return []
