"""Outlines of one level that lie over each other, and how many residents that concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from coverage.membership import Membership
from coverage.tables import Bools, PopulationGrid, UnitTable
from geo.text import Text, text

# Rounding of coordinates makes neighbours overlap by less than this.
_LEAST_M2: Final = 1.0
# Narrower than this in the mean it is a sliver: two drawings of one border.
_SLIVER_WIDTH_M: Final = 10.0


@dataclass(frozen=True)
class Overlap:
    """Two units (rows of the table, in its order) of one level and the ground that both claim."""

    level: str
    first: int
    second: int
    area_m2: float
    is_sliver: bool
    shape: shapely.Geometry


def find_overlaps(units: UnitTable) -> tuple[Overlap, ...]:
    """All overlaps of at least 1 m², level by level, the largest first."""
    shapes = units.frame.geometry.to_numpy()
    found: list[Overlap] = []
    for level in units.levels:
        rows = units.of_level(level)
        one, other = shapely.STRtree(shapes[rows]).query(shapes[rows], predicate="intersects")
        odd = _off_the_border(shapes[rows])
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


def _off_the_border(shapes: np.ndarray) -> Bools:
    """Outlines with a part that no neighbour shares although it runs through one: only they overlap.

    Neighbours drawn with one common border, the usual case, need no costly intersection.
    """
    return np.asarray(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))


def overlap_notes(overlaps: Sequence[Overlap], units: UnitTable, grid: PopulationGrid) -> tuple[Text, ...]:
    """One sentence a level with overlaps: how many, and how many residents live in them."""
    notes = []
    for level in units.levels:
        shapes = [overlap.shape for overlap in overlaps if overlap.level == level]
        if shapes:
            cells = np.unique(
                shapely.STRtree(shapely.points(grid.xy)).query(shapes, predicate="intersects")[1]
            )
            notes.append(
                text(
                    "{count} pairs of outlines overlap at the level {level}; {residents:,.1f} residents live "
                    "there and are counted once, in the unit that comes first in the file.",
                    count=len(shapes),
                    level=level_word(level),
                    residents=float(grid.residents[cells].sum()),
                )
            )
    return tuple(notes)


def outside_notes(members: Membership, grid: PopulationGrid) -> tuple[Text, ...]:
    """One sentence a level that does not hold all residents: how many lie outside all its units."""
    notes = []
    for level, rows in members.rows.items():
        cells = np.flatnonzero((rows < 0) & (grid.residents > 0))
        if len(cells):
            notes.append(
                text(
                    "{residents:,.1f} residents in {cells:,} cells lie in no unit of the level {level}; they "
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
