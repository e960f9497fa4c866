"""The caller's arrays, checked once and brought into one shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from core.errors import InfeasibleError, SettingError
from coverage.siting.goals import Goal
from coverage.siting.model.arrays import Bools, Floats, Ints, only_entries


@dataclass(frozen=True, eq=False)
class Problem:
    """Which site reaches which cell, and what is already there.

    `metres` (sites × cells) CSR, sorted, one entry per pair: the distance, or True when the caller
    only says yes or no (`measured` False). `residents` (cells,) ≥ 0. `fixed` are open sites that
    stay, `closable` open ones that need not, `candidates` the rows that may be opened (not
    forbidden, not too near to a fixed one: those are in `too_near`). `already`
    (cells,) is the metres to the nearest facility that is not a row (0 for covered, inf for not).
    """

    metres: sparse.csr_array
    residents: Floats
    fixed: Ints
    closable: Ints
    candidates: Ints
    already: Floats
    measured: bool
    goal: Goal
    too_near: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def n_sites(self) -> int:
        return int(self.metres.shape[0])

    @property
    def n_cells(self) -> int:
        return int(self.metres.shape[1])

    @property
    def required(self) -> Ints:
        return np.unique(np.asarray(self.goal.required, np.int64))

    @cached_property
    def weight(self) -> Floats:
        """(cells,) residents, times their importance."""
        factor = self.goal.importance
        return self.residents if factor is None else self.residents * np.asarray(factor, float)

    def cells_of(self, site: int) -> Ints:
        """The cells that row `site` reaches."""
        cells: Ints = self.metres.indices[self.metres.indptr[site] : self.metres.indptr[site + 1]]
        return cells

    def metres_of(self, site: int) -> Floats:
        """The metres to `cells_of(site)`."""
        metres: Floats = self.metres.data[self.metres.indptr[site] : self.metres.indptr[site + 1]]
        return metres

    def covered(self, rows: Ints) -> Bools:
        """Cells served by facilities that are not rows, or by `rows`."""
        mask = np.isfinite(self.already)
        for site in rows:
            mask[self.cells_of(site)] = True
        return mask

    def nearest_m(self, rows: Ints) -> Floats:
        """(cells,) metres to the nearest of `rows` or of what is already there; inf if none."""
        nearest = self.already.copy()
        for site in rows:
            cells = self.cells_of(site)
            nearest[cells] = np.minimum(nearest[cells], self.metres_of(site))
        return nearest

    @property
    def open_before(self) -> Ints:
        """Rows that are open today."""
        return np.union1d(self.fixed, self.closable)


def read_problem(
    residents: Floats, reach: sparse.sparray, goal: Goal, keep: Sequence[int], already: Floats | Bools | None
) -> Problem:
    """Check shapes and values; SettingError says what does not fit."""
    metres, measured = _matrix(_as_sparse(reach), goal.reach_m)
    n_sites, n_cells = metres.shape
    goal.check(n_sites, n_cells)
    kept = _rows(keep, n_sites)
    closable = np.intersect1d(_rows(goal.closable, n_sites), kept)
    if goal.close > len(closable):
        raise SettingError(
            "{close} {close:site is|sites are} to be closed but {closable} may be closed.",
            close=goal.close,
            closable=len(closable),
        )
    forbidden, required = _rows(goal.forbidden, n_sites), _rows(goal.required, n_sites)
    both = np.intersect1d(required, forbidden)
    if len(both):
        raise SettingError("The site {row} is both required and forbidden.", row=int(both[0]))
    both = np.intersect1d(required, kept)
    if len(both):
        raise SettingError("The site {row} is required but open already.", row=int(both[0]))
    fixed = np.setdiff1d(kept, closable) if goal.close else kept
    candidates = np.setdiff1d(np.arange(n_sites), np.union1d(kept, forbidden))
    far = _far_enough(candidates, fixed, required, goal)
    return Problem(
        metres=metres,
        residents=_people(residents, n_cells),
        fixed=fixed,
        closable=closable if goal.close else closable[:0],
        candidates=far,
        too_near=np.setdiff1d(candidates, far),
        already=_already(already, n_cells, goal.reach_m),
        measured=measured,
        goal=goal,
    )


def _as_sparse(reach: Any) -> sparse.csr_array:
    """SettingError for what is no matrix, or one in which a 0 may mean two things."""
    if sparse.issparse(reach) and len(reach.shape) == 2 and reach.dtype.kind in "biuf":
        return reach
    if not isinstance(reach, np.ndarray) or reach.ndim != 2 or reach.dtype.kind not in "biuf":
        raise SettingError(
            "“reach” must be a SciPy sparse array or a NumPy array, sites × cells, of metres or yes and no."
        )
    if reach.dtype.kind != "b" and (reach == 0).any():
        raise SettingError(
            "In a dense matrix of metres a 0 may be a site at the door or no way at all: give a SciPy CSR "
            "array, in which a stored 0 is a distance, or write inf where there is no way and a tiny number "
            "for 0."
        )
    return sparse.csr_array(reach)


def _people(residents: Floats, n_cells: int) -> Floats:
    try:
        if np.iscomplexobj(residents) or np.ma.is_masked(residents):  # a cast would drop what they say
            raise TypeError
        people = np.asarray(residents, float).ravel()
    except (TypeError, ValueError) as error:
        raise SettingError("A number of residents is negative or not a number.") from error
    if people.shape != (n_cells,):
        raise SettingError(
            "There are {cells} cells but {columns} columns of reach.", cells=len(people), columns=n_cells
        )
    if not np.isfinite(people).all() or (people < 0).any():
        raise SettingError("A number of residents is negative or not a number.")
    return people


def _far_enough(candidates: Ints, fixed: Ints, required: Ints, goal: Goal) -> Ints:
    """The candidates that keep the spacing to every open site that stays."""
    if goal.spacing_m <= 0.0 or goal.site_xy is None or not len(fixed) or not len(candidates):
        return candidates
    xy = np.asarray(goal.site_xy, float)
    metres, _ = cKDTree(xy[fixed]).query(xy[candidates])
    near = metres < goal.spacing_m * (1.0 - 1e-12)
    lost = np.intersect1d(required, candidates[near])
    if len(lost):
        raise InfeasibleError("The required site {row} is too near to an existing one.", row=int(lost[0]))
    far: Ints = candidates[~near]
    return far


def _matrix(reach: sparse.sparray, reach_m: float | None) -> tuple[sparse.csr_array, bool]:
    measured = reach.dtype != bool
    given = sparse.csr_array(reach, dtype=float if measured else None)
    if not given.has_canonical_format:
        # Sorted indices; of a repeated pair the smallest distance.
        rows = np.repeat(np.arange(given.shape[0]), np.diff(given.indptr))
        order = np.lexsort((given.data, given.indices, rows))
        rows, columns, data = rows[order], given.indices[order], given.data[order]
        first = np.ones(len(rows), bool)
        first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
        indptr = np.concatenate(([0], np.cumsum(np.bincount(rows[first], minlength=given.shape[0]))))
        given = sparse.csr_array((data[first], columns[first], indptr), shape=given.shape)
    limit = reach_m if measured and reach_m is not None else np.inf
    usable = (given.data <= limit) & np.isfinite(given.data) if measured else given.data
    if measured and not (given.data >= 0.0).all():
        raise SettingError("A distance is negative or not a number.")
    return (given if usable.all() else only_entries(given, usable)), measured


def _rows(keep: Sequence[int], n_sites: int) -> Ints:
    if isinstance(keep, str) or not isinstance(keep, Iterable):
        raise SettingError("Sites are given as a list of their numbers, not as {value}.", value=str(keep))
    given = np.asarray(keep if isinstance(keep, np.ndarray) else list(keep))
    if given.ndim != 1:
        raise SettingError("Sites are given as a list of their numbers, not as {value}.", value=str(keep))
    if given.size and (given.dtype.kind not in "iuf" or (given % 1 != 0).any()):
        raise SettingError("The number of a site must be a whole number.")
    rows = np.unique(given.astype(np.int64)) if given.size else np.zeros(0, np.int64)
    if len(rows) and (rows[0] < 0 or rows[-1] >= n_sites):
        raise SettingError(
            "The site number {row} does not exist.", row=int(rows[0] if rows[0] < 0 else rows[-1])
        )
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
    if not (metres >= 0.0).all():
        raise SettingError("A distance is negative or not a number.")
    return np.where(metres <= (np.inf if reach_m is None else reach_m), metres, np.inf)
