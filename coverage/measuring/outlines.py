"""Outlines of groups of cells on a lattice, traced along the sides of their squares.

Sides in line with each other are one run. Runs go round their cells against the clock, so each leads
on to the one that begins where it ends; where the same cells meet at a corner twice, the right turn is
taken, which keeps a hole and the outside apart. Uniting the squares as shapes gives the same outline
and takes thirty times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from scipy.ndimage import label

from coverage.model.tables import Floats, Ints
from geo.csr_ranges import ranges

# Where a run goes; the turn to the right of each.
_EAST, _WEST, _NORTH, _SOUTH = range(4)
_RIGHT: Final = {_EAST: _SOUTH, _WEST: _NORTH, _NORTH: _EAST, _SOUTH: _WEST}
_LEFT: Final = {_EAST: _NORTH, _WEST: _SOUTH, _NORTH: _WEST, _SOUTH: _EAST}


def lattice_outlines(numbers: Ints, corner: Floats, side_m: float) -> np.ndarray:
    """A MultiPolygon for every number from 0 to the highest in `numbers` (rows, columns; -1: no group).

    The square of row r and column c has its south-western corner at `corner` + (c, r) · `side_m`.
    Squares of different groups must not share a side.
    """
    parts, count = label(numbers >= 0)
    runs = _runs(np.pad(parts, 1))
    rings = _rings(runs)
    number = np.full(count + 1, -1, np.int64)
    number[parts.ravel()] = numbers.ravel()
    order = np.lexsort((~rings.outer, rings.part, number[rings.part]))
    starts, ends = rings.start[order], rings.start[order + 1]
    corners = rings.corners[ranges(starts, ends - starts)]
    xy = corner + (corners - 1) * side_m  # the padding's column and row
    ring_at = np.concatenate([[0], np.cumsum(ends - starts)])
    part = rings.part[order]
    first_of_part = np.flatnonzero(np.diff(part, prepend=-1))
    group = number[part[first_of_part]]
    groups = np.arange(int(numbers.max(initial=-1)) + 2)
    offsets = ring_at, np.append(first_of_part, len(order)), np.searchsorted(group, groups)
    shapes: np.ndarray = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, xy, offsets)
    return shapes


@dataclass(frozen=True)
class _Runs:
    """Sides in line of one part, as long as they go one way: from `tail` to `head` (n, 2: x, y)."""

    part: Ints
    way: Ints
    tail: Ints
    head: Ints


@dataclass(frozen=True)
class _Rings:
    """Ring r runs through `corners[start[r]:start[r + 1]]`, first = last, and belongs to `part[r]`."""

    corners: Ints
    start: Ints
    part: Ints
    outer: np.ndarray


def _runs(parts: Ints) -> _Runs:
    """All runs; along rows first, then along columns."""
    above, below = parts[1:], parts[:-1]
    right, left = parts[:, 1:].T, parts[:, :-1].T
    found = [
        _line(np.where(above != below, above, 0), _EAST),
        _line(np.where(above != below, below, 0), _WEST),
        _line(np.where(left != right, left, 0), _NORTH),
        _line(np.where(left != right, right, 0), _SOUTH),
    ]
    return _Runs(*(np.concatenate([getattr(runs, name) for runs in found]) for name in vars(found[0])))


def _line(sides: Ints, way: int) -> _Runs:
    """Runs of equal parts along the second axis; line i lies between rows (or columns) i and i + 1."""
    edge = np.diff(sides, axis=1, prepend=0, append=0) != 0
    line, begin = np.nonzero(edge[:, :-1] & (sides > 0))
    end = np.nonzero(edge[:, 1:] & (sides > 0))[1] + 1
    part, line = sides[line, begin].astype(np.int64), line + 1
    if way in (_WEST, _SOUTH):
        begin, end = end, begin
    tail, head = np.column_stack([begin, line]), np.column_stack([end, line])
    if way in (_NORTH, _SOUTH):
        tail, head = tail[:, ::-1], head[:, ::-1]
    return _Runs(part, np.full(len(part), way), tail, head)


def _rings(runs: _Runs) -> _Rings:
    following = _following(runs).tolist()
    order: list[int] = []
    begin: list[int] = []
    seen = [False] * len(following)
    for run in range(len(following)):
        if not seen[run]:
            begin.append(len(order))
        while not seen[run]:
            seen[run] = True
            order.append(run)
            run = following[run]
    sequence, first = np.asarray(order, np.int64), np.asarray(begin, np.int64)
    count = np.diff(np.append(first, len(sequence)))
    last = np.cumsum(count + 1) - 1
    corners = np.empty((len(sequence) + len(first), 2), np.int64)
    inner = np.ones(len(corners), bool)
    inner[last] = False
    corners[inner], corners[last] = runs.tail[sequence], runs.tail[sequence[first]]
    start = np.append(0, last + 1)
    return _Rings(corners, start, runs.part[sequence[first]], _turns_left(corners, start))


def _following(runs: _Runs) -> Ints:
    """The run that goes on where each ends: to the right where there is one, else to the left."""
    size = int(runs.head.max(initial=0)) + 1
    key = _key(runs.part, runs.tail, size) * 4 + runs.way
    order = np.argsort(key)
    ends = _key(runs.part, runs.head, size) * 4
    right, left = (np.array([turn[way] for way in range(4)])[runs.way] for turn in (_RIGHT, _LEFT))
    place = np.minimum(np.searchsorted(key[order], ends + right), max(len(order) - 1, 0))
    to_right = key[order[place]] == ends + right
    place = np.where(to_right, place, np.searchsorted(key[order], ends + left))
    return np.asarray(order[place], np.int64)


def _key(part: Ints, at: Ints, size: int) -> Ints:
    return (part * size + at[:, 1]) * size + at[:, 0]


def _turns_left(corners: Ints, start: Ints) -> np.ndarray:
    cross = np.zeros(len(corners))
    cross[:-1] = corners[:-1, 0] * corners[1:, 1] - corners[1:, 0] * corners[:-1, 1]
    cross[start[1:] - 1] = 0.0
    return np.asarray(np.add.reduceat(cross, start[:-1]) > 0) if len(start) > 1 else np.empty(0, bool)
