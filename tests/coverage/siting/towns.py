"""Small random towns for the tests of the solvers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from scipy import sparse

from coverage.siting import Quota


@dataclass(frozen=True)
class Town:
    """Residents (ties, empty cells), metres (some cells reached by nobody), sites in the plane."""

    residents: np.ndarray
    metres: sparse.csr_array
    site_xy: np.ndarray
    rng: np.random.Generator

    @property
    def reach(self) -> sparse.csr_array:
        return self.metres.astype(bool) if self.metres.nnz == 0 else with_data(self.metres, True)

    @property
    def n_sites(self) -> int:
        return self.metres.shape[0]

    def some(self, most: int, among=None) -> tuple[int, ...]:
        """Up to `most` random sites."""
        among = np.arange(self.n_sites) if among is None else np.asarray(sorted(among))
        count = int(self.rng.integers(0, min(most, len(among)) + 1))
        return tuple(int(s) for s in self.rng.choice(among, count, replace=False)) if count else ()

    def quota(self) -> Quota:
        label = self.rng.integers(-1, 3, self.n_sites)
        limits = {0: (float(self.rng.integers(0, 2)), float(self.rng.integers(1, 3)))}
        return Quota(label, limits, default=(0.0, 2.0), name="street")


def with_data(metres: sparse.csr_array, value) -> sparse.csr_array:
    return sparse.csr_array((np.full(metres.nnz, value), metres.indices, metres.indptr), shape=metres.shape)


@st.composite
def towns(draw, most_sites: int = 7, most_cells: int = 14):
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, m = draw(st.integers(1, most_sites)), draw(st.integers(1, most_cells))
    site_xy, cell_xy = rng.integers(0, 10, (n, 2)) * 1.0, rng.integers(0, 10, (m, 2)) * 1.0
    metres = np.abs(site_xy[:, None] - cell_xy[None]).sum(axis=2)
    limit = draw(st.sampled_from([2.0, 4.0, 7.0, 20.0]))
    site, cell = np.nonzero(metres <= limit)
    indptr = np.concatenate(([0], np.cumsum(np.bincount(site, minlength=n))))
    stored = sparse.csr_array((metres[site, cell], cell, indptr), shape=(n, m))
    return Town(rng.integers(0, 5, m).astype(float), stored, site_xy, rng)
