"""Population tables: one row a cell, with its coordinates and residents."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.text import Text, text
from coverage.model.tables import Bools, Floats
from data.files import as_written
from data.intake.findings import Finding
from data.population.cells import Cells
from data.population.columns import (
    GROUP_BANDS,
    GROUP_COLUMNS,
    ID_COLUMNS,
    LAT_COLUMNS,
    LON_COLUMNS,
    RESIDENT_COLUMNS,
    find_column,
)

_ENCODINGS: Final = ("utf-8-sig", "gb18030")


def read_csv_table(path: Path) -> pd.DataFrame:
    """A CSV in UTF-8 (with or without mark) or GB18030, strictly: a wrong guess would garble names."""
    content = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            decoded = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            frame = pd.read_csv(io.StringIO(decoded), dtype=str, keep_default_na=False)
            return frame.map(as_written, na_action="ignore")
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise InputError("{file}: this is not a table that can be read.", file=path.name) from error
    raise InputError("{file}: the text is neither UTF-8 nor GB18030.", file=path.name)


def table_cells(frame: pd.DataFrame, file: str, *, synthetic: bool = False) -> Cells:
    """Cells from a table with longitude, latitude (WGS-84 degrees) and residents.

    Rows that cannot be used are left out and listed by row (the header is row 1) and column.
    Residents of 0 are kept; groups that are empty count as 0.
    """
    columns = [str(column) for column in frame.columns]
    lon_column = _needed(columns, LON_COLUMNS, file)
    lat_column = _needed(columns, LAT_COLUMNS, file)
    resident_column = _needed(columns, RESIDENT_COLUMNS, file)
    lon, lat = _numbers(frame[lon_column]), _numbers(frame[lat_column])
    residents = _numbers(frame[resident_column])
    usable = {
        lon_column: (np.abs(lon) <= 180) & ~((lon == 0) & (lat == 0)),
        lat_column: np.abs(lat) <= 90,
        resident_column: residents >= 0,
    }
    good = np.logical_and.reduce(list(usable.values()))
    findings = [
        finding for column, fine in usable.items() for finding in _bad_rows(frame, column, fine, file)
    ]
    id_column = find_column(columns, ID_COLUMNS)
    ids = frame[id_column].to_numpy() if id_column else np.arange(1, len(frame) + 1)
    return Cells(
        cell_id=np.asarray(ids)[good],
        lon=lon[good],
        lat=lat[good],
        residents=residents[good],
        groups=_groups(frame, columns, good),
        findings=tuple(sorted(findings, key=lambda finding: finding.row)),
        synthetic=synthetic,
        source=np.flatnonzero(good),
    )


def _groups(frame: pd.DataFrame, columns: list[str], good: Bools) -> dict[str, Floats]:
    found = {name: _group_columns(columns, name) for name in GROUP_COLUMNS}
    return {
        name: np.sum(
            [np.maximum(np.nan_to_num(_numbers(frame[column])[good]), 0.0) for column in parts], axis=0
        )
        for name, parts in found.items()
        if parts
    }


def _group_columns(columns: list[str], group: str) -> list[str]:
    """The column of a group; else those of its age bands, if all are there."""
    whole = find_column(columns, GROUP_COLUMNS[group])
    if whole:
        return [whole]
    bands = [find_column(columns, aliases) for aliases in GROUP_BANDS.get(group, ())]
    return [band for band in bands if band] if all(bands) else []


def _needed(columns: list[str], aliases: tuple[str, ...], file: str) -> str:
    column = find_column(columns, aliases)
    if column is None:
        raise InputError(
            "{file}: no column is named {aliases}. The columns are: {columns}.",
            file=file,
            aliases=", ".join(aliases[:4]),
            columns=", ".join(columns[:20]),
        )
    return column


def _numbers(column: pd.Series[str]) -> Floats:
    return pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)


def _bad_rows(frame: pd.DataFrame, column: str, fine: Bools, file: str) -> list[Finding]:
    return [
        Finding(file, "", int(row) + 2, column, "error", "unusable-value", _why(frame[column].iloc[row]))
        for row in np.flatnonzero(~fine)
    ]


def _why(value: object) -> Text:
    return text("“{value}” cannot be used here; the row is left out. Please correct it.", value=str(value))
