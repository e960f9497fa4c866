"""Residents as the sum of columns that make up everybody: men and women, ages, town and country."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from core.text import Text, text
from coverage.model.tables import Bools, Floats
from data.population.tables.heads import COUNT, RESIDENTS, Head, everybody
from data.population.tables.numbers import written_numbers

# Parts of all residents differ from them by less through rounding.
_DIFFER: Final = 0.01
_FILLED: Final = 0.5
_BETWEEN: Final = " + "
_MOST_NAMED: Final = 4
ADDED: Final = text("Columns that make up everybody are added up.")
_NOTHING: Final = ("", "-", "—", "–", "/", "nan", "None")


@dataclass(frozen=True)
class Summed:
    """A table with a column of the sum, its heads, the column asked for now, and what is said of the sum."""

    frame: pd.DataFrame
    heads: Mapping[str, Head]
    named: str
    said: tuple[Text, ...] = ()


def sum_title(heads: list[Head]) -> str:
    """The title of a sum, as `--population-column` takes it: “男 + 女”; of many the first and last."""
    titles = [head.title for head in heads]
    return _BETWEEN.join(titles if len(titles) <= _MOST_NAMED else [titles[0], "…", titles[-1]])


def is_sum(column: str) -> bool:
    """Whether a column's title is that of a sum."""
    return _BETWEEN in column


def plain(word: str) -> str:
    """A title without width and case."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def with_sum(frame: pd.DataFrame, heads: Mapping[str, Head], named: str) -> Summed:
    """The table with a further column “男 + 女” where `named` asks for such a sum, or where no column counts
    residents and these make up everybody.

    A cell that is empty in some of them counts nobody there, and is reported; one that cannot be read leaves
    the sum without a number.
    """
    known = {plain(title): head for title, head in heads.items()}
    parts = everybody(heads.values())
    if named and plain(named) != plain(sum_title(parts)):
        asked = [head for word in named.split(_BETWEEN) if (head := known.get(plain(word))) is not None]
        parts = asked if len(asked) == len(named.split(_BETWEEN)) > 1 else []
    elif not named and any(_counts(frame, head) for head in heads.values()):
        parts = []
    if not parts:
        return Summed(frame, heads, named)
    numbers = _numbers(frame, parts)
    empty = np.stack([_is_empty(frame[head.title]) for head in parts])
    partly = empty.any(axis=0) & ~empty.all(axis=0)
    title = sum_title(parts)
    said = text(
        "{rows:,} {rows:row has|rows have} no number in some of the columns {columns}; for these nobody is "
        "counted there.",
        rows=int(partly.sum()),
        columns=title,
    )
    summed = np.where(empty & partly, 0.0, numbers).sum(axis=0)
    return Summed(
        frame.assign(**{title: summed}),
        {**heads, title: Head(title, RESIDENTS, 0)},
        title,
        (said,) if partly.any() else (),
    )


def _counts(frame: pd.DataFrame, head: Head) -> bool:
    if head.kind != RESIDENTS or head.unit != COUNT or head.title not in frame:
        return False
    return bool(np.isfinite(written_numbers(frame[head.title])).mean() >= _FILLED)


def _numbers(frame: pd.DataFrame, parts: list[Head]) -> Floats:
    return np.stack([written_numbers(frame[head.title]) * head.scale for head in parts])


def _is_empty(column: pd.Series[Any]) -> Bools:
    return np.asarray(column.isna() | column.astype(str).str.strip().isin(_NOTHING), bool)


def against_parts(
    frame: pd.DataFrame, heads: Mapping[str, Head], chosen: Head, residents: Floats
) -> list[Text]:
    """What is said where the columns that make up everybody add up to another number than the residents."""
    parts = everybody(heads.values())
    if not parts or is_sum(chosen.title) or chosen.unit != COUNT:
        return []
    numbers = _numbers(frame, parts)
    there = np.isfinite(residents) & np.isfinite(numbers).all(axis=0)
    total, added = float(residents[there].sum()), float(numbers[:, there].sum())
    if not there.any() or abs(added - total) <= max(0.5, _DIFFER * total):
        return []
    return [
        text(
            "{column} gives {total:,.0f} residents, {parts} add up to {added:,.0f}; {column} is taken. "
            "Do they count the same people?",
            column=chosen.title,
            total=total,
            parts=sum_title(parts),
            added=added,
        )
    ]
