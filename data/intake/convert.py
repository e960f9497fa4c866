"""Given degrees or metres → WGS-84, by the system decided for each table, and said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.text import Text, text
from data.intake.datum.coordinates import MIXED, UNITS, DatumDecision, likeliest
from data.intake.datum.likelihood import HYPOTHESES, UNKNOWN
from data.intake.datum.projection import WEB_MERCATOR, to_degrees
from data.intake.drafts import ACCEPTED, REFUSED
from data.intake.findings import ERROR, WARNING, Notebook
from data.intake.tables.sheets import Table
from geo.datum import BD09, GCJ02, WGS84, convert

_NAMES = {GCJ02: "GCJ-02", BD09: "BD-09", WGS84: "WGS-84"}


def converted(frame: pd.DataFrame, by_row: NDArray[np.object_]) -> pd.DataFrame:
    """The frame with `lon`, `lat`, `mend_lon`, `mend_lat` in WGS-84 and `system`, the system of each row as
    decided.

    Where the system is unknown or mixed, degrees are taken as WGS-84 and metres stay unplaced.
    """
    lon, lat = frame["given_lon"].to_numpy(float).copy(), frame["given_lat"].to_numpy(float).copy()
    mend_lon, mend_lat = (frame[c].to_numpy(float).copy() for c in ("mend_lon", "mend_lat"))
    metres = frame["metres"].to_numpy(bool)
    for name in set(by_row.tolist()):
        rows, in_metres = by_row == name, (by_row == name) & metres
        if name.startswith("epsg:"):
            lon[in_metres], lat[in_metres] = to_degrees(lon[in_metres], lat[in_metres], name)
            continue
        lon[in_metres], lat[in_metres] = np.nan, np.nan
        if name in (GCJ02, BD09):
            lon[rows], lat[rows] = convert(lon[rows], lat[rows], name, WGS84)
            mend_lon[rows], mend_lat[rows] = convert(mend_lon[rows], mend_lat[rows], name, WGS84)
    return frame.assign(lon=lon, lat=lat, mend_lon=mend_lon, mend_lat=mend_lat, system=by_row)


def tell_systems(
    frame: pd.DataFrame, tables: Sequence[Table], decision: DatumDecision, notes: Mapping[int, Notebook]
) -> None:
    """For each table one finding for each system its rows were read in, unless that is WGS-84 as decided by
    more than the list's own words."""
    placed = frame[frame["lon"].notna()]
    for _, rows in placed.groupby(["table", "system"], sort=False):
        number, system = int(rows["table"].iloc[0]), str(rows["system"].iloc[0])
        row = tables[number].header_row
        if system in (UNKNOWN, MIXED):
            mixed = system == MIXED or decision.system == MIXED
            notes[number].note(
                WARNING,
                "mixed-datum" if mixed else "unknown-datum",
                _MIXED_DATUM if mixed else _unknown_datum(decision),
                row=row,
            )
        elif system == WGS84:
            if decision.evidence and all(piece.kind == "metadata" for piece in decision.evidence):
                notes[number].note(WARNING, "unchecked-datum", _UNCHECKED, row=row)
        else:
            notes[number].note(
                WARNING,
                "converted-datum",
                text(
                    "The coordinates of {count} {count:row|rows} were read as {system} and converted to "
                    "WGS-84.",
                    count=len(rows),
                    system=_NAMES.get(system, system.upper()),
                ),
                row=row,
            )


def _unknown_datum(decision: DatumDecision) -> Text:
    if not decision.ranking:
        return _NO_EVIDENCE
    unknown_units = next((piece for piece in decision.evidence if piece.kind == UNITS), None)
    if unknown_units is not None:
        return unknown_units.message
    named = likeliest(decision)
    if not named:
        return _WEAK_EVIDENCE
    best = next((h.title for h in HYPOTHESES if h.id == named), None)
    if best is None:
        return _WEAK_EVIDENCE
    return text(
        "The evidence does not settle which coordinate system the list is in; it was taken as WGS-84. "
        "The likeliest is: {best}. Say which system it is.",
        best=best,
    )


def refuse_unplaced(
    frame: pd.DataFrame, decision: DatumDecision, notes: Mapping[int, Notebook]
) -> pd.DataFrame:
    """Accepted rows whose metres could not be placed are refused."""
    named = likeliest(decision)
    message = _UNKNOWN_PROJECTION
    if named == WEB_MERCATOR.lower():
        message = _WEB_METRES
    elif named.startswith("epsg:"):
        message = text(
            "The coordinates are metres, and more than one system fits. Likeliest, by the buildings near: "
            "{best}. Say which system it is, or write degrees.",
            best=named,
        )
    lost = (frame["outcome"] == ACCEPTED) & ~np.isfinite(frame["lon"].to_numpy(float))
    for index in np.flatnonzero(lost):
        notes[int(frame["table"].iloc[index])].note(
            ERROR, "unknown-projection", message, row=int(frame["source_row"].iloc[index])
        )
    return frame.assign(outcome=frame["outcome"].mask(lost, REFUSED))


_NO_EVIDENCE = text(
    "Nothing shows which coordinate system the list is in; it was taken as WGS-84. If it comes from "
    "Amap, Tencent or Baidu the points lie 300 to 1,200 m off: say which system it is."
)
_WEAK_EVIDENCE = text(
    "The evidence is too weak to tell which coordinate system the list is in; it was taken as WGS-84. If it "
    "comes from Amap, Tencent or Baidu the points lie 300 to 1,200 m off: say which system it is."
)
_MIXED_DATUM = text(
    "The list seems to hold coordinates of more than one system; they were taken as WGS-84. "
    "Send the parts as lists of their own, or say which system it is."
)
_UNCHECKED = text(
    "The coordinates were taken as WGS-84 because the list says so; nothing here can check it. Points from "
    "Amap, "
    "Tencent or Baidu under such a title lie 300 to 1,200 m off: give units or a layer in true coordinates."
)
_WEB_METRES = text(
    "The coordinates are metres of a web map (EPSG:3857). Those of Amap and Tencent lie 500 m off, those of "
    "Baidu are other metres still: choose EPSG:3857 if they are true, or send longitude and latitude and say "
    "where they come from."
)
_UNKNOWN_PROJECTION = text(
    "The coordinates are metres of a system that is not named. Say which system it is (for example "
    "epsg:4549), or write degrees."
)
