"""Among very many places those that matter for the most people, and a bound over all of them.

Prices of the linear relaxation over some places say what every other place could add: column
generation, with the places themselves as columns. Places worth more than the prices allow join those
that are weighed; in the end all that a plan better than the one in hand could contain are kept. For any
prices 0 ≤ μ ≤ 1 no `count` of *all* places can serve more than Σ weight·(1 − μ) and the `count` largest of
Σ weight·μ within a place's reach, so the bound is safe wherever the work is stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from coverage.siting.covering.local_search import greedy, improved
from coverage.siting.covering.lp_bound import DualSearch
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits

# How often places may join, and how many at once.
_ROUNDS: Final = 8
_JOIN: Final = 3_000
_STEPS: Final = 200
# Places looked at one by one, in entries (place and cell within its reach) that are kept: 100 MB.
_MOST_ENTRIES: Final = 20_000_000
# Places asked for at once.
_AT_ONCE: Final = 4_000


@dataclass(frozen=True, eq=False)
class Places:
    """Where sites could be, too many to weigh all of them.

    `weight` (cells,) who would be served anew. `reach(rows)` gives those places × cells (CSR, an entry
    for each cell within reach), `at_most(values)` for cells' values ≥ 0 what each place has within
    reach, or more.
    """

    weight: Floats
    reach: Callable[[Ints], sparse.csr_array]
    at_most: Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Refined:
    """`rows` are the places worth weighing, `reach` (rows × cells) whom each could serve anew. No plan of
    `count` of all places serves more than `bound` anew; with `complete`, none that holds another place than
    these serves more than `value`."""

    rows: Ints
    reach: sparse.csr_array
    bound: float
    value: float
    complete: bool


def refine(places: Places, coarse: Ints, count: int, limits: Limits, *, most: int) -> Refined:
    """At most about `most` of all places for a plan of `count` sites, beginning with the `coarse` ones.

    Stops early when the bound over all places is met by a plan, within the gap of `limits`. There must be
    more coarse places than sites.
    """
    seen = _Seen(places)
    seen.look(coarse)
    chosen = np.ones(len(coarse), bool)
    bound, worth, best, value = np.inf, np.empty(0), np.empty(0, np.int64), 0.0
    for _ in range(_ROUNDS):
        cover, weight, cells = seen.among(chosen)
        model = CoverModel(cover, weight, seen.rows[chosen])
        picked, found = improved(model, greedy(model, count))
        if found > value:
            best, value = model.rows[picked], found
        dual = DualSearch(model, count, picked).run(_STEPS, limits, value * (1 + limits.gap))
        priced = places.weight.copy()
        priced[cells] *= dual.price
        level = float(np.partition(dual.worth, len(dual.worth) - count)[len(dual.worth) - count])
        here = seen.worth(priced, level)
        chosen = np.concatenate([chosen, np.zeros(len(seen.rows) - len(chosen), bool)])
        over_all = float((places.weight - priced).sum() + _largest(here, count).sum())
        if over_all < bound:
            bound, worth = over_all, here
        join = np.flatnonzero((here[seen.rows] > level * (1 + 1e-6)) & ~chosen)
        if not len(join) or bound <= value * (1 + max(limits.gap, 1e-9)) or limits.left() <= 0:
            break
        chosen[join[np.argsort(-here[seen.rows[join]], kind="stable")[:_JOIN]]] = True
    # Those weighed so far, and every other one that a plan better than the best one found could contain;
    # the dearest of them if they are too many.
    able = np.flatnonzero(bound - _largest(worth, count).min() + worth >= value * (1 - 1e-9))
    complete = len(able) <= most
    if not complete:
        able = able[np.argsort(-worth[able], kind="stable")[:most]]
    rows = np.union1d(able, np.union1d(best, seen.rows[chosen]))
    return Refined(rows, seen.reach(rows), bound, value, complete)


def _largest(values: Floats, count: int) -> Floats:
    return np.partition(values, len(values) - count)[len(values) - count :] if count else np.zeros(1)


class _Seen:
    """Places whose reach is known, in the order in which they were looked at."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.rows: Ints = np.empty(0, np.int64)
        self._parts: list[sparse.csr_array] = []
        self._entries = 0
        self._open = places.weight > 0

    def look(self, rows: Ints) -> None:
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            reach = self.places.reach(some)
            kept = self._open[reach.indices]
            before = np.concatenate([[0], np.cumsum(kept)])
            parts = np.ones(int(before[-1]), bool), reach.indices[kept].astype(np.int32), before[reach.indptr]
            self._parts.append(sparse.csr_array(parts, shape=reach.shape))
            self._entries += int(before[-1])
            self.rows = np.concatenate([self.rows, some])

    def reach(self, rows: Ints) -> sparse.csr_array:
        """The reach of some places, in that order."""
        self.look(np.setdiff1d(rows, self.rows))
        order = np.argsort(self.rows)
        at = order[np.searchsorted(self.rows[order], rows)]
        return sparse.csr_array(sparse.vstack(self._parts, format="csr")[at])

    def worth(self, priced: Floats, level: float) -> Floats:
        """(places,) what each has within reach at these prices, or more; to the last resident for all
        that may have more than `level`, as far as there is room for them."""
        found = self.places.at_most(priced)
        seen = np.zeros(len(found), bool)
        seen[self.rows] = True
        wanted = np.flatnonzero((found > level) & ~seen)
        wanted = wanted[np.argsort(-found[wanted], kind="stable")]
        for first in range(0, len(wanted), _AT_ONCE):
            if self._entries >= _MOST_ENTRIES:
                break
            self.look(wanted[first : first + _AT_ONCE])
        found[self.rows] = np.concatenate([part.astype(float) @ priced for part in self._parts])
        return found

    def among(self, chosen: Bools) -> tuple[sparse.csr_array, Floats, Ints]:
        """The reach of some of the places seen, over the cells that they reach: the weight of these, and
        which cells they are."""
        first = np.cumsum([0, *(part.shape[0] for part in self._parts)])
        some = [
            part[np.flatnonzero(chosen[begin : begin + part.shape[0]])]
            for begin, part in zip(first, self._parts, strict=False)
        ]
        cover = sparse.csr_array(sparse.vstack(some, format="csr"))
        cells = np.unique(cover.indices)
        column = np.zeros(len(self._open), np.int32)
        column[cells] = np.arange(len(cells))
        data = np.ones(cover.nnz), column[cover.indices], cover.indptr
        return sparse.csr_array(data, shape=(cover.shape[0], len(cells))), self.places.weight[cells], cells
