"""People of a group from a file of their own, put to the cells of the residents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from core.text import text
from coverage.model.tables import Floats
from data.intake.findings import INFO, Finding
from data.population.cells import Cells

_SAMPLE = 2000


def with_group(cells: Cells, name: str, group: Cells, file: str) -> Cells:
    """`group`'s people added to the nearest cell each, so that their total stays."""
    upright = np.cos(np.radians(float(np.median(cells.lat))))
    places = np.column_stack([cells.lon * upright, cells.lat])
    far, nearest = cKDTree(places).query(np.column_stack([group.lon * upright, group.lat]))
    counted = np.bincount(nearest, weights=group.residents, minlength=len(places)).astype(float)
    moved = float(group.residents[far > _step(places)].sum())
    message = text(
        "{total:,.1f} people of the group “{group}” were read; {moved:,.1f} of them live where the "
        "residents' file has nobody and count at the nearest cell with some.",
        total=float(group.residents.sum()),
        group=name,
        moved=moved,
    )
    findings = (
        *cells.findings,
        *group.findings,
        Finding(file, "", 0, name, INFO, "population-group", message),
    )
    return replace(cells, groups={**cells.groups, name: counted}, findings=findings)


def _step(places: Floats) -> float:
    """Three quarters of the usual distance between neighbours: a cell's corner."""
    if len(places) < 2:
        return np.inf
    sample = places[:: max(1, len(places) // _SAMPLE)]
    return float(np.median(cKDTree(places).query(sample, k=2)[0][:, 1])) * 0.75
