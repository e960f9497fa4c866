"""Residents to facilities with limited room: a transport problem, solved exactly.

Most residents are at a facility with room to spare and stay there; only where room is short must
be computed. So a linear program holds the cells in question and grows by those that its prices of
room would move, until none would: then the prices prove the whole plan best.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array

from coverage.model.tables import Bools, Floats, Ints

# Facilities a cell may go to at first; the prices add those that it needs beyond.
_FIRST: Final = 4
# A move that saves less than this a resident is not looked for.
_SAVES_M: Final = 1e-4
# Fuller than full by less than this is the solver's rounding.
_ROOM: Final = 1e-9


def least_walking(residents: Floats, metres: csr_array, capacity: Floats) -> csr_array:
    """Residents (cells,) to facilities with `capacity` (facilities,; inf is allowed), cells × facilities
    (the entries of `metres`, 0 where nobody goes).

    As many residents as can be placed are placed; among such plans the metres walked are least
    (to 0.1 mm a resident). `metres` cells × facilities; a missing entry cannot be used. Fractions
    of residents may be split. Exact: the optimum of the linear program, proved by its dual prices.
    """
    task = _Task(residents, csr_array(metres), capacity)
    if not metres.nnz:
        return csr_array(metres.shape, dtype=float)
    open_entries = task.first_entries()
    while True:
        flow, price = task.solve(open_entries)
        missing = task.worth_opening(open_entries, price)
        if not missing.any():
            return task.flows(open_entries, flow)
        open_entries = open_entries | missing


@dataclass(frozen=True)
class _Task:
    """Entries of `metres` are numbered as stored; a cell without an open entry stays at its nearest."""

    residents: Floats
    metres: csr_array
    capacity: Floats

    @cached_property
    def cell(self) -> Ints:
        """(entries,) whose entry it is."""
        return np.repeat(np.arange(len(self.residents)), np.diff(self.metres.indptr))

    @cached_property
    def nearest(self) -> Ints:
        """Entry numbers: of each cell with any, the nearest."""
        order = np.lexsort((self.metres.indices, self.metres.data, self.cell))
        return np.asarray(order[np.diff(self.cell[order], prepend=-1) != 0])

    @property
    def unserved_cost(self) -> float:
        """More than any chain of moves that makes room for one resident can cost."""
        return float((len(self.capacity) + 1) * (self.metres.data.max() + 1.0))

    def first_entries(self) -> Bools:
        """The nearest few of every cell whose nearest facility is over its capacity."""
        nearest = self.nearest
        at = self.metres.indices[nearest]
        wanted = np.bincount(at, weights=self.residents[self.cell[nearest]], minlength=len(self.capacity))
        pressed = np.zeros(len(self.residents), dtype=bool)
        pressed[self.cell[nearest]] = (wanted > self.capacity + _ROOM)[at]
        order = np.lexsort((self.metres.data, self.cell))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order)) - self.metres.indptr[self.cell[order]]
        return np.asarray(pressed[self.cell] & (rank < _FIRST))

    def solve(self, open_entries: Bools) -> tuple[Floats, Floats]:
        """Residents on each open entry, and the price of room at each facility in metres."""
        entries = np.flatnonzero(open_entries)
        price = np.zeros(len(self.capacity))
        if not len(entries):
            return np.empty(0), price
        cells, row = np.unique(self.cell[entries], return_inverse=True)
        n, m = len(entries), len(cells)
        limited = np.flatnonzero(np.isfinite(self.capacity))
        column = np.searchsorted(limited, self.metres.indices[entries])
        bounded = np.flatnonzero(np.isfinite(self.capacity)[self.metres.indices[entries]])
        rooms = _ones(column[bounded], bounded, (len(limited), n + m))
        # After the entries, one variable a cell: the residents who are placed nowhere.
        people = _ones(np.append(row, np.arange(m)), np.arange(n + m), (m, n + m))
        done = linprog(
            np.concatenate([self.metres.data[entries], np.full(m, self.unserved_cost)]),
            A_ub=rooms,
            b_ub=np.maximum(self.capacity - self._staying(open_entries), 0.0)[limited],
            A_eq=people,
            b_eq=self.residents[cells],
            method="highs-ds",
        )
        if not done.success:
            raise ArithmeticError(f"the transport problem was not solved: {done.message}")
        price[limited] = np.maximum(-done.ineqlin.marginals, 0.0)
        return np.asarray(done.x[:n]), price

    def worth_opening(self, open_entries: Bools, price: Floats) -> Bools:
        """Entries that would shorten the plan at these prices, with what their cell has now."""
        cost = self.metres.data + price[self.metres.indices]
        now = np.full(len(self.residents), self.unserved_cost)
        np.minimum.at(now, self.cell[open_entries], cost[open_entries])
        staying = self._staying_entries(open_entries)
        now[self.cell[staying]] = cost[staying]
        better = ~open_entries & (cost < now[self.cell] - _SAVES_M)
        moved = np.zeros(len(self.residents), dtype=bool)
        moved[self.cell[better]] = True
        # One who stays may also make room by being placed nowhere.
        moved |= now > self.unserved_cost + _SAVES_M
        better[self.nearest[moved[self.cell[self.nearest]]]] = True
        return np.asarray(better & ~open_entries)

    def _staying_entries(self, open_entries: Bools) -> Ints:
        in_question = np.zeros(len(self.residents), dtype=bool)
        in_question[self.cell[open_entries]] = True
        nearest = self.nearest
        return nearest[~in_question[self.cell[nearest]]]

    def _staying(self, open_entries: Bools) -> Floats:
        """(facilities,) residents that are not in question."""
        entries = self._staying_entries(open_entries)
        at, people = self.metres.indices[entries], self.residents[self.cell[entries]]
        return np.bincount(at, weights=people, minlength=len(self.capacity)).astype(float)

    def flows(self, open_entries: Bools, flow: Floats) -> csr_array:
        """The plan, cells × facilities."""
        placed = np.zeros(len(self.metres.data))
        placed[open_entries] = flow
        staying = self._staying_entries(open_entries)
        placed[staying] = self.residents[self.cell[staying]]
        return csr_array((placed, self.metres.indices, self.metres.indptr), shape=self.metres.shape)


def _ones(row: Ints, column: Ints, shape: tuple[int, int]) -> coo_array:
    return coo_array((np.ones(len(row)), (row, column)), shape=shape)
