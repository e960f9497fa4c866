"""People of a group from files of their own, put to the cells of the residents."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from core.text import text
from coverage.model.tables import Floats
from data.intake.findings import INFO, WARNING, Finding
from data.population.cells import Cells
from data.population.heads import PERCENT

_SAMPLE: Final = 2000
# Rounding of a file makes no contradiction.
_MORE_SHARE: Final = 0.005


def with_group(cells: Cells, name: str, group: Cells, file: str) -> Cells:
    """`group`'s people added to those of `name` that the cells have already from an earlier file.

    Each number goes to the residents' cells nearest to it, in proportion to their residents, so that its
    total stays; one that is nearest to no cell goes to the nearest. Percent are of the residents there.
    """
    upright = np.cos(np.radians(float(np.median(cells.lat))))
    places = np.column_stack([cells.lon * upright, cells.lat])
    theirs = np.column_stack([group.lon * upright, group.lat])
    if group.unit == PERCENT:
        far, nearest = cKDTree(theirs).query(places)
        share = group.residents[nearest] / (100.0 if group.residents.max(initial=0.0) > 1.0 else 1.0)
        counted = np.where(far <= _step(theirs) * 1.5, share, 0.0) * cells.residents
        moved = 0.0
    else:
        counted, moved = _laid(places, cells.residents, theirs, group.residents)
    message = text(
        "{total:,.1f} people of the group “{group}” were read; {moved:,.1f} of them live where the "
        "residents' file has nobody and count at the nearest cell with some.",
        total=float(counted.sum()),
        group=name,
        moved=moved,
    )
    findings = (
        *cells.findings,
        *group.findings,
        Finding(file, "", 0, name, INFO, "population-group", message),
    )
    together = cells.groups.get(name, 0.0) + counted
    role = tuple(replace(entry, role=f"group:{name}") for entry in group.read)
    return replace(
        cells, groups={**cells.groups, name: together}, findings=findings, read=(*cells.read, *role)
    )


def _laid(places: Floats, residents: Floats, theirs: Floats, people: Floats) -> tuple[Floats, float]:
    """People at each of the places, and how many came from farther than a cell's corner."""
    far, claimed = cKDTree(theirs).query(places)
    corner = max(_step(theirs), _step(places))
    claims = far <= corner
    weight = np.bincount(claimed[claims], weights=residents[claims], minlength=len(theirs))
    shared = weight[claimed] > 0
    counted = np.zeros(len(places))
    mine = claims & shared
    counted[mine] = people[claimed[mine]] * residents[mine] / weight[claimed[mine]]
    lonely = weight == 0
    away, nearest = cKDTree(places).query(theirs[lonely])
    counted += np.bincount(nearest, weights=people[lonely], minlength=len(places))
    return counted, float(people[lonely][away > _step(places)].sum())


def group_findings(cells: Cells, file: str) -> tuple[Finding, ...]:
    """Groups that are larger than all residents, in sum or in single cells."""
    found = []
    for name, people in cells.groups.items():
        total, everybody = float(people.sum()), float(cells.residents.sum())
        over = np.maximum(people - cells.residents, 0.0)
        if total > everybody * (1 + 1e-9) or float(over.sum()) > _MORE_SHARE * max(total, 1e-9):
            message = text(
                "The group “{group}” counts {total:,.1f} people of {residents:,.1f} residents; in {cells:,} "
                "cells it is larger than all residents there, by {over:,.1f} in all. Do both count the same "
                "people?",
                group=name,
                total=total,
                residents=everybody,
                cells=int((over > 1e-9).sum()),
                over=float(over.sum()),
            )
            found.append(Finding(file, "", 0, name, WARNING, "population-group-too-large", message))
    return tuple(found)


def _step(places: Floats) -> float:
    """Three quarters of the usual distance between neighbours: a cell's corner."""
    if len(places) < 2:
        return np.inf
    sample = places[:: max(1, len(places) // _SAMPLE)]
    return float(np.median(cKDTree(places).query(sample, k=2)[0][:, 1])) * 0.75
