"""Tables with a column an hour or a year: of hours the one nearest to three at night counts, since people are
at home then, of years the latest.

The columns of all hours are never added: their sum is person-hours.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from core.text import Text, listed, text
from data.formats.asked import OpenQuestionError
from data.population.tables.heads import COUNT, RESIDENTS, Head
from data.population.tables.numbers import same_numbers, written_numbers

# People are at home at night: three o'clock, or the hour nearest to it before six.
NIGHT: Final = 3.0
LAST_NIGHT_HOUR: Final = 6.0
_HOURS: Final = 24
_HALF: Final = 0.5
_YEAR_ALONE: Final = re.compile(r"(?:19|20)\d\d(?:\.0)?年?(?:[末底])?")
_LEAST: Final = 6
_CLOCK: Final = r"(?:[时点]|[:：]?00)?"
_TITLE: Final = re.compile(
    rf"(?P<before>(?:[^\d]*[_\s-])?[^\d]*?)_?(?P<hour>\d{{1,2}}){_CLOCK}"
    rf"(?:\s*[-~—–至_]+\s*\d{{1,2}}{_CLOCK})?(?P<after>[^\d]*)"
)
_BEFORE: Final = re.compile(
    r"(?:.*[_\s-])?(?:h|hr|hour|t|time|clock|时段?|时刻|小时)?"
    r"|(?:pop(?:ulation)?|num|count|value|人口|人数|人口数|居住人口|热力值?)_?"
)


def by_hour(titles: Sequence[str]) -> dict[int, str]:
    """Hour → title, where exactly one series of columns is by hour; else empty.

    >>> by_hour(["编号", *(f"{hour}时" for hour in range(24))])[3], by_hour(["0-4岁", "5-9岁", "10-14岁"])
    ('3时', {})
    """
    series: dict[tuple[str, str], dict[int, str]] = {}
    for title in titles:
        plain = unicodedata.normalize("NFKC", str(title)).strip().casefold()
        found = _TITLE.fullmatch(plain)
        if found is None or not _BEFORE.fullmatch(found["before"]) or "岁" in plain:
            continue
        series.setdefault((found["before"], found["after"]), {}).setdefault(int(found["hour"]), str(title))
    whole = [hours for hours in series.values() if _are_hours(sorted(hours))]
    return whole[0] if len(whole) == 1 else {}


def night_hour(hours: Sequence[float]) -> float | None:
    """Of some hours the one nearest to three at night; None where none is at night."""
    night = [hour for hour in hours if hour <= LAST_NIGHT_HOUR]
    return min(night, key=lambda hour: abs(hour - NIGHT)) if night else None


def _are_hours(numbers: Sequence[int]) -> bool:
    """Whether these are hours of a day, one or several apart, from the night on."""
    steps = {later - earlier for earlier, later in itertools.pairwise(numbers)}
    fits = len(numbers) >= _LEAST and len(steps) == 1 and numbers[-1] <= _HOURS
    return fits and numbers[0] <= 1 and numbers[-1] + steps.pop() >= _HOURS


def column_by_time(
    frame: pd.DataFrame, heads: Mapping[str, Head], file: str, asked: tuple[str, str]
) -> tuple[str, Text] | None:
    """Of columns that are hours the one nearest to three at night, of columns that are years the latest;
    with what is said of the others; None where there are none, or a column says that it counts residents.

    A column that is the sum of all hours counts person-hours, nobody. OpenQuestionError where numbers may be
    hours or years (pop_00 … pop_23); `asked` are the option and the field of its answer.
    """
    hours = by_hour(list(heads))
    night = night_hour(list(hours))
    numbers = np.stack([written_numbers(frame[t]) for t in hours.values()]) if hours else np.empty((0, 0))
    rest = [
        title
        for title, head in heads.items()
        if head.kind == RESIDENTS and not head.weak and head.unit == COUNT and title not in hours.values()
        and not (hours and same_numbers(written_numbers(frame[title]), numbers.sum(axis=0)))
    ]  # fmt: skip
    if rest:
        return None
    if hours and night is not None and np.isfinite(numbers).mean() >= _HALF:
        chosen = hours[int(night)]
        if all(heads[title].year for title in hours.values()):
            raise could_both_be(file, frame, chosen, list(hours.values())[-1], asked)
        others = [title for title in hours.values() if title != chosen]
        said = text(
            "Of the columns by hour {chosen} counts, at night; {count} others ({names}) are left out.",
            chosen=chosen,
            count=len(others),
            names=listed(others, most=8),
        )
        return chosen, said
    years = {
        title: heads[title].year
        for title in heads
        if _YEAR_ALONE.fullmatch(unicodedata.normalize("NFKC", title).strip())
        and np.isfinite(written_numbers(frame[title])).mean() >= _HALF
    }
    if not years:
        return None
    chosen = max(years, key=lambda title: years[title])
    said = text(
        "The columns are years ({names}); the latest, {chosen}, is taken as the residents.",
        names=listed(years, most=8),
        chosen=chosen,
    )
    return chosen, said


def could_both_be(
    file: str, frame: pd.DataFrame, one: str, other: str, asked: tuple[str, str]
) -> OpenQuestionError:
    """Asks which of two columns is the residents; `asked` are the option and the field of the answer."""
    option, answer = asked
    return OpenQuestionError(
        text(
            "{file}: the columns {one} ({first:,.0f} in all) and {other} ({second:,.0f}) could both "
            "be the residents. Name the right one with {option}.",
            file=file,
            one=one,
            other=other,
            first=float(np.nansum(written_numbers(frame[one]))),
            second=float(np.nansum(written_numbers(frame[other]))),
            option=option,
        ),
        option=option,
        field=answer,
        choices=(one, other),
    )
