"""What the degrees of a list may be, as data, and how well each row fits each of these hypotheses.

Scores are natural logarithms of likelihood; only differences between hypotheses of one row mean anything.
Every score has a floor, so that a row that is simply wrong (an old community, another place of the same
name) cannot outvote many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from core.text import Text, text
from coverage.model.names import match_units, told_apart, unit_key
from coverage.model.tables import Floats, UnitTable
from geo.crs import project
from geo.datum import BD09, GCJ02, WGS84, LonLat, convert

UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Hypothesis:
    """`steps` are the conversions that lead from the list's degrees to WGS-84. `system` is what it
    is called in results; mistakes of conversion have no name there and are never decided alone."""

    id: str
    system: str
    title: Text
    steps: tuple[tuple[str, str], ...]


HYPOTHESES: Final = (
    Hypothesis("wgs84", WGS84, text("WGS-84 or CGCS2000, true coordinates"), ()),
    Hypothesis("gcj02", GCJ02, text("GCJ-02, of Amap or Tencent"), ((GCJ02, WGS84),)),
    Hypothesis("bd09", BD09, text("BD-09, of Baidu"), ((BD09, WGS84),)),
    Hypothesis("gcj02-twice", UNKNOWN, text("shifted to GCJ-02 twice"), ((GCJ02, WGS84), (GCJ02, WGS84))),
    Hypothesis("gcj02-removed", UNKNOWN, text("true, but “corrected” from GCJ-02"), ((WGS84, GCJ02),)),
    Hypothesis("bd09-removed", UNKNOWN, text("true, but “corrected” from BD-09"), ((WGS84, BD09),)),
    Hypothesis(
        "gcj02-as-bd09", UNKNOWN, text("GCJ-02, but “corrected” from BD-09"), ((GCJ02, BD09), (GCJ02, WGS84))
    ),
    Hypothesis(
        "bd09-as-gcj02", UNKNOWN, text("BD-09, but “corrected” from GCJ-02"), ((WGS84, GCJ02), (BD09, WGS84))
    ),
    Hypothesis(
        "bd09-twice", UNKNOWN, text("shifted from GCJ-02 to BD-09 twice"), ((BD09, GCJ02), (BD09, WGS84))
    ),
)  # fmt: skip
SYSTEM_OF: Final = tuple(hypothesis.system for hypothesis in HYPOTHESES)


def place(hypothesis: Hypothesis, lon: Floats, lat: Floats) -> LonLat:
    """Where the degrees lie in WGS-84 if the hypothesis is true."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    for source, target in hypothesis.steps:
        x, y = convert(x, y, source, target)
    return x, y


def placed_xy(lon: Floats, lat: Floats, crs: str) -> NDArray[np.float64]:
    """(n, hypotheses, 2) metres: where each point lies under each hypothesis."""
    return np.stack([project(*place(hypothesis, lon, lat), crs) for hypothesis in HYPOTHESES], axis=1)


# A point lies outside its declared unit by drawing errors and rough geocoding; how far is unknown.
_MEMBER_SCALES_M: Final = np.array([25.0, 60.0, 130.0])
_MEMBER_FLOOR: Final = 0.02
_ANCHOR_SCALE_M: Final = 120.0
_ANCHOR_FLOOR: Final = 0.01
_ANCHOR_LIKENESS: Final = 88.0
_FINEST_FIRST: Final = ("community", "street", "district")
_ABOVE: Final = {"community": "street", "street": "district", "district": ""}


def no_evidence(n: int) -> Floats:
    """(n, hypotheses) of NaN: rows of which nothing is known."""
    return np.full((n, len(HYPOTHESES)), np.nan)


def declared_units(rows: pd.DataFrame, units: UnitTable) -> NDArray[np.int64]:
    """For each row the unit it declares, at the finest level that is found; -1 for none."""
    names = units.frame["name"].to_numpy(str)
    by_id = {unit_id: row for row, unit_id in enumerate(units.frame["unit_id"])}
    parents = [names[by_id[p]] if p in by_id else "" for p in units.frame["parent_id"]]
    found = np.full(len(rows), -1, np.int64)
    for level in _FINEST_FIRST:
        of_level = units.of_level(level)
        if not len(of_level):
            continue
        above = _ABOVE[level]
        matched = match_units(
            rows[level].tolist(),
            names[of_level].tolist(),
            parents_declared=rows[above].tolist() if above else [""] * len(rows),
            parents=[parents[row] for row in of_level],
        )
        known = np.asarray(matched, np.int64)
        found = np.where((found < 0) & (known >= 0), of_level[np.maximum(known, 0)], found)
    return found


def membership(unit: NDArray[np.int64], units: UnitTable, xy: Floats) -> tuple[Floats, Floats]:
    """Scores (n, h, k) of points (n, h, 2) against declared units (n,), and the metres outside each (n, h).

    k are assumptions on how far outside points may lie. A place is as likely anywhere within its
    unit and exponentially less outside; the wider that fringe, the thinner the whole.
    """
    away_m = np.full(xy.shape[:2], np.nan)
    rim_per_m = np.zeros(len(xy))
    known = np.flatnonzero(unit >= 0)
    if len(known):
        outlines = np.asarray(units.frame.geometry.array, object)[unit[known]]
        away_m[known] = shapely.distance(outlines[:, None], shapely.points(xy[known]))
        rim_per_m[known] = shapely.length(outlines) / np.maximum(shapely.area(outlines), 1.0)
    spread = 1.0 + rim_per_m[:, None, None] * _MEMBER_SCALES_M
    likely = np.exp(-away_m[:, :, None] / _MEMBER_SCALES_M) / spread
    return np.log(likely + _MEMBER_FLOOR), away_m


def anchor_rows(names: Sequence[str], known: Sequence[str]) -> NDArray[np.int64]:
    """For each facility name the one reference name that is alike, or -1; names that occur twice
    do not count."""
    keys = [unit_key(name) for name in known]
    counts = pd.Series(keys).value_counts()
    usable = np.array([len(key) >= 2 and counts[key] == 1 for key in keys], bool)
    found = np.full(len(names), -1, np.int64)
    if not len(names) or not usable.any():
        return found
    rows = np.flatnonzero(usable)
    alike = process.cdist(
        [unit_key(name) for name in names],
        [keys[row] for row in rows],
        scorer=fuzz.ratio,
        score_cutoff=_ANCHOR_LIKENESS,
    )
    best = alike.argmax(axis=1)
    fits = alike[np.arange(len(names)), best] >= _ANCHOR_LIKENESS
    found[fits] = rows[best[fits]]
    for row in np.flatnonzero(fits).tolist():
        if told_apart(names[row], known[found[row]], far=True):
            found[row] = -1
    return _once_only(found)


def anchors(anchor: NDArray[np.int64], places: NDArray[np.object_], xy: Floats) -> tuple[Floats, Floats]:
    """Scores (n, h) by the distance to the matched place (metric), and those distances."""
    away_m = np.full(xy.shape[:2], np.nan)
    known = np.flatnonzero(anchor >= 0)
    if len(known):
        away_m[known] = shapely.distance(places[anchor[known]][:, None], shapely.points(xy[known]))
    return np.log(np.exp(-0.5 * (away_m / _ANCHOR_SCALE_M) ** 2) + _ANCHOR_FLOOR), away_m


def _once_only(found: NDArray[np.int64]) -> NDArray[np.int64]:
    """A place that several facilities claim proves nothing."""
    values, counts = np.unique(found[found >= 0], return_counts=True)
    return np.where(np.isin(found, values[counts > 1]), -1, found)
