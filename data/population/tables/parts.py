"""Sheets and layers of one head: parts of one whole (a district each), or of years the latest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from core.text import Text, text
from data.population.tables.coordinates import is_place_title
from data.population.tables.heads import OTHER, understood
from data.population.tables.table_files import PART_ROWS, Sheet

_YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_MOST_NAMED: Final = 4
# Parts of one whole have next to nothing in common.
_SHARED: Final = 0.02


@dataclass(frozen=True)
class Aside:
    """A sheet that does not count, its number of rows, and why."""

    name: str
    rows: int
    why: Text


def parts_joined(sheets: Sequence[Sheet]) -> tuple[list[Sheet], list[Aside]]:
    """The sheets, those of one head as one: of years the latest, of different places all of them.

    Sheets that speak of the same places (men and women, weekdays and weekends) stay apart.
    """
    alike: dict[tuple[object, ...], list[Sheet]] = {}
    for sheet in sheets:
        crs = str(sheet.frame.crs) if isinstance(sheet.frame, gpd.GeoDataFrame) else ""
        alike.setdefault((crs, *sorted(sheet.titles)), []).append(sheet)
    joined: list[Sheet] = []
    aside: list[Aside] = []
    for own in alike.values():
        years = [max(map(int, _YEAR.findall(sheet.name)), default=0) for sheet in own]
        if len(own) > 1 and all(years) and len(set(years)) == len(years):
            latest = own[int(np.argmax(years))]
            why = text("another year than {column}", column=latest.name)
            aside += [Aside(one.name, len(one.frame), why) for one in own if one is not latest]
            own = [latest]
        joined += [_whole(own)] if len(own) > 1 and _are_parts(own) else own
    return joined, aside


def _are_parts(sheets: Sequence[Sheet]) -> bool:
    """Whether no two sheets speak of the same places."""
    keys = [_places(sheet) for sheet in sheets]
    every = pd.concat(keys)
    return all(map(len, keys)) and float(every.duplicated().sum()) <= _SHARED * len(every)


def _places(sheet: Sheet) -> pd.Series[str]:
    """What each row says of its place: its shape, else all columns of places, else all that are no people."""
    if sheet.shapes is not None:
        return pd.Series(sheet.shapes.to_wkb())
    named = [title for title in sheet.titles if is_place_title(title)]
    named = named or [title for title in sheet.titles if understood(title).kind == OTHER]
    return sheet.frame[named].astype(str).agg("|".join, axis=1) if named else pd.Series([], dtype=str)


def _whole(sheets: Sequence[Sheet]) -> Sheet:
    names = [sheet.name for sheet in sheets]
    frames = [sheet.frame.set_axis(sheet.frame.index + k * PART_ROWS) for k, sheet in enumerate(sheets)]
    called = " + ".join(names if len(names) <= _MOST_NAMED else [names[0], "…", names[-1]])
    return replace(sheets[0], name=called, frame=pd.concat(frames), parts=tuple(names))
