"""Where facilities are entered: at their point, at their doors, or anywhere on their edge.

A facility may be more than a point. Its `extent` (a column of the facility table) is then its doors, a
MultiPoint, or its outline, a polygon, in the table's metres. Metres to it are metres to the nearest door;
where no door is known, to the edge of the outline, 0 inside. On foot the edge is its points EDGE_STEP_M
apart, corners among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.csr_ranges import ranges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

EXTENT: Final = "extent"
EXTENTS: Final = "facility_extents"  # the layer of a result
EDGE_STEP_M: Final = 20.0
# What metres to a facility are measured to.
POINT, DOORS, EDGE = "point", "doors", "edge"


@dataclass(frozen=True)
class Entrances:
    """`xy` (e, 2) metres and `facility` (e,), the rows they belong to, ascending; every facility has one.

    `outline` (k,) polygons and `outline_of` (k,) their rows, ascending: facilities without known doors,
    whose entrances are points of the edge.
    """

    xy: Floats
    facility: Ints
    outline: Shapes
    outline_of: Ints

    @classmethod
    def of(cls, xy: Floats, extent: Shapes | None) -> Entrances:
        """Of facilities at `xy` (n, 2) with these extents (n,; None where one is a point)."""
        n = len(xy)
        row, nothing = np.arange(n), np.empty(0, object)
        if extent is None:
            return cls(xy, row, nothing, row[:0])
        kind = shapely.get_type_id(extent)
        doors, outlines = np.flatnonzero(kind == _MULTIPOINT), np.flatnonzero(np.isin(kind, _POLYGONS))
        if not len(doors) and not len(outlines):
            return cls(xy, row, nothing, row[:0])
        edges = shapely.segmentize(shapely.boundary(extent[outlines]), EDGE_STEP_M)
        door_xy, of_door = shapely.get_coordinates(extent[doors], return_index=True)
        edge_xy, of_edge = shapely.get_coordinates(edges, return_index=True)
        alone = np.setdiff1d(row, np.concatenate([doors, outlines]))
        facility = np.concatenate([alone, doors[of_door], outlines[of_edge]])
        places = np.concatenate([xy[alone], door_xy, edge_xy])
        order = np.argsort(facility, kind="stable")
        return cls(places[order], facility[order], extent[outlines], outlines)

    def __len__(self) -> int:
        return len(self.facility)

    @property
    def are_facilities(self) -> bool:
        """Whether every facility is one point, so that entrances and facilities are the same rows."""
        return not len(self.outline_of) and len(self) == (self.facility[-1] + 1 if len(self) else 0)

    def of_rows(self, rows: Ints) -> tuple[Ints, Ints]:
        """The entrances of some facilities, in their order, and the position in `rows` of each's facility."""
        if self.are_facilities:
            return rows, np.arange(len(rows))
        first, last = (np.searchsorted(self.facility, rows, side=side) for side in ("left", "right"))
        return ranges(first, last - first), np.repeat(np.arange(len(rows)), last - first)

    @cached_property
    def measured_to(self) -> NDArray[np.object_]:
        """(n,) POINT, DOORS or EDGE."""
        count = np.bincount(self.facility)
        found = np.where(count > 1, DOORS, POINT).astype(object)
        found[self.outline_of] = EDGE
        return found

    def places_of(self, rows: Ints) -> Shapes:
        """(rows,) what straight metres are measured to: points, several points, or polygons."""
        at, owner = self.of_rows(rows)
        shapes = shapely.multipoints(self.xy[at], indices=owner) if len(at) else np.empty(0, object)
        position = {int(row): k for k, row in enumerate(rows)}
        for row, outline in zip(self.outline_of.tolist(), self.outline, strict=True):
            if row in position:
                shapes[position[row]] = outline
        return np.asarray(shapes, object)


_MULTIPOINT: Final = 4
_POLYGONS: Final = (3, 6)
