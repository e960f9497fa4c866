"""Sums over the whole city and over every unit of every level, in one shape for all tables of shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from coverage.model.study import Study
from coverage.model.tables import HOUSEHOLDS, Floats, Ints

CITY: Final = "city"
# Everybody, in tables that also have rows for groups of residents.
ALL: Final = "all"


@dataclass(frozen=True)
class AreaLevel:
    """The areas of one level: `ids`, `names` (k,); `of_cell` (n,) is the number of each cell's, or -1."""

    level: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    of_cell: Ints

    def histogram(self, kind: Ints, weights: Floats, kinds: int) -> Floats:
        """(k, kinds): sums of `weights` (n,) by area and by `kind` (n,): a number below `kinds`, or -1."""
        area = self.of_cell
        known = (area >= 0) & (kind >= 0)
        if not known.all():
            area, kind, weights = area[known], kind[known], weights[known]
        summed = np.bincount(area * kinds + kind, weights=weights, minlength=len(self.ids) * kinds)
        return np.asarray(summed, float).reshape(len(self.ids), kinds)


def area_levels(study: Study) -> Iterator[AreaLevel]:
    """The whole city (level `city`, an empty id), then the units from the district down."""
    yield AreaLevel(CITY, ("",), (study.name,), np.zeros(len(study.grid), np.int64))
    if study.units is None:
        return
    frame = study.units.frame
    for level, rows in study.cells_in.rows.items():
        units = study.units.of_level(level)
        number = np.full(len(frame) + 1, -1, np.int64)  # the last one stands for "in no unit"
        number[units] = np.arange(len(units))
        chosen = frame.iloc[units]
        yield AreaLevel(level, tuple(chosen["unit_id"]), tuple(chosen["name"]), number[rows])


def people_of(study: Study) -> Mapping[str, Floats]:
    """Group → residents of each cell (n,): everybody first, then the groups of people that the population
    table has; households are no group of people."""
    groups = {name: people for name, people in study.grid.groups.items() if name != HOUSEHOLDS}
    return {ALL: study.grid.residents, **groups}
