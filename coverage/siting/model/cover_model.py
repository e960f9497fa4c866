"""The covering model that is solved: merged cells, without covered residents and dominated sites."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from coverage.siting.model.arrays import Bools, Floats, Ints, part_of

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

    def joined(self, cover: sparse.csr_array, weight: Floats, base: float) -> CoverModel:
        """The model with more groups for the same sites."""
        both = sparse.csr_array(sparse.hstack([self.cover, cover]))
        return CoverModel(both, np.concatenate((self.weight, weight)), self.rows, base)


def build_model(cover: sparse.csr_array, weight: Floats, rows: Ints, covered: Bools) -> CoverModel:
    """The model of `rows` of `cover` (sites × cells) for the cells not `covered`."""
    open_ = ~covered & (weight > 0.0)
    merged, merged_weight = merge_cells(part_of(cover, rows, open_), np.where(open_, weight, 0.0))
    return CoverModel(merged, merged_weight, rows, float(weight[covered].sum()))


def merge_cells(cover: sparse.csr_array, weight: Floats) -> tuple[sparse.csr_array, Floats]:
    """One column per set of covering sites; columns of weight 0 or without a site are dropped."""
    column = group_cells(cover, weight > 0.0)
    merged = columns_of(cover, column)
    return merged, summed(column, weight)


def group_cells(cover: sparse.csr_array, wanted: Bools, kind: Floats | None = None) -> Ints:
    """(cells,) the group of each cell, −1 for those not `wanted` or without a site.

    A group is one set of covering sites (and one `kind`); groups are numbered by first cell. Sets
    are told apart by two sums of 40-bit keys of their sites: two different sets among a million
    would meet by chance about once in 10¹² cases.
    """
    degree = np.bincount(cover.indices, minlength=cover.shape[1])
    used = np.flatnonzero((degree > 0) & wanted)
    keys = [key[used] for key in _set_keys(cover)] + ([] if kind is None else [kind[used]])
    order = np.lexsort(keys)
    begins = np.zeros(len(used), bool)
    begins[:1] = True
    for key in keys:
        begins[1:] |= key[order][1:] != key[order][:-1]
    label = np.full(cover.shape[1], -1, np.int64)
    label[used[order]] = np.cumsum(begins) - 1
    rank = np.argsort(np.argsort(first_cells(label)))
    label[used] = rank[label[used]]
    return label


def first_cells(group: Ints) -> Ints:
    """(groups,) the first cell of each group."""
    first = np.full(_count(group), len(group), np.int64)
    used = np.flatnonzero(group >= 0)
    np.minimum.at(first, group[used], used)
    return first


def summed(group: Ints, values: Floats) -> Floats:
    """(groups,) the sum of `values` (cells,) over each group."""
    inside = group >= 0
    return np.bincount(group[inside], weights=values[inside], minlength=_count(group)).astype(float)


def _count(group: Ints) -> int:
    return int(group.max(initial=-1)) + 1


def _set_keys(cover: sparse.csr_array) -> tuple[Floats, Floats]:
    """(cells,) twice, equal for equal cover sets: sums run in site order, so rounding agrees."""
    keys = np.random.default_rng(20110801).integers(1, 1 << _KEY_BITS, (2, cover.shape[0])).astype(float)
    per_site = np.diff(cover.indptr)
    one, other = (
        np.bincount(cover.indices, weights=np.repeat(key, per_site), minlength=cover.shape[1]) for key in keys
    )
    return one.astype(float), other.astype(float)


def columns_of(cover: sparse.csr_array, group: Ints) -> sparse.csr_array:
    """Sites × groups, data 1.0, taken from the first cell of every group."""
    first = first_cells(group)
    column = np.full(cover.shape[1], -1, np.int64)
    column[first] = np.arange(len(first))
    target = column[cover.indices]
    kept = np.flatnonzero(target >= 0)
    indptr = np.searchsorted(kept, cover.indptr).astype(np.int32)
    indices = target[kept].astype(np.int32)
    part = sparse.csr_array((np.ones(len(indices)), indices, indptr), shape=(cover.shape[0], len(first)))
    part.sort_indices()
    return part
