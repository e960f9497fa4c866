"""Given degrees or metres → WGS-84, by the system decided for each table, and said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coverage.tables import Bools
from data.intake.coordinates import MIXED, UNKNOWN, DatumDecision
from data.intake.findings import ERROR, INFO, WARNING, Notebook
from data.intake.projected import to_degrees
from data.intake.rows import ACCEPTED, REFUSED
from data.intake.sheets import Table
from geo.datum import BD09, GCJ02, WGS84, convert
from geo.text import text

_NAMES = {GCJ02: "GCJ-02", BD09: "BD-09", WGS84: "WGS-84"}


def converted(frame: pd.DataFrame, systems: Sequence[str]) -> pd.DataFrame:
    """The frame with `lon`, `lat` in WGS-84 and `system`; `systems` names one for each table.

    Where the system is unknown, degrees are taken as WGS-84 and metres stay unplaced.
    """
    lon, lat = frame["given_lon"].to_numpy(float).copy(), frame["given_lat"].to_numpy(float).copy()
    metres = frame["metres"].to_numpy(bool)
    system = np.array([systems[number] for number in frame["table"]], object)
    for name in set(systems):
        rows = system == name
        lon[rows], lat[rows] = _to_wgs84(lon[rows], lat[rows], name, metres[rows])
    return frame.assign(lon=lon, lat=lat, system=system)


def _to_wgs84(lon: np.ndarray, lat: np.ndarray, system: str, metres: Bools) -> tuple[np.ndarray, np.ndarray]:
    x, y = lon.copy(), lat.copy()
    if system.startswith("epsg:"):
        x[metres], y[metres] = to_degrees(lon[metres], lat[metres], system)
        return x, y
    x[metres], y[metres] = np.nan, np.nan
    if system in (GCJ02, BD09):
        return convert(x, y, system, WGS84)
    return x, y


def tell_systems(
    frame: pd.DataFrame,
    tables: Sequence[Table],
    decisions: Sequence[DatumDecision],
    notes: Mapping[int, Notebook],
) -> None:
    """One finding a table on how its coordinates were read, unless they are WGS-84 beyond doubt."""
    for number, decision in enumerate(decisions):
        placed = (frame["table"] == number) & frame["lon"].notna()
        if not placed.any():
            continue
        row = tables[number].header_row
        if decision.system in (UNKNOWN, MIXED) or not decision.decided:
            notes[number].note(WARNING, "unknown-datum", _UNKNOWN_DATUM, row=row)
        elif decision.system != WGS84:
            notes[number].note(
                WARNING if decision.confidence < 1 else INFO,
                "converted-datum",
                text(
                    "The coordinates of {count} rows were read as {system} and converted to WGS-84.",
                    count=int(placed.sum()),
                    system=_NAMES.get(decision.system, decision.system.upper()),
                ),
                row=row,
            )


def refuse_unplaced(frame: pd.DataFrame, notes: Mapping[int, Notebook]) -> pd.DataFrame:
    """Accepted rows whose metres could not be placed are refused."""
    lost = (frame["outcome"] == ACCEPTED) & ~np.isfinite(frame["lon"].to_numpy(float))
    for index in np.flatnonzero(lost):
        notes[int(frame["table"].iloc[index])].note(
            ERROR, "unknown-projection", _UNKNOWN_PROJECTION, row=int(frame["source_row"].iloc[index])
        )
    return frame.assign(outcome=frame["outcome"].mask(lost, REFUSED))


_UNKNOWN_DATUM = text(
    "Nothing shows which coordinate system the list is in; it was taken as WGS-84. If it comes from "
    "Amap, Tencent or Baidu the points lie 500 to 1,200 m off: say which system it is."
)
_UNKNOWN_PROJECTION = text(
    "The coordinates are metres of a system that is not named. Say which system it is (for example "
    "epsg:4549), or write degrees."
)
