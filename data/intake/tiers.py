"""Which tier a facility has, and whether it is open, from the words of the list."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from data.intake.words import any_of, words

CENTRE: Final = "centre"
STATION: Final = "station"
OPEN: Final = "open"
CLOSED: Final = "closed"
PLANNED: Final = "planned"

_KIND_CENTRE: Final = re.compile(
    r"(公共|便民|党群|政务|为民|综合|社会)?服务中心|中心|街道级|镇级|街镇级|乡镇级|一级|一级新社区.*|"
    r"(街道|镇|乡|街镇)(公共|便民|党群|政务|为民|综合|社会)*服务中心|(service )?cent(re|er)s?"
)
_KIND_STATION: Final = re.compile(
    r"(公共|便民|党群|政务|为民|综合|社区|村)*服务站(点)?|站|站点|社区级|村级|村居级|二级|二级新社区.*|"
    r"社区(公共|便民|党群|政务|为民|综合)*服务中心|(service )?stations?"
)
_SERVICE: Final = "(公共|便民|党群|政务|为民|综合|社会|行政|一站式|社区)*"
_OTHER_SERVICE: Final = re.compile(
    f"({'|'.join(words('other', 'service'))})[^社村]{{0,4}}(服务)?(中心|站|点)$"
)
_NAME_STATION: Final = re.compile(
    rf"服务站|便民站|(社区|村|居委会).*服务点|"
    rf"(社区|村|居委会).*(党群|便民|公共|综合|为民){_SERVICE}服务中心|(service )?station$"
)
_NAME_CENTRE: Final = re.compile(
    rf"(街道|镇|乡|办事处|园区|开发区|新城|新区|区).*(便民|公共|党群|政务|为民|综合|社会|行政|社区){_SERVICE}服务中心|"
    r"(便民|公共|党群|政务|为民)(便民|公共|党群|政务|为民|综合)*服务中心|service cent(re|er)$"
)


@lru_cache(maxsize=4096)
def tier_of_kind(kind: str) -> str | None:
    """The tier a word of the type column names as a whole, or None if it names neither tier.

    >>> tier_of_kind("公共服务站"), tier_of_kind("Centre"), tier_of_kind("幼儿园")
    ('station', 'centre', None)
    """
    written = re.sub(r"\\s+", " ", kind.strip().lower())
    if _KIND_STATION.fullmatch(written):
        return STATION
    return CENTRE if _KIND_CENTRE.fullmatch(written) else None


def tier_of_name(name: str) -> str | None:
    """The tier a facility's own name tells, or None.

    The party-and-people centre (党群服务中心) of a community is its station, that of a street is a centre.

    >>> tier_of_name("梅园新村街道便民服务中心"), tier_of_name("大行宫社区党群服务中心")
    ('centre', 'station')
    """
    written = name.strip().lower()
    # A street's name may hold 村 (梅园新村街道): what stands before the last 街道 or 镇 does not count.
    if _OTHER_SERVICE.search(written):
        return None
    tail = re.split(r"街道|镇|乡(?=[^村]*服务)", written)[-1]
    if _NAME_STATION.search(tail):
        return STATION
    return CENTRE if _NAME_CENTRE.search(written) else None


@lru_cache(maxsize=4096)
def tier_of_title(title: str) -> str | None:
    """The tier that the title of a whole list, a sheet or a file tells, or None; none if it names both.

    >>> tier_of_title("玄武区社区服务站统计表（2023年）"), tier_of_title("公共服务中心（站）一览表")
    ('station', None)
    """
    written = unicodedata.normalize("NFKC", title).lower()
    if "中心" in written and "站" in written:
        return None
    bare = _LIST_WORDS.sub("", re.sub(r"\(.*?\)|\s+|\.\w+$", "", written))
    return tier_of_kind(bare) or tier_of_name(bare)


_LIST_WORDS: Final = re.compile(
    r"(基本)?(信息|情况|数据)?(统计|汇总|登记|明细|一览|调查|摸底|排查)?(表|名单|清单|台账|名录|汇总|统计|情况|信息|数据)[-_\d.版稿终年月日]*$"
)


@lru_cache(maxsize=4096)
def status_of(written: str) -> str | None:
    """ "open", "closed" or "planned"; None if the words say none of them."""
    low = written.strip().lower()
    return next((status for status in (CLOSED, PLANNED, OPEN) if any_of("status", status).search(low)), None)
