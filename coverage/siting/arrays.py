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
    owner = np.repeat(np.arange(len(rows)), length)
    before = np.cumsum(length) - length
    return np.arange(len(owner)) + (start - before)[owner], owner


def only_entries(matrix: sparse.csr_array, entries: Bools) -> sparse.csr_array:
    """The matrix without the other stored entries; zeros that stay are still stored."""
    passed = np.concatenate(([0], np.cumsum(entries)))
    indptr = passed[matrix.indptr].astype(matrix.indptr.dtype)
    return sparse.csr_array((matrix.data[entries], matrix.indices[entries], indptr), shape=matrix.shape)
