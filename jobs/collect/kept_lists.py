"""An office's part of the city's list as it is kept: a table that every reader of lists reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import shapely

from data.files import read_csv_bytes
from data.formats.geometry import EXTENT
from data.intake.decisions import ADDRESS, HAND, PROPOSAL
from data.intake.drafts import ACCEPTED, TO_LOCATE
from data.intake.intake import ACCEPTED_COLUMNS, Intake
from data.intake.tables.tiers import PLANNED
from data.store.files import StoredFiles

# Doors or outline (WKT, WGS-84 degrees), and the ground that a list states.
EXTENTS: Final = (EXTENT, "site_m2")
KEPT_COLUMNS: Final = (*ACCEPTED_COLUMNS, *EXTENTS)
NUMBERS: Final = (
    *("lon", "lat", "places", "capacity", "area_m2", "site_m2", "residents_declared", "source_row"),
)
TEXTS: Final = tuple(column for column in KEPT_COLUMNS if column not in NUMBERS)
# Of a degree: 0.1 mm.
_DECIMALS: Final = 9


def kept_rows(intake: Intake) -> pd.DataFrame:
    """What is kept of a list that was read: facilities that count, that still need a place (their community
    has them all the same), and that are planned. `KEPT_COLUMNS`, index from 0."""
    frame = intake.frame
    kept = frame["outcome"].isin((ACCEPTED, TO_LOCATE)) | (frame["status"] == PLANNED)
    rows = _whole(frame.loc[kept & (frame["tier"] != "")])
    # An outline where somebody moved the facility away is not its own.
    own = ~rows["located_by"].isin((HAND, ADDRESS, PROPOSAL)).to_numpy(bool)
    extent = [
        shapely.to_wkt(shape, rounding_precision=_DECIMALS) if shape and is_own else ""
        for shape, is_own in zip(rows[EXTENT], own, strict=True)
    ]
    return rows.assign(**{EXTENT: extent})[list(KEPT_COLUMNS)].reset_index(drop=True)


def list_bytes(rows: pd.DataFrame) -> bytes:
    """The rows as a table, the same bytes for the same rows; numbers to their last digit. Extents and ground
    have a column where there are any."""
    more = [column for column in EXTENTS if column in rows and is_stated(rows[column])]
    return rows[[*ACCEPTED_COLUMNS, *more]].to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def list_rows(files: StoredFiles, sha256: str) -> pd.DataFrame:
    """The rows of a kept list. InputError where its file is missing or damaged."""
    return _whole(read_csv_bytes(files.get(sha256), TEXTS))


def facility_numbers(files: StoredFiles, sha256: str) -> list[str]:
    """The facilities' numbers in a kept list, without reading the rest: a city has hundreds of lists."""
    kept = csv.DictReader(io.StringIO(files.get(sha256).decode("utf-8-sig"), newline=""))
    return [row["facility_id"] for row in kept]


def is_stated(column: pd.Series[Any]) -> bool:
    """Whether anything stands in a column."""
    return bool((column.notna() & (column.astype(str).str.strip() != "")).any())


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Several lists as one table; `KEPT_COLUMNS` also where there is none."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return _whole(read_csv_bytes((",".join(ACCEPTED_COLUMNS) + "\n").encode(), TEXTS))
    return pd.concat(filled, ignore_index=True)


def _whole(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with columns of extents, empty where the list has none."""
    empty: dict[str, Any] = {EXTENT: "", "site_m2": float("nan")}
    return rows.assign(**{name: value for name, value in empty.items() if name not in rows})
