"""What a number of people counts, told by whole words: residents, per hectare, per km², percent."""

from __future__ import annotations

import re
import unicodedata
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
