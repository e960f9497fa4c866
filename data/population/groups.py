"""People of a group from files of their own, put to the cells of the residents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from core.text import text
from coverage.model.tables import Floats, Ints, PopulationGrid
from data.intake.findings import INFO, WARNING, Finding
from data.population.cells import Cells
from data.population.tables.coordinates import is_place_title
from data.population.tables.heads import AGES, GROUP, PERCENT, RESIDENTS, bands_of, understood
from data.population.tables.numbers import written_numbers
from data.population.tables.table_files import Sheet

_SAMPLE: Final = 2000
# Rounding of a file makes no contradiction.
_MORE_SHARE: Final = 0.005


def of_group(sheet: Sheet, group: str, asked: str, place: Sequence[str]) -> tuple[Sheet, str, str]:
    """A table of a group's file with the group's numbers in one column, that column's title and its unit.

    Its column is the group's own, else bands that make up its ages, else one of that very name, else
    residents, else the only one of numbers. `asked` overrules the unit, `place` are titles of coordinates.
    """
    titles = [title for title in sheet.titles if title not in place and not is_place_title(title)]
    heads = [understood(title) for title in titles]
    chosen = bands_of(group, heads)
    if not chosen:
        same = [head for head in heads if head.title.strip().casefold() == group.casefold()]
        people = [head for head in heads if head.kind == RESIDENTS]
        read = {head.title: written_numbers(sheet.frame[head.title]) for head in heads}
        numbers = [head for head in heads if np.isfinite(read[head.title]).mean() > 0.5]
        ages = [head for head in numbers if head.kind in (AGES, GROUP)]
        if same or (not people and len(ages or numbers) == 1):
            chosen = same[:1] or ages or numbers
    if not chosen:
        return sheet, "", asked
    unit = asked if asked not in ("auto", "ask") else chosen[0].unit
    added = np.sum([written_numbers(sheet.frame[head.title]) * head.scale for head in chosen], axis=0)
    title = " + ".join(head.title for head in chosen)
    others = [head.title for head in heads if head.kind in (RESIDENTS, AGES, GROUP)]
    frame = sheet.frame.drop(columns=[name for name in others if name in sheet.frame.columns])
    return replace(sheet, frame=frame.assign(**{title: added})), title, unit


def with_group(cells: Cells, name: str, group: Cells, file: str) -> Cells:
    """`group`'s people added to those of `name` that the cells have already from an earlier file.

    Each number goes to the residents' cells nearest to it, in proportion to their residents, so that its
    total stays; one that is nearest to no cell goes to the nearest. Percent are of the residents there.
    """
    places, theirs = _upright(cells, group)
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


def residents_beside(cells: Cells, group: Cells) -> Floats:
    """(len(group),) the residents whose nearest place of the group is this one."""
    places, theirs = _upright(cells, group)
    return _claimed(places, theirs, cells.residents)[1]


def _upright(cells: Cells, group: Cells) -> tuple[Floats, Floats]:
    """Places of both in degrees of one length."""
    upright = np.cos(np.radians(float(np.median(cells.lat))))
    places = np.column_stack([cells.lon * upright, cells.lat])
    return places, np.column_stack([group.lon * upright, group.lat])


def _claimed(places: Floats, theirs: Floats, residents: Floats) -> tuple[Ints, Floats]:
    """Which of `theirs` each place belongs to, -1 where all are farther than a cell's corner; and the
    residents of each of theirs."""
    far, claimed = cKDTree(theirs).query(places)
    claimed = np.where(far <= max(_step(theirs), _step(places)), claimed, -1)
    mine = claimed >= 0
    return claimed, np.bincount(claimed[mine], weights=residents[mine], minlength=len(theirs)).astype(float)


def _laid(places: Floats, residents: Floats, theirs: Floats, people: Floats) -> tuple[Floats, float]:
    """People at each of the places, and how many came from farther than a cell's corner."""
    claimed, weight = _claimed(places, theirs, residents)
    counted = np.zeros(len(places))
    mine = (claimed >= 0) & (weight[claimed] > 0)
    counted[mine] = people[claimed[mine]] * residents[mine] / weight[claimed[mine]]
    lonely = weight == 0
    away, nearest = cKDTree(places).query(theirs[lonely])
    counted += np.bincount(nearest, weights=people[lonely], minlength=len(places))
    return counted, float(people[lonely][away > _step(places)].sum())


def group_findings(cells: Cells | PopulationGrid, file: str) -> tuple[Finding, ...]:
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
