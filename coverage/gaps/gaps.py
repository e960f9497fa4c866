"""Gaps: contiguous populated cells that fail a rule, ranked by residents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from scipy.ndimage import label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from coverage.checks.measured import Measured
from coverage.checks.reach import reach_m
from coverage.measuring.cell_groups import CellGroups, cell_groups
from coverage.measuring.outlines import cell_outlines
from coverage.model.results import RuleResult
from coverage.model.standard import Check
from coverage.model.tables import Bools, Ints, PopulationGrid
from geo.lattice import Lattice

# Cells off any lattice touch when their centres are at most this many spacings apart: on a square grid
# the eight neighbours (the diagonal is 1.41), on a hexagon grid the six (the next ring is 1.73).
TOUCH: Final = 1.5
_SQUARES: Final = np.ones((3, 3), dtype=int)
_HEXAGONS: Final = np.array([[0, 1, 1], [1, 1, 1], [1, 1, 0]])


@dataclass(frozen=True)
class Touching:
    """Cells of a lattice touch along sides and at corners; `pairs` (k, 2) are those that touch of which
    one stands off the lattice, or there is none."""

    lattice: Lattice | None
    pairs: Ints

    def groups(self, chosen: Bools) -> list[Ints]:
        """Contiguous groups of the chosen cells, each as ascending row numbers."""
        cells = np.flatnonzero(chosen)
        if not len(cells):
            return []
        # Cells of one part of the lattice are one already; each other cell begins as its own.
        number = np.arange(1, len(cells) + 1)
        if self.lattice is not None:
            row, column = self.lattice.row[cells], self.lattice.column[cells]
            on = row >= 0
            nodes = np.zeros(self.lattice.shape, dtype=bool)
            nodes[row[on], column[on]] = True
            parts, count = label(nodes, structure=_HEXAGONS if self.lattice.hexagons else _SQUARES)
            number[on] = parts[row[on], column[on]]
            number[~on] = count + np.arange(1, int((~on).sum()) + 1)
        pairs = self.pairs[chosen[self.pairs[:, 0]] & chosen[self.pairs[:, 1]]]
        if len(pairs):
            place = np.full(len(chosen), -1, dtype=np.int64)
            place[cells] = number
            size = int(number.max()) + 1
            ends = place[pairs[:, 0]], place[pairs[:, 1]]
            graph = coo_array((np.ones(len(pairs), dtype=np.int8), ends), shape=(size, size))
            number = connected_components(graph, directed=False)[1][number]
        order = np.argsort(number, kind="stable")
        return np.split(cells[order], np.flatnonzero(np.diff(number[order])) + 1)


def touching(grid: PopulationGrid) -> Touching:
    """Which cells of the grid touch; on a lattice by its rows and columns, elsewhere by distance."""
    lattice, reach_m = grid.lattice, TOUCH * grid.spacing_m
    if lattice is None:
        return Touching(None, cKDTree(grid.xy).query_pairs(reach_m, output_type="ndarray"))
    off = np.flatnonzero(~lattice.on)
    if not len(off):
        return Touching(lattice, np.empty((0, 2), np.int64))
    near = cKDTree(grid.xy).query_ball_point(grid.xy[off], reach_m)
    count = np.array([len(cells) for cells in near])
    return Touching(lattice, np.column_stack([np.repeat(off, count), np.concatenate(near).astype(np.int64)]))


_T = TypeVar("_T")

# Of the units that a gap touches, so many of those with most of its residents are named.
_UNITS_NAMED: Final = 5


@dataclass(frozen=True)
class GapSite:
    """One facility at the cell `cell` (a row of the grid, at `xy`) would bring `residents` of a gap
    within the rule: those of `cells`."""

    cell: int
    xy: tuple[float, float]
    residents: float
    cells: Ints


@dataclass(frozen=True)
class GapShare:
    """The residents of a gap in one of the smallest units that it touches.

    `unit_rows` level → row of the unit table: a unit and those above it, -1 where there is none;
    `share` is of the gap's residents.
    """

    unit_rows: Mapping[str, int]
    residents: float
    share: float


@dataclass(frozen=True)
class Gap:
    """One gap of one rule; rank 1 has the most residents (ties: the southern-most, then western).

    `cells` are rows of the grid. `nearest_m` is the residents' median way to the nearest facility that
    the rule accepts, in the rule's own measure (the smallest that at least half of them do not exceed;
    inf: half cannot reach any), `farthest_m` the longest of their ways, and `nearest_row` the facility
    that is the nearest for most of them (-1: none). `shares` are the units with most of its residents,
    the first of them the gap's place, and `units_touched` how many units it touches. `site` is where
    one facility would serve most of it; `xy` is that place, else the cell nearest to the residents'
    centre of gravity.
    """

    rule_id: str
    rank: int
    residents: float
    groups: Mapping[str, float]
    area_m2: float
    cells: Ints
    xy: tuple[float, float]
    nearest_m: float
    farthest_m: float
    nearest_row: int
    shares: tuple[GapShare, ...] = ()
    units_touched: int = 0
    site: GapSite | None = None

    @property
    def unit_rows(self) -> Mapping[str, int]:
        """The unit that most of its residents live in, and those above it; {} outside all units."""
        return self.shares[0].unit_rows if self.shares else {}


def find_gaps(results: Sequence[RuleResult], measured: Measured) -> tuple[Gap, ...]:
    """The gaps of every radius and walk rule, rule by rule, most residents first."""
    near = touching(measured.study.grid)
    gaps: list[Gap] = []
    for result in results:
        if result.rule.check in (Check.RADIUS, Check.WALK) and result.cells_met is not None:
            gaps.extend(_gaps_of(result, measured, near))
    return tuple(gaps)


def gap_outlines(gaps: Sequence[Gap], measured: Measured) -> np.ndarray:
    """Each gap's cells as one shape in metres (`coverage.measuring.outlines.cell_outlines`)."""
    shapes = np.empty(len(gaps), object)
    for rule_id in dict.fromkeys(gap.rule_id for gap in gaps):
        of_rule = [i for i, gap in enumerate(gaps) if gap.rule_id == rule_id]
        shapes[of_rule] = cell_outlines(measured.study.grid, [gaps[i].cells for i in of_rule])
    return shapes


def _gaps_of(result: RuleResult, measured: Measured, near: Touching) -> list[Gap]:
    if result.cells_met is None or result.cells_subject is None:
        return []
    failing = result.cells_subject & ~result.cells_met & (measured.residents > 0)
    parts = near.groups(failing)
    if not parts:
        return []
    grid, groups = measured.study.grid, cell_groups(parts)
    residents, middle = groups.sums(grid.residents), groups.middles(grid.xy, grid.residents)
    # Sums of the same residents in another order differ in their last bits: they are as many. Where a
    # gap lies is compared by the millimetre, since projecting moves equal northings apart by less.
    south, west = (grid.xy[middle, axis].round(3) for axis in (1, 0))
    order = np.lexsort((west, south, -residents.round(6))).tolist()
    middle = middle[order]
    metres, rows = reach_m(result.rule, measured)
    of_groups = [groups.sums(values)[order].tolist() for values in grid.groups.values()]
    nearest = [held[0][0] if held else -1 for held in groups.shares(rows, grid.residents)]
    places, touched = _places_of(groups, measured)
    columns = (
        residents[order].tolist(),
        _rows_of(grid.groups, of_groups, len(order)),
        groups.sums(grid.area_m2)[order].tolist(),
        [parts[i] for i in order],
        [(x, y) for x, y in grid.xy[middle].tolist()],
        groups.medians(metres, grid.residents)[order].tolist(),
        groups.largest(metres)[order].tolist(),
        [nearest[i] for i in order],
        [places[i] for i in order],
        [touched[i] for i in order],
    )
    return [Gap(result.rule.id, rank, *of) for rank, of in enumerate(zip(*columns, strict=True), start=1)]


def _places_of(groups: CellGroups, measured: Measured) -> tuple[list[tuple[GapShare, ...]], list[int]]:
    """For each group the units with most of its residents, and how many units it touches.

    The smallest unit of every cell counts; the units above it are those of the cell there that most
    live in, so that the names always belong together.
    """
    membership, people = measured.study.cells_in.rows, measured.residents
    smallest = np.full(len(people), -1, np.int64)
    for rows in membership.values():
        smallest = np.where(rows >= 0, rows, smallest)
    whole = groups.sums(people).tolist()
    found, touched = [], []
    for total, held in zip(whole, groups.shares(smallest, people), strict=True):
        found.append(
            tuple(
                GapShare({level: int(rows[cell]) for level, rows in membership.items()}, part, part / total)
                for _, part, cell in held[:_UNITS_NAMED]
            )
        )
        touched.append(len(held))
    return found, touched


def _rows_of(names: Iterable[str], columns: list[list[_T]], n: int) -> list[dict[str, _T]]:
    """Columns of n values to n rows of values by name."""
    names = tuple(names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)] or [
        {} for _ in range(n)
    ]
