"""Sites that another site makes needless."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from coverage.siting.model.arrays import Bools, Ints, row_entries
from coverage.siting.model.cover_model import CoverModel

_CHUNK_PAIRS = 2_000_000


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


def _chunks(work: Ints) -> list[Ints]:
    """Row numbers in runs of about `_CHUNK_PAIRS` pairs."""
    number = np.cumsum(work) // _CHUNK_PAIRS
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
    for at in range(0, len(small), 200_000):
        part = slice(at, at + 200_000)
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
