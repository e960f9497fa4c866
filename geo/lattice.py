"""Rows and columns of cells, in whatever coordinate system they were laid out.

A raster in degrees, a grid of another zone or of Krovak, hexagons: in the metres of the study their
rows bend and their columns lean, but they are rows and columns still. What touches what, the outline of
many cells and the cell under a place are questions of whole numbers there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.crs import project, unproject

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LonLat = Callable[[], tuple[Floats, Floats]]

# A point belongs to a node that is at most this part of a step away (coordinates are rounded).
OFF: Final = 0.04
# More points off the nodes than this, and it is no lattice.
_MOST_STRAYS: Final = 0.2
# Room for rows times columns; a sparse lattice beyond that is treated as points anywhere.
_MOST_NODES: Final = 40_000_000
# Axes closer to a right angle than this part quadrangles, otherwise hexagons.
_SQUARE_COSINE: Final = 0.2
_HEXAGON_COSINE: Final = (0.35, 0.65)
_DEGREE_M: Final = 111_320.0

# How a lattice of unknown layout is found: first among the points around one, then farther out.
_AROUND: Final = 5_000
_SEED_STEPS: Final = 2.6
_GROWTH: Final = 1.5
_NEAR_NODE: Final = 0.25
_TRUSTED: Final = 0.6
_FITTED_TO: Final = 20_000
_HIGHEST_DEGREE: Final = 5
_NEARLY_ALL: Final = 0.95


class Frame(Protocol):
    """Lattice coordinates (column, row; whole numbers at the cells' centres) and metres, (n, 2) each."""

    def xy(self, uv: Floats) -> Floats: ...

    def uv(self, xy: Floats) -> Floats: ...


@dataclass(frozen=True, eq=False)
class Lattice:
    """`row`, `column` (n,) of every point, both from 0 and below `shape`; -1 for a point off the nodes.

    No two points have one node. Cells are what lies nearest to a node: quadrangles, or `hexagons`, whose
    neighbours are (±1, 0), (0, ±1), (1, -1) and (-1, 1) in columns and rows.
    """

    row: Ints
    column: Ints
    shape: tuple[int, int]
    hexagons: bool
    frame: Frame

    @cached_property
    def on(self) -> NDArray[np.bool_]:
        """(n,) which points have a node."""
        return np.asarray(self.row >= 0)

    @cached_property
    def table(self) -> NDArray[np.int32]:
        """(rows, columns) the point of each node, -1 where there is none."""
        table = np.full(self.shape, -1, np.int32)
        rows = np.flatnonzero(self.on)
        table[self.row[rows], self.column[rows]] = rows
        return table

    def area_m2(self, rows: Ints) -> Floats:
        """The ground of the cells of some points that have a node."""
        uv = np.column_stack([self.column[rows], self.row[rows]]).astype(float)
        east, north = (
            self.frame.xy(uv + step) - self.frame.xy(uv - step) for step in np.array([[0.5, 0.0], [0.0, 0.5]])
        )
        return np.asarray(np.abs(east[:, 0] * north[:, 1] - east[:, 1] * north[:, 0]))

    def nodes_at(self, uv: Floats) -> Ints:
        """(n, 2) column and row of the cell that lattice coordinates lie in, there or not."""
        if not self.hexagons:
            return np.floor(uv + 0.5).astype(np.int64)
        # Of the three coordinates, which add up to nothing, the one that was rounded most gives way.
        three = np.column_stack([uv, -uv.sum(axis=1)])
        whole = np.rint(three)
        off = np.abs(three - whole)
        for axis in (0, 1):
            most = (off[:, axis] >= off.max(axis=1)) & (whole.sum(axis=1) != 0)
            whole[most, axis] -= whole[most].sum(axis=1)
        return np.asarray(whole[:, :2], np.int64)

    def cells_at(self, xy: Floats) -> NDArray[np.int32]:
        """(n,) the point in whose cell each place lies, -1 where there is none."""
        column, row = self.nodes_at(self.frame.uv(xy)).T
        inside = (column >= 0) & (row >= 0) & (column < self.shape[1]) & (row < self.shape[0])
        found = np.full(len(xy), -1, np.int32)
        found[inside] = self.table[row[inside], column[inside]]
        return found


def find_lattice(xy: Floats, spacing_m: float, crs: str, lonlat: LonLat | None = None) -> Lattice | None:
    """The lattice that points (n, 2; metres in `crs`) with neighbours at about `spacing_m` lie on.

    Tried are rows along the metric axes, rows of degrees (`lonlat` gives them where they are known),
    and any other layout that is smooth. None where more than a fifth of the points stand elsewhere.
    """
    if not spacing_m > 0:
        return None
    found = _along_axes(xy, spacing_m)
    found = found or _in_degrees(xy, spacing_m, crs, lonlat)
    return found or _fitted(xy, spacing_m)


@dataclass(frozen=True, eq=False)
class _Axes:
    """Rows and columns along the metric axes; the first cell's south-western corner is `corner`."""

    corner: Floats
    step: Floats

    def xy(self, uv: Floats) -> Floats:
        return np.asarray(self.corner + (uv + 0.5) * self.step)

    def uv(self, xy: Floats) -> Floats:
        return np.asarray((xy - self.corner) / self.step - 0.5)


@dataclass(frozen=True, eq=False)
class _Degrees:
    """Rows and columns of degrees."""

    axes: _Axes
    crs: str

    def xy(self, uv: Floats) -> Floats:
        lon, lat = self.axes.xy(uv).T
        return project(lon, lat, self.crs)

    def uv(self, xy: Floats) -> Floats:
        return self.axes.uv(np.column_stack(unproject(xy, self.crs)))


@dataclass(frozen=True, eq=False)
class _Smooth:
    """A layout known by its nodes alone, as polynomials both ways."""

    to_uv: _Polynomial
    to_xy: _Polynomial

    def xy(self, uv: Floats) -> Floats:
        return self.to_xy(uv)

    def uv(self, xy: Floats) -> Floats:
        return self.to_uv(xy)


@dataclass(frozen=True, eq=False)
class _Polynomial:
    """Two polynomials in two variables, each brought to about -1..1 first."""

    middle: Floats
    scale: float
    degree: int
    factors: Floats

    @classmethod
    def fit(cls, given: Floats, wanted: Floats, degree: int) -> _Polynomial:
        """Least squares; of very many points some."""
        some = slice(None, None, max(1, len(given) // _FITTED_TO))
        low, high = given.min(axis=0), given.max(axis=0)
        middle, scale = (low + high) / 2, float(max((high - low).max() / 2, 1e-9))
        x, y = ((given[some] - middle) / scale).T
        factors = np.linalg.lstsq(np.column_stack(list(_terms(x, y, degree))), wanted[some], rcond=None)[0]
        return cls(middle, scale, degree, np.asarray(factors, float))

    def __call__(self, given: Floats) -> Floats:
        x, y = (np.ascontiguousarray((given[:, i] - self.middle[i]) / self.scale) for i in (0, 1))
        found = np.zeros((2, len(given)))
        for term, (east, north) in zip(_terms(x, y, self.degree), self.factors, strict=True):
            found[0] += east * term
            found[1] += north * term
        return found.T


def _terms(x: Floats, y: Floats, degree: int) -> Iterator[Floats]:
    """1, then x and y, then x², xy, y², and so on."""
    last = [np.ones(len(x))]
    yield last[0]
    for _ in range(degree):
        last = [x * last[0], *(y * term for term in last)]
        yield from last


def _along_axes(xy: Floats, spacing_m: float) -> Lattice | None:
    # Column by column: reducing (n, 2) along its first axis is many times slower.
    low = np.array([xy[:, 0].min(), xy[:, 1].min()])
    places = [(xy[:, i] - low[i]) / spacing_m for i in (0, 1)]
    if max(np.abs(place - np.rint(place)).max() for place in places) <= OFF:
        step = np.array([spacing_m, spacing_m])
        return _numbered(np.column_stack([np.rint(p) for p in places]), False, _Axes(low - step / 2, step))
    axes = [_axis(xy[:, i], spacing_m) for i in (0, 1)]
    return _of_axes(axes, lambda found: found)


def _in_degrees(xy: Floats, spacing_m: float, crs: str, lonlat: LonLat | None) -> Lattice | None:
    lon, lat = unproject(xy, crs) if lonlat is None else lonlat()
    at_latitude = _DEGREE_M * max(float(np.cos(np.radians(np.median(lat)))), 0.01)
    axes = [_axis(lon, spacing_m / at_latitude), _axis(lat, spacing_m / _DEGREE_M)]
    return _of_axes(axes, lambda found: _Degrees(found, crs))


_Axis = tuple[Ints, float, float]


def _of_axes(axes: list[_Axis | None], frame: Callable[[_Axes], Frame]) -> Lattice | None:
    if axes[0] is None or axes[1] is None:
        return None
    numbers, origin, step = (np.array(of, float) for of in zip(axes[0], axes[1], strict=True))
    parity = numbers.sum(axis=0) % 2
    if len(parity) > 2 and (parity == parity[0]).all():
        return None  # every other square, as on a chessboard: hexagons in rows
    return _numbered(numbers.T, False, frame(_Axes(origin - step / 2, step)))


def _axis(values: Floats, about: float) -> _Axis | None:
    """Numbers from 0 of equally distant values near which all lie, the first of them, and their step."""
    order = np.sort(values)
    first = np.concatenate([[0], np.flatnonzero(np.diff(order) > 0.3 * about) + 1, [len(order)]])
    low, high = order[first[:-1]], order[first[1:] - 1]
    if (high - low).max() > 4 * OFF * about:
        return None
    middles, step = (low + high) / 2, about
    if len(middles) > 1:
        gaps = np.diff(middles)
        step = float(np.median(gaps[gaps < 1.5 * gaps.min()]))
        numbers = np.concatenate([[0.0], np.cumsum(np.rint(gaps / step))])
        step, origin = np.polyfit(numbers, middles - middles[0], 1)
        origin += middles[0]
    else:
        origin = middles[0]
    places = (values - origin) / step
    numbers = np.rint(places).astype(np.int64)
    return None if np.abs(places - numbers).max() > OFF else (numbers, float(origin), float(step))


def _fitted(xy: Floats, spacing_m: float) -> Lattice | None:
    """By the neighbours of one point, then by polynomials of those found so far, farther and farther."""
    if len(xy) < 7:
        return None
    seed, axes = _seed(xy)
    if axes is None:
        return None
    cosine = abs(float(axes[0] @ axes[1]) / float(np.hypot(*axes[0]) * np.hypot(*axes[1])))
    hexagons = cosine > _SQUARE_COSINE
    if hexagons and not _HEXAGON_COSINE[0] < cosine < _HEXAGON_COSINE[1]:
        return None
    if hexagons and float(axes[0] @ axes[1]) < 0:
        axes = np.array([axes[0], -axes[1]])  # 60°, so that the third neighbour is their difference
    elif not hexagons:  # columns to the east, rows to the north, as far as they lean
        axes = axes if abs(axes[0, 0]) >= abs(axes[0, 1]) else axes[::-1]
        axes = axes * np.where(np.diag(axes) < 0, -1.0, 1.0)[:, None]
    away = np.hypot(*(xy - seed).T)
    reach, farthest = _SEED_STEPS * spacing_m, float(away.max())
    to_uv = _Polynomial(seed, 1.0, 1, np.vstack([np.zeros(2), np.linalg.inv(axes)]))
    while True:
        near = np.flatnonzero(away <= reach)
        near = near[:: max(1, len(near) // _FITTED_TO)]
        uv = to_uv(xy[near])
        nodes = np.rint(uv)
        off = np.abs(uv - nodes).max(axis=1)
        if (off <= _NEAR_NODE).mean() < _TRUSTED:
            return None
        # What lies far off, beside the others, belongs to no node and may bend nothing.
        good = off <= min(_NEAR_NODE, 4 * float(np.median(off)) + OFF / 2)
        to_uv = _simplest(xy[near[good]], nodes[good], right=OFF / 4)
        if reach >= farthest:
            break
        reach = min(reach * _GROWTH, farthest)
    uv = to_uv(xy)
    nodes = np.rint(uv)
    on = np.abs(uv - nodes).max(axis=1) <= OFF
    if on.mean() < 1 - _MOST_STRAYS:
        return None
    low = nodes[on].min(axis=0)
    nodes -= low
    to_uv = _simplest(xy[on], nodes[on], right=OFF / 1000)
    to_xy = _simplest(nodes[on], xy[on], right=OFF / 1000 * spacing_m)
    nodes[~on] = -1
    return _numbered(nodes, hexagons, _Smooth(to_uv, to_xy))


def _simplest(given: Floats, wanted: Floats, *, right: float) -> _Polynomial:
    """The polynomial of the lowest degree that is right to `right` nearly everywhere.

    Those of a higher one would follow the few points that belong to no node.
    """
    highest = int(np.clip(np.sqrt(2 * len(given)) / 4, 1, _HIGHEST_DEGREE))
    some = slice(None, None, max(1, len(given) // _FITTED_TO))
    for degree in range(1, highest + 1):
        found = _Polynomial.fit(given, wanted, degree)
        if np.quantile(np.abs(found(given[some]) - wanted[some]).max(axis=1), _NEARLY_ALL) <= right:
            break
    return found


def _seed(xy: Floats) -> tuple[Floats, Floats | None]:
    """A point with neighbours on all sides, and the way to two of them as rows; None where there is none."""
    centre = np.array([np.median(xy[:, 0]), np.median(xy[:, 1])])
    away = np.hypot(*(xy - centre).T)
    some = xy[np.argpartition(away, _AROUND)[:_AROUND]] if len(xy) > _AROUND else xy
    metres, neighbours = cKDTree(some).query(some, k=7)
    ways = some[neighbours[:, 1:]] - some[:, None, :]
    # Neighbours on all sides add up to nothing: four of them, or six.
    uneven = [np.hypot(*ways[:, :count].sum(axis=1).T) + metres[:, count] - metres[:, 1] for count in (4, 6)]
    best = int(np.argmin(np.minimum(*uneven)))
    first, others = ways[best, 0], ways[best, 1:]
    cross = np.abs(first[0] * others[:, 1] - first[1] * others[:, 0])
    size = np.hypot(*first) * np.hypot(*others.T)
    beside = np.flatnonzero(cross > 0.5 * size) if size.min() > 0 else np.empty(0, np.int64)
    return some[best], np.array([first, others[beside[0]]]) if len(beside) else None


def _numbered(nodes: Floats, hexagons: bool, frame: Frame) -> Lattice | None:
    """Nodes (n, 2: column, row; -1 off) as a lattice; of points at one node the first has it."""
    column, row = nodes.astype(np.int64).T
    columns, rows = int(column.max()) + 1, int(row.max()) + 1
    if columns * rows > _MOST_NODES:
        return None
    key = np.where(row >= 0, row * columns + column, -1)
    first = np.full(columns * rows, -1, np.int32)
    points = np.flatnonzero(key >= 0)[::-1]
    first[key[points]] = points
    off = np.ones(len(key), bool)
    off[first[first >= 0]] = False
    if off.mean() > _MOST_STRAYS:
        return None
    if off.any():
        column, row = np.where(off, -1, column), np.where(off, -1, row)
    return Lattice(row, column, (rows, columns), hexagons, frame)
