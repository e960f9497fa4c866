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

from coverage.membership import locate
from coverage.tables import Floats, Ints, PopulationGrid, UnitTable

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

    `factor` (units,) by which each was multiplied (NaN: no total stated, unchanged), `placed`
    rows of units that had residents to place but no cell: they got one at their inner point.
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
    wanted = _of_level(totals[RESIDENTS], units, level)
    residents, factor = _scaled(grid.residents, grid.residents, rows, wanted)
    groups = {
        name: _scaled(values, residents, rows, _of_level(totals[name], units, level))[0]
        if name in totals
        else values * np.where(rows >= 0, np.nan_to_num(factor, nan=1.0, posinf=1.0)[rows], 1.0)
        for name, values in grid.groups.items()
    }
    scaled = replace(grid, residents=residents, groups=groups)
    placed = np.flatnonzero(np.isinf(factor))
    own = {name: _of_level(values, units, level) for name, values in totals.items() if name in grid.groups}
    outside = float(grid.residents[rows < 0].sum())
    return Rescaled(_with_cells(scaled, units, placed, {RESIDENTS: wanted, **own}), factor, placed, outside)


def _of_level(totals: Floats, units: UnitTable, level: str) -> Floats:
    return np.where((units.frame["level"] == level).to_numpy(), totals, np.nan)


def _scaled(values: Floats, otherwise: Floats, rows: Ints, wanted: Floats) -> tuple[Floats, Floats]:
    """Values whose sums are `wanted`; a unit whose values are all 0 takes the shape of `otherwise`.

    Also the factor of each unit: inf where it has nobody to multiply at all.
    """
    inside = rows >= 0
    have, fallback = (
        np.bincount(rows[inside], weights=v[inside], minlength=len(wanted)) for v in (values, otherwise)
    )
    stated = np.isfinite(wanted)
    empty = stated & (have <= 0) & (wanted > 0)
    factor = np.where(stated, np.divide(wanted, have, out=np.ones(len(wanted)), where=have > 0), np.nan)
    result = values * np.where(inside, np.nan_to_num(factor, nan=1.0)[rows], 1.0)
    reshaped = inside & (empty & (fallback > 0))[rows]
    result[reshaped] = otherwise[reshaped] * (wanted / np.where(fallback > 0, fallback, 1.0))[rows[reshaped]]
    return result, np.where(empty & (fallback <= 0), np.inf, factor)


def _with_cells(
    grid: PopulationGrid, units: UnitTable, rows: Ints, totals: Mapping[str, Floats]
) -> PopulationGrid:
    """A cell at the inner point of each unit in `rows`, with the unit's totals."""
    if not len(rows):
        return grid
    inner = shapely.get_coordinates(shapely.point_on_surface(units.frame.geometry.to_numpy()[rows]))
    new = [np.nan_to_num(totals[RESIDENTS][rows])]
    groups = {
        name: np.append(values, np.nan_to_num(totals[name][rows]) if name in totals else np.zeros(len(rows)))
        for name, values in grid.groups.items()
    }
    ids = np.asarray([f"unit:{units.frame['unit_id'].iloc[row]}" for row in rows])
    return replace(
        grid,
        cell_id=np.concatenate([grid.cell_id.astype(str), ids]),
        xy=np.vstack([grid.xy, inner]),
        residents=np.append(grid.residents, new),
        area_m2=np.append(grid.area_m2, np.full(len(rows), grid.spacing_m**2)),
        groups=groups,
    )
