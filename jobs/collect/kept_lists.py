"""An office's part of the city's list as it is kept: a table that every reader of lists reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from data.files import read_csv_bytes
from data.intake.drafts import ACCEPTED, TO_LOCATE
from data.intake.intake import ACCEPTED_COLUMNS, Intake
from data.intake.tables.tiers import PLANNED
from data.store.files import StoredFiles

NUMBERS: Final = ("lon", "lat", "places", "capacity", "area_m2", "residents_declared", "source_row")
TEXTS: Final = tuple(column for column in ACCEPTED_COLUMNS if column not in NUMBERS)


def kept_rows(intake: Intake) -> pd.DataFrame:
    """What is kept of a list that was read: facilities that count, that still need a place (their community
    has them all the same), and that are planned. `ACCEPTED_COLUMNS`, index from 0."""
    frame = intake.frame
    kept = frame["outcome"].isin((ACCEPTED, TO_LOCATE)) | (frame["status"] == PLANNED)
    return frame.loc[kept & (frame["tier"] != ""), list(ACCEPTED_COLUMNS)].reset_index(drop=True)


def list_bytes(rows: pd.DataFrame) -> bytes:
    """The rows as a table, the same bytes for the same rows; numbers to their last digit."""
    return rows[list(ACCEPTED_COLUMNS)].to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def list_rows(files: StoredFiles, sha256: str) -> pd.DataFrame:
    """The rows of a kept list. InputError where its file is missing or damaged."""
    return read_csv_bytes(files.get(sha256), TEXTS)


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Several lists as one table; `ACCEPTED_COLUMNS` also where there is none."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return read_csv_bytes((",".join(ACCEPTED_COLUMNS) + "\n").encode(), TEXTS)
    return pd.concat(filled, ignore_index=True)
