"""Gaps: contiguous populated cells that fail a rule, ranked by residents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from coverage.checks.measured import Measured
from coverage.checks.reach import reach_m
from coverage.measuring.cell_groups import cell_groups
from coverage.measuring.outlines import cell_outlines
from coverage.measuring.touching import Touching, touching
from coverage.model.results import RuleResult
from coverage.model.standard import Check
from coverage.model.tables import Ints

_T = TypeVar("_T")


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
    # Sums of the same residents in another order differ in their last bits: they are as many.
    order = np.lexsort((grid.xy[middle, 0], grid.xy[middle, 1], -residents.round(6))).tolist()
    middle = middle[order]
    metres, rows = reach_m(result.rule, measured)
    of_groups = [groups.sums(values)[order].tolist() for values in grid.groups.values()]
    of_levels = [
        groups.majority(unit_of, grid.residents)[order].tolist()
        for unit_of in measured.study.cells_in.rows.values()
    ]
    columns = (
        residents[order].tolist(),
        _rows_of(grid.groups, of_groups, len(order)),
        groups.sums(grid.area_m2)[order].tolist(),
        [parts[i] for i in order],
        [(x, y) for x, y in grid.xy[middle].tolist()],
        metres[middle].tolist(),
        rows[middle].tolist(),
        _rows_of(measured.study.cells_in.rows, of_levels, len(order)),
    )
    return [Gap(result.rule.id, rank, *of) for rank, of in enumerate(zip(*columns, strict=True), start=1)]


def _rows_of(names: Iterable[str], columns: list[list[_T]], n: int) -> list[dict[str, _T]]:
    """Columns of n values to n rows of values by name."""
    names = tuple(names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)] or [
        {} for _ in range(n)
    ]
