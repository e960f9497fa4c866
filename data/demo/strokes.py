"""Street lines on their way to becoming a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray


@dataclass(frozen=True)
class Strokes:
    """Lines with what a street layer knows of them, one entry each; local metres.

    `rank` orders the classes: 0 primary, 1 secondary, 2 residential, 3 lane, 4 path, 5 country
    road. Lines of the same `way` bear the same name; -1 has none.
    """

    lines: NDArray[np.object_]
    rank: NDArray[np.int8]
    bridge: NDArray[np.bool_]
    way: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lines)

    def take(self, chosen: NDArray[np.int64], lines: NDArray[np.object_]) -> Strokes:
        """`lines` with the attributes of the strokes they were made from."""
        return Strokes(lines, self.rank[chosen], self.bridge[chosen], self.way[chosen])


def plain(lines: NDArray[np.object_], rank: int) -> Strokes:
    """Lines of one class without names."""
    n = len(lines)
    return Strokes(lines, np.full(n, rank, np.int8), np.zeros(n, bool), np.full(n, -1))


def join(parts: Sequence[Strokes]) -> Strokes:
    """All of them, in their order; ways of different parts stay different."""
    used = np.cumsum([0, *(part.way.max(initial=-1) + 1 for part in parts)])
    return Strokes(
        np.concatenate([part.lines for part in parts]),
        np.concatenate([part.rank for part in parts]),
        np.concatenate([part.bridge for part in parts]),
        np.concatenate([np.where(p.way < 0, -1, p.way + n) for p, n in zip(parts, used, strict=False)]),
    )


def strokes_of(
    ends: NDArray[np.float64], rank: NDArray[np.int8], run: NDArray[np.int64], way: NDArray[np.int64]
) -> Strokes:
    """Lines from segments: `ends` (n, 2, 2); consecutive segments of the same `run` are one line.

    Within a run each segment starts where the one before ends.
    """
    if len(ends) == 0:
        return plain(np.empty(0, object), 0)
    first = np.r_[True, run[1:] != run[:-1]]
    number = np.cumsum(first) - 1
    # A run of k segments has k + 1 vertices: every segment's start, and the last one's end.
    owner = np.r_[number, np.arange(number[-1] + 1)]
    vertices = np.vstack([ends[:, 0], ends[np.r_[first[1:], True], 1]])
    order = np.argsort(owner, kind="stable")
    lines = shapely.linestrings(vertices[order], indices=owner[order])
    return Strokes(lines, rank[first], np.zeros(len(lines), bool), way[first])
