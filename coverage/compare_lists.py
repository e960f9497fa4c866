"""An office's list beside what a map knows: the same place, elsewhere, closed, or in one of them only."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz
from scipy.spatial import cKDTree

from core.text import Text, text
from coverage.model.names import told_apart

Floats = NDArray[np.float64]

SAME: Final = "same"
ELSEWHERE: Final = "elsewhere"
CLOSED: Final = "closed"
ONLY_LIST: Final = "only_list"
ONLY_MAP: Final = "only_map"
RESULTS: Final = (SAME, ELSEWHERE, CLOSED, ONLY_LIST, ONLY_MAP)
COLUMNS: Final = ("result", "facility_id", "name", "map_id", "map_name", "metres", "similarity")


@dataclass(frozen=True)
class Names:
    """Numbers, names and places (n, 2) in metres of one of the two lists; `closed` (n,) where known."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    xy: Floats
    closed: NDArray[np.bool_]


@dataclass(frozen=True)
class Alike:
    """Names `similarity` (0..1) alike within `far_m` mean one facility; up to `near_m` it is in place.
    Farther away the names' own words are the same too (`told_apart`)."""

    similarity: float = 0.8
    near_m: float = 150.0
    far_m: float = 3000.0


@dataclass(frozen=True)
class Compared:
    """One row a facility of either side, as `compare_lists` has them, with both places in degrees (`lon`,
    `lat`, `map_lon`, `map_lat`, NaN where a side has none), `tier` and, for those that only the list has, the
    nearest one on the map (`nearest_name`, `nearest_m`). `tiers` are those of the list, `alike` says when
    two were taken for one."""

    table: pd.DataFrame
    tiers: tuple[str, ...]
    alike: Alike

    @property
    def counts(self) -> dict[str, int]:
        """How many of each result, in a fixed order."""
        found = self.table["result"].value_counts()
        return {name: int(found.get(name, 0)) for name in RESULTS}

    @property
    def listed(self) -> int:
        """How many facilities the list has."""
        return len(self.table) - self.counts[ONLY_MAP]

    def as_json(self) -> dict[str, Any]:
        """The object that `compare --json` prints."""
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        told = {"format": 1, "tiers": list(self.tiers), "listed": self.listed, "counts": self.counts}
        return {**told, "rows": rows}

    def lines(self) -> tuple[Text, ...]:
        """The result in sentences."""
        rows = self.table[self.table["result"] == ELSEWHERE]
        head = text(
            "{same} in place, {elsewhere} elsewhere, {closed} closed on the map, {only_list} missing on the "
            "map, {only_map} missing in the list.",
            **self.counts,
        )
        told = [
            text(
                "{name}: on the map {metres:,.0f} m away ({map_name}).",
                name=row["name"],
                metres=row["metres"],
                map_name=row["map_name"],
            )
            for row in rows.to_dict("records")[:_MOST_TOLD]
        ]
        return (head, *told)


_MOST_TOLD: Final = 10


def compare_lists(listed: Names, known: Names, *, alike: Alike | None = None) -> pd.DataFrame:
    """One row for each facility of either list, pairs in one row, in the order of `listed`.

    `result`: same (within `near_m`, the limit counts), elsewhere, closed (the map says so), only_list,
    only_map. Pairs are made one to one, the most alike first, then the nearest, then the first.
    `metres` and `similarity` are NaN where there is no pair. Closed facilities that pair with nothing
    are left out: the office's list is right about them.
    """
    alike = alike or Alike()
    found = []
    if len(listed.ids) and len(known.ids):
        near = cKDTree(known.xy).query_ball_point(listed.xy, alike.far_m, return_sorted=True)
        for row, others in enumerate(near):
            for other in others:
                name, mapped = listed.names[row], known.names[other]
                metres = float(np.hypot(*(listed.xy[row] - known.xy[other])))
                likeness = similarity(name, mapped)
                if likeness >= alike.similarity and not told_apart(name, mapped, far=metres > alike.near_m):
                    found.append((-likeness, metres, row, other))
    pairs: dict[int, _Pair] = {}
    taken: set[int] = set()
    for likeness, metres, row, other in sorted(found):
        if row not in pairs and other not in taken:
            pairs[row] = (other, metres, -likeness)
            taken.add(other)
    rows = [_row(listed, known, row, pairs.get(row), alike) for row in range(len(listed.ids))]
    rows += [
        (ONLY_MAP, "", "", known.ids[other], known.names[other], np.nan, np.nan)
        for other in range(len(known.ids))
        if other not in taken and not known.closed[other]
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def similarity(name: str, other: str) -> float:
    """How alike two names are, 0..1: the better of the whole names and of their words in any order."""
    one, two = _plain(name), _plain(other)
    return max(fuzz.ratio(one, two), fuzz.token_sort_ratio(one, two)) / 100.0


def _plain(name: str) -> str:
    """Width and case folded, brackets and runs of spaces as one space."""
    return " ".join(re.sub(r"[()（）\[\]【】]", " ", unicodedata.normalize("NFKC", name)).casefold().split())


_Pair = tuple[int, float, float]  # row on the map, metres, similarity


def _row(listed: Names, known: Names, row: int, pair: _Pair | None, alike: Alike) -> tuple[object, ...]:
    own = (listed.ids[row], listed.names[row])
    if pair is None:
        return (ONLY_LIST, *own, "", "", np.nan, np.nan)
    other, metres, likeness = pair
    result = SAME if metres <= alike.near_m else ELSEWHERE
    result = CLOSED if known.closed[other] else result
    return (result, *own, known.ids[other], known.names[other], metres, likeness)
