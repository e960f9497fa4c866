"""Cells on their way to a grid: still in degrees, with the ground they stand for where it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from coverage.tables import Floats, Ints, PopulationGrid
from data.intake.findings import Finding
from geo.crs import project

# A cell with five or six neighbours at the same distance lies on a hexagon grid.
_HEXAGON_NEIGHBOURS: Final = 5
_SAMPLE: Final = 2000


@dataclass(frozen=True)
class Cells:
    """(n,) arrays; `area_m2` None where the file does not say how much ground a cell stands for.

    `source` the row of the table that each cell comes from, None for rasters.
    """

    cell_id: np.ndarray[tuple[int], np.dtype[np.generic]]
    lon: Floats
    lat: Floats
    residents: Floats
    groups: Mapping[str, Floats] = field(default_factory=dict)
    area_m2: Floats | None = None
    findings: tuple[Finding, ...] = ()
    synthetic: bool = False
    source: Ints | None = None


def cells_to_grid(cells: Cells, crs: str) -> PopulationGrid:
    """Project; estimate spacing and ground from the neighbours where the file does not tell."""
    xy = project(cells.lon, cells.lat, crs)
    spacing_m, hexagons = _spacing(xy)
    area_m2 = cells.area_m2
    if area_m2 is None:
        side = spacing_m**2 * (np.sqrt(3.0) / 2.0 if hexagons else 1.0)
        area_m2 = np.full(len(xy), side)
    return PopulationGrid(cells.cell_id, xy, cells.residents, area_m2, spacing_m, crs, dict(cells.groups))


def _spacing(xy: Floats) -> tuple[float, bool]:
    """The median distance to the nearest neighbour, and whether six (not four) are that near.

    A single cell is taken as 100 m wide.
    """
    if len(xy) < 2:
        return 100.0, False
    sample = xy[:: max(1, len(xy) // _SAMPLE)]
    metres, _ = cKDTree(xy).query(sample, k=min(7, len(xy)))
    nearest = metres[:, 1:][metres[:, 1] > 0]
    if not len(nearest):
        return 100.0, False
    spacing_m = float(np.median(nearest[:, 0]))
    neighbours = (nearest <= 1.2 * spacing_m).sum(axis=1)
    return spacing_m, bool(np.median(neighbours) >= _HEXAGON_NEIGHBOURS)
