"""Gaps: contiguous populated cells that fail a rule, ranked by residents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely

from coverage.checks.measured import Measured
from coverage.checks.reach import reach_m
from coverage.results import RuleResult
from coverage.standard import Check
from coverage.tables import Floats, Ints
from coverage.touching import Lattice, Pairs, touching

# Cells whose centres differ by less than this in y stand in one row.
_SAME_ROW_M: Final = 0.2


@dataclass(frozen=True)
class GapSite:
    """One facility at the cell `cell` (a row of the grid, at `xy`) would bring `residents` of a gap
    within the rule: those of `cells`."""

    cell: int
    xy: tuple[float, float]
    residents: float
    cells: Ints


@dataclass(frozen=True)
class Gap:
    """One gap of one rule; rank 1 has the most residents (ties: the southern-most, then western).

    `cells` are rows of the grid, `xy` the cell nearest to the residents' centre of gravity,
    `nearest_m` how far the nearest facility that the rule accepts is from there (inf: none can be
    reached) and `nearest_row` which one (-1: none). `unit_rows` level → the unit most of its
    residents live in. `site` is where one facility would serve most of them, for the largest gaps.
    """

    rule_id: str
    rank: int
    residents: float
    groups: Mapping[str, float]
    area_m2: float
    cells: Ints
    xy: tuple[float, float]
    nearest_m: float
    nearest_row: int
    unit_rows: Mapping[str, int]
    site: GapSite | None = None


def find_gaps(results: Sequence[RuleResult], measured: Measured) -> tuple[Gap, ...]:
    """The gaps of every radius and walk rule, rule by rule, most residents first."""
    near = touching(measured.study.grid.xy, measured.study.grid.spacing_m)
    gaps: list[Gap] = []
    for result in results:
        if result.rule.check in (Check.RADIUS, Check.WALK) and result.cells_met is not None:
            gaps.extend(_gaps_of(result, measured, near))
    return tuple(gaps)


def gap_outline(gap: Gap, measured: Measured) -> shapely.Geometry:
    """The gap's cells as one shape in metres: a square of the cell's own area around each centre.

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
    metres, rows = reach_m(result.rule, measured)
    gaps = [_gap(result.rule.id, part, measured, metres, rows) for part in parts]
    gaps.sort(key=lambda gap: (-gap.residents, gap.xy[1], gap.xy[0]))
    return [replace(gap, rank=rank) for rank, gap in enumerate(gaps, start=1)]


def _gap(rule_id: str, cells: Ints, measured: Measured, metres: Floats, rows: Ints) -> Gap:
    grid = measured.study.grid
    residents = grid.residents[cells]
    centre = np.average(grid.xy[cells], axis=0, weights=residents)
    middle = cells[np.argmin(((grid.xy[cells] - centre) ** 2).sum(axis=1))]
    return Gap(
        rule_id=rule_id,
        rank=0,
        residents=float(residents.sum()),
        groups={name: float(values[cells].sum()) for name, values in grid.groups.items()},
        area_m2=float(grid.area_m2[cells].sum()),
        cells=cells,
        xy=(float(grid.xy[middle, 0]), float(grid.xy[middle, 1])),
        nearest_m=float(metres[middle]),
        nearest_row=int(rows[middle]),
        unit_rows={
            level: _majority(unit_of[cells], residents)
            for level, unit_of in measured.study.cells_in.rows.items()
        },
    )


def _majority(unit_rows: Ints, residents: Floats) -> int:
    inside = unit_rows >= 0
    if not inside.any():
        return -1
    return int(np.bincount(unit_rows[inside], weights=residents[inside]).argmax())
