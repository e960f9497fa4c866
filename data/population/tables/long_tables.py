"""Tables with several rows a cell (by hour, purpose, year, sex, age) and with rows of totals.

Of hours, purposes and years one is chosen, never their sum; sexes and ages that make up everybody are added.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.text import Text, listed, text
from data.population.tables.by_time import night_hour
from data.population.tables.heads import AGES, COUNT, GROUP, OTHER, RESIDENTS, Head, understood
from data.population.tables.numbers import written_numbers
from data.population.tables.table_files import PART_ROWS

_TOTAL: Final = re.compile(
    r"(?:总?合计|总计|小计|共计|全市|全区|全县|总数|total|sum|grand ?total|all|不分性别|全部|全体|both"
    r"|总体|总人口)"
)
_TOTAL_ROW: Final = re.compile(r"(?:总?合计|总计|小计|共计|total|sum|grand ?total)[:：]?")
_DIMENSIONS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("year", re.compile(r"year|年月|统计年月|数据年月|month|yyyymm|ym|年份?|yr|epoch|统计年份?|年度|普查")),
    ("hour", re.compile(r"hour|hr|时刻|小时|时段|时间|time|period|时点|time_?slot")),
    ("sex", re.compile(r"sex|gender|性别")),
    ("age", re.compile(r"age(?:_?(?:group|band|class))?|年龄(?:段|组|分组)?")),
    (
        "purpose",
        re.compile(
            r"(?:人口|人群|用户|居民)?(?:类型|类别|属性|性质|标签|用途)|type|purpose|kind|class|category|职住|activity|目的|(?:user|pop)_?type"
        ),
    ),
    (
        "indicator",
        re.compile(r"(?:统计)?(?:指标|项目)(?:名称)?|indicators?|variables?|measures?|items?"),
    ),
    ("date", re.compile(r"date|日期|日|day|day_?type|工作日")),
)
_HOME: Final = re.compile(r"居住|常住|居家|夜间|住|home|resid|live|living|night", re.IGNORECASE)
_AWAY: Final = re.compile(r"非居住|非常住", re.IGNORECASE)
_MALE: Final = ("男", "male", "m", "1", "男性")
_FEMALE: Final = ("女", "female", "f", "2", "女性")
_CLOCK: Final = re.compile(r"(?:^|[T\s日号])(\d{1,2})(?::\d\d|[时点]|$)")
_STAMP: Final = re.compile(r"(?:19|20)\d{6}[ _T-]?(\d\d)(?:\d\d){0,2}")
_MOST_KINDS: Final = 300
_MOST_UNKNOWN: Final = 60


def without_total_rows(frame: pd.DataFrame, heads: Mapping[str, Head]) -> tuple[pd.DataFrame, list[Text]]:
    """The rows without those that say 合计 in a column of `heads` that holds no people, each named with its
    row."""
    names = [
        title
        for title, head in heads.items()
        if head.kind == OTHER and not pd.api.types.is_numeric_dtype(frame[title].dtype)
    ]
    total = np.zeros(len(frame), bool)
    for title in names:
        if _dimension(str(title)):
            continue
        words = frame[title].astype(str).map(_plain)
        total |= words.map(lambda word: bool(_TOTAL_ROW.fullmatch(word))).to_numpy(bool)
    if not total.any() or total.all():
        return frame, []
    rows = listed((row % PART_ROWS for row in frame.index[total]), most=10)
    said = text(
        "{count} {count:row is a total|rows are totals} (row {rows}) and {count:is|are} left out.",
        count=int(total.sum()),
        rows=rows,
    )
    return frame[~total], [said]


def _plain(word: object) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(word))).casefold()


def _dimension(title: str) -> str:
    plain = _plain(title)
    return next((name for name, words in _DIMENSIONS if words.fullmatch(plain)), "")


def one_row_a_cell(
    frame: pd.DataFrame, key: Sequence[str], value: str, file: str
) -> tuple[pd.DataFrame, dict[str, pd.Series[float]], list[Text]]:
    """One row for every cell (same `key`), what was chosen, and the groups that rows by age give.

    `value` is the column of residents; groups are series by the frame's index. InputError where several
    rows of a cell cannot be told apart as one of hours, purposes, years, sexes or ages.
    """
    said: list[Text] = []
    groups: dict[str, pd.Series[float]] = {}
    if not key or not frame.duplicated(list(key)).any():
        return frame, groups, said
    dimensions = [
        (str(t), kind)
        for t in frame.columns
        if str(t) not in key and str(t) != value and (kind := _dimension(str(t)))
    ]
    order = [name for name, _ in _DIMENSIONS]
    for title, _ in sorted(dimensions, key=lambda item: order.index(item[1]) if item[1] != "age" else 99):
        kinds = frame[title].astype(str).str.strip()
        if not 1 < kinds.nunique() <= _MOST_KINDS or not frame.duplicated(list(key)).any():
            continue
        frame, found = _settled(frame, list(key), value, title, file, said)
        groups |= found
    if frame.duplicated(list(key)).any():
        _refuse_unknown(frame, list(key), value, file)
    return frame, groups, said


def _refuse_unknown(frame: pd.DataFrame, key: list[str], value: str, file: str) -> None:
    """InputError where every cell has a row for each of some kinds, in a column of a title not known."""
    cells = len(frame.drop_duplicates(key))
    for title in frame.columns:
        if str(title) in key or str(title) == value or understood(str(title)).kind != OTHER:
            continue
        kinds = frame[title].astype(str).nunique()
        whole = 1 < kinds <= _MOST_UNKNOWN and len(frame) == cells * kinds
        if whole and cells > 1 and not frame.duplicated([*key, title]).any():
            raise _not_told(file, str(title), list(frame[title].astype(str).unique()))


def _not_told(file: str, title: str, names: Sequence[str]) -> InputError:
    return InputError(
        "{file} has several rows for each cell, one for each {title} ({names}). Which of them are the "
        "residents cannot be told; send only these rows.",
        file=file,
        title=title,
        names=listed(names, most=8),
    )


def _settled(
    frame: pd.DataFrame, key: list[str], value: str, title: str, file: str, said: list[Text]
) -> tuple[pd.DataFrame, dict[str, pd.Series[float]]]:
    kind = _dimension(title)
    words = frame[title].astype(str).str.strip()
    names = [name for name in words.unique() if name]
    plain = {name: _plain(name) for name in names}
    whole = [name for name in names if _TOTAL.fullmatch(plain[name])]
    chosen, groups = "", {}
    if kind in ("age", "indicator"):
        groups = _age_groups(frame, key, value, title)
    if whole:
        chosen = whole[0]
    elif (
        kind == "sex"
        and any(p in _MALE for p in plain.values())
        and any(p in _FEMALE for p in plain.values())
    ) or (kind == "age" and _is_everybody([understood(_as_age(name)) for name in names])):
        return _added(frame, key, value, title, said), groups
    elif kind == "year":
        # 2020, 2020年, 202012 and 2020-12: the latest.
        years = {
            name: int(re.sub(r"\D", "", plain[name])[:8])
            for name in names
            if re.search(r"(?:19|20)\d\d", plain[name])
        }
        chosen = max(years, key=lambda name: years[name]) if len(years) == len(names) else ""
    elif kind == "hour":
        hours = {name: hour for name in names if (hour := _hour_of(name)) is not None}
        night = night_hour(list(hours.values()))
        chosen = next((name for name, hour in hours.items() if hour == night), "")
    elif kind == "indicator":
        chosen = _best_of(names)
    if not chosen:
        homes = [name for name in names if _HOME.search(name) and not _AWAY.search(name)]
        chosen = homes[0] if len(homes) == 1 else ""
    if not chosen:
        raise _not_told(file, title, names)
    said.append(
        text(
            "Of several rows for each cell those with {title} “{chosen}” count; {left:,} others "
            "({names}) are left out.",
            title=title,
            chosen=chosen,
            left=int((words != chosen).sum()),
            names=listed((name for name in names if name != chosen), most=8),
        )
    )
    kept = frame[words == chosen]
    if kind == "indicator" and (scale := understood(chosen).scale) != 1.0:
        kept = kept.assign(**{value: written_numbers(kept[value]) * scale})
    return kept, {name: by_cell.reindex(kept.index) for name, by_cell in groups.items()}


def _best_of(names: Sequence[str]) -> str:
    """Of indicators the one that counts residents best, the latest; "" where none does."""
    heads = [head for name in names if (head := understood(name)).kind == RESIDENTS and not head.weak]
    heads.sort(key=lambda head: (head.unit != COUNT, head.rank, -head.year))
    return heads[0].title if heads and heads[0].unit == COUNT else ""


def _hour_of(name: str) -> float | None:
    """The hour that a word names: 3, 03:00-04:00, 3时, and of a time stamp that after its date.

    >>> [_hour_of(word) for word in ("2023-05-11 03:00:00", "2023/5/1 9:30", "2023050121", "时段2", "夜间")]
    [3.0, 9.0, 21.0, 2.0, None]
    """
    plain = unicodedata.normalize("NFKC", name).strip()
    found = _CLOCK.search(plain) or _STAMP.fullmatch(plain) or re.search(r"(\d+)", plain)
    return float(found[1]) if found else None


def _as_age(name: str) -> str:
    return f"{name}岁" if re.fullmatch(r"\d+\s*[-—–~～至]\s*\d+", name) else name


def _is_everybody(heads: Sequence[Head]) -> bool:
    """Whether bands reach from birth to the end of life without a gap or an overlap."""
    bands = sorted(head.ages for head in heads if head.kind == AGES and head.ages)
    if len(bands) < len(heads) or not bands or bands[0][0] != 0 or bands[-1][1] is not None:
        return False
    return all(a[1] is not None and b[0] == a[1] + 1 for a, b in itertools.pairwise(bands))


def _added(frame: pd.DataFrame, key: list[str], value: str, title: str, said: list[Text]) -> pd.DataFrame:
    numbers = pd.Series(written_numbers(frame[value]), index=frame.index)
    by_cell = [frame[name].astype(str) for name in key]
    others = [
        frame[str(t)].astype(str) for t in frame.columns
        if str(t) not in key and str(t) != title and _dimension(str(t)) and frame[str(t)].nunique() <=
        _MOST_KINDS
    ]  # fmt: skip
    summed = numbers.groupby([*by_cell, *others], sort=False).transform("sum")
    kept = ~pd.concat([*by_cell, *others], axis=1).duplicated()
    said.append(text("The rows of each cell are added up over {title}.", title=title))
    return frame.assign(**{value: summed})[kept.to_numpy()]


def _age_groups(frame: pd.DataFrame, key: list[str], value: str, title: str) -> dict[str, pd.Series[float]]:
    """Group → people of each cell, summed over the rows whose ages make the group up."""
    from data.population.tables.heads import GROUP_AGES, bands_of

    heads = {name: understood(_as_age(name)) for name in frame[title].astype(str).str.strip().unique()}
    words = frame[title].astype(str).str.strip()
    numbers = pd.Series(written_numbers(frame[value]), index=frame.index).fillna(0.0)
    cell = frame[key].astype(str).agg("|".join, axis=1)
    found = {}
    for group in GROUP_AGES:
        bands = bands_of(group, [head for head in heads.values() if head.kind in (AGES, GROUP)])
        if bands:
            titles = {band.title for band in bands}
            mine = words.map(_as_age).isin(titles)
            found[group] = cell.map(numbers[mine].groupby(cell[mine]).sum()).fillna(0.0)
    return found
