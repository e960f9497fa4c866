"""Gaps: contiguous populated cells that fail a rule, ranked by residents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import shapely

from coverage.checks.measured import Measured
from coverage.checks.reach import reach_m
from coverage.measuring.cell_groups import CellGroups, cell_groups
from coverage.measuring.outlines import lattice_outlines
from coverage.measuring.touching import Lattice, Pairs, touching
from coverage.model.results import RuleResult
from coverage.model.standard import Check
from coverage.model.tables import Ints

_T = TypeVar("_T")

# How far cells may stand off a lattice, in spacings, to be drawn as its squares.
_OFF_LATTICE: Final = 0.01
# Cells whose centres differ by less than this in y stand in one row.
_SAME_ROW_M: Final = 0.2
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
    near = touching(measured.study.grid.xy, measured.study.grid.spacing_m)
    gaps: list[Gap] = []
    for result in results:
        if result.rule.check in (Check.RADIUS, Check.WALK) and result.cells_met is not None:
            gaps.extend(_gaps_of(result, measured, near))
    return tuple(gaps)


def gap_outlines(gaps: Sequence[Gap], measured: Measured) -> np.ndarray:
    """Each gap's cells as one shape in metres: a square around each centre.

    On a lattice (to a hundredth of its spacing) outlines are traced along the squares, for all gaps
    of a rule at once; the gaps are those of an assessment, so that none touches another of its rule.
    """
    shapes = np.empty(len(gaps), object)
    lattice = _squares(measured)
    if lattice is None:
        shapes[:] = [_united(gap, measured) for gap in gaps]
        return shapes
    grid = measured.study.grid
    corner = np.array([grid.xy[:, 0].min(), grid.xy[:, 1].min()]) - grid.spacing_m / 2
    for rule_id in dict.fromkeys(gap.rule_id for gap in gaps):
        of_rule = [i for i, gap in enumerate(gaps) if gap.rule_id == rule_id]
        numbers = np.full(lattice.shape, -1, np.int64)
        for number, i in enumerate(of_rule):
            numbers[lattice.row[gaps[i].cells], lattice.column[gaps[i].cells]] = number
        shapes[of_rule] = lattice_outlines(numbers, corner, grid.spacing_m)
    return np.where(shapely.get_num_geometries(shapes) == 1, shapely.get_geometry(shapes, 0), shapes)


def gap_outline(gap: Gap, measured: Measured) -> shapely.Geometry:
    """The outline of one gap."""
    return gap_outlines([gap], measured)[0]


def _squares(measured: Measured) -> Lattice | None:
    """The lattice of the cells' squares, None where cells are of other sizes or stand off it."""
    grid = measured.study.grid
    found, off_m = touching(grid.xy, grid.spacing_m), _OFF_LATTICE * grid.spacing_m
    if not isinstance(found, Lattice):
        return None
    for at, place in ((grid.xy[:, 0], found.column), (grid.xy[:, 1], found.row)):
        if np.abs(at - at.min() - place * grid.spacing_m).max() > off_m:
            return None
    return found if np.abs(np.sqrt(grid.area_m2) - grid.spacing_m).max() <= off_m else None


def _united(gap: Gap, measured: Measured) -> shapely.Geometry:
    """The union of the cells' own squares.

    Neighbours in a row are joined to strips first, which leaves a fifth of the shapes to unite.
    """
    grid = measured.study.grid
    x, y = grid.xy[gap.cells].T
    half = np.sqrt(grid.area_m2[gap.cells]) / 2.0
    order = np.lexsort((x, np.round(y / _SAME_ROW_M)))
    x, y, half = x[order], y[order], half[order]
    new = np.ones(len(x), dtype=bool)
    new[1:] = (
        (np.abs(np.diff(y)) > _SAME_ROW_M) | (np.diff(x) > 1.01 * (half[1:] + half[:-1])) | (np.diff(x) < 0)
    )
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(x)) - 1
    # Strips overlap a little, since projecting moved their corners; simplifying takes that away.
    tall = half[first] + _SAME_ROW_M
    strips = shapely.box(x[first] - half[first], y[first] - tall, x[last] + half[last], y[first] + tall)
    return shapely.simplify(shapely.union_all(strips), 2 * _SAME_ROW_M)


def _gaps_of(result: RuleResult, measured: Measured, near: Lattice | Pairs) -> list[Gap]:
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
