"""The same place twice: within a list, across lists, and against what is already kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from rapidfuzz import fuzz
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from core.text import Text, listed, text
from coverage.model.names import telling_remark, told_apart
from coverage.model.tables import Floats, Ints
from data.intake.decisions import group_id
from data.intake.tables.columns import bare, normalise
from geo.crs import metric_crs, project

_REACH_M: Final = 300.0
_SAME_SPOT_M: Final = 3.0
_LIKE: Final = 90.0
_LIKE_REACH_M: Final = 150.0
# More different names at one spot are one finding, and not compared with each other.
_CROWD: Final = 60
_MOST_PAIRS: Final = 3_000_000
MOST_NAMED: Final = 5


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

    Of one tier, equal names within 300 m or names 90 % alike within 150 m are one place, unless they are
    told apart by a number, 东 and 西 and the like (`told_apart`); different names within 3 m are one spot.
    `stored` is a second such frame, of facilities kept already: groups of these alone are left out. The
    boundary counts as within. Groups and rows are in order of position.
    """
    joined = frame if stored is None else pd.concat([frame, stored], ignore_index=True)
    placed = np.flatnonzero(np.isfinite(joined["lon"].to_numpy(float)))
    if len(placed) < 2:
        return ()
    lon, lat = joined["lon"].to_numpy(float)[placed], joined["lat"].to_numpy(float)[placed]
    xy = project(lon, lat, metric_crs(float(np.median(lon)), float(np.median(lat))))
    by_name, by_spot = _judged(joined.iloc[placed], xy)
    groups = [
        _group(joined, placed[members], reason, _widest(xy[members]), len(frame))
        for reason, label in (("name", by_name), ("spot", by_spot))
        for members in _grouped(label)
    ]
    return tuple(sorted((g for g in groups if g.rows), key=lambda g: (g.rows, g.reason)))


def _group(joined: pd.DataFrame, rows: Ints, reason: str, apart_m: float, own: int) -> DuplicateGroup:
    """Rows from `own` on are stored ones."""
    ids = joined["facility_id"].iloc[rows].astype(str).tolist() if "facility_id" in joined else []
    stored = tuple(joined["name"].iloc[rows[rows >= own]].tolist())
    return DuplicateGroup(tuple(rows[rows < own].tolist()), reason, apart_m, stored, group_id(ids))


def describe(group: DuplicateGroup, places: Sequence[object], row: int) -> Text:
    """What a row of a group is told; `places` says where each row of the group stands."""
    named = (place for place, member in zip(places, group.rows, strict=False) if member != row)
    others = listed(named, between="；")
    if len(group.rows) > len(places):
        return text(_MANY[group.reason].template, count=len(group.rows), others=others, metres=group.apart_m)
    if group.stored:
        known = listed(dict.fromkeys(group.stored), between="；")
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


_MANY: Final = {
    "name": text(
        "{count} rows seem to be the same place ({metres:.0f} m apart), this one and: {others} … Keep one, "
        "or tell "
        "them apart."
    ),
    "spot": text(
        "{count} facilities have the same coordinates, this one and: {others} … A service that looks up "
        "addresses "
        "gives one point for all that it does not find."
    ),
}


def _judged(rows: pd.DataFrame, xy: Floats) -> tuple[Ints, Ints]:
    """For each row the number of its group by name, and of its group by spot under different names; rows
    alone in theirs have a number of their own.

    Rows of one tier and name are grouped first, then rows of one tier at one spot; only of these groups each
    pair is looked at, so that thousands of rows at one point cost no more than one.
    """
    keys = [bare(normalise(name)) for name in rows["name"].tolist()]
    tier = pd.factorize(rows["tier"])[0]
    remark = [telling_remark(name) for name in rows["name"].tolist()]
    named = pd.factorize(pd.Series(list(zip(tier.tolist(), keys, remark, strict=True))))[0]
    by_name = _components(xy, named, _REACH_M)
    spot = _components(xy, tier, _SAME_SPOT_M)
    firsts = np.unique(np.column_stack([by_name, spot]), axis=0, return_index=True)[1]
    crowd = pd.Series(spot[firsts]).map(pd.Series(spot[firsts]).value_counts()).to_numpy()
    few = firsts[crowd <= _CROWD]
    one, other = _near_pairs(xy[few])
    one, other = few[one], few[other]
    maybe = (tier[one] == tier[other]) & (by_name[one] != by_name[other])
    alike = [
        (a, b)
        for a, b in zip(one[maybe].tolist(), other[maybe].tolist(), strict=True)
        if fuzz.ratio(keys[a], keys[b], score_cutoff=_LIKE) >= _LIKE
        and remark[a] == remark[b]
        and not told_apart(keys[a], keys[b], far=False)
    ]
    joined = _merged(by_name, np.array(alike, np.int64).reshape(-1, 2))
    return joined, _different_names(spot, joined)


def _near_pairs(xy: Floats) -> tuple[Ints, Ints]:
    """Pairs of points up to 150 m apart; nearer ones only where there are millions."""
    tree, reach_m = cKDTree(xy), _LIKE_REACH_M
    while tree.count_neighbors(tree, reach_m) > _MOST_PAIRS and reach_m > _SAME_SPOT_M:
        reach_m /= 2
    pairs = tree.query_pairs(reach_m, output_type="ndarray").astype(np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _components(xy: Floats, key: Ints, reach_m: float) -> Ints:
    """Points of one key no more than `reach_m` apart, or joined by such points, get one number.

    All points of a square whose diagonal is `reach_m` belong together; between squares the nearest points
    decide, so nothing grows with the square of the points.
    """
    side = reach_m / np.sqrt(2.0)
    cell = np.floor(xy / side).astype(np.int64)
    squares, square = np.unique(np.column_stack([key, cell]), axis=0, return_inverse=True)
    square = square.reshape(-1)
    order = np.argsort(square, kind="stable")
    bounds = np.searchsorted(square[order], np.arange(len(squares) + 1))
    where = {tuple(found): number for number, found in enumerate(squares.tolist())}
    links: list[tuple[int, int]] = []
    for number, (own, east, north) in enumerate(squares.tolist()):
        mine = xy[order[bounds[number] : bounds[number + 1]]]
        for step_east, step_north in _HALF_RING:
            other = where.get((own, east + step_east, north + step_north))
            if other is None:
                continue
            theirs = xy[order[bounds[other] : bounds[other + 1]]]
            small, large = (mine, theirs) if len(mine) < len(theirs) else (theirs, mine)
            if float(cKDTree(large).query(small, distance_upper_bound=reach_m * 1.001)[0].min()) <= reach_m:
                links.append((number, other))
    return _merged(np.arange(len(squares)), np.array(links, np.int64).reshape(-1, 2))[square]


# The squares up to two away, each pair of squares once.
_HALF_RING: Final = tuple((e, n) for e in range(-2, 3) for n in range(-2, 3) if (n, e) > (0, 0))


def _merged(label: Ints, links: Ints) -> Ints:
    """Numbers of groups after joining the groups of linked positions."""
    count = int(label.max(initial=-1)) + 1
    one, other = label[links[:, 0]], label[links[:, 1]]
    graph = coo_array((np.ones(len(links)), (one, other)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)[label]


def _different_names(spot: Ints, by_name: Ints) -> Ints:
    """The groups by spot without the rows that are one facility by name: of these one stays."""
    first = np.unique(np.column_stack([spot, by_name]), axis=0, return_index=True)[1]
    alone = np.arange(len(spot)) + int(spot.max(initial=0)) + 1
    alone[first] = spot[first]
    return alone


def _grouped(label: Ints) -> list[Ints]:
    """The positions of every group of two or more, in order."""
    order = np.argsort(label, kind="stable")
    _, starts, counts = np.unique(label[order], return_index=True, return_counts=True)
    return [
        np.sort(order[start : start + count])
        for start, count in zip(starts.tolist(), counts.tolist(), strict=True)
        if count > 1
    ]


def _widest(xy: Floats) -> float:
    """Metres between the farthest two; of many points only the outermost in 64 directions are looked at."""
    if len(xy) > _CROWD:
        turned = np.linspace(0, np.pi, 32, endpoint=False)
        along = xy @ np.stack([np.cos(turned), np.sin(turned)])
        xy = xy[np.unique(np.concatenate([along.argmin(axis=0), along.argmax(axis=0)]))]
    return float(np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1)).max())
