"""The array types of this package, and the two sparse steps it takes everywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def row_entries(indptr: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Where the stored entries of `rows` lie, one row after the other, and whose each is.

    `owner[k]` is the place in `rows` that entry k belongs to.
    """
    start = indptr[rows]
    length = indptr[rows + 1] - start
    end = length.cumsum()
    owner = np.arange(len(rows)).repeat(length)
    at = (start - end + length).repeat(length)
    at += np.arange(len(at), dtype=at.dtype)
    return at, owner


def only_entries(matrix: sparse.csr_array, entries: Bools) -> sparse.csr_array:
    """The matrix without the other stored entries; zeros that stay are still stored."""
    kept = np.flatnonzero(entries)
    indptr = np.searchsorted(kept, matrix.indptr).astype(matrix.indptr.dtype)
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape)


def part_of(matrix: sparse.csr_array, rows: Ints, columns: Bools) -> sparse.csr_array:
    """The `rows` of a CSR matrix, in that order, with the entries of `columns` alone; all columns stay."""
    wanted = np.zeros(matrix.shape[0], bool)
    wanted[rows] = True
    entries = columns[matrix.indices]
    entries &= wanted.repeat(np.diff(matrix.indptr))
    part = only_entries(matrix, entries)
    as_is = np.array_equal(rows, np.arange(matrix.shape[0]))
    return part if as_is else sparse.csr_array(part[rows])
