"""Drafts → one frame: a row for every row of the lists, in their order, each facility with its number."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from data.intake.drafts import ACCEPTED, SET_ASIDE, Draft
from data.intake.intake import ACCEPTED_COLUMNS
from data.intake.locate import Located
from data.intake.sheets import Table

_NUMBERS: Final = ("places", "capacity", "area_m2", "residents_declared")
_IDENTITY: Final = ("name", "tier", "district", "street", "community")


def frame_of(
    tables: Sequence[Table], drafts: Sequence[Sequence[Draft]], located: Sequence[Located]
) -> pd.DataFrame:
    """`ACCEPTED_COLUMNS`, `outcome`, `table` (number), `given_lon`, `given_lat` (degrees in the list's
    datum), `metres` (whether they are metres instead), `said` (the row's own words on its system), and
    `mend_lon`, `mend_lat` (what was probably meant, in the list's datum). `lon`, `lat` are still NaN."""
    parts = [
        _table_frame(number, *each) for number, each in enumerate(zip(tables, drafts, located, strict=True))
    ]
    if not parts:
        return _empty()
    frame = pd.concat(parts, ignore_index=True)
    frame["facility_id"] = facility_ids(frame)
    return frame


def _empty() -> pd.DataFrame:
    columns = [
        *ACCEPTED_COLUMNS,
        "outcome",
        "table",
        "given_lon",
        "given_lat",
        "metres",
        "source",
        "personal",
        "said",
        "mend_lon",
        "mend_lat",
    ]
    return pd.DataFrame({column: [] for column in columns})


def _table_frame(number: int, table: Table, drafts: Sequence[Draft], located: Located) -> pd.DataFrame:
    texts = [column for column in ACCEPTED_COLUMNS if column not in (*_NUMBERS, "lon", "lat")]
    data: dict[str, object] = {c: [d.values.get(c, "") for d in drafts] for c in texts}
    data |= {c: np.array([d.numbers.get(c, np.nan) for d in drafts], float) for c in _NUMBERS}
    data |= {
        "source": [d.values.get("source", "") for d in drafts],
        "personal": [d.values.get("personal", "") for d in drafts],
        "said": [d.said for d in drafts],
        "mend_lon": np.array([d.mend[0] if d.mend else np.nan for d in drafts], float),
        "mend_lat": np.array([d.mend[1] if d.mend else np.nan for d in drafts], float),
        "outcome": [d.outcome for d in drafts],
        "source_row": [d.row for d in drafts],
        "given_lon": located.lon,
        "given_lat": located.lat,
        "metres": located.metres,
    }
    frame = pd.DataFrame(data)
    aside = pd.DataFrame({"source_row": [row for row, _ in table.set_aside]})
    aside = aside.assign(
        outcome=SET_ASIDE, metres=False, source="", personal="", said="", **dict.fromkeys(texts[:-1], "")
    )
    aside = aside.assign(
        **dict.fromkeys((*_NUMBERS, "given_lon", "given_lat", "mend_lon", "mend_lat"), np.nan)
    )
    joined = pd.concat([frame, aside[frame.columns]]) if len(aside) else frame
    joined = joined.sort_values("source_row", kind="stable", ignore_index=True)
    return joined.assign(
        source_file=table.file, source_sheet=table.sheet.name, table=number, lon=np.nan, lat=np.nan
    )


def facility_ids(frame: pd.DataFrame) -> list[str]:
    """The list's own numbers where every accepted facility has its own; else made from what names it.

    A made number depends on name, tier and declared units, so it survives a new upload, moved rows
    and mended coordinates; of several facilities alike in all these, the later get -2, -3 …
    """
    own = frame["facility_id"].astype(str)
    accepted = own[frame["outcome"] == ACCEPTED]
    if len(accepted) and (accepted != "").all() and accepted.is_unique:
        return _unique(own.where(own != "", pd.Series(_made(frame), index=frame.index)).tolist())
    return _unique(_made(frame))


def _made(frame: pd.DataFrame) -> list[str]:
    named = zip(*(frame[column].tolist() for column in _IDENTITY), strict=True)
    return [
        "f" + hashlib.sha1("|".join(parts).encode(), usedforsecurity=False).hexdigest()[:10]
        for parts in named
    ]


def _unique(ids: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for number in ids:
        seen[number] = seen.get(number, 0) + 1
        unique.append(number if seen[number] == 1 else f"{number}-{seen[number]}")
    return unique
