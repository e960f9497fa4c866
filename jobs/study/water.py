"""Residents whose place is in water: counted where they stand, and told to the resident."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from core.text import text
from coverage.measuring.inside import first_outline_at
from coverage.model.tables import Bools, Floats, PopulationGrid
from data.intake.findings import INFO, Finding
from data.population.ground import points_on
from geo.basemap import Basemap


def water_findings(water: Path | None, basemap: Basemap, grid: PopulationGrid) -> tuple[Finding, ...]:
    """How many residents' cells have their centre in water: by the file of water where one is given,
    else by what the street file knows of water; nothing if nobody does."""
    wet = _in_shapes(basemap.water, grid.xy) if water is None else points_on(water, grid.crs, grid.xy)
    cells = np.flatnonzero(wet & (grid.residents > 0))
    if not len(cells):
        return ()
    message = text(
        "{residents:,.1f} residents in {cells:,} {cells:cell stands|cells stand} in water by the cell's "
        "centre; they are "
        "counted there.",
        residents=float(grid.residents[cells].sum()),
        cells=len(cells),
    )
    return (Finding("" if water is None else water.name, "", 0, "", INFO, "population-water", message),)


def _in_shapes(shapes: np.ndarray, xy: Floats) -> Bools:
    areas = shapes[shapely.get_dimensions(shapes) == 2]
    return np.asarray(first_outline_at(areas, xy) >= 0)
