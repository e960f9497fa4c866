"""Numbers of people as they are written, and numbers that stand for “no data”."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.model.tables import Bools, Floats

# Signs for “no data” in use, declared or not; the negative ones hold nobody anyway.
SENTINELS: Final = (
    255.0, 9999.0, 32767.0, 65535.0, 99999.0, 999999.0, 9999999.0, 99999999.0, 2147483647.0, 4294967295.0,
    1e20, 1e30, 3.4028234663852886e38,
)  # fmt: skip
_RAW_NEGATIVE: Final = (-9999.0, -99999.0, -32768.0, -2147483648.0, -3.4028234663852886e38, -1e20, -200.0)
# Two columns are the same where so many of their numbers are.
_SAME: Final = 0.99
# 单位：万人; (万人); 以万人计; 单位为万人.
_UNIT_OF_PEOPLE: Final = re.compile(
    r"(?:单位\s*[:：为是]?\s*(?:[^\s,，、;；人]*[,，、;；])?|[(（]\s*|以)(?P<times>[万千百]?)人(?!均|口)"
    r"|单位\s*[:：为是]?\s*(?P<bare>万)\s*(?:$|[)）\s,，、;；。])"
)
_TIMES: Final = {"": 1.0, "百": 100.0, "千": 1_000.0, "万": 10_000.0}
# More people than this stand on no cell.
NOBODY_ABOVE: Final = 1e15
# A sign stands apart where nothing else comes near it.
_APART: Final = 0.5
_ALONE, _MANY = 0.05, 20


@dataclass(frozen=True)
class NoData:
    """A value that was taken for “no data”, and how many cells hold it."""

    value: float
    cells: int


def without_sentinels(
    values: Floats, raw: Floats | None = None, *, apart: float = _APART
) -> tuple[Bools, list[NoData]]:
    """Which numbers are none, and which signs they carry.

    A number is a sign where it is one that programs use (9999, 65535, 3.4e38 …) and no other number
    of the cells reaches `apart` times it; what no cell can hold (1e15 and more) always is. `raw` are the
    numbers before scale and offset, whose signs count as well. NaN is left alone.
    """
    bad = values >= NOBODY_ABOVE
    kept: list[NoData] = [NoData(float(v), int((values == v).sum())) for v in np.unique(values[bad])[:5]]
    for numbers in (values,) if raw is None else (values, raw):
        for sign in sorted(SENTINELS, reverse=True):
            found = np.isclose(numbers, sign, rtol=1e-6 if sign > 1e10 else 1e-9, atol=0.0) & ~bad
            if not found.any():
                continue
            others = numbers[~found & ~bad & np.isfinite(numbers)]
            # A sign that occurs once is one only far away from many others.
            far = (
                apart if found.sum() > 1 or sign > 1e9 else min(apart, _ALONE) if len(others) > _MANY else 0.0
            )
            if len(others) and others.max() <= far * sign:
                bad |= found
                kept.append(NoData(float(sign), int(found.sum())))
    if raw is not None:
        for sign in _RAW_NEGATIVE:
            found = (raw == sign) & ~bad
            rest = raw[~found & ~bad & np.isfinite(raw)]
            if found.any() and len(rest) and (rest.min() > sign / 2 or sign < -1e6):
                bad |= found
                kept.append(NoData(sign, int(found.sum())))
    return bad, kept


def written_numbers(column: Sequence[Any] | pd.Series[Any]) -> Floats:
    """Numbers as offices write them: "1,234", "１２３４人", "0.1万", "约300"; NaN for what is none.

    >>> written_numbers(["1,234", "0.5万人", "约300", "12 345", "-", "abc"]).tolist()
    [1234.0, 5000.0, 300.0, 12345.0, nan, nan]
    """
    series = pd.Series(column)
    if pd.api.types.is_numeric_dtype(series.dtype):
        plain: Floats = series.to_numpy(float, na_value=np.nan)
        return plain
    codes, words = pd.factorize(series, use_na_sentinel=True)
    numbers = np.append([_number(word) for word in words], np.nan).astype(float)
    return numbers[codes]


def _number(word: object) -> float:
    if isinstance(word, bool | np.bool_):
        return float("nan")
    if isinstance(word, int | float | np.integer | np.floating):
        return float(word)
    plain = unicodedata.normalize("NFKC", str(word)).strip().replace(" ", "").replace("'", "")
    plain = (
        plain.removeprefix("约").removesuffix("人").removesuffix("户") if not plain.endswith("户") else "x"
    )
    scale = 1.0
    if plain.endswith("万"):
        plain, scale = plain[:-1], 10_000.0
    plain = plain.replace(",", "").replace("，", "")
    percent = plain.endswith("%")
    try:
        return float(plain.removesuffix("%")) * scale if not percent or plain[:-1] else float("nan")
    except ValueError:
        return float("nan")


def same_numbers(one: Floats, other: Floats) -> bool:
    """Whether two columns hold the same numbers, but for some few."""
    both = np.isfinite(one) & np.isfinite(other)
    return bool(both.any() and np.isclose(one[both], other[both], rtol=1e-6).mean() >= _SAME)


def times_said(*words: str) -> float:
    """What numbers of people are multiplied with, as the first of these words around a table says that speaks
    of a unit of people; 1 where none does.

    >>> times_said("表1 单位：万人"), times_said("", "常住人口（万人）"), times_said("单位：人、万元")
    (10000.0, 10000.0, 1.0)
    """
    for said in words:
        if found := _UNIT_OF_PEOPLE.search(unicodedata.normalize("NFKC", said)):
            return _TIMES[found["times"] or found["bare"] or ""]
    return 1.0
