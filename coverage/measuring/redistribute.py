"""Totals of areas onto places, and places onto totals of areas, so that no total changes.

    spread    residents of place k of area a = total(a) · weight(k) / Σ weight of a's places
    rescale   residents of cell c in unit u  = residents(c) · total(u) / Σ residents of u's cells

Both keep every total to rounding (1e-12 of it); whoever has no place to go is named, never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely

from coverage.model.membership import locate
from coverage.model.tables import Floats, Ints, PopulationGrid, UnitTable

RESIDENTS: Final = "residents"


@dataclass(frozen=True)
class Places:
    """Where people of areas may live: place k lies in area `area[k]` at `xy[k]`, with `weight[k]` ≥ 0."""

    area: Ints
    xy: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.area)

    def __getitem__(self, rows: np.ndarray) -> Places:
        return Places(self.area[rows], self.xy[rows], self.weight[rows])

    def without_weight(self, n: int) -> Ints:
        """The areas 0 … n-1 none of whose places weighs anything."""
        return np.flatnonzero(np.bincount(self.area, weights=self.weight, minlength=n) <= 0)


def joined(*parts: Places) -> Places:
    """All places of the parts, in their order."""
    return Places(
        np.concatenate([part.area for part in parts]),
        np.concatenate([part.xy for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )


def spread(totals: Floats, places: Places) -> Floats:
    """(n,) totals of areas over their places, in proportion to weight: (m,) whose sums are the totals.

    ValueError if an area with a total has no place with weight: its people would vanish.
    """
    weight = np.bincount(places.area, weights=places.weight, minlength=len(totals))
    if (totals[weight <= 0] > 0).any():
        raise ValueError("an area with residents has no place for them")
    # The total times the weight first could overflow or lose small weights; the share is ≤ 1.
    share = np.divide(places.weight, weight[places.area], out=np.zeros(len(places)), where=places.weight > 0)
    return share * totals[places.area]


@dataclass(frozen=True)
class Rescaled:
    """A grid whose units have the wanted totals.

    `factor` (units,) by which each was multiplied (NaN: no total stated, unchanged; 1: nobody to
    multiply), `placed` rows of units that had people to place but no cell: they got one at their
    inner point.
    `outside` residents that lie in no unit of the level, unchanged.
    """

    grid: PopulationGrid
    factor: Floats
    placed: Ints
    outside: float


def rescale_to_units(
    grid: PopulationGrid, units: UnitTable, totals: Mapping[str, Floats], *, level: str
) -> Rescaled:
    """Give the cells of each unit of `level` its total, keeping their proportions.

    `totals` holds "residents" and maybe groups, each (units,) in the units' order, NaN where not
    stated and in rows of other levels. Groups without own totals change as the residents do, and
    a group whose unit has none of its cells filled follows the residents.
    """
    rows = locate(units, grid.xy).rows[level]
    of_level = (units.frame["level"] == level).to_numpy()
    wanted = {name: np.where(of_level, values, np.nan) for name, values in totals.items()}
    residents = _scaled(grid.residents, grid.residents, rows, wanted[RESIDENTS])
    unstated = np.full(len(units), np.nan)
    groups = {
        name: _scaled(values, residents.values, rows, wanted[name])
        if name in wanted
        else _Scaled(values * _at(residents.factor, rows), unstated, np.zeros(len(units)))
        for name, values in grid.groups.items()
    }
    scaled = replace(
        grid, residents=residents.values, groups={name: group.values for name, group in groups.items()}
    )
    left = {RESIDENTS: residents.left, **{name: group.left for name, group in groups.items()}}
    placed = np.flatnonzero(np.any([values > 0 for values in left.values()], axis=0))
    outside = float(grid.residents[rows < 0].sum())
    return Rescaled(_with_cells(scaled, units, placed, left), residents.factor, placed, outside)


@dataclass(frozen=True)
class _Scaled:
    """Scaled cell values, each unit's factor (NaN: unchanged), and totals that found no cell."""

    values: Floats
    factor: Floats
    left: Floats


def _scaled(values: Floats, otherwise: Floats, rows: Ints, wanted: Floats) -> _Scaled:
    """Values whose sums are `wanted`; a unit whose values are all 0 takes the shape of `otherwise`."""
    have, fallback = _sums(values, rows, len(wanted)), _sums(otherwise, rows, len(wanted))
    stated = np.isfinite(wanted)
    factor = np.where(stated, _divided(wanted, have), np.nan)
    result = values * _at(factor, rows)
    empty = stated & (have <= 0) & (wanted > 0)
    reshaped = np.flatnonzero((rows >= 0) & (empty & (fallback > 0))[rows])
    result[reshaped] = otherwise[reshaped] * _divided(wanted, fallback)[rows[reshaped]]
    return _Scaled(result, factor, np.where(empty & (fallback <= 0), wanted, 0.0))


def _sums(values: Floats, rows: Ints, n: int) -> Floats:
    return np.bincount(rows[rows >= 0], weights=values[rows >= 0], minlength=n).astype(float)


def _divided(wanted: Floats, have: Floats) -> Floats:
    """wanted / have, 1 where there is nothing to divide by or nothing wanted is stated."""
    return np.divide(wanted, have, out=np.ones(len(wanted)), where=(have > 0) & np.isfinite(wanted))


def _at(factor: Floats, rows: Ints) -> Floats:
    """The factor of each cell; 1 outside all units and where none is stated."""
    return np.where(rows >= 0, np.nan_to_num(factor, nan=1.0)[rows], 1.0)


def _with_cells(
    grid: PopulationGrid, units: UnitTable, rows: Ints, left: Mapping[str, Floats]
) -> PopulationGrid:
    """A cell at the inner point of each unit in `rows`, with what found no cell there."""
    if not len(rows):
        return grid
    inner = shapely.get_coordinates(shapely.point_on_surface(units.frame.geometry.to_numpy()[rows]))
    ids = np.asarray([f"unit:{units.frame['unit_id'].iloc[row]}" for row in rows])
    return replace(
        grid,
        cell_id=np.concatenate([grid.cell_id.astype(str), ids]),
        xy=np.vstack([grid.xy, inner]),
        residents=np.append(grid.residents, left[RESIDENTS][rows]),
        area_m2=np.append(grid.area_m2, np.full(len(rows), grid.spacing_m**2)),
        groups={name: np.append(values, left[name][rows]) for name, values in grid.groups.items()},
    )
