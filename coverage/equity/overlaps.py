"""Outlines of one level that lie over each other, and how many residents that concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from core.text import Text, text
from coverage.model.membership import GAP_WIDTH_M, Membership
from coverage.model.tables import Bools, PopulationGrid, UnitTable

# Rounding of coordinates makes neighbours overlap by less than this.
_LEAST_M2: Final = 1.0
# Narrower than this in the mean it is a sliver: two drawings of one border.
_SLIVER_WIDTH_M: Final = 10.0
# Neighbours nearer than this were meant to touch; a river between them is wider.
GAP_M: Final = 20.0


@dataclass(frozen=True)
class Overlap:
    """Two units (rows of the table, in its order) of one level and the ground that both claim."""

    level: str
    first: int
    second: int
    area_m2: float
    is_sliver: bool
    shape: shapely.Geometry


def ill_fitting(units: UnitTable) -> Bools:
    """(units,) outlines with a part that no neighbour of their level shares although it runs through one,
    or runs beside one nearer than GAP_M. Only these can overlap or leave a gap.

    Neighbours drawn with one common border, the usual case, need no costly intersection.
    """
    shapes, odd = units.frame.geometry.to_numpy(), np.zeros(len(units), bool)
    for level in units.levels:
        rows = units.of_level(level)
        odd[rows] = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes[rows], gap_width=GAP_M))
    return odd


def find_overlaps(units: UnitTable, odd: Bools | None = None) -> tuple[Overlap, ...]:
    """All overlaps of at least 1 m², level by level, the largest first; `odd` is `ill_fitting`."""
    shapes = units.frame.geometry.to_numpy()
    suspects = ill_fitting(units) if odd is None else odd
    found: list[Overlap] = []
    for level in units.levels:
        rows = units.of_level(level)
        one, other = shapely.STRtree(shapes[rows]).query(shapes[rows], predicate="intersects")
        odd = suspects[rows]
        pairs = (one < other) & (odd[one] | odd[other])
        one, other = one[pairs], other[pairs]
        shared = shapely.intersection(shapes[rows[one]], shapes[rows[other]])
        area = shapely.area(shared)
        width = 2.0 * area / np.maximum(shapely.length(shared), 1e-9)
        found.extend(
            Overlap(
                level,
                int(rows[one[k]]),
                int(rows[other[k]]),
                float(area[k]),
                bool(width[k] < _SLIVER_WIDTH_M),
                shared[k],
            )
            for k in np.argsort(-area, kind="stable")
            if area[k] >= _LEAST_M2
        )
    return tuple(found)


@dataclass(frozen=True)
class Gap:
    """Ground between two units (rows of the table) of one level that none of the level claims."""

    first: int
    second: int
    area_m2: float
    shape: shapely.Geometry


def find_gaps_between(units: UnitTable, odd: Bools, *, most: int = 300) -> tuple[Gap, ...]:
    """Gaps of at least 1 m² between outlines of one level up to GAP_M apart, the largest first.

    `odd` is `ill_fitting`. At most `most` pairs of outlines are looked at, those first in the table.
    """
    shapes, found = units.frame.geometry.to_numpy(), list[Gap]()
    for level in units.levels:
        rows = units.of_level(level)
        tree, suspects = shapely.STRtree(shapes[rows]), rows[odd[rows]]
        one, near = tree.query(shapes[suspects], predicate="dwithin", distance=GAP_M)
        pairs = np.column_stack([suspects[one], rows[near]])
        pairs = pairs[(pairs[:, 0] < pairs[:, 1]) & odd[pairs[:, 1]]][:most]
        for first, second in pairs.tolist():
            between = _between(shapes[first], shapes[second], shapes[rows], tree)
            if shapely.area(between) >= _LEAST_M2:
                found.append(Gap(first, second, float(shapely.area(between)), between))
    return tuple(sorted(found, key=lambda gap: -gap.area_m2))


def _between(
    one: shapely.Geometry, other: shapely.Geometry, level: np.ndarray, tree: shapely.STRtree
) -> shapely.Geometry:
    """What a disc as wide as GAP_M, rolled around both, cannot reach, and no outline of the level has."""
    both = shapely.intersection(shapely.buffer(one, GAP_M / 2), shapely.buffer(other, GAP_M / 2))
    around = shapely.buffer(both, GAP_M)
    near = shapely.union_all(shapely.intersection(np.array([one, other], object), around))
    rolled = shapely.buffer(shapely.buffer(near, GAP_M / 2), -GAP_M / 2)
    covered = shapely.union_all(level[tree.query(around)])
    left = shapely.get_parts(shapely.difference(shapely.intersection(rolled, both), covered))
    gaps = [part for part in left if _enclosed(part, covered)]
    return shapely.union_all(gaps) if gaps else shapely.Polygon()


def _enclosed(part: shapely.Geometry, covered: shapely.Geometry) -> bool:
    """Whether outlines run along most of its rim: the wedge where two meet in a corner is no gap."""
    rim = shapely.boundary(part)
    beside = shapely.length(shapely.intersection(rim, shapely.buffer(covered, 0.01)))
    return bool(beside > 0.7 * shapely.length(rim))


def overlap_notes(
    overlaps: Sequence[Overlap], units: UnitTable, grid: PopulationGrid, members: Membership
) -> tuple[Text, ...]:
    """One sentence a level with overlaps: how many, how many residents live in them, and for whom these
    count by the table."""
    notes = []
    names = units.frame["name"].to_numpy(object)
    for level in units.levels:
        of_level = [overlap for overlap in overlaps if overlap.level == level]
        if not of_level:
            continue
        shapes = [overlap.shape for overlap in of_level]
        _, cell = shapely.STRtree(shapely.points(grid.xy)).query(shapes, predicate="intersects")
        cells = np.unique(cell)
        people = float(grid.residents[cells].sum())
        if len(of_level) == 1 and people > 0:
            counted = np.bincount(
                members.rows[level][cells] + 1, weights=grid.residents[cells], minlength=len(units) + 1
            )[1:]
            notes.append(
                text(
                    "{first} and {second} overlap; of {residents:,.1f} residents there {for_first:,.1f} "
                    "count for {first} and {for_second:,.1f} for {second}.",
                    first=names[of_level[0].first],
                    second=names[of_level[0].second],
                    residents=people,
                    for_first=float(counted[of_level[0].first]),
                    for_second=float(counted[of_level[0].second]),
                )
            )
            continue
        notes.append(
            text(
                "{count} pairs of outlines overlap at the level {level}; {residents:,.1f} residents live "
                "there and are counted once.",
                count=len(shapes),
                level=level_word(level),
                residents=people,
            )
        )
    return tuple(notes)


def bridged_notes(members: Membership, grid: PopulationGrid) -> tuple[Text, ...]:
    """How many residents live in gaps between outlines and count for the nearest unit."""
    if not members.bridged.any():
        return ()
    cells = np.flatnonzero(members.bridged & (grid.residents > 0))
    if not len(cells):
        return ()
    note = text(
        "{residents:,.1f} residents in {cells:,} {cells:cell|cells} live in gaps between units up to "
        "{width:g} m wide and count for the nearest unit.",
        residents=float(grid.residents[cells].sum()),
        cells=len(cells),
        width=GAP_WIDTH_M,
    )
    return (note,)


def outside_notes(members: Membership, grid: PopulationGrid) -> tuple[Text, ...]:
    """One sentence a level that does not hold all residents: how many lie outside all its units."""
    notes = []
    for level, rows in members.rows.items():
        cells = np.flatnonzero((rows < 0) & (grid.residents > 0))
        if len(cells):
            notes.append(
                text(
                    "{residents:,.1f} residents in {cells:,} {cells:cell|cells} lie in no unit of the "
                    "level {level}; they "
                    "count for the whole area only.",
                    residents=float(grid.residents[cells].sum()),
                    cells=len(cells),
                    level=level_word(level),
                )
            )
    return tuple(notes)


def level_word(level: str) -> Text:
    """A level for a reader."""
    if level == "district":
        return text("district")
    return text("street or town") if level == "street" else text("community or village")
