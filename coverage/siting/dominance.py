"""Sites that another site makes needless."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from coverage.siting.goals import Bools, Ints
from coverage.siting.model import CoverModel

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
        pairs = _pairs(sites, by_group, rarest)
        gone[_contained(cover, size, *pairs)] = True
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
    start, stop = by_group.indptr[rarest[sites]], by_group.indptr[rarest[sites] + 1]
    small = np.repeat(sites, stop - start)
    offset = np.arange(len(small)) - np.repeat(np.cumsum(stop - start) - (stop - start), stop - start)
    large = by_group.indices[np.repeat(start, stop - start) + offset]
    return small, large


def _contained(cover: sparse.csr_array, size: Ints, small: Ints, large: Ints) -> Ints:
    """The sites `small[k]` all of whose groups are in `large[k]`; of equals, the later one."""
    worth = (size[large] > size[small]) | ((size[large] == size[small]) & (large < small))
    small, large = small[worth], large[worth]
    inside = np.zeros(len(small), bool)
    for at in range(0, len(small), 200_000):
        part = slice(at, at + 200_000)
        inside[part] = _overlap(cover, small[part], large[part]) == size[small[part]]
    return small[inside]


def _overlap(cover: sparse.csr_array, one: Ints, other: Ints) -> Ints:
    """How many groups each pair shares."""
    return np.asarray(cover[one].multiply(cover[other]).sum(axis=1)).ravel().astype(np.int64)
