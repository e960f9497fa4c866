"""The covering model that is solved: merged cells, without covered residents and dominated
sites; the covering goals as mixed-integer programs over its sites x and groups z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from coverage.siting.model.arrays import Bools, Floats, Ints, part_of, row_entries
from coverage.siting.model.highs import Program
from coverage.siting.model.site_rules import SiteRules

_KEY_BITS = 40
_CHUNK_PAIRS = 2_000_000
# Entries of the rows that are compared at once; their copies take some 50 MB.
_CHUNK_ENTRIES = 1_000_000


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


def without_dominated(model: CoverModel) -> CoverModel:
    """The model without sites that cover nothing more than some other single site.

    No plan of at most n equal sites loses by it. Of sites that cover the same, the first stays.
    """
    needed = ~dominated(model.cover, model.by_group)
    return model if needed.all() else model.only(needed)


def dominated(cover: sparse.csr_array, by_group: sparse.csr_array) -> Bools:
    """(sites,) True where another site covers all that this one covers.

    Who covers all of a site's groups also covers the one that fewest sites cover, so only the
    sites on that group are compared.
    """
    size, degree = np.diff(cover.indptr), np.diff(by_group.indptr)
    gone: Bools = size == 0
    if gone.all():
        return gone
    rarest = _rarest_group(cover, degree)
    for part in _chunks(np.where(gone, 0, degree[rarest])):
        sites = part[~gone[part]]
        small, _ = _contained(cover, size, *_pairs(sites, by_group, rarest))
        gone[small] = True
    return gone


def implied(cover: sparse.csr_array, by_group: sparse.csr_array) -> Bools:
    """(groups,) True where covering some other group covers this one too, whoever does it.

    That is so where the sites of the other are among the sites of this one; of equals, the first
    stays.
    """
    size, degree = np.diff(by_group.indptr), np.diff(cover.indptr)
    gone = np.zeros(len(size), bool)
    rarest = _rarest_group(by_group, degree)
    for part in _chunks(np.where(size == 0, 0, degree[rarest])):
        groups = part[size[part] > 0]
        _, large = _contained(by_group, size, *_pairs(groups, cover, rarest), first_stays=False)
        gone[large] = True
    return gone


def _rarest_group(cover: sparse.csr_array, degree: Ints) -> Ints:
    """(sites,) the group with the smallest degree of each site (0 for a site without groups)."""
    rarest = np.zeros(cover.shape[0], np.int64)
    filled = np.flatnonzero(np.diff(cover.indptr) > 0)
    rows = np.repeat(np.arange(cover.shape[0]), np.diff(cover.indptr))
    order = np.lexsort((degree[cover.indices], rows))
    rarest[filled] = cover.indices[order[cover.indptr[filled]]]
    return rarest


def _chunks(work: Ints, most: int = _CHUNK_PAIRS) -> list[Ints]:
    """Row numbers in runs of about `most` of `work`."""
    number = np.cumsum(work, dtype=np.int64) // most
    return np.split(np.arange(len(work)), np.flatnonzero(np.diff(number)) + 1)


def _pairs(sites: Ints, by_group: sparse.csr_array, rarest: Ints) -> tuple[Ints, Ints]:
    """(site, other) for every other site on the rarest group of each of `sites`."""
    at, owner = row_entries(by_group.indptr, rarest[sites])
    small, large = sites[owner], by_group.indices[at]
    return small, large


def _contained(
    cover: sparse.csr_array, size: Ints, small: Ints, large: Ints, first_stays: bool = True
) -> tuple[Ints, Ints]:
    """The pairs in which all that `small[k]` covers is covered by `large[k]`.

    Of equals, `small` is the later one if `first_stays`, else the earlier one.
    """
    earlier = large < small if first_stays else large > small
    worth = (size[large] > size[small]) | ((size[large] == size[small]) & earlier)
    small, large = _likely(cover, size, small[worth], large[worth])
    inside = np.zeros(len(small), bool)
    for part in _chunks(size[small] + size[large], _CHUNK_ENTRIES):
        inside[part] = _overlap(cover, small[part], large[part]) == size[small[part]]
    return small[inside], large[inside]


def _likely(cover: sparse.csr_array, size: Ints, small: Ints, large: Ints) -> tuple[Ints, Ints]:
    """The pairs in which `large` has the first, the last and the middle group of `small`.

    Groups are numbered by place, so these lie far apart and most pairs fall away at once.
    """
    width = np.int64(cover.shape[1])
    rows = np.repeat(np.arange(cover.shape[0], dtype=np.int64), size)
    stored = rows * width + cover.indices
    for part in (0.0, 1.0, 0.5):
        group = cover.indices[cover.indptr[small] + (part * (size[small] - 1)).astype(np.int64)]
        wanted = large * width + group
        at = np.minimum(np.searchsorted(stored, wanted), len(stored) - 1)
        has = stored[at] == wanted
        small, large = small[has], large[has]
    return small, large


def _overlap(cover: sparse.csr_array, one: Ints, other: Ints) -> Ints:
    """How many groups each pair shares."""
    return np.asarray(cover[one].multiply(cover[other]).sum(axis=1)).ravel().astype(np.int64)


@dataclass(frozen=True, eq=False)
class SiteRows:
    """low ≤ matrix·x ≤ high, and which sites have to be open."""

    matrix: sparse.csr_array
    low: Floats
    high: Floats
    must: Bools


def at_most(count: int, n_sites: int) -> SiteRows:
    """The one rule: no more than `count` sites."""
    matrix = sparse.csr_array(np.ones((1, n_sites)))
    return SiteRows(matrix, np.array([-np.inf]), np.array([float(count)]), np.zeros(n_sites, bool))


def all_rules(rules: SiteRules) -> SiteRows:
    return SiteRows(rules.matrix, rules.low, rules.high, rules.must)


def most_program(model: CoverModel, rows: SiteRows, second: Floats | None = None) -> Program:
    """maximise Σ weight·z (+ Σ second·z₂), z + z₂ ≤ Σ x of the group's sites.

    x whole; z and z₂ in 0..1 become whole by themselves. A group with one site needs no z.
    """
    shared = _shared(model)
    links, twice = _links(model, shared, second)
    n, m, k = model.n_sites, len(shared), len(twice)
    rules = sparse.hstack([rows.matrix, sparse.csr_array((rows.matrix.shape[0], m + k))])
    extra = np.zeros(0) if second is None else second[shared[twice]]
    # (sites,) the weight of the groups that only this site covers.
    single = np.diff(model.by_group.indptr) == 1
    own: Floats = model.cover @ np.where(single, model.weight, 0.0)
    return Program(
        cost=np.concatenate((own, model.weight[shared], extra)),
        matrix=sparse.csr_array(sparse.vstack([rules, links])),
        row_low=np.concatenate((rows.low, np.full(m, -np.inf))),
        row_high=np.concatenate((rows.high, np.zeros(m))),
        low=np.concatenate((rows.must.astype(float), np.zeros(m + k))),
        high=np.ones(n + m + k),
        integer=np.arange(n + m + k) < n,
        maximises=True,
        offset=model.base,
    )


def most_values(model: CoverModel, chosen: Ints, second: Floats | None = None) -> Floats:
    """The variables of `most_program` when the sites `chosen` are open."""
    x = np.zeros(model.n_sites)
    x[chosen] = 1.0
    shared = _shared(model)
    times = model.by_group[shared] @ x
    twice = _twice(shared, second)
    return np.concatenate((x, np.minimum(times, 1.0), np.clip(times[twice] - 1.0, 0.0, 1.0)))


def fewest_program(model: CoverModel, rows: SiteRows, price: Floats, target: float) -> Program:
    """minimise Σ price·x so that the covered weight reaches `target` (without `base`)."""
    most = most_program(model, rows)
    n, columns = model.n_sites, len(most.cost)
    reach = sparse.csr_array(most.cost.reshape(1, -1))
    return Program(
        cost=np.concatenate((price, np.zeros(columns - n))),
        matrix=sparse.csr_array(sparse.vstack([reach, most.matrix])),
        row_low=np.concatenate(([target], most.row_low)),
        row_high=np.concatenate(([np.inf], most.row_high)),
        low=most.low,
        high=most.high,
        integer=most.integer,
        maximises=False,
    )


def cover_all_program(model: CoverModel, rows: SiteRows, price: Floats) -> Program:
    """minimise Σ price·x so that every group is covered."""
    n, m = model.n_sites, model.n_groups
    return Program(
        cost=price,
        matrix=sparse.csr_array(sparse.vstack([rows.matrix, model.by_group])),
        row_low=np.concatenate((rows.low, np.ones(m))),
        row_high=np.concatenate((rows.high, np.full(m, np.inf))),
        low=rows.must.astype(float),
        high=np.ones(n),
        integer=np.ones(n, bool),
        maximises=False,
    )


def _shared(model: CoverModel) -> Ints:
    return np.flatnonzero(np.diff(model.by_group.indptr) > 1)


def _twice(shared: Ints, second: Floats | None) -> Ints:
    return np.zeros(0, np.int64) if second is None else np.flatnonzero(second[shared] > 0.0)


def _links(model: CoverModel, shared: Ints, second: Floats | None) -> tuple[sparse.csr_array, Ints]:
    m, twice = len(shared), _twice(shared, second)
    again = sparse.csr_array((np.ones(len(twice)), (twice, np.arange(len(twice)))), shape=(m, len(twice)))
    return sparse.hstack([-model.by_group[shared], sparse.eye_array(m), again]), twice
