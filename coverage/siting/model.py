"""The covering model that is solved: merged cells, without covered residents and dominated sites."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from coverage.siting.goals import Bools, Floats, Ints

_KEY_BITS = 40


@dataclass(frozen=True, eq=False)
class CoverModel:
    """Sites × groups of cells, where the cells of a group are covered by exactly the same sites.

    `cover` CSR with data 1.0; `weight` (groups,) > 0; `rows` the caller's row of each site;
    `base` the weight covered whatever is chosen.
    """

    cover: sparse.csr_array
    weight: Floats
    rows: Ints
    base: float = 0.0

    @cached_property
    def by_group(self) -> sparse.csr_array:
        """Groups × sites."""
        return sparse.csr_array(self.cover.T.tocsr())

    @property
    def n_sites(self) -> int:
        return int(self.cover.shape[0])

    @property
    def n_groups(self) -> int:
        return int(self.cover.shape[1])

    def groups_of(self, site: int) -> Ints:
        groups: Ints = self.cover.indices[self.cover.indptr[site] : self.cover.indptr[site + 1]]
        return groups

    def value(self, chosen: Ints) -> float:
        """Weight covered by the sites `chosen` (numbers in the model), without `base`."""
        covered = np.zeros(self.n_groups, bool)
        for site in chosen:
            covered[self.groups_of(site)] = True
        return float(self.weight[covered].sum())

    def only(self, sites: Bools) -> CoverModel:
        """The model of these sites alone, its groups merged again."""
        part = self.cover[np.flatnonzero(sites)]
        merged, weight = merge_cells(part, self.weight)
        return CoverModel(merged, weight, self.rows[sites], self.base)


def build_model(cover: sparse.csr_array, weight: Floats, rows: Ints, covered: Bools) -> CoverModel:
    """The model of `rows` of `cover` (sites × cells) for the cells not `covered`."""
    part = cover if len(rows) == cover.shape[0] else cover[rows]
    merged, merged_weight = merge_cells(part, np.where(covered, 0.0, weight))
    return CoverModel(merged, merged_weight, rows, float(weight[covered].sum()))


def merge_cells(cover: sparse.csr_array, weight: Floats) -> tuple[sparse.csr_array, Floats]:
    """One column per set of covering sites; columns of weight 0 or without a site are dropped.

    Sets are told apart by two sums of 40-bit keys of their sites: two different sets among a
    million would meet by chance about once in 10¹² cases.
    """
    degree = np.bincount(cover.indices, minlength=cover.shape[1])
    used = np.flatnonzero((degree > 0) & (weight > 0.0))
    _, first, group = np.unique(_set_keys(cover)[used], return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    column = np.full(cover.shape[1], -1, np.int32)
    column[used[first[order]]] = np.arange(len(order), dtype=np.int32)
    merged = _columns(cover, column, len(order))
    return merged, np.bincount(rank[group], weights=weight[used], minlength=len(order)).astype(float)


def _set_keys(cover: sparse.csr_array) -> NDArray[np.complex128]:
    """(cells,) equal for cells with equal cover sets: sums run in site order, so rounding agrees."""
    keys = np.random.default_rng(20110801).integers(1, 1 << _KEY_BITS, (2, cover.shape[0])).astype(float)
    per_site = np.diff(cover.indptr)
    real, imaginary = (
        np.bincount(cover.indices, weights=np.repeat(key, per_site), minlength=cover.shape[1]) for key in keys
    )
    return real + 1j * imaginary


def _columns(cover: sparse.csr_array, column: Ints, count: int) -> sparse.csr_array:
    """The columns with `column` ≥ 0, renumbered by it."""
    target = column[cover.indices]
    stays = target >= 0
    indptr = np.concatenate(([0], np.cumsum(stays)))[cover.indptr].astype(np.int32)
    indices = target[stays]
    part = sparse.csr_array((np.ones(len(indices)), indices, indptr), shape=(cover.shape[0], count))
    part.sort_indices()
    return part
