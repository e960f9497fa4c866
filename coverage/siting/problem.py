"""The caller's arrays, checked once and brought into one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from coverage.siting.goals import Bools, Floats, Goal, Ints
from geo.errors import SettingError


@dataclass(frozen=True, eq=False)
class Problem:
    """Which site reaches which cell, and what is already there.

    `metres` (sites × cells) CSR, sorted, one entry per pair: the distance, or 1.0 when the caller
    only says yes or no (`measured` False). `residents` (cells,) ≥ 0. `keep` are open sites,
    `candidates` the rows that may be opened; `already` (cells,) is the metres to the nearest
    facility that is not a row of `metres` (0 for covered, inf for not).
    """

    metres: sparse.csr_array
    residents: Floats
    keep: Ints
    candidates: Ints
    already: Floats
    measured: bool
    goal: Goal

    @property
    def n_sites(self) -> int:
        return int(self.metres.shape[0])

    @property
    def n_cells(self) -> int:
        return int(self.metres.shape[1])

    def cells_of(self, site: int) -> Ints:
        """The cells that row `site` reaches."""
        cells: Ints = self.metres.indices[self.metres.indptr[site] : self.metres.indptr[site + 1]]
        return cells

    def metres_of(self, site: int) -> Floats:
        """The metres to `cells_of(site)`."""
        metres: Floats = self.metres.data[self.metres.indptr[site] : self.metres.indptr[site + 1]]
        return metres

    def covered_before(self) -> Bools:
        """Cells served by what is already there."""
        mask = np.isfinite(self.already)
        for site in self.keep:
            mask[self.cells_of(site)] = True
        return mask


def read_problem(
    residents: Floats, reach: sparse.sparray, goal: Goal, keep: Sequence[int], already: Floats | Bools | None
) -> Problem:
    """Check shapes and values; SettingError says what does not fit."""
    metres, measured = _matrix(reach, goal.reach_m)
    people = np.asarray(residents, float).ravel()
    if people.shape != (metres.shape[1],):
        raise SettingError(
            "There are {cells} cells but {columns} columns of reach.",
            cells=len(people),
            columns=metres.shape[1],
        )
    if not np.isfinite(people).all() or (people < 0).any():
        raise SettingError("A number of residents is negative or not a number.")
    kept = _rows(keep, metres.shape[0])
    candidates = np.setdiff1d(np.arange(metres.shape[0]), kept)
    before = _already(already, metres.shape[1], goal.reach_m)
    return Problem(metres, people, kept, candidates, before, measured, goal)


def _matrix(reach: sparse.sparray, reach_m: float | None) -> tuple[sparse.csr_array, bool]:
    measured = reach.dtype != bool
    given = sparse.csr_array(reach, dtype=float)
    if not given.has_canonical_format:
        given = _nearest_of_repeated(given)
    limit = reach_m if measured and reach_m is not None else np.inf
    usable = (given.data <= limit) & np.isfinite(given.data) if measured else given.data != 0.0
    if (given.data < 0.0).any():
        raise SettingError("A distance is negative.")
    return (given if usable.all() else _only(given, usable)), measured


def _only(matrix: sparse.csr_array, entries: Bools) -> sparse.csr_array:
    """The matrix without the other stored entries; zeros that stay are still stored."""
    passed = np.concatenate(([0], np.cumsum(entries)))
    indptr = passed[matrix.indptr].astype(matrix.indptr.dtype)
    return sparse.csr_array((matrix.data[entries], matrix.indices[entries], indptr), shape=matrix.shape)


def _nearest_of_repeated(matrix: sparse.csr_array) -> sparse.csr_array:
    """Sorted indices; of a repeated pair the smallest distance."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.data, matrix.indices, rows))
    rows, columns, data = rows[order], matrix.indices[order], matrix.data[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    indptr = np.concatenate(([0], np.cumsum(np.bincount(rows[first], minlength=matrix.shape[0]))))
    return sparse.csr_array((data[first], columns[first], indptr), shape=matrix.shape)


def _rows(keep: Sequence[int], n_sites: int) -> Ints:
    rows = np.unique(np.asarray(keep, dtype=np.int64))
    if len(rows) and (rows[0] < 0 or rows[-1] >= n_sites):
        raise SettingError("The site number {row} does not exist.", row=int(rows[-1]))
    return rows


def _already(already: Floats | Bools | None, n_cells: int, reach_m: float | None) -> Floats:
    if already is None:
        return np.full(n_cells, np.inf)
    given = np.asarray(already)
    if given.shape != (n_cells,):
        raise SettingError("What is already covered must be given for every cell.")
    if given.dtype == bool:
        return np.where(given, 0.0, np.inf)
    metres = given.astype(float)
    return np.where(metres <= (np.inf if reach_m is None else reach_m), metres, np.inf)
