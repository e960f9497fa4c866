"""Cells on their way to a grid: still in degrees, with the ground they stand for where it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from coverage.model.tables import Bools, Floats, Ints, PopulationGrid
from data.formats.inputs_read import InputRead
from data.intake.findings import Finding
from data.population.tables.table_files import Sheet
from geo.crs import project

# A cell with five or six neighbours at the same distance lies on a hexagon grid.
_HEXAGON_NEIGHBOURS: Final = 5
_SAMPLE: Final = 2000
_BELT: Final = 30_000
_SAME_GROUND: Final = 1e-4


@dataclass(frozen=True)
class Cells:
    """(n,) arrays; `area_m2` None where the file does not say how much ground a cell stands for.

    `source` the row of the table that each cell comes from, None for rasters. `unit` is what the
    numbers of a raster were taken for, "" for other files. `read` what was chosen in which file and
    what was set aside, `by_unit` groups whose files are tables of figures by unit: name, file, its tables.
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
    unit: str = ""
    read: tuple[InputRead, ...] = ()
    by_unit: tuple[tuple[str, Path, tuple[Sheet, ...]], ...] = ()

    def taken(self, kept: Bools | Ints) -> Cells:
        """Some of the cells, with everything that is known of them."""
        return replace(
            self,
            cell_id=self.cell_id[kept],
            lon=self.lon[kept],
            lat=self.lat[kept],
            residents=self.residents[kept],
            groups={name: values[kept] for name, values in self.groups.items()},
            area_m2=None if self.area_m2 is None else self.area_m2[kept],
            source=None if self.source is None else self.source[kept],
        )

    def __len__(self) -> int:
        return len(self.residents)


def cells_to_grid(cells: Cells, crs: str) -> PopulationGrid:
    """Project; estimate spacing and ground from the neighbours where the file does not tell."""
    xy = project(cells.lon, cells.lat, crs)
    spacing_m, hexagons = _spacing(xy)
    area_m2 = cells.area_m2
    if area_m2 is not None:
        return PopulationGrid(cells.cell_id, xy, cells.residents, area_m2, spacing_m, crs, dict(cells.groups))
    side = spacing_m**2 * (np.sqrt(3.0) / 2.0 if hexagons else 1.0)
    ground = np.full(len(xy), side)
    grid = PopulationGrid(cells.cell_id, xy, cells.residents, ground, spacing_m, crs, dict(cells.groups))
    # Cells of degrees are higher than wide, and hexagons seldom regular: their own ground, where it differs.
    if grid.lattice is not None:
        rows = np.flatnonzero(grid.lattice.on)
        own = grid.lattice.area_m2(rows)
        if abs(float(np.median(own)) / side - 1) > _SAME_GROUND:
            ground[rows] = own
    return grid


def _spacing(xy: Floats) -> tuple[float, bool]:
    """The median distance to the nearest neighbour, and whether six (not four) are that near.

    Of very many cells those of a belt from west to east tell for all. A single cell is taken as
    100 m wide.
    """
    if len(xy) < 2:
        return 100.0, False
    belt, core = _belt(xy)
    sample = core[:: max(1, len(core) // _SAMPLE)]
    metres, _ = cKDTree(belt).query(sample, k=min(7, len(belt)))
    nearest = metres[:, 1:][metres[:, 1] > 0]
    if not len(nearest):
        return 100.0, False
    spacing_m = float(np.median(nearest[:, 0]))
    neighbours = (nearest <= 1.2 * spacing_m).sum(axis=1)
    return spacing_m, bool(np.median(neighbours) >= _HEXAGON_NEIGHBOURS)


def _belt(xy: Floats) -> tuple[Floats, Floats]:
    """About `_BELT` cells in the middle of the area, and those among them whose neighbours are there too."""
    if len(xy) <= 2 * _BELT:
        return xy, xy
    half = _BELT / len(xy) / 2
    low, inner_low, inner_high, high = np.quantile(
        xy[:, 1], [0.5 - half, 0.5 - half / 2, 0.5 + half / 2, 0.5 + half]
    )
    belt = xy[(xy[:, 1] >= low) & (xy[:, 1] <= high)]
    return belt, belt[(belt[:, 1] >= inner_low) & (belt[:, 1] <= inner_high)]
