"""The cells of a city as pictures for small maps, and facilities as points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coverage.equity.detours import Detours, detours
from coverage.model.study import Study
from jobs.assess.folder import Assessed
from maps.cells_image import TRANSPARENT, CellsImage, cells_image
from maps.model import MapCells

Classes = NDArray[np.uint8]


def image_of(study: Study) -> CellsImage:
    """Where every cell lies on a picture; the colours come later."""
    grid = study.grid
    nothing = np.zeros(len(grid))
    return cells_image(
        MapCells(grid.xy, grid.crs, grid.spacing_m, grid.residents, nothing, lattice=grid.lattice)
    )


def detours_of(done: Assessed) -> tuple[Detours, ...]:
    """Every radius rule read along the streets."""
    return detours(done.assessment.measured)


def detour_classes(found: Detours) -> Classes:
    """0 in the radius and walkable, 1 in the radius and too far on foot; no colour elsewhere."""
    classes = np.full(len(found.in_radius), TRANSPARENT, np.uint8)
    classes[found.in_radius] = 0
    classes[found.cut_off] = 1
    return classes
