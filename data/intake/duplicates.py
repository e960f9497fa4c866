"""The same place twice: within a list, across lists, and against what is already kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from rapidfuzz import fuzz
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from core.text import Text, text
from coverage.model.tables import Floats, Ints
from data.intake.columns import bare, normalise
from data.intake.decisions import group_id
from geo.crs import metric_crs, project

_REACH_M: Final = 300.0
_SAME_SPOT_M: Final = 3.0
_LIKE: Final = 90.0
_LIKE_REACH_M: Final = 150.0
_NUMERALS: Final = re.compile(r"[0-9]+|第?[一二三四五六七八九十]+(?=[号区站处分])|第[一二三四五六七八九十]+")


@dataclass(frozen=True)
class DuplicateGroup:
    """Rows of a frame (positions) that seem to be one place, and how far apart the farthest two lie.

    `reason` is "name" (names alike and near) or "spot" (different names at one spot). `stored` are the
    names of the facilities kept already that belong to the group. `id` is the same for the same rows
    (`facility_id`), whatever their order.
    """

    rows: tuple[int, ...]
    reason: str
    apart_m: float
    stored: tuple[str, ...] = ()
    id: str = ""


def find_duplicates(frame: pd.DataFrame, stored: pd.DataFrame | None = None) -> tuple[DuplicateGroup, ...]:
    """Groups among the rows of `frame` (`name`, `tier`, `lon`, `lat`; NaN places are passed over).

    Of one tier, equal names within 300 m or names 90 % alike within 150 m are one place, unless they
    differ in a number (“第二”); different names within 3 m are one spot. `stored` is a second such
    frame, of facilities kept already: groups of these alone are left out. The boundary counts as
    within. Groups and rows are in order of position.
    """
    joined = frame if stored is None else pd.concat([frame, stored], ignore_index=True)
    placed = np.flatnonzero(np.isfinite(joined["lon"].to_numpy(float)))
    if len(placed) < 2:
        return ()
    lon, lat = joined["lon"].to_numpy(float)[placed], joined["lat"].to_numpy(float)[placed]
    xy = project(lon, lat, metric_crs(float(np.median(lon)), float(np.median(lat))))
    rows = joined.iloc[placed]
    pairs, apart_m = _near_pairs(xy)
    same_name, same_spot = _judged(rows, pairs, apart_m)
    groups = [
        _group(joined, placed[members], reason, _widest(xy[members]), len(frame))
        for reason, chosen in (("name", same_name), ("spot", same_spot))
        for members in _grouped(pairs[chosen], len(placed))
    ]
    return tuple(sorted((g for g in groups if g.rows), key=lambda g: (g.rows, g.reason)))


def _group(joined: pd.DataFrame, rows: Ints, reason: str, apart_m: float, own: int) -> DuplicateGroup:
    """Rows from `own` on are stored ones."""
    ids = joined["facility_id"].iloc[rows].astype(str).tolist() if "facility_id" in joined else []
    stored = tuple(joined["name"].iloc[rows[rows >= own]].tolist())
    return DuplicateGroup(tuple(rows[rows < own].tolist()), reason, apart_m, stored, group_id(ids))


def describe(group: DuplicateGroup, places: list[str], row: int) -> Text:
    """What a row of a group is told; `places` says where each row of the group stands."""
    others = "; ".join(place for place, member in zip(places, group.rows, strict=True) if member != row)
    if group.stored:
        known = "; ".join(dict.fromkeys(group.stored))
        return text(
            "This facility seems to be kept already, as: {known} ({metres:.0f} m apart).",
            known=known,
            metres=group.apart_m,
        )
    if group.reason == "name":
        return text(
            "This seems to be the same place as: {others} ({metres:.0f} m apart). "
            "Keep one, or tell them apart.",
            others=others,
            metres=group.apart_m,
        )
    return text("Another facility has the same coordinates: {others}. Is one of them copied?", others=others)


def _near_pairs(xy: Floats) -> tuple[Ints, Floats]:
    pairs = cKDTree(xy).query_pairs(_REACH_M, output_type="ndarray").astype(np.int64).reshape(-1, 2)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    away = xy[pairs[:, 0]] - xy[pairs[:, 1]]
    return pairs, np.hypot(away[:, 0], away[:, 1])


def _judged(rows: pd.DataFrame, pairs: Ints, apart_m: Floats) -> tuple[Ints, Ints]:
    """Which pairs are one place by name, and which are one spot under different names."""
    keys = [bare(normalise(name)) for name in rows["name"].tolist()]
    one, other = pairs.T
    tier, key = pd.factorize(rows["tier"])[0], pd.factorize(np.array(keys, object))[0]
    number = pd.factorize(np.array(["/".join(_NUMERALS.findall(name)) for name in keys], object))[0]
    same_tier = tier[one] == tier[other]
    same_name = same_tier & (key[one] == key[other])
    maybe = same_tier & ~same_name & (apart_m <= _LIKE_REACH_M) & (number[one] == number[other])
    for k in np.flatnonzero(maybe).tolist():
        same_name[k] = fuzz.ratio(keys[one[k]], keys[other[k]]) >= _LIKE
    same_spot = same_tier & ~same_name & (apart_m <= _SAME_SPOT_M)
    return np.flatnonzero(same_name), np.flatnonzero(same_spot)


def _grouped(pairs: Ints, n: int) -> list[list[int]]:
    if not len(pairs):
        return []
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    touched = np.unique(pairs)
    groups: dict[int, list[int]] = {}
    for row in touched.tolist():
        groups.setdefault(int(label[row]), []).append(row)
    return list(groups.values())


def _widest(xy: Floats) -> float:
    return float(np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1)).max())
